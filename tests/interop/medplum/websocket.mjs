// @medplum/core names the WebSocket class when it is loaded; Node 20 has none, and CDS Hooks needs none.
globalThis.WebSocket ??= class {};

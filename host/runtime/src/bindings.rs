//! What the macro makes of `wit/`: the only place of this room with `unsafe` code, none of it written by hand.

wasmtime::component::bindgen!({
    path: "../../wit/0.1.0",
    world: "cds-service",
    imports: { default: trappable },
    with: {
        "cordon:clinical/records.view": crate::host::ViewHandle,
        "cordon:clinical/calls.call": crate::host::CallHandle,
    },
});

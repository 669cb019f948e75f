//! What an interpreter imports and never has: files behind no directory, sockets, terminals, errors of streams.
//!
//! Nothing of these types is ever handed out, and each function ends the run before it looks at what it was given.

use wasmtime::component::{Linker, ResourceType};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi::p2::bindings::{cli, filesystem};

use super::Ended;
use crate::host::State;

/// The release that the bindings are made from. The engine takes any other of 0.2 for it.
const RELEASE: &str = "0.2.12";

/// What a socket would stand for.
struct Socket;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let socket = ResourceType::host::<Socket>;
    let descriptor = ResourceType::host::<filesystem::types::Descriptor>();
    let entries = ResourceType::host::<filesystem::types::DirectoryEntryStream>();
    let input = ResourceType::host::<cli::terminal_input::TerminalInput>();
    let output = ResourceType::host::<cli::terminal_output::TerminalOutput>();
    let datagrams = ["incoming-datagram-stream", "outgoing-datagram-stream"].map(|name| (name, socket()));
    interface(
        linker,
        "wasi:io/error",
        &[("error", ResourceType::host::<IoError>())],
        &["[method]error.to-debug-string"],
    )?;
    interface(linker, "wasi:cli/terminal-input", &[("terminal-input", input)], &[])?;
    interface(linker, "wasi:cli/terminal-output", &[("terminal-output", output)], &[])?;
    interface(
        linker,
        "wasi:filesystem/types",
        &[("descriptor", descriptor), ("directory-entry-stream", entries)],
        &FILES,
    )?;
    interface(linker, "wasi:sockets/network", &[("network", socket())], &["network-error-code"])?;
    interface(linker, "wasi:sockets/instance-network", &[], &["instance-network"])?;
    interface(linker, "wasi:sockets/ip-name-lookup", &[("resolve-address-stream", socket())], &NAMES)?;
    interface(linker, "wasi:sockets/tcp", &[("tcp-socket", socket())], &TCP)?;
    interface(linker, "wasi:sockets/tcp-create-socket", &[], &["create-tcp-socket"])?;
    interface(linker, "wasi:sockets/udp", &[&[("udp-socket", socket())][..], &datagrams].concat(), &UDP)?;
    interface(linker, "wasi:sockets/udp-create-socket", &[], &["create-udp-socket"])
}

fn interface(
    linker: &mut Linker<State>,
    name: &str,
    types: &[(&str, ResourceType)],
    functions: &[&str],
) -> wasmtime::Result<()> {
    let mut instance = linker.instance(&format!("{name}@{RELEASE}"))?;
    for (name, kind) in types {
        instance.resource(name, *kind, |_, _| Err(Ended::Absent.into()))?;
    }
    for name in functions {
        instance.func_new(name, |_, _, _, _| Err(Ended::Absent.into()))?;
    }
    Ok(())
}

const FILES: [&str; 29] = [
    "filesystem-error-code",
    "[method]descriptor.advise",
    "[method]descriptor.append-via-stream",
    "[method]descriptor.create-directory-at",
    "[method]descriptor.get-flags",
    "[method]descriptor.get-type",
    "[method]descriptor.is-same-object",
    "[method]descriptor.link-at",
    "[method]descriptor.metadata-hash",
    "[method]descriptor.metadata-hash-at",
    "[method]descriptor.open-at",
    "[method]descriptor.read",
    "[method]descriptor.read-directory",
    "[method]descriptor.read-via-stream",
    "[method]descriptor.readlink-at",
    "[method]descriptor.remove-directory-at",
    "[method]descriptor.rename-at",
    "[method]descriptor.set-size",
    "[method]descriptor.set-times",
    "[method]descriptor.set-times-at",
    "[method]descriptor.stat",
    "[method]descriptor.stat-at",
    "[method]descriptor.symlink-at",
    "[method]descriptor.sync",
    "[method]descriptor.sync-data",
    "[method]descriptor.unlink-file-at",
    "[method]descriptor.write",
    "[method]descriptor.write-via-stream",
    "[method]directory-entry-stream.read-directory-entry",
];

const NAMES: [&str; 3] = [
    "resolve-addresses",
    "[method]resolve-address-stream.resolve-next-address",
    "[method]resolve-address-stream.subscribe",
];

const TCP: [&str; 28] = [
    "[method]tcp-socket.start-bind",
    "[method]tcp-socket.finish-bind",
    "[method]tcp-socket.start-connect",
    "[method]tcp-socket.finish-connect",
    "[method]tcp-socket.start-listen",
    "[method]tcp-socket.finish-listen",
    "[method]tcp-socket.accept",
    "[method]tcp-socket.local-address",
    "[method]tcp-socket.remote-address",
    "[method]tcp-socket.is-listening",
    "[method]tcp-socket.address-family",
    "[method]tcp-socket.set-listen-backlog-size",
    "[method]tcp-socket.keep-alive-enabled",
    "[method]tcp-socket.set-keep-alive-enabled",
    "[method]tcp-socket.keep-alive-idle-time",
    "[method]tcp-socket.set-keep-alive-idle-time",
    "[method]tcp-socket.keep-alive-interval",
    "[method]tcp-socket.set-keep-alive-interval",
    "[method]tcp-socket.keep-alive-count",
    "[method]tcp-socket.set-keep-alive-count",
    "[method]tcp-socket.hop-limit",
    "[method]tcp-socket.set-hop-limit",
    "[method]tcp-socket.receive-buffer-size",
    "[method]tcp-socket.set-receive-buffer-size",
    "[method]tcp-socket.send-buffer-size",
    "[method]tcp-socket.set-send-buffer-size",
    "[method]tcp-socket.subscribe",
    "[method]tcp-socket.shutdown",
];

const UDP: [&str; 18] = [
    "[method]udp-socket.start-bind",
    "[method]udp-socket.finish-bind",
    "[method]udp-socket.stream",
    "[method]udp-socket.local-address",
    "[method]udp-socket.remote-address",
    "[method]udp-socket.address-family",
    "[method]udp-socket.unicast-hop-limit",
    "[method]udp-socket.set-unicast-hop-limit",
    "[method]udp-socket.receive-buffer-size",
    "[method]udp-socket.set-receive-buffer-size",
    "[method]udp-socket.send-buffer-size",
    "[method]udp-socket.set-send-buffer-size",
    "[method]udp-socket.subscribe",
    "[method]incoming-datagram-stream.receive",
    "[method]incoming-datagram-stream.subscribe",
    "[method]outgoing-datagram-stream.check-send",
    "[method]outgoing-datagram-stream.send",
    "[method]outgoing-datagram-stream.subscribe",
];

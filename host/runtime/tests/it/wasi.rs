//! The second profile: off unless the manifest asks for it, and then a system that holds nothing.

use std::sync::Arc;

use cordon_core::ids::{Coins, ServiceId};
use cordon_core::limits::LimitClass;
use cordon_core::manifest::{Manifest, WIT};
use cordon_core::message::{RunEnd, RunMessage, RunReply, Trap};
use cordon_core::ports::Runner;
use cordon_guest_build::{Profile, javascript_guest_in, python_guest_in};
use cordon_runtime::{ComponentError, LocalRunner, Plugins};

use crate::room::{engine, message, said};

/// 2024-03-01T09:30:00Z, the time of the call.
const NOW: &str = "1709285400";

fn manifest(wasi: &str) -> Manifest {
    let text = format!(
        r#"id = "org.cordon.test.system"
version = "1.0.0"
wit = "{}"
{wasi}
title = {{ en = "System" }}
description = {{ en = "A guest of the tests." }}
intended-use = "Tests."
publisher = "Tests"
contact = "tests@cordon.example"
service = [{{ id = "labs", hook = "patient-view", description = "A guest of the tests." }}]
source = {{ label = "Tests" }}
cards = {{ mode = "text" }}
limits = {{ class = "interpreted" }}
"#,
        WIT[0]
    );
    Manifest::parse(&text).unwrap()
}

fn asking() -> Manifest {
    manifest("wasi = \"deterministic\"")
}

fn runner(component: &[u8]) -> LocalRunner {
    let plugins = Plugins::default();
    plugins.insert(engine().compile_for(component, &asking()).unwrap());
    LocalRunner::new(engine(), Arc::new(plugins))
}

fn calling(component: &[u8], service: &str, coins: u8) -> RunMessage {
    RunMessage {
        service: ServiceId::new(service).unwrap(),
        coins: Coins::new([coins; 32]),
        ..message(component, LimitClass::Interpreted)
    }
}

#[test]
fn what_the_manifest_does_not_ask_for_is_refused_and_http_always() {
    let wasi =
        |interface: &str| wat::parse_str(format!(r#"(component (import "wasi:{interface}" (instance)))"#)).unwrap();
    let refused = |manifest: &Manifest, interface: &str| {
        matches!(engine().check_for(&wasi(interface), manifest), Err(ComponentError::ForeignImport { .. }))
    };
    for interface in
        ["clocks/wall-clock@0.2.0", "random/random@0.2.9", "filesystem/preopens@0.2.0", "sockets/tcp@0.2.0"]
    {
        assert!(refused(&manifest(""), interface), "{interface}");
        // What is left to refuse is that it exports nothing.
        assert_eq!(engine().check_for(&wasi(interface), &asking()), Err(ComponentError::MissingExport), "{interface}");
    }
    for interface in [
        "http/types@0.2.0",
        "http/outgoing-handler@0.2.0",
        "clocks/wall-clock@0.3.0",
        "clocks/timezone@0.2.0",
        "cli/run@0.2.0",
    ] {
        assert!(refused(&asking(), interface), "{interface}");
    }
}

#[test]
fn javascript_has_a_clock_that_stands_still_at_the_call() {
    let component = javascript_guest_in(Profile::Wasi, "tells_the_time").unwrap();
    let strict = engine().compile_for(&component, &manifest("")).unwrap_err();
    assert!(matches!(strict, ComponentError::ForeignImport { .. }), "{strict:?}");
    let reply = runner(&component).run(calling(&component, "labs", 0)).unwrap();
    assert_eq!(said(&reply), "2024-03-01T09:30:00.000Z 0 ms later: 2 rows");
    assert_eq!(runner(&component).run(calling(&component, "labs", 0)).unwrap(), reply);
}

#[test]
fn without_the_second_profile_the_clock_ends_the_run() {
    let component = javascript_guest_in(Profile::Strict, "tells_the_time").unwrap();
    let reply = runner(&component).run(calling(&component, "labs", 0)).unwrap();
    assert_eq!(reply.end, RunEnd::Trapped(Trap::Wasm));
}

#[test]
fn python_finds_a_system_that_holds_nothing() {
    let component = python_guest_in(Profile::Wasi, "tries_the_system").unwrap();
    let runner = runner(&component);
    let reply = |service: &str, coins: u8| -> RunReply { runner.run(calling(&component, service, coins)).unwrap() };
    let tried = |service: &str| said(&reply(service, 0)).to_owned();
    assert_eq!(tried("labs"), "2 rows");
    assert_eq!(tried("clock"), format!("{NOW} 0.0 0.0"));
    assert_eq!(tried("sleep"), format!("None {NOW}"));
    assert_eq!(tried("environment"), "{} []");
    assert_eq!(tried("input"), "'' None");
    assert_eq!(tried("read"), "FileNotFoundError");
    assert_eq!(tried("write"), "FileNotFoundError");
    assert_eq!(tried("list"), "FileNotFoundError");
    // The same coins give the same numbers and the same fuel; other coins give others.
    assert_eq!(reply("coins", 1), reply("coins", 1));
    assert_ne!(said(&reply("coins", 1)), said(&reply("coins", 2)));
    for ends in ["socket", "name", "exit"] {
        assert_eq!(reply(ends, 0).end, RunEnd::Trapped(Trap::Wasm), "{ends}");
    }
}

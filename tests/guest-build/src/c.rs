//! Guests in C, against the canonical ABI.

use std::process::Command;

use anyhow::{Context, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::interpreted::{built, contract, install_python};

/// The component of `tests/guests/c/<name>.c`, made by the compiler that `tests/guests/c/requirements.txt` pins.
///
/// # Errors
/// When pip cannot install it, or when it cannot build the guest.
pub fn c_guest(name: &str) -> Result<Vec<u8>> {
    let sources = crate::repository().join("tests/guests/c");
    let place = crate::target("guests/c")?;
    install_python(&sources, &place)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(contract())?;
    let world = resolve.select_world(&[package], Some("cds-service"))?;
    let version = resolve.packages.get(package).and_then(|package| package.name.version.clone());
    let version = version.context("the contract has a version")?;
    let mut module = built(&sources.join(format!("{name}.c")), &place, "made", |source, module| {
        let mut zig = Command::new(place.join("bin/python"));
        zig.args(["-m", "ziglang", "cc", "--target=wasm32-freestanding", "-Os", "-nostdlib", "-Wl,--no-entry"]);
        zig.arg(format!("-DVERSION=\"{version}\"")).arg(source).arg("-o").arg(module);
        // Its caches are its own, whoever runs the tests.
        zig.env("ZIG_GLOBAL_CACHE_DIR", place.join("cache")).env("ZIG_LOCAL_CACHE_DIR", place.join("cache"));
        zig
    })?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

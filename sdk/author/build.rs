//! Copies what a plugin project needs of the SDK to a folder that the library embeds: manifest, sources and the WIT, which
//! is a symbolic link in the repository. What makes the sources (`generate/`) and what a build leaves stay out.

use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?.join("cordon-sdk");
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rust");
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    for name in ["Cargo.toml", "README.md", "src", "wit"] {
        let from = sdk.join(name).canonicalize()?;
        println!("cargo::rerun-if-changed={}", from.display());
        copy(&from, &out.join(name))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        std::fs::create_dir_all(to.parent().ok_or(io::ErrorKind::NotFound)?)?;
        return std::fs::copy(from, to).map(|_| ());
    }
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

//! Copies what a plugin project needs of its SDK to a folder that the library embeds: manifest, sources and the WIT, which
//! is a symbolic link in the repository. What makes the sources (`generate/`) and what a build leaves stay out.

use std::io;
use std::path::{Path, PathBuf};

/// The SDKs: a folder of `sdk/`, and what of it a project needs.
const SDKS: [(&str, &[&str]); 3] = [
    ("rust", &["Cargo.toml", "README.md", "src", "wit"]),
    ("js", &["README.md", "cordon.js", "package-lock.json", "package.json", "testing.js", "wit"]),
    ("python", &["README.md", "cordon.py", "cordon_testing.py", "requirements.txt", "wit"]),
];

fn main() -> io::Result<()> {
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?.join("cordon-sdk");
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    for (sdk, names) in SDKS {
        for name in names {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(sdk).join(name).canonicalize()?;
            println!("cargo::rerun-if-changed={}", from.display());
            copy(&from, &out.join(sdk).join(name))?;
        }
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

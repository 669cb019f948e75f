//! `build`: a project becomes a component that a host would install.

use std::fmt;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cordon_core::ids::{Digest, PluginId};
use serde::Serialize;
use wit_component::ComponentEncoder;

use crate::cargo::{Cargo, CargoError};
use crate::check::{RefusedError, component, manifest};
use crate::files::{FileError, read, read_text, replace};

/// Why no component was made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Cargo, or what is missing for it.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// The core module does not fit the contract it was made for.
    #[error(
        "the core module is no plugin: {0}; a dependency that wants files, a clock, randomness, a network or JavaScript \
         cannot run here"
    )]
    Module(String),
    /// No host would install it.
    #[error(transparent)]
    Refused(#[from] RefusedError),
}

/// A component.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Built {
    /// The plugin.
    pub plugin: PluginId,
    /// Its version.
    pub version: String,
    /// Where the component is.
    pub component: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// Its SHA-256.
    pub digest: Digest,
}

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, version, component, size, digest } = self;
        write!(f, "{plugin} {version}: {} ({size} bytes)\n{digest}", component.display())
    }
}

/// Builds the project in this folder. The component lies in the target directory, as `plugin/<id>.wasm`.
///
/// # Errors
/// [`BuildError`]; a former component is then left as it was.
pub fn build(folder: &Path, cargo: &Cargo) -> Result<Built, BuildError> {
    let text = read_text(&folder.join("plugin.toml"))?;
    let manifest = manifest(&text)?;
    cargo.ready(folder)?;
    let module = read(&cargo.core_module(folder)?)?;
    let bytes = encode(&module).map_err(BuildError::Module)?;
    let inspection = component(&bytes, &text, &manifest)?;
    let place = cargo.target(folder)?.join("plugin");
    Dir::create_ambient_dir_all(&place, ambient_authority()).map_err(FileError::of("make the folder", &place))?;
    let component = place.join(format!("{}.wasm", manifest.id));
    replace(&component, &bytes)?;
    Ok(Built {
        plugin: manifest.id,
        version: manifest.version.to_string(),
        component,
        size: inspection.size,
        digest: inspection.digest,
    })
}

/// Makes a core module that carries its WIT a component. What goes wrong is said in one line.
pub(crate) fn encode(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    let made = encoder.module(module).and_then(|encoder| encoder.encode());
    made.map_err(|error| format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_wants_wasi_is_refused_by_name() {
        let module = wat::parse_str(
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))))"#,
        );
        let error = encode(&module.unwrap()).unwrap_err();
        assert!(error.contains("wasi_snapshot_preview1") && !error.contains('\n'), "{error}");
    }
}

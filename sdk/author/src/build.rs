//! `build`: a project becomes a component that a host would install.

use std::fmt;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cordon_core::ids::{Digest, PluginId};
use cordon_core::manifest::Manifest;
use serde::Serialize;
use wit_component::ComponentEncoder;

use crate::cargo::CargoError;
use crate::check::{RefusedError, check, component, manifest};
use crate::files::{FileError, read, read_text, replace};
use crate::interpreted::{self, ToolError};
use crate::language::Language;
use crate::tools::Tools;

/// Why no component was made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Cargo, or what is missing for it.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// The tool for a script, or what is missing for it.
    #[error(transparent)]
    Tool(#[from] ToolError),
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
pub fn build(folder: &Path, tools: &Tools) -> Result<Built, BuildError> {
    let made = make(folder, tools)?;
    component(&made.bytes, &made.text, &made.manifest)?;
    Ok(made.built)
}

/// A component that passed the gate, before any code is generated from it.
pub(crate) struct Made {
    pub(crate) built: Built,
    pub(crate) bytes: Vec<u8>,
    /// The text of its manifest.
    pub(crate) text: String,
    pub(crate) manifest: Manifest,
}

/// Builds the project in this folder.
pub(crate) fn make(folder: &Path, tools: &Tools) -> Result<Made, BuildError> {
    let text = read_text(&folder.join("plugin.toml"))?;
    let manifest = manifest(&text)?;
    let language = Language::of(folder)?;
    let target = tools.target(folder, language)?;
    let bytes = match language {
        Language::Rust => {
            tools.cargo_ready(folder)?;
            encode(&read(&tools.core_module(folder)?)?).map_err(BuildError::Module)?
        }
        Language::JavaScript | Language::Python => interpreted::component(folder, language, &manifest, &target)?,
    };
    let inspection = check(&bytes, &text, &manifest)?;
    let place = target.join("plugin");
    Dir::create_ambient_dir_all(&place, ambient_authority()).map_err(FileError::of("make the folder", &place))?;
    let component = place.join(format!("{}.wasm", manifest.id));
    replace(&component, &bytes)?;
    let built = Built {
        plugin: manifest.id.clone(),
        version: manifest.version.to_string(),
        component,
        size: inspection.size,
        digest: inspection.digest,
    };
    Ok(Made { built, bytes, text, manifest })
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

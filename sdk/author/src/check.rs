//! What a host would refuse at install is refused on the desk, with a hint how to mend it.

use cordon_core::manifest::Manifest;
use cordon_runtime::{ComponentError, Engine, EngineError, Inspection};
use cordon_trust::schema::PackSchema;

use crate::lines::{line_of, located};

/// Why no host would install it.
#[derive(Debug, thiserror::Error)]
pub enum RefusedError {
    /// The manifest breaks a rule. The text names the line where it can.
    #[error("{0}")]
    Manifest(String),
    /// The component does not fit.
    #[error("the component {error}: {hint}")]
    Component {
        /// What is wrong.
        error: ComponentError,
        /// How to mend it.
        hint: String,
    },
    /// The engine does not start here.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Reads a manifest as a host does, and the schemas of its packs.
pub(crate) fn manifest(text: &str) -> Result<Manifest, RefusedError> {
    let manifest = Manifest::parse(text).map_err(|error| RefusedError::Manifest(located(text, &error)))?;
    for pack in manifest.packs.values() {
        PackSchema::parse(&pack.schema).map_err(|error| {
            let line = place(text, "name", Some(pack.name.as_str()));
            RefusedError::Manifest(format!("pack `{}`{line}: schema: {error}", pack.name))
        })?;
    }
    Ok(manifest)
}

/// Checks a component as a host does at install, before any code is generated.
pub(crate) fn check(bytes: &[u8], text: &str, manifest: &Manifest) -> Result<Inspection, RefusedError> {
    Engine::new()?.check_for(bytes, manifest).map_err(|error| refused(error, text))
}

/// Checks and links a component as a host does at install.
pub(crate) fn component(bytes: &[u8], text: &str, manifest: &Manifest) -> Result<Inspection, RefusedError> {
    let engine = Engine::new()?;
    let refused = |error| refused(error, text);
    let inspection = engine.check_for(bytes, manifest).map_err(refused)?;
    engine.compile_for(bytes, manifest).map_err(refused)?;
    Ok(inspection)
}

/// Says how to mend it.
pub(crate) fn refused(error: ComponentError, text: &str) -> RefusedError {
    RefusedError::Component { hint: hint(&error, text), error }
}

fn hint(error: &ComponentError, text: &str) -> String {
    let wit = place(text, "wit", None);
    let class = place(text, "class", None);
    match error {
        ComponentError::NotAComponent => "give the file that `cordon build` makes, not the core module".to_owned(),
        ComponentError::Size { .. } | ComponentError::TooMany { .. } | ComponentError::Construct(_) => {
            format!("[limits] class{class} sets what is admitted; interpreted guests need class = \"interpreted\"")
        }
        ComponentError::ForeignImport { .. } => format!(
            "a plugin imports nothing but the contract that `wit`{wit} names; find the dependency that wants files, a clock, \
             randomness or a network, or build for wasm32-unknown-unknown; for an interpreter there is wasi = \"deterministic\""
        ),
        ComponentError::MixedVersions => "build it against one SDK: two versions of it are linked".to_owned(),
        ComponentError::OtherVersion { made, .. } => format!("write wit = \"{made}\"{wit}"),
        ComponentError::MissingExport => "call `cordon_sdk::service!(evaluate);` once in src/lib.rs".to_owned(),
        ComponentError::Feature { .. } => "build for wasm32-unknown-unknown without extra target features".to_owned(),
        ComponentError::Mismatch { .. } => {
            "its interfaces have other types than the contract: use the SDK that this `cordon` brings".to_owned()
        }
        ComponentError::Invalid { .. } | ComponentError::Compile { .. } => {
            "build it again with `cordon build`".to_owned()
        }
    }
}

fn place(text: &str, key: &str, value: Option<&str>) -> String {
    line_of(text, key, value).map(|line| format!(" (plugin.toml line {line})")).unwrap_or_default()
}

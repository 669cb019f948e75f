//! The gate: what a component must be before any code is generated from it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Display;

use cordon_core::ids::Digest;
use cordon_core::limits::{LimitClass, Wasi};
use serde::{Deserialize, Serialize};
use wasmparser::Validator;

use crate::contract::Wit;
use crate::features::{ALLOWED, names};
use crate::scan::{Caps, Scan};

/// What a component is made of, as far as a reviewer asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its SHA-256.
    pub digest: Digest,
    /// The version of the contract that it is made for.
    pub wit: Wit,
    /// Bytes.
    pub size: u64,
    /// Everything it imports: of the contract, and of the second profile if the manifest asks for it.
    pub imports: Vec<String>,
    /// Everything it exports. Only [`Wit::export`] is ever called.
    pub exports: Vec<String>,
    /// Core modules, nested ones included.
    pub core_modules: u32,
    /// Components inside the component.
    pub nested_components: u32,
    /// How deep they are nested.
    pub nesting: u32,
    /// Core functions.
    pub functions: u32,
    /// Linear memories its modules define.
    pub memories: u32,
}

/// Why a component was not accepted. It can be told by the process that found it to another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ComponentError {
    /// Not a component: a core module, or no wasm at all.
    #[error("not a WebAssembly component")]
    NotAComponent,
    /// Larger than its class admits.
    #[error("{size} bytes, and this class admits {most}")]
    Size {
        /// Its size.
        size: u64,
        /// The most.
        most: u64,
    },
    /// More of something than its class admits.
    #[error("too many {what}: this class admits {most}")]
    TooMany {
        /// Of what.
        what: Cow<'static, str>,
        /// The most.
        most: u64,
    },
    /// It imports something outside the contract.
    #[error("imports `{name}`, which is outside `{}` and `{}`", Wit::V0_3, Wit::V0_2)]
    ForeignImport {
        /// The import.
        name: String,
    },
    /// It does not export the contract's interface.
    #[error("exports neither `{}` nor `{}`", Wit::V0_3.export(), Wit::V0_2.export())]
    MissingExport,
    /// It takes parts of two versions of the contract.
    #[error("mixes `{}` with `{}`", Wit::V0_3, Wit::V0_2)]
    MixedVersions,
    /// Its manifest names another version of the contract.
    #[error("is made for `{made}`, and its manifest says `{named}`")]
    OtherVersion {
        /// What it is made for.
        made: Wit,
        /// What the manifest says.
        named: Cow<'static, str>,
    },
    /// It uses a wasm feature that is off.
    #[error("uses wasm features that are off: {feature}")]
    Feature {
        /// The feature.
        feature: String,
    },
    /// It uses a construct that this class does not admit.
    #[error("uses {0}, which this class does not admit")]
    Construct(Cow<'static, str>),
    /// It is not valid.
    #[error("not valid at byte {offset}: {reason}")]
    Invalid {
        /// Where.
        offset: u64,
        /// What the validator says, shortened and with control characters escaped.
        reason: String,
    },
    /// Its imports or exports have the contract's names, but not its types.
    #[error("does not fit the contract: {reason}")]
    Mismatch {
        /// What the linker says, shortened and with control characters escaped.
        reason: String,
    },
    /// No code could be generated.
    #[error("could not be compiled: {reason}")]
    Compile {
        /// What the compiler says, shortened and with control characters escaped.
        reason: String,
    },
}

/// Checks a component without generating code. Only with `wasi` may it import the second profile.
pub(crate) fn check(component: &[u8], class: LimitClass, wasi: Option<Wasi>) -> Result<Inspection, ComponentError> {
    let caps = Caps::of(class);
    let size = u64::try_from(component.len()).unwrap_or(u64::MAX);
    if size > caps.size {
        return Err(ComponentError::Size { size, most: caps.size });
    }
    let scan = Scan::of(component, caps)?;
    let versions = versions(&scan, wasi)?;
    Validator::new_with_features(ALLOWED).validate_all(component).map_err(|error| invalid(&error))?;
    let exports = |wit: &Wit| scan.exports.iter().any(|name| name == wit.export());
    let wit = versions.into_iter().find(exports).ok_or(ComponentError::MissingExport)?;
    Ok(Inspection {
        digest: Digest::of(component),
        wit,
        size,
        imports: scan.imports,
        exports: scan.exports,
        core_modules: scan.modules,
        nested_components: scan.components,
        nesting: scan.deepest,
        functions: scan.functions,
        memories: scan.memories,
    })
}

/// The version that its imports and exports are of: none if there are none, and never two.
fn versions(scan: &Scan, wasi: Option<Wasi>) -> Result<Option<Wit>, ComponentError> {
    let imported = |name: &String| Wit::ALL.into_iter().find(|wit| wit.imports().contains(&name.as_str()));
    let exported = |name: &String| Wit::ALL.into_iter().find(|wit| wit.export() == name);
    let mut versions = scan.exports.iter().filter_map(exported).collect::<BTreeSet<_>>();
    let still = |name: &&String| matches!(wasi, Some(Wasi::Deterministic)) && crate::wasi::admits(name);
    for name in scan.imports.iter().filter(|name| !still(name)) {
        versions.insert(imported(name).ok_or_else(|| ComponentError::ForeignImport { name: reason(name) })?);
    }
    if versions.len() > 1 { Err(ComponentError::MixedVersions) } else { Ok(versions.pop_first()) }
}

/// What the parser or the validator said.
pub(crate) fn invalid(error: &wasmparser::Error) -> ComponentError {
    match error.missing_wasm_feature() {
        Some(features) => ComponentError::Feature { feature: names(features) },
        None => {
            let offset = u64::try_from(error.offset()).unwrap_or(u64::MAX);
            ComponentError::Invalid { offset, reason: reason(error.message()) }
        }
    }
}

/// A text that may hold names from the component: no control characters, at most 300 characters.
pub(crate) fn reason(text: impl Display) -> String {
    text.to_string().chars().take(300).flat_map(char::escape_debug).collect::<String>().replace("\\'", "'")
}

//! Where things are built.

use std::path::{Path, PathBuf};

use crate::cargo::CargoError;
use crate::language::Language;

/// How compilers are run. By default as the author's environment says.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// Where things are built, in place of what `CARGO_TARGET_DIR` or the project's configuration says.
    pub target_dir: Option<PathBuf>,
}

impl Tools {
    /// The target directory of the project in this folder: as cargo sees it, or `target` of one that cargo does not build.
    pub(crate) fn target(&self, folder: &Path, language: Language) -> Result<PathBuf, CargoError> {
        match (language, &self.target_dir) {
            (Language::Rust, _) => self.cargo_target(folder),
            (Language::JavaScript | Language::Python, Some(target)) => Ok(target.clone()),
            (Language::JavaScript | Language::Python, None) => Ok(folder.join("target")),
        }
    }
}

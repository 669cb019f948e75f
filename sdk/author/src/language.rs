//! What a plugin is written in.

use std::path::Path;

use serde::Serialize;

use crate::files::{FileError, open};

/// What a plugin is written in. The project's first file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, compiled: a cargo package.
    Rust,
    /// JavaScript, run by QuickJS inside the component: `plugin.js`.
    #[serde(rename = "js")]
    JavaScript,
    /// Python, run by CPython inside the component: `plugin.py`.
    Python,
}

impl Language {
    /// All of them; the first is what `new` makes if nothing is said.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// Its word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "js",
            Self::Python => "python",
        }
    }

    /// The file that makes a folder a project in it.
    pub(crate) const fn first_file(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::JavaScript => "plugin.js",
            Self::Python => "plugin.py",
        }
    }

    /// Where its function is.
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::JavaScript | Self::Python => self.first_file(),
        }
    }

    /// What the project in this folder is written in: Rust, unless it is a script.
    pub(crate) fn of(folder: &Path) -> Result<Self, FileError> {
        let dir = open(folder)?;
        let scripts = [Self::JavaScript, Self::Python];
        let written = scripts.into_iter().find(|language| dir.is_file(language.first_file()));
        // A package that happens to hold a script is a package.
        Ok(written.filter(|_| !dir.is_file(Self::Rust.first_file())).unwrap_or(Self::Rust))
    }
}

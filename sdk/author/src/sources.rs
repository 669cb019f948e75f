//! What a script plugin is made from: its modules, those it carries in `vendor/`, and the contract.

use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cordon_core::ids::Digest;

use crate::files::{FileError, open, read};
use crate::language::Language;

/// Folders that hold no part of the plugin.
const ASIDE: [&str; 6] = ["cases", "examples", "node_modules", "target", "tests", "vendor"];

/// How deep folders may lie in one another.
const DEEPEST: usize = 16;

/// The contract, where the SDK has it.
const CONTRACT: &str = "vendor/cordon-sdk/wit/cordon-clinical.wit";

/// The files of a plugin by their path, in order.
#[derive(Debug)]
pub(crate) struct Sources(Vec<(PathBuf, Vec<u8>)>);

impl Sources {
    /// Reads the project in this folder.
    pub(crate) fn read(folder: &Path, language: Language) -> Result<Self, FileError> {
        let mut sources = Self(Vec::new());
        sources.gather(&open(folder)?, folder, Path::new(""), language)?;
        let vendor = folder.join("vendor");
        for name in names(&open(&vendor)?, &vendor)? {
            // Each may be a link to where it is shared.
            let inner = vendor.join(&name);
            if inner.is_dir() {
                sources.gather(&open(&inner)?, &inner, &Path::new("vendor").join(&name), language)?;
            }
        }
        sources.0.push((PathBuf::from(Self::WIT), read(&folder.join(CONTRACT))?));
        sources.0.sort();
        Ok(sources)
    }

    /// Where the contract is put.
    pub(crate) const WIT: &'static str = "cordon-clinical.wit";

    fn gather(&mut self, dir: &Dir, shown: &Path, below: &Path, language: Language) -> Result<(), FileError> {
        let extensions: &[&str] = match language {
            Language::Rust => &[],
            Language::JavaScript => &["js", "mjs"],
            Language::Python => &["py"],
        };
        for name in names(dir, shown)? {
            let path = below.join(&name);
            let aside = ASIDE.contains(&name.as_str()) || name.starts_with(['.', '_']) && dir.is_dir(&name);
            if dir.is_file(&name) && path.extension().is_some_and(|found| extensions.iter().any(|one| found == *one)) {
                let content = dir.read(&name).map_err(FileError::of("read", shown.join(&name)))?;
                self.0.push((path, content));
            } else if !aside && dir.is_dir(&name) && path.components().count() < DEEPEST {
                let inner = dir.open_dir(&name).map_err(FileError::of("open the folder", shown.join(&name)))?;
                self.gather(&inner, &shown.join(&name), &path, language)?;
            }
        }
        Ok(())
    }

    /// What tells these sources from others.
    pub(crate) fn digest(&self) -> Digest {
        let head = self.0.iter().map(|(path, content)| format!("{} {}\n", path.display(), content.len()));
        let mut all = head.collect::<String>().into_bytes();
        all.extend(self.0.iter().flat_map(|(_, content)| content));
        Digest::of(&all)
    }

    /// Puts them into a folder, and nothing else.
    pub(crate) fn lay_out(&self, folder: &Path) -> Result<(), FileError> {
        if folder.is_dir() {
            std::fs::remove_dir_all(folder).map_err(FileError::of("empty the folder", folder))?;
        }
        Dir::create_ambient_dir_all(folder, ambient_authority()).map_err(FileError::of("make the folder", folder))?;
        let dir = open(folder)?;
        for (path, content) in &self.0 {
            if let Some(above) = path.parent() {
                dir.create_dir_all(above).map_err(FileError::of("make the folder", folder.join(above)))?;
            }
            dir.write(path, content).map_err(FileError::of("write", folder.join(path)))?;
        }
        Ok(())
    }
}

/// The names in a folder, in order.
fn names(dir: &Dir, shown: &Path) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for entry in dir.entries().map_err(FileError::of("list", shown))? {
        let entry = entry.map_err(FileError::of("list", shown))?;
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

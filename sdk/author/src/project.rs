//! `new`: a plugin project that builds and passes its test at once.

use std::fmt;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cordon_core::ids::{NameError, PluginId};
use serde::Serialize;

use crate::files::{FileError, split};
use crate::language::Language;
use crate::template::{files, package};

/// Why no project was made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The id is not reverse DNS.
    #[error("{0}; for example org.example.potassium, with a namespace that you own")]
    Id(#[from] NameError),
    /// There is something in the folder.
    #[error("`{}` is not empty: name a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// The folder could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A new project.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Project {
    /// The plugin's id.
    pub plugin: PluginId,
    /// The folder.
    pub folder: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// The package's name in `Cargo.toml` or `package.json`.
    pub package: String,
    /// How many files were written.
    pub files: usize,
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        write!(
            f,
            "{} is a plugin project that builds and passes its tests ({} files).\nNext: cordon test {folder}\nThen: read \
             {folder}/README.md, {folder}/plugin.toml and {folder}/{}",
            self.plugin,
            self.files,
            self.language.source()
        )
    }
}

/// Writes a project into a folder that is new or empty. It appears whole or not at all.
///
/// # Errors
/// [`NewError`].
pub fn new_project(id: &str, folder: &Path, language: Language) -> Result<Project, NewError> {
    let plugin = PluginId::new(id)?;
    let (parent, name) = above(folder)?;
    if parent.read_dir(&name).is_ok_and(|mut entries| entries.next().is_some()) || parent.is_file(&name) {
        return Err(NewError::NotEmpty(folder.to_owned()));
    }
    let files = files(&plugin, language);
    let unfinished = PathBuf::from(format!(".{}.part", package(&plugin)));
    let written = write(&parent, &unfinished, &files).and_then(|()| parent.rename(&unfinished, &parent, &name));
    if let Err(error) = written {
        // What failed is told; that the remains could not be removed either says nothing more.
        parent.remove_dir_all(&unfinished).ok();
        return Err(FileError::of("write", folder)(error).into());
    }
    Ok(Project { package: package(&plugin), plugin, language, folder: folder.to_owned(), files: files.len() })
}

/// The folder above, which is made if it is not there.
fn above(folder: &Path) -> Result<(Dir, PathBuf), FileError> {
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Dir::create_ambient_dir_all(parent, ambient_authority()).map_err(FileError::of("make the folder", parent))?;
    }
    split(folder)
}

fn write(parent: &Dir, name: &Path, files: &[(String, Vec<u8>)]) -> std::io::Result<()> {
    parent.create_dir(name)?;
    let dir = parent.open_dir(name)?;
    for (path, content) in files {
        if let Some(folder) = Path::new(path).parent() {
            dir.create_dir_all(folder)?;
        }
        dir.write(path, content)?;
    }
    Ok(())
}

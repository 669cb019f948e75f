//! Files below a folder that the author named, opened through `cap-std`: no path in a template or a case leads out of it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};

/// A file or folder could not be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} `{}`", path.display())]
pub struct FileError {
    act: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl FileError {
    pub(crate) fn of(act: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { act, path, source }
    }
}

/// A folder.
pub(crate) fn open(folder: &Path) -> Result<Dir, FileError> {
    Dir::open_ambient_dir(folder, ambient_authority()).map_err(FileError::of("open the folder", folder))
}

/// The folder of a file, and its name in it.
pub(crate) fn split(path: &Path) -> Result<(Dir, PathBuf), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let none =
        || FileError { act: "name a file by", path: path.to_owned(), source: io::ErrorKind::InvalidInput.into() };
    Ok((open(folder)?, PathBuf::from(path.file_name().ok_or_else(none)?)))
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let (dir, name) = split(path)?;
    dir.read(name).map_err(FileError::of("read", path))
}

/// Reads a UTF-8 file.
pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    let (dir, name) = split(path)?;
    dir.read_to_string(name).map_err(FileError::of("read", path))
}

/// Writes a file whole or not at all; a former one is replaced.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let (dir, name) = split(path)?;
    let mut unfinished = name.clone().into_os_string();
    // Two builds may write the same file: each finishes its own and the last one stands.
    unfinished.push(format!(".{}.part", std::process::id()));
    dir.write(&unfinished, content)
        .and_then(|()| dir.rename(&unfinished, &dir, &name))
        .map_err(FileError::of("write", path))
}

/// Writes a file that must not be there yet, with these permissions.
pub(crate) fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let (dir, name) = split(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let written = dir.open_with(name, &options).and_then(|mut file| file.write_all(content));
    written.map_err(FileError::of("create", path))
}

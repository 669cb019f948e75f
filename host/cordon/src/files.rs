//! Files that the person at the command line names. Each is opened through its directory.

use std::path::Path;

use anyhow::Context;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};

fn split(path: &Path) -> anyhow::Result<(Dir, &Path)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().with_context(|| format!("`{}` names no file", path.display()))?;
    let dir = Dir::open_ambient_dir(folder, ambient_authority())
        .with_context(|| format!("cannot open the folder `{}`", folder.display()))?;
    Ok((dir, Path::new(name)))
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let (dir, name) = split(path)?;
    dir.read(name).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Reads a text file.
pub(crate) fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("`{}` is not UTF-8", path.display()))
}

/// Opens a file to read it in parts.
pub(crate) fn open(path: &Path) -> anyhow::Result<(std::fs::File, u64)> {
    let (dir, name) = split(path)?;
    let file = dir.open(name).with_context(|| format!("cannot open `{}`", path.display()))?.into_std();
    let length = file.metadata().with_context(|| format!("cannot open `{}`", path.display()))?.len();
    Ok((file, length))
}

/// Opens a file whose size says how long it is: no pipe, no device.
pub(crate) fn open_regular(path: &Path) -> anyhow::Result<(std::fs::File, u64)> {
    let (dir, name) = split(path)?;
    // Looked at first: opening a pipe waits for somebody to write.
    let regular = dir.metadata(name).with_context(|| format!("cannot open `{}`", path.display()))?.is_file();
    anyhow::ensure!(regular, "`{}` is not a regular file: a running host takes nothing else", path.display());
    open(path)
}

/// The beginning of a file whose beginning can be read twice: of a regular one.
pub(crate) fn head(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut head = Vec::new();
    open_regular(path)?.0.take(most).read_to_end(&mut head)?;
    Ok(head)
}

/// Creates a file that is not there yet. A secret is readable by its owner only.
pub(crate) fn create(path: &Path, secret: bool) -> anyhow::Result<std::fs::File> {
    let (dir, name) = split(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(if secret { 0o600 } else { 0o644 });
    let file = dir.open_with(name, &options).with_context(|| format!("cannot create `{}`", path.display()))?;
    Ok(file.into_std())
}

/// Writes a new file.
pub(crate) fn write_new(path: &Path, content: &[u8], secret: bool) -> anyhow::Result<()> {
    use std::io::Write as _;
    create(path, secret)?.write_all(content).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Makes a folder and those above it.
pub(crate) fn make_dir(path: &Path) -> anyhow::Result<()> {
    Dir::create_ambient_dir_all(path, ambient_authority()).with_context(|| format!("cannot make `{}`", path.display()))
}

//! One plugin, made once for all tests, in a target directory of its own that later runs find again.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cordon_author::{Built, Language, Tools, build, new_project};
use tempfile::TempDir;

pub(crate) const ID: &str = "org.example.potassium";

pub(crate) fn cargo() -> Tools {
    Tools { target_dir: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("../author-test")) }
}

/// A project nobody changes.
pub(crate) fn project() -> &'static (PathBuf, Built) {
    static MADE: OnceLock<(TempDir, (PathBuf, Built))> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let place = TempDir::new().unwrap();
        let folder = place.path().join("potassium");
        new_project(ID, &folder, Language::Rust).unwrap();
        let built = build(&folder, &cargo()).unwrap();
        (place, (folder, built))
    });
    &made.1
}

#[expect(clippy::disallowed_methods, reason = "a test reads what the verbs wrote")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

pub(crate) fn text(path: &Path) -> String {
    String::from_utf8(read(path)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test writes what the verbs read")]
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::write(path, content).unwrap();
}

/// The names in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

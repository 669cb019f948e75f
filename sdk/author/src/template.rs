//! What a new project is made of. The SDK and the WIT contract are embedded, so it builds outside this repository.

use cordon_core::ids::PluginId;
use include_dir::{Dir, include_dir};

/// The SDK, as `build.rs` gathered it.
static SDK: Dir<'_> = include_dir!("$OUT_DIR/cordon-sdk");

/// Where it goes.
const VENDOR: &str = "vendor/cordon-sdk";

/// Path and text of what the author goes on to write.
const FILES: [(&str, &str); 14] = [
    (".cargo/config.toml", include_str!("../template/cargo-config.toml.txt")),
    (".gitignore", include_str!("../template/gitignore.txt")),
    ("Cargo.toml", include_str!("../template/Cargo.toml.txt")),
    ("README.md", include_str!("../template/README.md.txt")),
    ("clippy.toml", include_str!("../template/clippy.toml.txt")),
    ("plugin.toml", include_str!("../template/plugin.toml.txt")),
    ("src/lib.rs", include_str!("../template/lib.rs.txt")),
    ("examples/request.json", include_str!("../template/request.json.txt")),
    ("vendor/cordon-sdk/rustfmt.toml", include_str!("../../../rustfmt.toml")),
    ("tests/cases.rs", include_str!("../template/cases.rs.txt")),
    ("cases/high.json", include_str!("../template/cases/high.json.txt")),
    ("cases/normal.json", include_str!("../template/cases/normal.json.txt")),
    ("cases/other-unit.json", include_str!("../template/cases/other-unit.json.txt")),
    ("cases/record.json", include_str!("../template/cases/record.json.txt")),
];

/// Every file of a project for this plugin: its path and its content.
pub(crate) fn files(id: &PluginId) -> Vec<(String, Vec<u8>)> {
    let fill = |text: &str| {
        let package = package(id);
        let module = package.replace('-', "_");
        let (namespace, service) = id.as_str().rsplit_once('.').unwrap_or_default();
        text.replace("{{id}}", id.as_str())
            .replace("{{package}}", &package)
            .replace("{{crate}}", &module)
            .replace("{{namespace}}", namespace)
            .replace("{{service}}", service)
            .into_bytes()
    };
    let mut files: Vec<_> = FILES.iter().map(|(path, text)| ((*path).to_owned(), fill(text))).collect();
    embedded(&SDK, &mut files);
    files
}

/// The package's name: the whole id, because its last label alone may be a word that cargo refuses.
pub(crate) fn package(id: &PluginId) -> String {
    id.as_str().replace('.', "-")
}

fn embedded(dir: &Dir<'_>, out: &mut Vec<(String, Vec<u8>)>) {
    out.extend(dir.files().map(|file| (format!("{VENDOR}/{}", file.path().display()), file.contents().to_vec())));
    for inner in dir.dirs() {
        embedded(inner, out);
    }
}

#[cfg(test)]
mod tests {
    use cordon_core::manifest::Manifest;

    use super::*;

    fn made(path: &str) -> String {
        let files = files(&PluginId::new("org.example.a-b").unwrap());
        let (_, content) = files.into_iter().find(|(found, _)| found == path).unwrap();
        String::from_utf8(content).unwrap()
    }

    #[test]
    fn no_placeholder_is_left() {
        for (path, content) in files(&PluginId::new("org.example.a-b").unwrap()) {
            let own = !path.starts_with("vendor/");
            assert!(!(own && String::from_utf8(content).unwrap().contains("{{")), "{path}");
        }
    }

    #[test]
    fn the_manifest_is_one_that_a_host_accepts() {
        assert_eq!(Manifest::parse(&made("plugin.toml")).unwrap().id.as_str(), "org.example.a-b");
    }

    #[test]
    fn the_sdk_is_whole_and_carries_the_contract() {
        assert!(made("vendor/cordon-sdk/wit/cordon-clinical.wit").contains("package cordon:clinical@0.3.0;"));
        assert!(made("vendor/cordon-sdk/Cargo.toml").contains("name = \"cordon-sdk\""));
        assert!(made("vendor/cordon-sdk/src/lib.rs").contains("macro_rules! service"));
    }
}

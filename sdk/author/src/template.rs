//! What a new project is made of. The SDKs and the WIT contract are embedded, so it builds outside this repository.

use cordon_core::ids::PluginId;
use include_dir::{Dir, include_dir};

use crate::language::Language;

/// The SDKs, as `build.rs` gathered them.
static SDKS: Dir<'_> = include_dir!("$OUT_DIR/cordon-sdk");

/// Where the project's goes.
const VENDOR: &str = "vendor/cordon-sdk";

/// Path and text of what the author goes on to write.
type Files = &'static [(&'static str, &'static str)];

const SHARED: Files = &[
    ("plugin.toml", include_str!("../template/plugin.toml.txt")),
    ("examples/request.json", include_str!("../template/request.json.txt")),
    ("cases/high.json", include_str!("../template/cases/high.json.txt")),
    ("cases/normal.json", include_str!("../template/cases/normal.json.txt")),
    ("cases/other-unit.json", include_str!("../template/cases/other-unit.json.txt")),
    ("cases/record.json", include_str!("../template/cases/record.json.txt")),
];

const RUST: Files = &[
    (".cargo/config.toml", include_str!("../template/cargo-config.toml.txt")),
    (".gitignore", include_str!("../template/gitignore.txt")),
    ("Cargo.toml", include_str!("../template/Cargo.toml.txt")),
    ("README.md", include_str!("../template/README.md.txt")),
    ("clippy.toml", include_str!("../template/clippy.toml.txt")),
    ("src/lib.rs", include_str!("../template/lib.rs.txt")),
    ("vendor/cordon-sdk/rustfmt.toml", include_str!("../../../rustfmt.toml")),
    ("tests/cases.rs", include_str!("../template/cases.rs.txt")),
];

const JAVASCRIPT: Files = &[
    (".gitignore", include_str!("../template/script/gitignore.txt")),
    ("README.md", include_str!("../template/script/README.md.txt")),
    ("package.json", include_str!("../template/script/package.json.txt")),
    ("plugin.js", include_str!("../template/script/plugin.js.txt")),
    ("tests/potassium.test.js", include_str!("../template/script/potassium.test.js.txt")),
];

const PYTHON: Files = &[
    (".gitignore", include_str!("../template/script/gitignore.txt")),
    ("README.md", include_str!("../template/script/README.md.txt")),
    ("plugin.py", include_str!("../template/script/plugin.py.txt")),
    ("tests/test_potassium.py", include_str!("../template/script/test_potassium.py.txt")),
];

/// What the words of the shared files differ in.
struct Words {
    files: Files,
    class: &'static str,
    cards: &'static str,
    /// The decimal sign on a German card: the host's on a templated one.
    sign: &'static str,
    tests: &'static str,
    needed: &'static str,
}

fn words(language: Language) -> Words {
    let script = include_str!("../template/script/cards.toml.txt").trim_end();
    match language {
        Language::Rust => Words {
            files: RUST,
            class: "compiled",
            cards: "[cards]\nmode = \"text\"",
            sign: ".",
            tests: "tests/cases.rs",
            needed: "Rust",
        },
        Language::JavaScript => Words {
            files: JAVASCRIPT,
            class: "interpreted",
            cards: script,
            sign: ",",
            tests: "tests/potassium.test.js",
            needed: "Node.js 20 or later, with npm",
        },
        Language::Python => Words {
            files: PYTHON,
            class: "interpreted",
            cards: script,
            sign: ",",
            tests: "tests/test_potassium.py",
            needed: "Python 3.10 or later, with venv and pip",
        },
    }
}

/// Every file of a project for this plugin: its path and its content.
pub(crate) fn files(id: &PluginId, language: Language) -> Vec<(String, Vec<u8>)> {
    let words = words(language);
    let fill = |text: &str| {
        let package = package(id);
        let module = package.replace('-', "_");
        let (namespace, service) = id.as_str().rsplit_once('.').unwrap_or_default();
        text.replace("{{cards}}", words.cards)
            .replace("{{class}}", words.class)
            .replace("{{sign}}", words.sign)
            .replace("{{first}}", language.first_file())
            .replace("{{tests}}", words.tests)
            .replace("{{needed}}", words.needed)
            .replace("{{id}}", id.as_str())
            .replace("{{package}}", &package)
            .replace("{{crate}}", &module)
            .replace("{{namespace}}", namespace)
            .replace("{{service}}", service)
            .into_bytes()
    };
    let own = SHARED.iter().chain(words.files);
    let mut files: Vec<_> = own.map(|(path, text)| ((*path).to_owned(), fill(text))).collect();
    if let Some(sdk) = SDKS.get_dir(language.word()) {
        embedded(sdk, language, &mut files);
    }
    files
}

/// The package's name: the whole id, because its last label alone may be a word that cargo refuses.
pub(crate) fn package(id: &PluginId) -> String {
    id.as_str().replace('.', "-")
}

fn embedded(dir: &Dir<'_>, language: Language, out: &mut Vec<(String, Vec<u8>)>) {
    for file in dir.files() {
        let path = file.path().strip_prefix(language.word()).unwrap_or(file.path());
        out.push((format!("{VENDOR}/{}", path.display()), file.contents().to_vec()));
    }
    for inner in dir.dirs() {
        embedded(inner, language, out);
    }
}

#[cfg(test)]
mod tests {
    use cordon_core::manifest::Manifest;

    use super::*;

    fn all(language: Language) -> Vec<(String, Vec<u8>)> {
        files(&PluginId::new("org.example.a-b").unwrap(), language)
    }

    fn made(language: Language, path: &str) -> String {
        let (_, content) = all(language).into_iter().find(|(found, _)| found == path).unwrap();
        String::from_utf8(content).unwrap()
    }

    #[test]
    fn no_placeholder_is_left() {
        for (path, content) in Language::ALL.into_iter().flat_map(all) {
            let own = !path.starts_with("vendor/");
            assert!(!(own && String::from_utf8(content).unwrap().contains("{{")), "{path}");
        }
    }

    #[test]
    fn the_manifest_is_one_that_a_host_accepts() {
        for language in Language::ALL {
            let manifest = Manifest::parse(&made(language, "plugin.toml")).unwrap();
            assert_eq!((manifest.id.as_str(), manifest.wasi), ("org.example.a-b", None));
        }
    }

    #[test]
    fn the_sdk_is_whole_and_carries_the_contract() {
        for language in Language::ALL {
            let contract = made(language, "vendor/cordon-sdk/wit/cordon-clinical.wit");
            assert!(contract.contains(&format!("package {};", cordon_core::manifest::WIT[0])));
            let manifest = made(language, "plugin.toml");
            assert!(manifest.contains(&format!("wit = \"{}\"", cordon_core::manifest::WIT[0])));
        }
        assert!(made(Language::Rust, "vendor/cordon-sdk/Cargo.toml").contains("name = \"cordon-sdk\""));
        assert!(made(Language::Rust, "vendor/cordon-sdk/src/lib.rs").contains("macro_rules! service"));
        assert!(made(Language::JavaScript, "vendor/cordon-sdk/package-lock.json").contains("componentize-qjs"));
        assert!(made(Language::Python, "vendor/cordon-sdk/requirements.txt").contains("componentize-py=="));
    }
}

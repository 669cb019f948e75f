//! What is refused before any code is generated.

use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;
use cordon_core::manifest::Manifest;
use cordon_runtime::{ComponentError, Inspection, Wit};

use crate::room::{engine, guest};

fn check(wat: &str, class: LimitClass) -> Result<Inspection, ComponentError> {
    engine().check(&wat::parse_str(wat).unwrap(), class)
}

fn compiled(wat: &str) -> ComponentError {
    check(wat, LimitClass::Compiled).unwrap_err()
}

/// A component that imports an empty instance of this name.
fn importing(name: &str) -> String {
    format!(r#"(component (import "{name}" (instance)))"#)
}

fn foreign(name: &str) -> ComponentError {
    ComponentError::ForeignImport { name: name.to_owned() }
}

#[test]
fn an_import_outside_the_contract_is_refused_by_name() {
    for name in [
        "wasi:sockets/tcp@0.2.0",
        "wasi:filesystem/preopens@0.2.0",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:clocks/monotonic-clock@0.2.0",
        "cordon:clinical/records@0.4.0",
        "cordon:clinical/records@0.1.0",
        "cordon:clinical/records@0.3.1",
        "cordon:clinical/kept@0.1.0",
        "cordon:clinical/records",
        "cordon:clinical/secrets@0.2.0",
        "other:clinical/records@0.2.0",
        "records",
    ] {
        assert_eq!(compiled(&importing(name)), foreign(name), "{name}");
    }
}

#[test]
fn a_bare_function_or_a_module_is_no_interface() {
    assert_eq!(compiled(r#"(component (import "fetch" (func)))"#), foreign("fetch"));
    assert_eq!(compiled(r#"(component (import "libc" (core module)))"#), foreign("libc"));
    for export in Wit::ALL.map(Wit::export) {
        assert_eq!(compiled(&importing(export)), foreign(export));
    }
}

#[test]
fn a_component_without_the_export_is_refused() {
    assert_eq!(compiled("(component)"), ComponentError::MissingExport);
    for name in Wit::ALL.into_iter().flat_map(Wit::imports) {
        assert_eq!(compiled(&importing(name)), ComponentError::MissingExport);
    }
}

/// A component that exports an empty instance under each of these names, after this.
fn exporting(before: &str, names: &[&str]) -> String {
    let exports: String = names.iter().map(|name| format!(r#"(export "{name}" (instance $i))"#)).collect();
    format!("(component {before} (instance $i) {exports})")
}

#[test]
fn a_component_of_two_versions_is_refused() {
    let [newest, before] = Wit::ALL.map(Wit::export);
    assert_eq!(compiled(&exporting("", &[newest, before])), ComponentError::MixedVersions);
    for (export, other) in [(newest, Wit::V0_2), (before, Wit::V0_3)] {
        for import in other.imports() {
            let import = format!(r#"(import "{import}" (instance))"#);
            assert_eq!(compiled(&exporting(&import, &[export])), ComponentError::MixedVersions);
        }
    }
}

#[test]
fn a_component_is_of_the_version_that_its_manifest_names() {
    for (guest, wit) in [("reads_the_labs", Wit::V0_2), ("counts_in_a_cell", Wit::V0_3)] {
        let component = self::guest(guest);
        assert_eq!(engine().check(&component, LimitClass::Compiled).unwrap().wit, wit, "{guest}");
        for named in Wit::ALL {
            let compiled = engine().compile_for(&component, &manifest(named)).map(|compiled| compiled.digest());
            let other = ComponentError::OtherVersion { made: wit, named: named.as_str().into() };
            let expected = if named == wit { Ok(Digest::of(&component)) } else { Err(other) };
            assert_eq!(compiled, expected, "{guest}");
        }
    }
}

fn manifest(wit: Wit) -> Manifest {
    let text = format!(
        r#"id = "org.example.probe"
           version = "1.0.0"
           wit = "{wit}"
           title = {{ en = "Probe" }}
           description = {{ en = "Probes." }}
           intended-use = "Tests"
           publisher = "Example"
           contact = "mailto:probe@example.org"
           service = [{{ id = "probe", hook = "patient-view", description = "Probes." }}]
           cards = {{ mode = "text" }}
           source = {{ label = "Probe" }}"#
    );
    Manifest::parse(&text).unwrap()
}

#[test]
fn what_has_the_names_of_the_contract_but_not_its_types_is_refused() {
    for wit in Wit::ALL {
        let empty = wat::parse_str(exporting("", &[wit.export()])).unwrap();
        assert!(engine().check(&empty, LimitClass::Compiled).is_ok());
        assert!(matches!(engine().compile(&empty, LimitClass::Compiled), Err(ComponentError::Mismatch { .. })));
        let [records, ..] = wit.imports() else { panic!("no imports") };
        let more = format!(r#"(import "{records}" (instance (export "everything" (func (result string)))))"#);
        let more = wat::parse_str(exporting(&more, &[wit.export()])).unwrap();
        assert!(matches!(engine().compile(&more, LimitClass::Compiled), Err(ComponentError::Mismatch { .. })));
    }
}

#[test]
fn the_version_before_has_no_tables() {
    let plugin = include_str!("plugin.wat")
        .replace("CORE", r#"(func (export "evaluate") (param i32) (result i32) i32.const 0)"#);
    let len = r#"(export "[method]view.len" (func (param "self" (borrow $view)) (result u32)))"#;
    let table = r#"(export "[method]view.table" (func (param "self" (borrow $view)) (result u32)))"#;
    let compile =
        |text: &str| engine().compile(&wat::parse_str(text).unwrap(), LimitClass::Compiled).map(|one| one.digest());
    assert!(plugin.contains(len) && compile(&plugin).is_ok());
    let asks = plugin.replace(len, &format!("{len} {table}"));
    assert!(matches!(compile(&asks), Err(ComponentError::Mismatch { .. })));
}

#[test]
fn an_honest_guest_is_admitted_and_described() {
    let component = guest("reads_the_labs");
    let seen = engine().check(&component, LimitClass::Compiled).unwrap();
    let mut imports = seen.imports.clone();
    imports.sort_unstable();
    assert_eq!(
        imports,
        ["cordon:clinical/advice@0.2.0", "cordon:clinical/calls@0.2.0", "cordon:clinical/records@0.2.0"]
    );
    assert_eq!(seen.exports, [Wit::V0_2.export()]);
    assert_eq!((seen.digest, seen.size), (Digest::of(&component), component.len() as u64));
    assert_eq!((seen.memories, seen.nesting), (1, 1));
    assert!(seen.core_modules >= 1 && seen.functions > 0);
}

#[test]
fn what_is_no_component_is_refused() {
    assert_eq!(compiled("(module)"), ComponentError::NotAComponent);
    let check = |bytes: &[u8]| engine().check(bytes, LimitClass::Compiled);
    assert_eq!(check(b""), Err(ComponentError::NotAComponent));
    assert_eq!(check(b"<html>not a component</html>"), Err(ComponentError::NotAComponent));
    let mut cut = guest("ignores_data");
    cut.truncate(cut.len() / 2);
    assert!(matches!(check(&cut), Err(ComponentError::Invalid { .. })));
}

#[test]
fn a_component_above_the_size_of_its_class_is_not_even_read() {
    let check = |size, class| engine().check(&vec![0; size], class).unwrap_err();
    let (compiled, interpreted) = (16 << 20, 64 << 20);
    assert!(matches!(check(compiled + 1, LimitClass::Compiled), ComponentError::Size { most: 0x0100_0000, .. }));
    assert_eq!(check(compiled, LimitClass::Compiled), ComponentError::NotAComponent);
    assert!(matches!(check(interpreted + 1, LimitClass::Interpreted), ComponentError::Size { most: 0x0400_0000, .. }));
}

#[test]
fn nesting_bombs_are_refused() {
    let nested = |levels: usize| format!("(component {} {})", "(component ".repeat(levels), ")".repeat(levels));
    let too_deep = |most| ComponentError::TooMany { what: "levels of nesting".into(), most };
    assert_eq!(compiled(&nested(2)), too_deep(1));
    assert_eq!(check(&nested(8), LimitClass::Interpreted), Err(ComponentError::MissingExport));
    assert_eq!(check(&nested(9), LimitClass::Interpreted), Err(too_deep(8)));
    let beside = |count: usize| format!("(component {})", "(component)".repeat(count));
    assert_eq!(compiled(&beside(9)), ComponentError::TooMany { what: "nested components".into(), most: 8 });
    let many = check(&beside(20_000), LimitClass::Interpreted);
    assert_eq!(many, Err(ComponentError::TooMany { what: "nested components".into(), most: 64 }));
}

#[test]
fn code_bombs_are_refused() {
    let functions = format!("(component (core module {}))", "(func)".repeat(50_001));
    assert_eq!(compiled(&functions), ComponentError::TooMany { what: "functions".into(), most: 50_000 });
    let body = format!("(component (core module (func {})))", "nop ".repeat(1 << 20));
    assert_eq!(compiled(&body), ComponentError::TooMany { what: "bytes in a function".into(), most: 1 << 20 });
    let modules = format!("(component {})", "(core module)".repeat(9));
    assert_eq!(compiled(&modules), ComponentError::TooMany { what: "core modules".into(), most: 8 });
}

#[test]
fn tables_that_no_run_may_have_are_refused() {
    let table = |elements: u32| format!("(component (core module (table {elements} funcref)))");
    let too_many = |most| ComponentError::TooMany { what: "elements in a table".into(), most };
    assert_eq!(compiled(&table(10_001)), too_many(10_000));
    assert_eq!(compiled(&table(10_000)), ComponentError::MissingExport);
    assert_eq!(check(&table(50_001), LimitClass::Interpreted), Err(too_many(50_000)));
    assert_eq!(check(&table(50_000), LimitClass::Interpreted), Err(ComponentError::MissingExport));
    let tables = |count: usize| format!("(component (core module {}))", "(table 0 funcref)".repeat(count));
    assert_eq!(compiled(&tables(5)), ComponentError::TooMany { what: "tables in a module".into(), most: 4 });
    assert_eq!(compiled(&tables(4)), ComponentError::MissingExport);
}

#[test]
fn code_in_nested_components_is_for_interpreters_only() {
    let nested = "(component (component (core module)))";
    assert_eq!(compiled(nested), ComponentError::Construct("code in nested components".into()));
    assert_eq!(check(nested, LimitClass::Interpreted), Err(ComponentError::MissingExport));
}

#[test]
fn resources_of_the_plugin_are_for_interpreters_only() {
    let own = "(component (type (resource (rep i32))))";
    assert_eq!(compiled(own), ComponentError::Construct("resources of its own".into()));
    assert_eq!(check(own, LimitClass::Interpreted), Err(ComponentError::MissingExport));
}

#[test]
fn strings_other_than_utf8_are_refused() {
    for encoding in ["string-encoding=utf16", "string-encoding=latin1+utf16"] {
        let wat = format!(
            r#"(component
                (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0))
                (core instance $i (instantiate $m))
                (func (result string) (canon lift (core func $i "f") (memory (core memory $i "m")) {encoding})))"#
        );
        assert_eq!(compiled(&wat), ComponentError::Construct("strings other than UTF-8".into()), "{encoding}");
    }
}

#[test]
fn a_refusal_holds_no_control_characters() {
    let wat = r#"(component (core module (func (export "\1b[2J") unreachable) (func (export "\1b[2J"))))"#;
    let error = compiled(wat).to_string();
    assert!(error.contains("duplicate export"), "{error}");
    assert!(!error.contains('\u{1b}'), "{error}");
}

//! What is wrong with a policy file is said with its line and its policy; such a file is not accepted.

use cordon_policy::cedar::{DEFAULT, Finding, Policies};

const HEAD: &str = "// a comment\n\n@id(\"first\")\n@why(\"w\")\n";

fn findings(text: &str) -> Vec<Finding> {
    Policies::parse(text).unwrap_err().findings
}

/// The one finding about a policy `first`, which starts on line 3.
fn finding(policy: &str) -> Finding {
    let found = findings(&format!("{HEAD}{policy}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].policy.as_deref(), Some("first"));
    found.into_iter().next().unwrap()
}

#[test]
fn a_syntax_error_is_refused_with_its_line() {
    let found = findings(&format!("{HEAD}permit (principal, action, resource)\nwhen {{ resource.hiv = true }};\n"));
    assert_eq!(found[0].line, Some(6));
}

#[test]
fn a_word_that_the_host_does_not_have_is_refused() {
    for (condition, word) in [
        ("resource.hivv", "hivv"),
        ("context.purpose == Purpose::\"TREATMENT\"", "TREATMENT"),
        ("resource.kind == ResourceType::\"Observaton\"", "Observaton"),
        ("resource.confidentiality == Confidentiality::\"X\"", "X"),
        ("principal in Company::\"org.example\"", "Company"),
        ("context.patient == \"p\"", "patient"),
    ] {
        let found = finding(&format!("permit (principal, action, resource)\nwhen {{ {condition} }};\n"));
        assert!(found.says.contains(word), "{found}");
        assert_eq!(found.line, Some(6), "{found}");
    }
}

#[test]
fn a_policy_that_can_never_apply_is_refused() {
    let found = finding("forbid (principal, action, resource)\nwhen { principal is Row };\n");
    assert!(found.says.contains("impossible"), "{found}");
}

#[test]
fn a_template_is_refused() {
    let found = findings(&format!("{HEAD}permit (principal == ?principal, action, resource);\n"));
    assert!(found[0].says.contains("template"), "{found:?}");
}

#[test]
fn a_policy_says_its_name_and_its_reason() {
    let bare = "permit (principal, action, resource);\n";
    assert_eq!(
        findings(&format!("{HEAD}{bare}\n{bare}"))[0].to_string(),
        "line 7: policy `number 2`: has no @id(\"…\"): explanations name it by that"
    );
    assert!(findings(&format!("@id(\"x\") {bare}"))[0].says.contains("@why"));
    assert!(findings(&format!("{HEAD}{bare}{HEAD}forbid (principal, action, resource);"))[0].says.contains("same @id"));
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_file() {
    let wrong =
        |id| format!("@id(\"{id}\") @why(\"w\") permit (principal, action, resource) when {{ resource.{id} }};\n");
    let lines: Vec<_> = findings(&[wrong("b"), wrong("a"), wrong("c")].concat()).into_iter().map(|f| f.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(3)]);
}

#[test]
fn the_digest_is_of_the_text() {
    let read = Policies::parse(DEFAULT).unwrap();
    assert_eq!(read.digest(), cordon_core::ids::Digest::of(DEFAULT.as_bytes()));
    assert_eq!(read.stated()["hiv"].line, Some(1 + DEFAULT.lines().position(|line| line == "@id(\"hiv\")").unwrap()));
}

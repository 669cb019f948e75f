//! A manifest that says anything the host cannot hold it to is refused.

use cordon_core::grant::{Grant, GrantError, GrantedNeed};
use cordon_core::ids::Digest;
use cordon_core::manifest::{Manifest, ManifestError};

use crate::fakes::{MANIFEST, need};

fn refused(from: &str, to: &str) -> ManifestError {
    assert!(MANIFEST.contains(from), "{from}");
    Manifest::parse(&MANIFEST.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn unknown_fields_and_duplicate_keys_are_refused() {
    assert!(matches!(refused("newest = 2", "newest = 2\nlatest = 2"), ManifestError::Shape(_)));
    assert!(matches!(refused("newest = 2", "newest = 2\nnewest = 3"), ManifestError::Shape(_)));
    assert!(matches!(refused("publisher =", "egress = \"https://x.example\"\npublisher ="), ManifestError::Shape(_)));
}

#[test]
fn a_malformed_manifest_names_its_line() {
    let line = MANIFEST.lines().position(|line| line == "newest = 2").unwrap() + 2;
    let error = refused("newest = 2", "newest = 2\nnewest = 3").to_string();
    assert!(error.contains(&format!("line {line}: ")), "{error}");
}

#[test]
fn an_icon_that_a_screen_would_load_from_its_publisher_is_refused() {
    let source = "source = { label = \"Renal dosing guard\" }";
    let icon = |icon: &str| format!("source = {{ label = \"Renal dosing guard\", icon = {icon} }}");
    assert!(matches!(refused(source, &icon("\"https://publisher.example/beacon.png\"")), ManifestError::Shape(_)));
    let digest = Digest::of(b"icon");
    let page = icon(&format!("{{ digest = \"{digest}\", type = \"text/plain\" }}"));
    assert!(matches!(refused(source, &page), ManifestError::Rule(_)));
    let png = icon(&format!("{{ digest = \"{digest}\", type = \"image/png\" }}"));
    assert!(Manifest::parse(&MANIFEST.replacen(source, &png, 1)).is_ok());
}

#[test]
fn more_needs_than_a_reviewer_reads_are_refused() {
    let draft = |n: usize| {
        format!("[[need]]\nname = \"d{n}\"\nsource = \"context.draftOrders\"\nelements = [\"status\"]\nwhy = \"w\"\n\n")
    };
    let with = |more: usize| format!("{MANIFEST}\n{}", (0..more).map(draft).collect::<String>());
    assert!(Manifest::parse(&with(29)).is_ok());
    assert!(matches!(Manifest::parse(&with(30)).unwrap_err(), ManifestError::Rule(_)));
}

#[test]
fn two_needs_of_one_name_are_refused() {
    assert!(matches!(refused("name = \"draft\"", "name = \"patient\""), ManifestError::Rule(_)));
}

#[test]
fn a_malformed_or_wide_scope_is_refused() {
    let scope = "patient/Observation.rs?code=http://loinc.org|2160-0";
    for wrong in [
        "patient/Observation.sr",
        "patient/*.rs",
        "user/Observation.rs",
        "patient/Observation.cruds",
        "patient/Observation.r",
        "patient/Observation.rs?colour=red",
        "patient/Observation.read",
        "",
        "patient/Observation.rs?code=",
    ] {
        assert!(matches!(refused(scope, wrong), ManifestError::Scope { .. }), "{wrong}");
    }
}

#[test]
fn an_unknown_prefetch_token_is_refused() {
    let scope = "patient/Observation.rs?code=http://loinc.org|2160-0";
    let with = format!("{scope}&encounter={{{{context.encounterId}}}}");
    assert!(matches!(refused(scope, &with), ManifestError::PrefetchToken { .. }));
}

#[test]
fn a_url_with_room_for_data_is_refused() {
    for wrong in [
        "http://example.org/renal",
        "https://example.org/renal?x=1",
        "https://example.org/#x",
        "https://u@example.org/",
        "javascript:x",
        "https://example.org:65536/renal",
        "https://example.org:44e/renal",
        "https://a.b:1:2/renal",
        "https://example.0x1/renal",
        "https://xn--a.example/renal",
        "https://EXAMPLE.org/renal",
        "https://example.org/a/../renal",
    ] {
        assert!(matches!(refused("https://example.org/renal", wrong), ManifestError::Rule(_)), "{wrong}");
    }
}

#[test]
fn another_wit_version_is_refused() {
    assert!(matches!(refused("clinical@0.2.0", "clinical@0.4.0"), ManifestError::Wit { .. }));
}

#[test]
fn a_refusal_quotes_no_character_that_a_terminal_would_obey_or_hide() {
    let scope = "patient/Observation.rs?code=http://loinc.org|2160-0";
    for (from, to) in [
        ("publisher =", "\"x\\u001b[2J\\u202e\" = 1\npublisher ="),
        ("hook = \"order-select\"", "hook = \"\\u001b[2J\\u202e\""),
        ("clinical@0.2.0", "\\u001b[2J\\u202e"),
        (scope, "patient/\\u001b[2J\\u202e"),
        ("\"valueQuantity\"", "\"\\u001b[2J\\u202e\""),
    ] {
        let printed = refused(from, to).to_string();
        assert!(printed.contains("[2J\\u{202e}"), "{printed:?}");
        assert!(!printed.contains(|c: char| c.is_control() || c == '\u{202e}'), "{printed:?}");
    }
}

#[test]
fn a_refusal_quotes_honest_words_as_they_are() {
    assert_eq!(refused("clinical@0.2.0", "größe/é").to_string().split('`').nth(1), Some("cordon:größe/é"));
}

#[test]
fn a_grant_narrows_and_never_widens() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let with = |name: &str, within: Option<&str>| {
        let mut grant = Grant::whole(&manifest);
        grant.needs.insert(need(name), GrantedNeed { within: within.map(str::to_owned) });
        grant.check(&manifest)
    };
    assert!(matches!(with("creatinine", Some("patient/Observation.rs")), Err(GrantError::Wider(_))));
    assert!(matches!(with("creatinine", Some("nonsense")), Err(GrantError::Scope(..))));
    assert!(matches!(with("draft", Some("patient/Patient.r")), Err(GrantError::NoScope(_))));
    assert!(matches!(with("weight", None), Err(GrantError::UnknownNeed(_))));
    assert!(with("creatinine", Some("patient/Observation.rs?code=http://loinc.org|2160-0&status=final")).is_ok());
}

#[test]
fn leaving_out_a_need_that_abstains_is_refused() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let mut grant = Grant::whole(&manifest);
    grant.needs.remove(&need("creatinine"));
    assert!(matches!(grant.check(&manifest), Err(GrantError::Withheld(_))));
}

#[test]
fn a_text_that_the_card_profile_would_change_is_refused() {
    for wrong in ["Renal <img src=x>", "see www.example.org", "Renal\u{202e}", "Renal  guard", ""] {
        let label = format!("source = {{ label = \"{wrong}\" }}");
        assert!(
            matches!(refused("source = { label = \"Renal dosing guard\" }", &label), ManifestError::Rule(_)),
            "{wrong}"
        );
    }
}

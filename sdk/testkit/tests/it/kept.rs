//! Cells, data packs, notes, templates and system actions on a desk.

use cordon_testkit::{Case, CaseReport, Desk, Verdict};
use serde_json::{Value, json};

use crate::desk::observation;

/// What a manifest with all of it has beside the rest.
const KEPT: &str = r#"
[[cell]]
name = "count"
size = 64
why = "Testing."

[[pack]]
name = "doses"
schema = '{"type":"object"}'
most-bytes = 1000
why = "Testing."

[[note]]
code = 1
text = "Rows were seen"
arguments = [{ name = "rows", most = 5 }, { name = "rest", most = 4294967295 }]

[[note]]
code = 2
text = "Done"

[[override-reason]]
name = "known"
code = "known"
system = "https://example.org/reasons"
display = "Known"

[[proposal]]
name = "repeat"
description = { en = "Repeat the test", de = "Test wiederholen" }
resource = '{"resourceType":"ServiceRequest","status":"draft","intent":"proposal","code":{"text":"eGFR"},"occurrenceDateTime":{"$slot":"on"}}'
slot.on = { date = { from = "2020-01-01", until = "2029-12-31" } }
system-action = true
"#;

const TEMPLATED: &str = r#"
[[template]]
name = "reduced"
indicator = "warning"
summary = { en = "eGFR {egfr}, stage {stage}" }
detail = { en = "Since {when}: {result}" }
slot.egfr = { number = { min = "0", max = "200", step = "0.1", unit = "mL/min" } }
slot.stage = { code = { g3b = { en = "G3b" } } }
slot.when = { date = { from = "2020-01-01", until = "2029-12-31" } }
slot.result = { from = { need = "labs", element = "status" } }
"#;

/// Runs a guest of version 0.3.0 on one row of labs.
fn run(guest: &str, manifest: &str, members: &Value) -> CaseReport {
    let mut case = json!({"hook": "patient-view", "service": "probe", "patient": "p1",
        "needs": {"labs": [observation("a", "p1")]}, "packs": {"doses": {"metformin": 1000}}});
    case.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let component = cordon_guest_build::guest(guest).unwrap();
    let case = Case::parse(&case.to_string(), &|_| None).unwrap();
    Desk::new(&component, manifest).unwrap().run("case", &case).unwrap()
}

fn manifest(mode: &str, more: &str) -> String {
    let base =
        crate::desk::MANIFEST.replace("0.2.0", "0.3.0").replace("mode = \"text\"", &format!("mode = \"{mode}\""));
    format!("{}{KEPT}{more}", base.replace("[\"code\"]", "[\"code\", \"status\"]"))
}

fn own_words(guest: &str, members: &Value) -> CaseReport {
    run(guest, &manifest("text", ""), members)
}

fn templated(change: (&str, &str)) -> CaseReport {
    let manifest = manifest("templated", TEMPLATED).replace(change.0, change.1);
    let card = json!({"summary": "eGFR 43.9 mL/min, stage G3b", "indicator": "warning",
        "detail-contains": ["Since 2024-02-29: final"], "suggestions": ["Repeat the test"]});
    run("fills_a_template", &manifest, &json!({"expect": {"cards": [card], "system-actions": ["Repeat the test"]}}))
}

#[test]
fn a_cell_holds_what_the_case_gives_and_then_what_was_written() {
    let card = json!([{"summary": "4, then Some([5]), of 64 bytes"}]);
    let report = own_words(
        "counts_in_a_cell",
        &json!({"cells": {"count": {"hex": "04"}},
        "expect": {"cards": card, "cells": {"count": {"hex": "05"}}}}),
    );
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    let cleared = json!({"cells": {"count": {"text": "x"}}, "expect": {"cards": [{}], "cells": {"count": null}}});
    assert_eq!(own_words("clears_a_cell", &cleared).verdict, Verdict::Passed);
    let other = json!({"expect": {"cards": [{}], "cells": {"count": {"text": "5"}}}});
    let report = own_words("counts_in_a_cell", &other);
    assert_eq!(report.differences, [r#"expected {"text":"5"} in the cell `count`, got {"hex":"01"}"#]);
}

#[test]
fn nothing_is_kept_of_a_run_that_failed() {
    let expect = json!({"outcome": {"failed": "internal"}, "cells": {"count": {"text": "before"}}});
    let report =
        own_words("writes_a_cell_and_fails", &json!({"cells": {"count": {"text": "before"}}, "expect": expect}));
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
}

#[test]
fn a_pack_is_what_the_case_gives_and_without_one_the_plugin_is_not_run() {
    let card = json!([{"summary-contains": "18 of case: "}]);
    assert_eq!(own_words("reads_a_pack_in_pieces", &json!({"expect": {"cards": card}})).verdict, Verdict::Passed);
    let report = own_words("reads_a_pack_in_pieces", &json!({"packs": {}, "expect": {"cards": card}}));
    assert!(report.to_string().contains("no contents for the data pack `doses`: add them under `packs`"), "{report}");
}

#[test]
fn notes_are_compared_in_order() {
    let note = |rows: u32| json!([{"code": 1, "arguments": [rows, u32::MAX]}, {"code": 2}]);
    let report = |rows| own_words("notes_two_things", &json!({"expect": {"notes": note(rows)}}));
    assert_eq!(report(1).verdict, Verdict::Passed, "{}", report(1));
    assert_eq!(report(2).verdict, Verdict::Failed);
    assert_eq!(own_words("notes_two_things", &json!({"expect": {}})).verdict, Verdict::Passed);
}

#[test]
fn a_template_is_shown_as_the_clinician_reads_it() {
    let report = templated(("", ""));
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    assert_eq!(report.system_actions.len(), 1);
}

#[test]
fn a_slot_that_does_not_take_its_value_is_named_with_what_it_takes() {
    for (change, why) in [
        (
            ("max = \"200\"", "max = \"40\""),
            "template `reduced`: slot `egfr` takes a number from 0.0 to 40.0 mL/min in steps of 0.1, and was given the number 43.9",
        ),
        (("g3b =", "g3c ="), "slot `stage` takes one of 1 listed texts, and was given the code \"g3b\""),
        (("stage", "level"), "slot `level` is not filled"),
        (("stage", "level"), "it has no slot \"stage\""),
        (("name = \"reduced\"", "name = \"low\""), "no [[template]] of plugin.toml is named \"reduced\""),
        (
            ("until = \"2029-12-31\"", "until = \"2024-03-13\""),
            "proposal `repeat`: slot `on` takes a day from 2020-01-01 to 2024-03-13",
        ),
        (("system-action = true", ""), "proposal `repeat` is a system action only with system-action = true"),
    ] {
        let report = templated(change);
        assert!(report.diagnosis.iter().any(|said| said.contains(why)), "{why}: {report}");
    }
}

#[test]
fn words_of_its_own_are_named_on_a_templated_plugin() {
    let report = run("counts_in_a_cell", &manifest("templated", TEMPLATED), &json!({"expect": {"cards": [{}]}}));
    assert!(report.to_string().contains("card 1 has words of its own"), "{report}");
}

#[test]
fn what_no_manifest_declares_is_named() {
    let report = own_words("asks_for_an_undeclared_cell_and_pack", &json!({"cells": {"sum": null}, "expect": {}}));
    let said = report.to_string();
    assert!(said.contains("the plugin asks for \"other-patients\", which no [[cell]] and no [[pack]]"), "{said}");
    assert!(said.contains("the case gives the cell \"sum\", which no [[cell]]"), "{said}");
    let report = run("notes_two_things", &manifest("text", "").replace("most = 5", "most = 0"), &json!({"expect": {}}));
    assert!(report.to_string().contains("note 1: `rows` is at most 0, and was given 1"), "{report}");
}

//! A failed case says why: the rule, the limit or the line of the manifest.

use cordon_testkit::{Case, CaseReport, Desk, Verdict};

use crate::workshop::{project, read, text};

/// Runs the template's first case with something changed in the manifest and in the case.
fn run(manifest: (&str, &str), case: (&str, &str)) -> CaseReport {
    let (folder, built) = project();
    let changed = |path: &str, (from, to): (&str, &str)| {
        let text = text(&folder.join(path));
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let desk = Desk::new(&read(&built.component), &changed("plugin.toml", manifest)).unwrap();
    desk.run("case", &Case::parse(&changed("cases/high.json", case), &|_| None).unwrap()).unwrap()
}

const SAME: (&str, &str) = ("\"p", "\"p");

fn failed_because(report: &CaseReport, why: &str) {
    assert_eq!(report.verdict, Verdict::Failed);
    assert!(report.diagnosis.iter().any(|said| said.contains(why)), "{report}");
}

#[test]
fn an_undeclared_need_is_named_with_the_line_to_add() {
    let other = ("name = \"potassium\"", "name = \"kalium\"");
    failed_because(&run(other, SAME), "asks for the view \"potassium\", which no [[need]] of plugin.toml declares");
}

#[test]
fn an_element_that_is_not_listed_is_named() {
    let less = ("\"effectiveDateTime\", \"valueQuantity\"", "\"effectiveDateTime\"");
    failed_because(&run(less, SAME), "does not list \"valueQuantity\": with it among its elements, this case passes");
}

#[test]
fn a_row_of_another_patient_is_named_as_dropped() {
    failed_because(&run(SAME, ("Patient/p1", "Patient/p2")), "1 row(s) dropped: not a row of Patient/p1");
}

#[test]
fn a_row_that_the_need_does_not_ask_for_is_named_as_dropped() {
    failed_because(&run(SAME, ("2823-3", "2160-0")), "1 row(s) dropped: not what the need's scope asks for");
}

#[test]
fn a_used_up_limit_is_named_with_its_line() {
    failed_because(&run(("class = \"compiled\"", "fuel = 1_000"), SAME), "[limits] fuel in plugin.toml");
}

#[test]
fn a_service_that_the_manifest_does_not_have_is_named() {
    failed_because(
        &run(SAME, ("patient-view", "order-sign")),
        "no [[service]] with id = \"potassium\" and hook = \"order-sign\"",
    );
}

#[test]
fn a_card_that_is_not_the_expected_one_differs_in_words() {
    let report = run(SAME, ("\"warning\"", "\"critical\""));
    assert_eq!(report.differences, ["card 1: expected the indicator \"critical\", got \"warning\""]);
    assert!(report.diagnosis.iter().all(|said| !said.contains("does not list")), "{report}");
}

#[test]
fn the_same_case_gives_the_same_report_but_for_the_time() {
    let once = |mut report: CaseReport| {
        report.microseconds = 0;
        serde_json::to_value(report).unwrap()
    };
    assert_eq!(once(run(SAME, SAME)), once(run(SAME, SAME)));
}

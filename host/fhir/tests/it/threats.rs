//! The threats that this room stops: over-reading by query (RD-01), by reference (RD-02), by spelling (RD-09).

use cordon_fhir::{Membership, Permission, Scope, ScopeSet, membership};
use serde_json::{Value, json};

use crate::coins::Coins;
use crate::recogniser::recognises;

#[test]
fn rd_01_no_parameter_that_reaches_further_is_a_scope() {
    let names = [
        "_include",
        "_include:iterate",
        "_revinclude",
        "_has:Provenance:target:agent",
        "_filter",
        "_query",
        "_elements",
        "_summary",
        "_contained",
        "_containedType",
        "_content",
        "_text",
        "_list",
        "_type",
        "_count",
        "_sort",
        "_total",
        "_format",
        "_since",
        "_profile",
        "_tag",
        "_source",
        "subject.name",
        "subject:Patient.name",
        "patient.identifier",
        "patient:identifier",
        "code:in",
        "code:not",
        "code:below",
        "category:text",
        "date:missing",
        "encounter",
        "performer",
        "identifier",
        "$everything",
        "*",
    ];
    for name in names {
        for head in ["patient/Observation.rs", "user/*.cruds", "system/Patient.s"] {
            let text = format!("{head}?{name}=a");
            assert!(Scope::parse_any(&text).is_err(), "{text}");
            assert!(Scope::parse_any(&format!("{head}?_id=1&{name}=a")).is_err(), "{text}");
        }
    }
    for text in ["patient/Patient/$everything.r", "patient/Observation.rs/_history", "patient/Patient.r$everything"] {
        assert!(Scope::parse_any(text).is_err(), "{text}");
    }
}

/// An EHR that ignores every parameter sends all rows; what is let through is what the query says, judged here by hand.
#[test]
fn rd_01_of_100_000_queries_no_row_outside_is_delivered() {
    const CODES: &[&str] = &["a", "b", "c"];
    const STATUS: &[&str] = &["final", "amended"];
    let mut coins = Coins::new(1);
    let rows: Vec<(&str, &str, Value)> = CODES
        .iter()
        .flat_map(|code| STATUS.iter().map(move |status| (*code, *status)))
        .map(|(code, status)| {
            let row = json!({"resourceType": "Observation", "status": status, "code": {"coding": [{"code": code}]}});
            (code, status, row)
        })
        .collect();
    let (mut delivered, mut outside) = (0, 0);
    for _ in 0..100_000 {
        let (codes, status) = (coins.some(CODES, 2, ","), coins.pick(STATUS));
        let more = coins.pick(&["", "", "", "&_include=x", "&code:in=a", "&_count=5", "&subject.name=x"]);
        let set = ScopeSet::parse(&format!("patient/Observation.rs?code={codes}&status={status}{more}"));
        for (code, own, row) in &rows {
            if set.admits(Permission::Search, row) {
                delivered += 1;
                outside += usize::from(!codes.split(',').any(|c| c == *code) || *own != status || !more.is_empty());
            }
        }
    }
    assert!(delivered > 10_000, "{delivered}");
    assert_eq!(outside, 0);
}

#[test]
fn rd_02_no_row_that_names_another_patient_is_a_member() {
    let elements = [
        ("Observation", "subject", "performer"),
        ("AllergyIntolerance", "patient", "recorder"),
        ("Condition", "subject", "asserter"),
        ("Coverage", "beneficiary", "subscriber"),
        ("Composition", "subject", "author"),
        ("Communication", "subject", "recipient"),
        ("Task", "for", "focus"),
        ("Provenance", "target", "target"),
        ("MedicationDispense", "subject", "receiver"),
        ("ServiceRequest", "subject", "performer"),
    ];
    let others = [
        "Patient/other",
        "Patient/other/_history/1",
        "http://h/fhir/Patient/me",
        "http://h/fhir/Patient/other",
        "Patient?identifier=1",
        "Patient/me/",
        "/Patient/me",
    ];
    let mut coins = Coins::new(2);
    for _ in 0..20_000 {
        let ((kind, about, more), other) = (coins.pick(&elements), coins.pick(&others));
        let mine = json!({"reference": coins.pick(&["Patient/me", "Patient/me/_history/3"])});
        let theirs = json!({"reference": other});
        let mut row = json!({"resourceType": kind, about: [mine]});
        assert_eq!(membership(&row, "me"), Membership::Member);
        match coins.below(4) {
            0 => row[about] = json!([mine, theirs]),
            1 => row[more] = json!([mine, theirs]),
            2 => row["contained"] = json!([{"resourceType": "Basic", "x": [{"y": theirs}]}]),
            _ => row["contained"] = json!([{"resourceType": "Patient", "id": coins.pick(&["me", "other"])}]),
        }
        assert_eq!(membership(&row, "me"), Membership::Foreign, "{row}");
    }
}

#[test]
fn rd_02_groups_and_households_are_foreign() {
    let me = json!({"reference": "Patient/me"});
    let other = json!({"reference": "Patient/other"});
    for row in [
        json!({"resourceType": "Group", "member": [{"entity": me}, {"entity": other}]}),
        json!({"resourceType": "Person", "link": [{"target": me}, {"target": other}]}),
        json!({"resourceType": "Account", "subject": [me, other]}),
        json!({"resourceType": "Appointment", "participant": [{"actor": me}, {"actor": other}]}),
        json!({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "other"}}]}),
        json!({"resourceType": "Parameters", "parameter": [{"resource": {"resourceType": "Patient", "id": "me"}}]}),
    ] {
        assert_eq!(membership(&row, "me"), Membership::Foreign, "{row}");
    }
}

const HEADS: &[&str] = &["patient/", "user/", "system/"];
const TYPES: &[&str] = &[
    "Observation",
    "Condition",
    "AllergyIntolerance",
    "MedicationRequest",
    "Procedure",
    "Patient",
    "Task",
    "Goal",
    "*",
    "Provenance",
    "PractitionerRole",
    "Ab",
];
const LETTERS: &[&str] = &[
    "r", "s", "rs", "cruds", "rs", "rs", "rs", "cud", "cu", "ds", "read", "write", "*", "sr", "rr", "dus", "rd",
    "read?", "",
];
const NAMES: &[&str] = &[
    "_id",
    "_lastUpdated",
    "_security",
    "category",
    "clinical-status",
    "code",
    "combo-code",
    "date",
    "intent",
    "patient",
    "status",
    "subject",
    "code",
    "date",
    "category",
    "code:in",
    "_include",
    "Code",
    "c%6Fde",
    "subject.name",
    "_has",
    "",
];
const VALUES: &[&str] = &[
    "a",
    "b",
    "s|a",
    "|a",
    "a%7Cb",
    "http://loinc.org|2160-0",
    "%C3%A4",
    "%c3%A4",
    "%C3",
    "%ff",
    "%2C",
    "%20",
    "%5C",
    "%26",
    "a%",
    "%%",
    "%2",
    "a|",
    "|",
    "a|b|c",
    "2021",
    "eq2021",
    "ge2021-02",
    "lt2021-02-29",
    "gt2020-02-29",
    "le2021-13",
    "2021-03-04T05:06:07Z",
    "2021-03-04T05:06",
    "2021-03-04T05:06:07.12%2B14:00",
    "ge2021-03-04T24:00:00Z",
    "ne2021",
    "2021-03-04T05:06:60-14:01",
    "0000",
    "9999-12-31",
    "1",
    "Patient/1",
    "Group/1",
    "Patient/1/_history/1",
    "#1",
    "a+b",
    "a$b",
    "a;b",
    "a\"b",
    "\\,",
    "ä",
    "",
    "A",
    "%41",
    "a%2Cb",
    "%61",
];

fn written(coins: &mut Coins) -> String {
    let mut text = format!("{}{}.{}", coins.pick(HEADS), coins.pick(TYPES), coins.pick(LETTERS));
    for part in 0..coins.below(4) {
        text.push(if part == 0 { '?' } else { '&' });
        text.push_str(coins.pick(NAMES));
        text.push('=');
        text.push_str(&coins.some(VALUES, 2, ","));
    }
    text
}

/// Breaks every third text in one or two places, as a careless or a hostile writer would.
fn broken(coins: &mut Coins, text: String) -> String {
    const BYTES: &[char] =
        &['/', '.', '?', '&', '=', ',', '|', '%', '*', ':', '+', ' ', '\n', '\0', 'r', 's', 'A', '0', 'é', '\u{a0}'];
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..coins.below(6).saturating_sub(3) {
        let at = coins.below(letters.len());
        match coins.below(5) {
            0 => letters[at] = coins.pick(BYTES),
            1 => letters.insert(at, coins.pick(BYTES)),
            2 if letters.len() > 1 => drop(letters.remove(at)),
            3 => letters.swap(at, 0),
            _ => letters[at] = letters[at].to_ascii_uppercase(),
        }
    }
    letters.into_iter().collect()
}

/// Gives how many of the texts were scopes, and the first that the two readers disagree about.
fn disagreement(seed: u64, texts: usize) -> (usize, Option<String>) {
    let mut coins = Coins::new(seed);
    let mut good = 0;
    for _ in 0..texts {
        let whole = written(&mut coins);
        let text = broken(&mut coins, whole);
        let scope = Scope::parse_any(&text);
        if scope.is_ok() != recognises(&text) {
            return (good, Some(text));
        }
        if let Ok(scope) = scope {
            good += 1;
            assert!(recognises(&scope.to_string()) && Scope::parse(&scope.to_string()) == Ok(scope), "{text}");
        }
    }
    (good, None)
}

#[test]
fn rd_09_two_readers_agree_on_a_million_texts() {
    let halves = [9, 10].map(|seed| std::thread::spawn(move || disagreement(seed, 500_000)));
    for half in halves {
        let (good, disagreed) = half.join().unwrap();
        assert_eq!(disagreed, None);
        assert!(good > 50_000, "{good}");
    }
}

#[test]
fn rd_09_the_second_reader_can_say_yes_and_no() {
    for text in ["patient/Observation.rs?code=a,b&date=ge2020-02-29", "user/*.*", "system/Patient.c?_id=1"] {
        assert!(recognises(text), "{text}");
    }
    for text in ["patient/Observation.sr", "patient/*.rs?code=a", "user/Task.r?_id=1&_id=2", "user/Goal.s?category=a,a"]
    {
        assert!(!recognises(text), "{text}");
    }
    let many = |count: usize| {
        format!("user/Goal.s?category={}", (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(","))
    };
    assert_eq!([1000, 1001].map(|count| recognises(&many(count))), [true, false]);
    assert_eq!([1000, 1001].map(|count| Scope::parse(&many(count)).is_ok()), [true, false]);
}

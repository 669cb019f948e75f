//! Scopes, searches and compartments against an evaluator nobody here wrote: `@medplum/core` and `@medplum/fhir-router`
//! (`tests/interop/README.md`). Whatever the two say differently has a reason on the list below, and none of the reasons
//! lets this host permit what the other denies. `docs/scopes.md` shows the counts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cordon_fhir::{Membership, Parameter, Permission, ResourceType, Scope, ScopeSet, has_compartment, membership};
use serde_json::{Value, json};

use crate::cases::{self, Ask, DATES};
use crate::coins::Coins;
use crate::recogniser::DEFINED;

/// Why the other evaluator permits what this host denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// It finds a code by its display or text. R4 search, token: a token is compared with the code.
    Display,
    /// It ignores case. R4 search, token: case-sensitive unless the code system says otherwise, which a scope cannot know.
    LetterCase,
    /// `eq`, `ge` and `le` match what overlaps. R4 search, prefixes: the search range must contain the whole target.
    Overlap,
    /// A scope that this host cannot evaluate completely gives no right here (S5); the other evaluates or ignores.
    Refused,
    /// The resource names another patient too. R4 allows a resource in two compartments; this host does not (RD-02).
    AnotherPatient,
    /// The resource is about something else, and the patient only took part. R4 counts that; this host does not.
    NotAbout,
}

/// What both sides were asked, and how the other side's habits are put on for an explanation.
struct Case {
    asks: Vec<Ask>,
    permission: Permission,
    resource: Value,
}

impl Case {
    fn permits(&self, habits: &[Reason]) -> bool {
        let resource = habits.iter().fold(self.resource.clone(), |row, habit| match habit {
            Reason::Display => spelled_out(&row),
            Reason::LetterCase => lower(&row),
            Reason::Overlap | Reason::Refused | Reason::AnotherPatient | Reason::NotAbout => row,
        });
        let text = self.asks.iter().map(|ask| with_habits(ask, habits).scope()).collect::<Vec<_>>().join(" ");
        ScopeSet::parse(&text).admits(self.permission, &resource)
    }

    /// The habits of the other that make this host permit as well, as few as do.
    fn explain(&self) -> Option<Vec<Reason>> {
        use Reason::{Display, LetterCase, Overlap};
        let sets: [&[Reason]; 7] = [
            &[Display],
            &[LetterCase],
            &[Overlap],
            &[Display, LetterCase],
            &[Display, Overlap],
            &[LetterCase, Overlap],
            &[Display, LetterCase, Overlap],
        ];
        let habits = sets.into_iter().find(|habits| self.permits(habits)).map(<[_]>::to_vec);
        let refused = self.asks.iter().any(|ask| Scope::parse_any(&ask.scope()).is_err());
        habits.or(refused.then(|| vec![Reason::Refused]))
    }
}

/// The scope as the other reads it: in lower case, and with a date that needs only overlap.
fn with_habits(ask: &Ask, habits: &[Reason]) -> Ask {
    let mut ask = ask.clone();
    for part in &mut ask.parts {
        if habits.contains(&Reason::LetterCase) && !["patient", "subject", "date", "_lastUpdated"].contains(&part.name)
        {
            part.value = part.value.to_lowercase();
        }
    }
    if habits.contains(&Reason::Overlap) {
        ask.parts = ask.parts.into_iter().flat_map(overlapping).collect();
    }
    ask.parts.iter_mut().for_each(without_repeats);
    ask
}

/// `le2021` as `lt2022`, `ge2021` as `gt2020`, and `eq2021` as both.
fn overlapping(part: cases::Part) -> Vec<cases::Part> {
    let bare = part.value.trim_start_matches(['e', 'q', 'l', 'g', 't']);
    let Some([before, _, after]) = DATES.iter().find(|[_, date, _]| *date == bare) else { return vec![part] };
    let with = |value: String| cases::Part { name: part.name, value };
    match part.value.get(..2) {
        Some("lt" | "gt") => vec![part],
        Some("le") => vec![with(format!("lt{after}"))],
        Some("ge") => vec![with(format!("gt{before}"))],
        _ => vec![with(format!("lt{after}")), with(format!("gt{before}"))],
    }
}

fn without_repeats(part: &mut cases::Part) {
    let mut values: Vec<&str> = part.value.split(',').collect();
    values.dedup();
    part.value = values.join(",");
}

/// Every display and text as one more code without a system.
fn spelled_out(value: &Value) -> Value {
    let code = |text: &Value| json!({"code": text});
    match value {
        Value::Array(items) => {
            let displays =
                items.iter().filter_map(|item| item.get("display").filter(|_| item.get("code").is_some())).map(code);
            items.iter().map(spelled_out).chain(displays).collect()
        }
        Value::Object(members) => {
            let mut members: serde_json::Map<_, _> = members.iter().map(|(k, v)| (k.clone(), spelled_out(v))).collect();
            if let (Some(text), Some(Value::Array(codings))) = (value.get("text"), members.get_mut("coding")) {
                codings.push(code(text));
            }
            Value::Object(members)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Codes and systems in lower case; types, references and dates as they are.
fn lower(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(lower).collect(),
        Value::Object(members) => {
            let kept = |name: &str| ["resourceType", "reference"].contains(&name);
            members.iter().map(|(k, v)| (k.clone(), if kept(k) { v.clone() } else { lower(v) })).collect()
        }
        Value::String(text) if !text.starts_with('2') => json!(text.to_lowercase()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Installs the other evaluator as its lock file pins it, or ends the test with what is missing. Tests run as processes:
/// one installs, the others wait.
#[expect(clippy::disallowed_methods, reason = "a lock file below the target directory, in a test")]
fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let one = std::fs::File::options().create(true).append(true).open(target.join("interop.lock")).unwrap();
    one.lock().unwrap();
    let folder = target.join("interop");
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let out = Command::new(repository.join("tests/interop/prepare.sh")).arg(&folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    folder
}

fn ask_outside(cases: &Value) -> Value {
    let mut node = Command::new("node");
    node.arg(installed().join("medplum/scopes.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut node = node.spawn().unwrap();
    node.stdin.take().unwrap().write_all(cases.to_string().as_bytes()).unwrap();
    let out = node.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let answers: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(answers["evaluator"], json!({"name": "@medplum/core", "version": "5.2.13"}));
    answers
}

/// How often both permit, both deny, and why they differ. A difference without a reason ends the test.
#[derive(Default)]
struct Tally {
    cases: usize,
    permitted: usize,
    reasons: BTreeMap<Reason, usize>,
}

impl Tally {
    fn judge(&mut self, ours: bool, theirs: bool, explain: impl FnOnce() -> Option<Vec<Reason>>, said: &str) {
        self.cases += 1;
        self.permitted += usize::from(ours && theirs);
        assert!(!ours || theirs, "permitted here, denied there: {said}");
        if ours != theirs {
            let reasons =
                explain().unwrap_or_else(|| panic!("denied here, permitted there, and nobody knows why: {said}"));
            reasons.into_iter().for_each(|reason| *self.reasons.entry(reason).or_default() += 1);
        }
    }

    fn row(&self, what: &str) -> String {
        let reasons = self.reasons.iter().map(|(reason, count)| format!("{reason:?} {count}"));
        format!("| {what} | {} | {} | 0 | {} |", self.cases, self.permitted, reasons.collect::<Vec<_>>().join(", "))
    }
}

/// The page for hospitals shows the counts of this very run.
fn assert_documented(row: &str) {
    assert!(include_str!("../../../../docs/scopes.md").contains(row), "docs/scopes.md does not say: {row}");
}

#[test]
fn the_page_lists_every_parameter_of_every_type() {
    for (name, parameters) in DEFINED {
        let own: Vec<&str> = parameters.split(' ').collect();
        assert_documented(&format!("| {name} | `{}` |", own.join("`, `")));
        let known = |parameter: &&Parameter| parameter.is_defined_for(Some(name)) && !parameter.is_defined_for(None);
        assert_eq!(Parameter::ALL.iter().filter(known).map(|p| p.as_str()).collect::<Vec<_>>(), own, "{name}");
    }
}

#[test]
fn a_scope_gives_no_right_to_a_resource_that_the_other_denies() {
    let mut coins = Coins::new(31);
    let permissions =
        [Permission::Read, Permission::Search, Permission::Create, Permission::Update, Permission::Delete];
    let make = |_| {
        let own = coins.pick(DEFINED).0;
        let asks = cases::scopes(&mut coins, own);
        let id = coins.pick(&["a", "A", "b"]);
        Case { asks, permission: permissions[coins.below(7) % 5], resource: cases::resource(&mut coins, own, id) }
    };
    let cases: Vec<Case> = (0..6000).map(make).collect();
    let written = |case: &Case| {
        let scopes = case.asks.iter().map(Ask::scope).collect::<Vec<_>>().join(" ");
        json!({"scopes": scopes, "interaction": format!("{:?}", case.permission), "resource": case.resource})
    };
    let rights: Vec<Value> = cases.iter().map(written).collect();
    let answers = ask_outside(&json!({"rights": rights, "bundle": [], "searches": [], "members": []}));
    let mut tally = Tally::default();
    for ((case, said), theirs) in cases.iter().zip(&rights).zip(answers["rights"].as_array().unwrap()) {
        tally.judge(case.permits(&[]), theirs.as_bool().unwrap(), || case.explain(), &said.to_string());
    }
    assert_eq!(tally.cases, 6000);
    assert_documented(&tally.row("scopes and one resource"));
}

#[test]
fn a_search_finds_no_row_of_a_bundle_that_the_other_does_not() {
    let mut coins = Coins::new(32);
    let types = ["Observation", "Condition", "MedicationRequest", "Procedure", "Encounter", "AllergyIntolerance"];
    let bundle: Vec<Value> =
        (0..240).map(|at| cases::resource(&mut coins, types[at % types.len()], &format!("row-{at}"))).collect();
    let searches: Vec<Ask> = (0..1200)
        .map(|at| cases::search(&mut coins, types[at % types.len()]))
        .filter(|ask| Scope::parse(&ask.scope()).is_ok())
        .collect();
    let query = |ask: &Ask| json!({"query": format!("{}?{}", ask.resource_type, ask.query())});
    let asked: Vec<Value> = searches.iter().map(query).collect();
    let answers = ask_outside(&json!({"rights": [], "bundle": bundle, "searches": asked, "members": []}));
    let mut tally = Tally::default();
    for ((ask, said), found) in searches.iter().zip(&asked).zip(answers["searches"].as_array().unwrap()) {
        for row in bundle.iter().filter(|row| row["resourceType"] == ask.resource_type) {
            let case = Case { asks: vec![ask.clone()], permission: Permission::Search, resource: row.clone() };
            let theirs = found.as_array().unwrap().contains(&row["id"]);
            tally.judge(case.permits(&[]), theirs, || case.explain(), &format!("{said} {row}"));
        }
    }
    assert_documented(&tally.row(&format!("{} searches of a Bundle, row by row", searches.len())));
}

const ELEMENTS: &[&str] = &[
    "subject",
    "patient",
    "participant.actor",
    "actor",
    "entity.what",
    "agent.who",
    "author",
    "beneficiary",
    "policyHolder",
    "subscriber",
    "payor",
    "recorder",
    "asserter",
    "activity.detail.performer",
    "participant.member",
    "payee.party",
    "sender",
    "recipient",
    "requester",
    "attester.party",
    "performer",
    "performer.actor",
    "candidate",
    "member.entity",
    "source",
    "receiver",
    "link.other",
    "link.target",
    "deliverTo",
    "individual",
    "target",
    "for",
    "focus",
    "action.participant",
];

fn nested(path: &str, leaf: Value) -> Value {
    path.rsplit('.').fold(leaf, |inner, name| json!({name: inner}))
}

/// A resource of a type with a reference to the patient in one element, and others anywhere.
fn member(coins: &mut Coins, resource_type: &str, element: &str) -> Value {
    let mut row = json!({"resourceType": resource_type, "id": "x"});
    let mut put = |path: &str, leaf: Value| {
        let nested = nested(path, leaf);
        nested.as_object().unwrap().iter().for_each(|(name, value)| row[name] = value.clone());
    };
    for _ in 0..coins.below(3) {
        put(coins.pick(ELEMENTS), cases::reference(coins));
    }
    put(element, json!({"reference": "Patient/1"}));
    row
}

#[test]
fn no_resource_is_a_member_that_is_not_in_r4s_compartment() {
    let mut coins = Coins::new(33);
    let types: Vec<String> = {
        let answers = ask_outside(&json!({"rights": [], "bundle": [], "searches": [], "members": []}));
        answers["compartment"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(types.len(), 67);
    assert!(types.iter().all(|name| has_compartment(&ResourceType::new(name.as_str()).unwrap())));
    let pairs = types.iter().flat_map(|name| ELEMENTS.iter().map(move |element| (name, element)));
    let members: Vec<Value> = pairs
        .flat_map(|(name, element)| [member(&mut coins, name, element), member(&mut coins, name, element)])
        .map(|resource| json!({"patient": "1", "resource": resource}))
        .collect();
    let answers = ask_outside(&json!({"rights": [], "bundle": [], "searches": [], "members": members}));
    let mut tally = Tally::default();
    for (case, theirs) in members.iter().zip(answers["members"].as_array().unwrap()) {
        let ours = membership(&case["resource"], "1");
        let reason = match ours {
            Membership::Foreign => Reason::AnotherPatient,
            Membership::Member | Membership::Outside => Reason::NotAbout,
        };
        tally.judge(ours == Membership::Member, theirs.as_bool().unwrap(), || Some(vec![reason]), &case.to_string());
    }
    assert_documented(&tally.row("patient compartment"));
}

/// Where the other denies what R4 gives. The random cases keep away from these, so that they can ask for none at all.
#[test]
fn where_the_other_denies_r4_says_to_permit() {
    let row = |member: &str, value: Value| json!({"resourceType": "Observation", "id": "x", member: value});
    let rows = [
        // R4 search, date: a month ends with its last day; there it ends on the 31st, which is a day of March.
        ("date=gt2021-02", row("effectiveDateTime", json!("2021-03-01"))),
        // R4 search, prefixes, eq: a range contains itself, also a range of one millisecond.
        ("date=2021-03-04T05:06:07.123Z", row("effectiveDateTime", json!("2021-03-04T05:06:07.123Z"))),
        // R4 search, date: of a Timing the outer limits count.
        ("date=2021-03", row("effectiveTiming", json!({"event": ["2021-03-04"]}))),
        // R4 search, date: a value covers what it leaves open, and may leave open the seconds.
        ("date=2021-03-04", row("effectiveDateTime", json!("2021-03-04T05:06"))),
        // R4 references: a version of a resource is that resource.
        ("patient=Patient/1", row("subject", json!({"reference": "Patient/1/_history/2"}))),
    ];
    let scope = |query: &str| format!("patient/Observation.r?{}", query.replace('+', "%2B"));
    let rights: Vec<Value> = rows
        .iter()
        .map(|(query, row)| json!({"scopes": scope(query), "interaction": "Read", "resource": row}))
        .collect();
    let answers = ask_outside(&json!({"rights": rights, "bundle": [], "searches": [], "members": []}));
    for ((query, row), theirs) in rows.iter().zip(answers["rights"].as_array().unwrap()) {
        let ours = Scope::parse(&scope(query)).unwrap().admits(row);
        assert_eq!((ours, theirs.as_bool().unwrap()), (true, false), "{query}");
    }
}

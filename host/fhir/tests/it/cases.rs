//! Random scopes, searches and resources for the comparison with an evaluator nobody here wrote. The pools are small so
//! that things often meet.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::coins::Coins;
use crate::recogniser::DEFINED;

/// One parameter of a scope, in plain text.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// One scope before it is written.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) resource_type: &'static str,
    letters: &'static str,
    pub(crate) parts: Vec<Part>,
}

impl Ask {
    /// The scope, with every value percent-encoded.
    pub(crate) fn scope(&self) -> String {
        let head = format!("patient/{}.{}", self.resource_type, self.letters);
        if self.parts.is_empty() { head } else { format!("{head}?{}", self.query()) }
    }

    pub(crate) fn query(&self) -> String {
        let encode =
            |value: &str| percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
        let part = |part: &Part| format!("{}={}", part.name, encode(&part.value).replace("%2C", ","));
        self.parts.iter().map(part).collect::<Vec<_>>().join("&")
    }
}

/// A date of the pool with the dates of the same precision before and after it.
pub(crate) const DATES: &[[&str; 3]] = &[
    ["2019", "2020", "2021"],
    ["2020", "2021", "2022"],
    ["2020-12", "2021-01", "2021-02"],
    ["2021-02", "2021-03", "2021-04"],
    ["2021-03-03", "2021-03-04", "2021-03-05"],
    ["2021-03-30", "2021-03-31", "2021-04-01"],
    ["2021-03-04T05:06:06Z", "2021-03-04T05:06:07Z", "2021-03-04T05:06:08Z"],
    ["2021-03-04T05:06:06+02:00", "2021-03-04T05:06:07+02:00", "2021-03-04T05:06:08+02:00"],
];
const PREFIXES: &[&str] = &["", "eq", "lt", "gt", "ge", "le"];
const TOKENS: &[&str] = &["a", "A", "b", "c", "s|a", "s|b", "t|a", "S|a", "|a", "|b"];
const LETTERS: &[&str] = &["r", "s", "rs", "rs", "cruds", "cud", "cs", "read", "write", "*"];
/// What R4 or Medplum knows and this host refuses.
const FOREIGN: &[&str] = &["code:not", "_tag", "status:not", "encounter", "_profile"];

/// A list of up to three scopes, mostly for this type.
pub(crate) fn scopes(coins: &mut Coins, own: &'static str) -> Vec<Ask> {
    (0..1 + coins.below(3)).map(|_| ask(coins, own)).collect()
}

fn ask(coins: &mut Coins, own: &'static str) -> Ask {
    let resource_type = match coins.below(10) {
        0 => "*",
        1 => coins.pick(DEFINED).0,
        _ => own,
    };
    let letters = coins.pick(LETTERS);
    let most = if ["read", "write", "*"].contains(&letters) { 1 } else { 4 };
    Ask { resource_type, letters, parts: parts(coins, resource_type, most) }
}

/// A search of one type.
pub(crate) fn search(coins: &mut Coins, own: &'static str) -> Ask {
    Ask { resource_type: own, letters: "s", parts: parts(coins, own, 3) }
}

fn parts(coins: &mut Coins, resource_type: &str, most: usize) -> Vec<Part> {
    let own = DEFINED.iter().find(|(name, _)| *name == resource_type).map_or("", |(_, names)| names);
    let names: Vec<&'static str> =
        own.split(' ').chain(["_id", "_lastUpdated", "_security"]).filter(|n| !n.is_empty()).collect();
    let mut parts: Vec<Part> = Vec::new();
    for _ in 0..coins.below(most) {
        let name = if coins.below(60) == 0 { coins.pick(FOREIGN) } else { coins.pick(&names) };
        if parts.iter().all(|part| part.name != name) {
            parts.push(Part { name, value: value(coins, name) });
        }
    }
    parts
}

fn value(coins: &mut Coins, name: &str) -> String {
    match name {
        "date" | "_lastUpdated" => format!("{}{}", coins.pick(PREFIXES), coins.pick(DATES)[1]),
        "patient" => coins.pick(&["Patient/1", "Patient/2", "Patient/1,Patient/2"]).to_owned(),
        "subject" => coins.pick(&["Patient/1", "Group/1", "Patient/2,Group/1"]).to_owned(),
        "_id" => coins.pick(&["a", "A", "b", "a,c", "s|a"]).to_owned(),
        _ => {
            let (first, second) = (coins.pick(TOKENS), coins.pick(TOKENS));
            if first == second || coins.below(2) == 0 { first.to_owned() } else { format!("{first},{second}") }
        }
    }
}

/// A resource with every element that a parameter looks at, some of them missing. What a type does not have is there
/// too: nobody may look at it.
pub(crate) fn resource(coins: &mut Coins, resource_type: &str, id: &str) -> Value {
    let mut row = Map::new();
    let codes = ["code", "medicationCodeableConcept", "vaccineCode", "clinicalStatus"];
    for name in codes {
        row.insert(name.to_owned(), concept(coins));
    }
    let single = resource_type == "MedicationStatement";
    let many = json!([concept(coins), concept(coins)]);
    let category = match resource_type {
        "AllergyIntolerance" => json!(["a", coins.pick(&["b", "A"])]),
        _ if single => concept(coins),
        _ => many,
    };
    row.insert("category".to_owned(), category);
    for name in ["status", "intent"] {
        row.insert(name.to_owned(), json!(coins.pick(&["a", "b", "A"])));
    }
    row.insert("component".to_owned(), json!([{"code": concept(coins)}]));
    row.insert("reaction".to_owned(), json!([{"substance": [concept(coins)]}]));
    references(coins, &mut row);
    dates(coins, &mut row);
    // In the order of the names: a Map's own order is another one when a crate of the build asks for it.
    for name in row.keys().cloned().collect::<BTreeSet<_>>() {
        if coins.below(5) == 0 {
            row.remove(&name);
        }
    }
    row.insert("meta".to_owned(), json!({"lastUpdated": instant(coins), "security": [coding(coins), coding(coins)]}));
    row.insert("id".to_owned(), json!(id));
    row.insert("resourceType".to_owned(), json!(resource_type));
    Value::Object(row)
}

fn coding(coins: &mut Coins) -> Value {
    let mut coding = json!({"code": coins.pick(&["a", "b", "c", "A"])});
    if coins.below(2) == 0 {
        coding["system"] = json!(coins.pick(&["s", "t"]));
    }
    if coins.below(6) == 0 {
        coding["display"] = json!(coins.pick(&["a", "b"]));
    }
    coding
}

fn concept(coins: &mut Coins) -> Value {
    let mut concept = json!({"coding": (0..coins.below(3)).map(|_| coding(coins)).collect::<Vec<_>>()});
    if coins.below(8) == 0 {
        concept["text"] = json!(coins.pick(&["a", "c"]));
    }
    concept
}

/// What may stand where a reference is expected.
pub(crate) fn reference(coins: &mut Coins) -> Value {
    let texts = ["Patient/1", "Patient/1", "Patient/2", "Group/1", "https://h/fhir/Patient/1", "#1", "urn:uuid:1"];
    match coins.below(9) {
        0 => json!({"identifier": {"value": "1"}, "type": "Patient"}),
        1 => json!({"display": "Patient/1"}),
        at => json!({"reference": texts[at - 2]}),
    }
}

fn references(coins: &mut Coins, row: &mut Map<String, Value>) {
    for name in ["subject", "patient", "beneficiary"] {
        row.insert(name.to_owned(), reference(coins));
    }
    row.insert("target".to_owned(), json!([reference(coins), reference(coins)]));
    row.insert("agent".to_owned(), json!([{"who": reference(coins)}]));
    row.insert("entity".to_owned(), json!([{"what": reference(coins)}, {"what": reference(coins)}]));
}

/// Of months only such as have 31 days: `where_the_other_denies_r4_says_to_permit` says why.
fn date(coins: &mut Coins) -> Value {
    const MORE: &[&str] = &[
        "2019",
        "2022",
        "2020-12",
        "2021-03-03",
        "2021-04-01",
        "2021-03-04T05:06:07.5Z",
        "2021-03-04T03:06:07.25+00:00",
        "2021-03-04T05:06:00",
    ];
    if coins.below(2) == 0 { json!(coins.pick(MORE)) } else { json!(coins.pick(DATES)[1]) }
}

fn instant(coins: &mut Coins) -> Value {
    json!(coins.pick(&["2020-12-31T23:59:59Z", "2021-03-04T05:06:07.123Z", "2021-03-31T22:00:00-02:00"]))
}

fn period(coins: &mut Coins) -> Value {
    let (start, end) =
        (coins.pick(&["2019", "2020-06", "2021-03-04"]), coins.pick(&["2021-03-31", "2022", "2021-03-04T23:00:00Z"]));
    match coins.below(4) {
        0 => json!({"start": start}),
        1 => json!({"end": end}),
        _ => json!({"start": start, "end": end}),
    }
}

fn dates(coins: &mut Coins, row: &mut Map<String, Value>) {
    for name in ["date", "recorded", "recordedDate", "dateTime", "occurrenceDateTime"] {
        row.insert(name.to_owned(), date(coins));
    }
    row.insert("period".to_owned(), period(coins));
    for (moment, span) in [("effectiveDateTime", "effectivePeriod"), ("performedDateTime", "performedPeriod")] {
        let (name, when) = if coins.below(2) == 0 { (moment, date(coins)) } else { (span, period(coins)) };
        row.insert(name.to_owned(), when);
    }
    row.insert("dosageInstruction".to_owned(), json!([{"timing": {"event": [date(coins), date(coins)]}}]));
}

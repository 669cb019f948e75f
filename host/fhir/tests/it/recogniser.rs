//! A second reader of scopes, written against the specifications alone and by other means (regular expressions and a
//! list of texts), to disagree with the first. It says yes or no; it is no part of the host.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;

/// R4 `search-parameters.json`: the parameters of each type that are not on every type.
pub(crate) const DEFINED: &[(&str, &str)] = &[
    ("AllergyIntolerance", "category clinical-status code date patient"),
    ("AuditEvent", "date patient"),
    ("CarePlan", "category date intent patient status subject"),
    ("CareTeam", "category date patient status subject"),
    ("Condition", "category clinical-status code patient subject"),
    ("Consent", "category date patient status"),
    ("Coverage", "patient status"),
    ("DiagnosticReport", "category code date patient status subject"),
    ("DocumentReference", "category date patient status subject"),
    ("Encounter", "date patient status subject"),
    ("Goal", "category patient subject"),
    ("Immunization", "date patient status"),
    ("MedicationRequest", "category code date intent patient status subject"),
    ("MedicationStatement", "category code patient status subject"),
    ("Observation", "category code combo-code date patient status subject"),
    ("PractitionerRole", "date"),
    ("Procedure", "category code date patient status subject"),
    ("Provenance", "patient"),
    ("ServiceRequest", "category code intent patient status subject"),
];

fn regex(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

static V1: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\A(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.(read|write|\*)\z"));
static V2: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?s)\A(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.(c?r?u?d?s?)(?:\?(.*))?\z"));
/// RFC 6749 section 3.3 without what separates, escapes or means something else in a query.
static RAW: LazyLock<Regex> = LazyLock::new(|| regex(r"\A(?:[!'()*,\-./0-9:<>@A-Z\[\]^_`a-z{|}~]|%[0-9A-Fa-f]{2})*\z"));
static TOKEN: LazyLock<Regex> = LazyLock::new(|| regex(r"\A(?:[^|]*\|)?[^|]+\z"));
static DOUBTFUL: LazyLock<Regex> = LazyLock::new(|| regex(r"[\p{Cc}\p{White_Space}\\$]"));
static PATIENT: LazyLock<Regex> = LazyLock::new(|| regex(r"\A(?:Patient/)?([A-Za-z0-9.-]{1,64})\z"));
static SUBJECT: LazyLock<Regex> = LazyLock::new(|| regex(r"\A[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}\z"));
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"\A(?:eq|lt|gt|ge|le)?([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})",
        r"(?::([0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-]([0-9]{2}):([0-9]{2}))?)?)?)?\z"
    ))
});

/// Whether a text is a scope of either version.
pub(crate) fn recognises(text: &str) -> bool {
    if text.len() > 8192 {
        return false;
    }
    if V1.is_match(text) {
        return true;
    }
    let Some(parts) = V2.captures(text) else { return false };
    let query = parts.get(4).map(|query| query.as_str());
    !parts[3].is_empty() && query.is_none_or(|query| query_is_good(&parts[2], query))
}

fn query_is_good(resource_type: &str, query: &str) -> bool {
    let mut seen: Vec<(String, BTreeSet<String>)> = Vec::new();
    for part in query.split('&') {
        let Some((name, raw)) = part.split_once('=') else { return false };
        let Some(values) = defined(resource_type, name).then(|| values(name, raw)).flatten() else { return false };
        let twice = seen.iter().any(|(other, others)| other == name && (once(name) || *others == values));
        if twice {
            return false;
        }
        seen.push((name.to_owned(), values));
    }
    seen.iter().map(|(_, values)| values.len()).sum::<usize>() <= 1000
}

fn defined(resource_type: &str, name: &str) -> bool {
    let own = DEFINED.iter().find(|(row, _)| *row == resource_type).map_or("", |(_, names)| names);
    "_id _lastUpdated _security".split(' ').chain(own.split(' ')).any(|known| !known.is_empty() && known == name)
}

/// A resource has one id, one patient, one status.
fn once(name: &str) -> bool {
    ["_id", "clinical-status", "intent", "patient", "status", "subject"].contains(&name)
}

fn values(name: &str, raw: &str) -> Option<BTreeSet<String>> {
    let decoded = RAW.is_match(raw).then(|| percent_decode_str(raw).decode_utf8().ok()).flatten()?;
    if DOUBTFUL.is_match(&decoded) {
        return None;
    }
    let mut values = BTreeSet::new();
    for value in decoded.split(',') {
        let plain = match name {
            "patient" => PATIENT.captures(value).map(|parts| parts[1].to_owned()),
            "subject" => SUBJECT.is_match(value).then(|| value.to_owned()),
            "date" | "_lastUpdated" => is_date(value).then(|| value.trim_start_matches("eq").to_owned()),
            _ => TOKEN.is_match(value).then(|| value.to_owned()),
        };
        if !values.insert(plain?) {
            return None;
        }
    }
    Some(values)
}

fn is_date(text: &str) -> bool {
    let Some(parts) = DATE.captures(text) else { return false };
    let number = |at: usize, missing: u32| parts.get(at).map_or(missing, |part| part.as_str().parse().unwrap());
    let (year, month, day) = (number(1, 1), number(2, 1), number(3, 1));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let calendar = year > 0 && (1..=12).contains(&month) && (1..=days).contains(&day);
    let clock = number(4, 0) < 24 && number(5, 0) < 60 && number(6, 0) <= 60;
    calendar && clock && number(8, 0) < 60 && number(7, 0) * 60 + number(8, 0) <= 14 * 60
}

//! Conditions of a provision that a row decides: `securityLabel`, `class`, `code`, `dataPeriod`, `data`.

use cordon_core::label::{Confidentiality, Label, Sensitivities, Sensitivity};
use cordon_fhir::element::{at, references_below};
use cordon_fhir::reference::Reference;
use cordon_fhir::search::primary_date;
use cordon_fhir::types::{resource_id, resource_type};
use serde_json::{Map, Value};

use super::read::{Coding, Link, concept, list, object, text};
use super::settings::{ConsentSettings, Denied, Effect, Unclassified};
use super::span::Span;
use super::truth::Truth;

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";
/// Systems whose codes, as a class, name kinds of documents: LOINC's document ontology, and media types (R4's own example).
const DOCUMENT_CLASSES: [&str; 2] = ["http://loinc.org", "urn:ietf:bcp:13"];
/// Types of resources that are documents or carry one.
const DOCUMENTS: [&str; 8] = [
    "Binary",
    "Bundle",
    "Composition",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "Media",
    "QuestionnaireResponse",
];
/// Where a row says what it is.
const WHAT_IT_IS: [&str; 4] = ["code.coding", "medicationCodeableConcept.coding", "vaccineCode.coding", "type.coding"];
/// Where a document says what kind it is.
const DOCUMENT_KIND: [&str; 3] = ["type.coding", "category.coding", "code.coding"];

/// One condition on rows. What of it could not be read is kept as such.
#[derive(Clone, PartialEq, Hash)]
pub(super) enum Condition {
    /// One of these labels.
    Labels { codes: Labels, effect: Effect, denied: Denied, unclassified: Unclassified },
    /// One of these classes; `None` is one that could not be read.
    Classes(Vec<Option<Coding>>),
    /// One of these codes.
    Codes { concepts: Vec<Option<Vec<Coding>>>, unclassified: Unclassified },
    /// The time of the row.
    Period(Span),
    /// One of these resources.
    Data(Vec<Option<Data>>),
    /// Present and not readable.
    Unreadable,
}

/// Label codes, sorted into what the host knows.
#[derive(Clone, Default, PartialEq, Hash)]
pub(super) struct Labels {
    confidentiality: Vec<Confidentiality>,
    sensitivities: Sensitivities,
    unknown: bool,
}

/// `data`: a resource, and how far around it the provision reaches (R4 `consent-data-meaning`).
#[derive(Clone, PartialEq, Hash)]
pub(super) struct Data {
    meaning: Meaning,
    link: Link,
}

#[derive(Debug, Clone, Copy, PartialEq, Hash)]
enum Meaning {
    Instance,
    Related,
    Dependents,
    AuthoredBy,
}

/// The row conditions of a provision.
pub(super) fn conditions(provision: &Map<String, Value>, effect: Effect, settings: &ConsentSettings) -> Vec<Condition> {
    let labels = many(provision, "securityLabel", |items| Condition::Labels {
        codes: labels(items),
        effect,
        denied: settings.denied,
        unclassified: settings.unclassified,
    });
    let classes = many(provision, "class", |items| Condition::Classes(items.iter().map(Coding::read).collect()));
    let codes = many(provision, "code", |items| Condition::Codes {
        concepts: items.iter().map(concept).collect(),
        unclassified: settings.unclassified,
    });
    let period = provision
        .get("dataPeriod")
        .map(|period| Span::read(period, settings.offsets).map_or(Condition::Unreadable, Condition::Period));
    let data = many(provision, "data", |items| Condition::Data(items.iter().map(data).collect()));
    [labels, classes, codes, period, data].into_iter().flatten().collect()
}

fn many(provision: &Map<String, Value>, name: &str, read: impl Fn(&[Value]) -> Condition) -> Option<Condition> {
    provision.get(name).map(|value| list(value).map_or(Condition::Unreadable, read))
}

fn labels(items: &[Value]) -> Labels {
    let mut labels = Labels::default();
    for coding in items.iter().map(Coding::read) {
        let confidentiality =
            coding.as_ref().and_then(|coding| Confidentiality::of_code(coding.within(CONFIDENTIALITY)?));
        let sensitive = coding.as_ref().and_then(|coding| sensitivities(coding.within(ACT_CODE)?));
        labels.confidentiality.extend(confidentiality);
        labels.sensitivities = labels.sensitivities.union(sensitive.unwrap_or_default());
        labels.unknown |= confidentiality.is_none() && sensitive.is_none();
    }
    labels
}

/// What a code of v3-ActCode, `_InformationSensitivityPolicy`, covers: `SEX` is about reproductive health too, and `ETH` is
/// the older word for substance use.
fn sensitivities(code: &str) -> Option<Sensitivities> {
    let covered: &[Sensitivity] = match code {
        "HIV" => &[Sensitivity::Hiv],
        "SUD" | "ETH" => &[Sensitivity::Sud],
        "PSY" => &[Sensitivity::Psy],
        "SDV" => &[Sensitivity::Sdv],
        "STD" => &[Sensitivity::Std],
        "SEX" => &[Sensitivity::Sex, Sensitivity::Rep],
        "GDIS" => &[Sensitivity::Gdis],
        _ => return None,
    };
    Some(covered.iter().copied().collect())
}

fn data(value: &Value) -> Option<Data> {
    let data = object(value, &["meaning", "reference"])?;
    let meaning = match text(data.get("meaning")?)? {
        "instance" => Meaning::Instance,
        "related" => Meaning::Related,
        "dependents" => Meaning::Dependents,
        "authoredby" => Meaning::AuthoredBy,
        _ => return None,
    };
    Some(Data { meaning, link: Link::read(data.get("reference")?)? })
}

impl Condition {
    /// Whether a row meets it.
    pub(super) fn holds(&self, row: &Value, label: Label) -> Truth {
        match self {
            Self::Labels { codes, effect: Effect::Permit, .. } => permitted_labels(codes, label),
            Self::Labels { codes, effect: Effect::Deny, denied, unclassified } => {
                denied_labels(codes, label, *denied, *unclassified)
            }
            Self::Classes(classes) => Truth::any(classes.iter().map(|class| has_class(row, class.as_ref()))),
            Self::Codes { concepts, unclassified } => {
                let unsure = label.unclassified && *unclassified == Unclassified::MayBeAnything;
                Truth::any(concepts.iter().map(|concept| has_code(row, concept.as_deref(), unsure)))
            }
            Self::Period(span) => primary_date(row).map_or(Truth::Unknown, |range| span.holds_for(range)),
            Self::Data(items) => Truth::any(items.iter().map(|data| has_data(row, data.as_ref()))),
            Self::Unreadable => Truth::Unknown,
        }
    }
}

/// A confidentiality code permits what is labelled so or lower (R4 calls it a high-water mark). Sensitivities permit a row that
/// has one of them and no other.
fn permitted_labels(codes: &Labels, label: Label) -> Truth {
    let unknown = codes.unknown.then_some(Truth::Unknown);
    let highest = codes.confidentiality.iter().max().map(|most| Truth::of(label.confidentiality <= *most));
    let sensitive = (!codes.sensitivities.is_empty()).then(|| {
        let held = |wanted: bool| label.sensitivities.iter().any(|one| codes.sensitivities.contains(one) == wanted);
        match (held(true), held(false) || label.unclassified) {
            (true, false) => Truth::Met,
            (false, false) => Truth::Unmet,
            (true | false, true) => Truth::Unknown,
        }
    });
    Truth::agreed([unknown, highest, sensitive].into_iter().flatten())
}

/// A confidentiality code denies what is labelled so or higher, or everything. Sensitivities deny a row that has one of them.
fn denied_labels(codes: &Labels, label: Label, denied: Denied, unclassified: Unclassified) -> Truth {
    let unknown = codes.unknown.then_some(Truth::Unknown);
    let lowest = codes.confidentiality.iter().min().map(|least| match denied {
        Denied::AndAbove => Truth::of(label.confidentiality >= *least),
        Denied::Everything => Truth::Met,
    });
    let unsure = label.unclassified || label.sensitivities.contains(Sensitivity::Other);
    let sensitive = (!codes.sensitivities.is_empty()).then(|| {
        match (label.sensitivities.iter().any(|one| codes.sensitivities.contains(one)), unclassified) {
            (true, _) => Truth::Met,
            (false, Unclassified::MayBeAnything) if unsure => Truth::Unknown,
            (false, Unclassified::MayBeAnything | Unclassified::AsCoded) => Truth::Unmet,
        }
    });
    Truth::agreed([unknown, lowest, sensitive].into_iter().flatten())
}

fn has_class(row: &Value, class: Option<&Coding>) -> Truth {
    let (Some(class), Some(own)) = (class, resource_type(row)) else { return Truth::Unknown };
    let contained: Vec<&str> = at(row, "contained")
        .into_iter()
        .map(|inner| inner.get("resourceType").and_then(Value::as_str).unwrap_or(""))
        .collect();
    // A contained resource of the class makes the row partly of it.
    let partly = |is: &dyn Fn(&str) -> bool| {
        let inner = contained.iter().any(|name| name.is_empty() || is(name));
        if inner { Truth::Unknown } else { Truth::Unmet }
    };
    if let Some(name) = class.within(RESOURCE_TYPES) {
        return if own.as_str() == name { Truth::Met } else { partly(&|inner| inner == name) };
    }
    if !class.system.as_deref().is_some_and(|system| DOCUMENT_CLASSES.contains(&system)) {
        return Truth::Unknown;
    }
    let is_document = |name: &str| DOCUMENTS.contains(&name);
    match (is_document(own.as_str()), DOCUMENT_KIND.iter().any(|path| finds(row, path, class))) {
        (true, true) => Truth::Met,
        // It may be of a kind within the class: the host does not know the ontology.
        (true, false) => Truth::Unknown,
        (false, true | false) => partly(&is_document),
    }
}

/// R4: a code applies where it is found in an instance. It is met where the row says what it is; found anywhere else it may be
/// what the row is about.
fn has_code(row: &Value, concept: Option<&[Coding]>, unsure: bool) -> Truth {
    let Some(wanted) = concept else { return Truth::Unknown };
    let exact = |coding: &Coding| coding.system.is_some() && WHAT_IT_IS.iter().any(|path| finds(row, path, coding));
    if wanted.iter().any(exact) {
        return Truth::Met;
    }
    match codes_below(row, wanted) {
        Found::Nothing | Found::Wanted => Truth::Unknown,
        Found::Others => {
            if unsure {
                Truth::Unknown
            } else {
                Truth::Unmet
            }
        }
    }
}

fn finds(row: &Value, path: &str, wanted: &Coding) -> bool {
    at(row, path).into_iter().any(|coding| {
        let member = |name| coding.get(name).and_then(Value::as_str);
        member("code") == Some(&wanted.code) && member("system") == wanted.system.as_deref()
    })
}

enum Found {
    Nothing,
    Wanted,
    Others,
}

/// Looks at every code of the row. The same code of another system, or of none, may be the wanted one: a system can have
/// several names (a URL and an OID).
fn codes_below(row: &Value, wanted: &[Coding]) -> Found {
    let mut found = Found::Nothing;
    let mut open = vec![row];
    while let Some(next) = open.pop() {
        let Value::Object(members) = next else {
            open.extend(next.as_array().into_iter().flatten());
            continue;
        };
        if let Some(code) = members.get("code").and_then(Value::as_str) {
            if wanted.iter().any(|one| one.code == code) {
                return Found::Wanted;
            }
            found = Found::Others;
        }
        // What the labels say about a row is not what the row is about.
        open.extend(members.iter().filter(|(name, _)| *name != "meta").map(|(_, value)| value));
    }
    found
}

fn has_data(row: &Value, data: Option<&Data>) -> Truth {
    let Some(Data { meaning, link }) = data else { return Truth::Unknown };
    let Some(target) = &link.target else { return Truth::Unknown };
    let own =
        resource_type(row).zip(resource_id(row)).map(|(kind, id)| Reference { resource_type: kind, id: id.to_owned() });
    let is_instance = own.map_or(Truth::Unknown, |own| match (own == *target, link.plain) {
        (true, true) => Truth::Met,
        (true, false) => Truth::Unknown,
        (false, true | false) => Truth::Unmet,
    });
    let refers = || {
        let named: Vec<_> = references_below(row).into_iter().map(Reference::parse).collect();
        Truth::any(
            named.iter().map(|one| one.as_ref().map_or(Truth::Unknown, |one| Truth::of(link.plain && one == target))),
        )
    };
    match meaning {
        Meaning::Instance => is_instance,
        Meaning::Dependents => Truth::any([is_instance, refers()]),
        // What the instance refers to, or who wrote a row, cannot be told from the row.
        Meaning::Related | Meaning::AuthoredBy => Truth::any([is_instance, Truth::Unknown]),
    }
}

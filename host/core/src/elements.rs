//! Minimisation: a row reaches a plugin with the elements its need lists, and nothing else.
//!
//! A listed element comes whole, but for what speaks outside the coded fields: free text and attachments comes only when
//! a path names it, and extensions, contained resources, narrative and element ids never do. References lead only to
//! rows that are in view.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use cordon_fhir::DateRange;
use cordon_fhir::reference::Reference;
use cordon_fhir::search::primary_date;
use cordon_fhir::types::ResourceType;
use serde_json::{Map, Value};

use crate::dates::Reduction;
use crate::fault::out;

/// Why an element list was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElementError {
    /// No element at all.
    #[error("elements: list at least one")]
    Empty,
    /// More than 64.
    #[error("elements: at most 64")]
    TooMany,
    /// Not a path of FHIR element names.
    #[error("elements: `{0}` is not a path of FHIR element names such as code or code.text")]
    Path(String),
    /// An element whose content no rule bounds.
    #[error("elements: `{0}` cannot be asked for: its content is not bounded by the definition of the resource")]
    Unbounded(String),
}

/// Never handed over, whatever a path says.
const NEVER: [&str; 7] = ["extension", "modifierExtension", "contained", "meta", "implicitRules", "id", "resourceType"];

/// Handed over only when a path names them: what FHIR R4 lets people write freely, and what attachments hold, inside a
/// data type or a backbone element (`Dosage.patientInstruction`, `Attachment.data`, `reaction.description`).
const NAMED_ONLY: [&str; 24] = [
    "text",
    "display",
    "title",
    "div",
    "data",
    "url",
    "hash",
    "citation",
    "comment",
    "description",
    "documentation",
    "instruction",
    "administrationInstruction",
    "patientInstruction",
    "basis",
    "rationale",
    "textEquivalent",
    "documentType",
    "series",
    "productRelatedness",
    "carrierHRF",
    "carrierAIDC",
    "brand",
    "label",
];

/// A choice of type that is text: `valueString`, `Annotation.authorString`, `payload.contentString`.
const NAMED_ONLY_ENDS: [&str; 3] = ["String", "Markdown", "Base64Binary"];

/// Whether a path must end in this name for it to be handed over.
pub(crate) fn by_name_only(name: &str) -> bool {
    NAMED_ONLY.contains(&name) || NAMED_ONLY_ENDS.iter().any(|end| name.ends_with(end))
}

/// Whether no path hands it over. A member starting with `_` carries the extensions of a primitive.
pub(crate) fn never(name: &str) -> bool {
    NEVER.contains(&name) || name.starts_with('_')
}

/// Where a display leads whose reference is not listed: it is a part of it, and comes and goes with it. No JSON member of
/// a resource has this name.
const TARGET: &str = "\0reference";

/// The members of a Reference (FHIR R4, references).
const OF_A_REFERENCE: [&str; 6] = ["reference", "type", "identifier", "display", "id", "extension"];

/// A set of element paths: a tree whose leaves are handed over whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elements {
    paths: Arc<[String]>,
    root: Node,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// A path ends here: the element comes whole.
    whole: bool,
    children: BTreeMap<String, Node>,
}

impl Node {
    /// The node of a member, and whether the member comes whole; `whole` says whether what holds it does.
    fn step(&self, whole: bool, name: &str) -> Option<(&Self, bool)> {
        static LEAF: Node = Node { whole: true, children: BTreeMap::new() };
        match self.children.get(name) {
            Some(child) => Some((child, whole || child.whole)),
            None if out!(ElementsKept) => Some((&LEAF, true)),
            None => (whole && (!by_name_only(name) || out!(TextKept))).then_some((&LEAF, true)),
        }
    }
}

impl Elements {
    /// Reads a manifest's list.
    ///
    /// # Errors
    /// [`ElementError`] names the path.
    pub fn parse(paths: &[String]) -> Result<Self, ElementError> {
        if paths.is_empty() {
            return Err(ElementError::Empty);
        }
        if paths.len() > 64 {
            return Err(ElementError::TooMany);
        }
        let mut elements = Self::default();
        for path in paths {
            elements.add(path)?;
        }
        elements.paths = paths.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        Ok(elements)
    }

    fn add(&mut self, path: &str) -> Result<(), ElementError> {
        let quoted = || path.chars().filter(|c| !c.is_control()).take(64).collect::<String>();
        if !Self::is_path(path) {
            return Err(ElementError::Path(quoted()));
        }
        let steps: Vec<&str> = path.split('.').collect();
        if steps.iter().any(|step| NEVER.contains(step)) || steps.first() == Some(&"text") {
            return Err(ElementError::Unbounded(quoted()));
        }
        let mut node = &mut self.root;
        for step in steps {
            node = node.children.entry(step.to_owned()).or_default();
        }
        node.whole = true;
        Ok(())
    }

    /// Whether a text is a path of at most 6 FHIR element names.
    #[must_use]
    pub fn is_path(path: &str) -> bool {
        let fine = |step: &str| {
            step.starts_with(|c: char| c.is_ascii_lowercase()) && step.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        path.split('.').count() <= 6 && path.split('.').all(fine)
    }

    /// The paths, sorted, for the reviewer.
    #[must_use]
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The same paths, for whoever keeps them.
    #[must_use]
    pub fn shared(&self) -> Arc<[String]> {
        Arc::clone(&self.paths)
    }

    /// Whether a path is handed over as a whole.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.down(path).is_some_and(|(_, whole)| whole)
    }

    /// Whether anything at a path is handed over.
    #[must_use]
    pub fn touches(&self, path: &str) -> bool {
        self.down(path).is_some()
    }

    /// The node of a path, and whether the path or one above it is listed.
    fn down(&self, path: &str) -> Option<(&Node, bool)> {
        path.split('.').try_fold((&self.root, false), |(node, whole), step| node.step(whole, step))
    }

    /// What of a resource may be read, its references not yet resolved.
    #[must_use]
    pub fn read(&self, resource: &Value) -> Readable {
        let mut row = Map::new();
        if let Some(kind) = resource.get("resourceType") {
            row.insert("resourceType".to_owned(), kind.clone());
        }
        if let Value::Object(members) = resource {
            keep_members(members, (&self.root, false), &mut row);
        }
        Readable(Value::Object(row))
    }
}

/// The listed elements of one resource. Only its references still say more than a plugin may read.
#[derive(Clone, PartialEq, Eq)]
pub struct Readable(Value);

impl Readable {
    /// The row as a plugin sees it: `resourceType`, the elements and the minted id. `link` gives the minted reference of a
    /// row in view.
    #[must_use]
    pub fn row(&self, id: &str, link: &dyn Fn(&Reference) -> Option<String>) -> String {
        let mut text = Vec::new();
        print(&self.0, link, &mut text);
        // A row without anything to read has its id.
        let next: &[u8] = if text.pop().is_some() { b",\"id\":" } else { b"{\"id\":" };
        text.extend_from_slice(next);
        scalar(&Value::from(id), &mut text);
        text.push(b'}');
        String::from_utf8(text).unwrap_or_default()
    }

    /// With dates and ages as the need says.
    pub(crate) fn reduced(self, reduction: &Reduction) -> Self {
        if reduction.is_none() { self } else { Self(reduction.value(self.0, "", "").unwrap_or_default()) }
    }

    /// The text without any reference: what it says whatever else is in view.
    #[must_use]
    pub fn alone(&self) -> String {
        let mut text = Vec::new();
        print(&self.0, &|_| None, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// When it was so, as far as the plugin reads it. No date stands in a reference.
    pub(crate) fn dated(&self) -> Option<DateRange> {
        primary_date(&self.0)
    }
}

impl fmt::Debug for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readable(…)")
    }
}

/// Whether the resource says that its meaning changes in a way which minimisation would hide (FHIR R4 `modifierExtension`,
/// `implicitRules`). Such a row is withheld: showing it without its modifier could harm.
#[must_use]
pub fn changes_meaning(resource: &Value) -> bool {
    match resource {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name == "modifierExtension" || name == "implicitRules" || changes_meaning(value)),
        Value::Array(items) => items.iter().any(changes_meaning),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// In the order of their names: what stands beside a listed element, and where, must not show.
fn keep_members(members: &Map<String, Value>, (node, whole): (&Node, bool), out: &mut Map<String, Value>) {
    let members: BTreeMap<&String, &Value> = members.iter().collect();
    for (name, value) in members {
        let never = never(name);
        if never && !out!(UnboundedKept) {
            continue;
        }
        if never {
            out.insert(name.clone(), value.clone());
        } else if let Some(kept) = node.step(whole, name).and_then(|below| keep(value, below)) {
            out.insert(name.clone(), kept);
        }
    }
}

/// The value as far as it is listed; `None` when nothing of it is left.
fn keep(value: &Value, (node, whole): (&Node, bool)) -> Option<Value> {
    match value {
        Value::Object(members) if is_reference(members) => keep_reference(members, (node, whole)),
        Value::Object(members) => {
            let mut out = Map::new();
            keep_members(members, (node, whole), &mut out);
            (!out.is_empty()).then_some(Value::Object(out))
        }
        Value::Array(items) => some(items.iter().filter_map(|item| keep(item, (node, whole))).collect()),
        Value::Null => None,
        // A path into a primitive names nothing.
        Value::Bool(_) | Value::Number(_) | Value::String(_) => whole.then(|| value.clone()),
    }
}

fn some(items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then_some(Value::Array(items))
}

/// Whether this is a Reference: it has a literal target, or it can be nothing else. A logical one (FHIR R4, references:
/// `identifier` without `reference`) names a row as well, and never one that is known to be in view.
pub(crate) fn is_reference(members: &Map<String, Value>) -> bool {
    let by_identifier = members.get("identifier").is_some_and(Value::is_object);
    let by_type = members.get("type").and_then(Value::as_str).is_some_and(|name| ResourceType::new(name).is_ok());
    let only = |name: &String| OF_A_REFERENCE.contains(&name.strip_prefix('_').unwrap_or(name));
    members.contains_key("reference") || ((by_identifier || by_type) && members.keys().all(only))
}

/// Of a Reference, where it leads and, if a path names it, its display; its `identifier` would name a row out of view.
fn keep_reference(members: &Map<String, Value>, (node, whole): (&Node, bool)) -> Option<Value> {
    let target = members.get("reference").and_then(Value::as_str).and_then(Reference::parse)?;
    let listed = |name| node.step(whole, name).is_some_and(|(_, whole)| whole);
    let mut out = Map::new();
    if let Some(display) = members.get("display").filter(|_| listed("display")) {
        out.insert("display".to_owned(), display.clone());
    }
    if out.is_empty() && !listed("reference") {
        return None;
    }
    let member = if listed("reference") { "reference" } else { TARGET };
    out.insert(member.to_owned(), Value::from(target.to_string()));
    Some(Value::Object(out))
}

/// Prints a value, if anything of it is left: a Reference leads to a row in view or is absent, and what it leaves empty is
/// absent too.
fn print(value: &Value, link: &dyn Fn(&Reference) -> Option<String>, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let left = match value {
        Value::Object(members) => print_object(members, link, out),
        Value::Array(items) => {
            let mut more = Separated::new(b'[', out);
            items.iter().for_each(|item| more.put(out, |out| print(item, link, out)));
            more.close(b']', out)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => scalar(value, out),
    };
    if !left {
        out.truncate(start);
    }
    left
}

fn print_object(members: &Map<String, Value>, link: &dyn Fn(&Reference) -> Option<String>, out: &mut Vec<u8>) -> bool {
    let mut more = Separated::new(b'{', out);
    for (name, value) in members {
        let target = value.as_str().filter(|_| name == "reference" || name == TARGET);
        let minted = match target {
            None => None,
            Some(target) => match Reference::parse(target).and_then(|target| link(&target)) {
                Some(minted) => Some(Value::from(minted)),
                None => return false,
            },
        };
        if name != TARGET {
            more.put(out, |out| {
                scalar(&Value::from(name.as_str()), out);
                out.push(b':');
                print(minted.as_ref().unwrap_or(value), link, out)
            });
        }
    }
    more.close(b'}', out)
}

/// Prints what holds no others. Nothing that a vector can refuse.
fn scalar(value: &Value, out: &mut Vec<u8>) -> bool {
    serde_json::to_writer(out, value).is_ok()
}

/// The items of a list or an object while they are printed.
struct Separated {
    empty: bool,
}

impl Separated {
    fn new(open: u8, out: &mut Vec<u8>) -> Self {
        out.push(open);
        Self { empty: true }
    }

    /// Prints one more, if anything of it is left.
    fn put(&mut self, out: &mut Vec<u8>, print: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = out.len();
        if !self.empty {
            out.push(b',');
        }
        if print(out) {
            self.empty = false;
        } else {
            out.truncate(start);
        }
    }

    /// Whether there were any.
    fn close(self, close: u8, out: &mut Vec<u8>) -> bool {
        out.push(close);
        !self.empty
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn minimise(paths: &[&str], resource: &Value) -> Value {
        let paths: Vec<String> = paths.iter().map(|&p| p.to_owned()).collect();
        let link = |target: &Reference| (target.id == "p").then(|| "Patient/r1".to_owned());
        serde_json::from_str(&Elements::parse(&paths).unwrap().read(resource).row("r2", &link)).unwrap()
    }

    #[test]
    fn what_is_not_listed_is_absent() {
        let row = json!({"resourceType": "Observation", "id": "o", "status": "final", "note": [{"text": "HIV"}],
            "text": {"div": "<div>HIV</div>"}, "extension": [{"url": "x"}], "meta": {"source": "s"}});
        assert_eq!(minimise(&["status"], &row), json!({"resourceType": "Observation", "id": "r2", "status": "final"}));
    }

    #[test]
    fn free_text_inside_a_listed_element_comes_only_by_name() {
        let row = json!({"resourceType": "Observation", "code": {"text": "free", "coding": [
            {"system": "s", "code": "c", "display": "d", "extension": [{"url": "u"}]}]}});
        assert_eq!(minimise(&["code"], &row)["code"], json!({"coding": [{"system": "s", "code": "c"}]}));
        assert_eq!(minimise(&["code", "code.text"], &row)["code"]["text"], json!("free"));
        assert_eq!(minimise(&["code.text"], &row)["code"], json!({"text": "free"}));
        assert_eq!(minimise(&["code", "code.coding.display"], &row)["code"]["coding"][0]["display"], json!("d"));
    }

    #[test]
    fn a_reference_to_a_row_out_of_view_is_absent() {
        let row = json!({"resourceType": "Observation", "subject": {"reference": "Patient/p", "display": "Ann"},
            "performer": [{"reference": "Practitioner/x", "identifier": {"value": "1"}}]});
        let kept = minimise(&["subject", "performer"], &row);
        assert_eq!(kept["subject"], json!({"reference": "Patient/r1"}));
        assert_eq!(kept.get("performer"), None);
    }

    #[test]
    fn a_display_alone_comes_without_its_reference_and_not_without_its_row() {
        let row = json!({"resourceType": "Observation", "subject": {"reference": "Patient/p", "display": "Ann"},
            "encounter": {"reference": "Encounter/e", "display": "Ward"}});
        let kept = minimise(&["subject.display", "encounter.display", "subject.type"], &row);
        assert_eq!(kept, json!({"resourceType": "Observation", "id": "r2", "subject": {"display": "Ann"}}));
        assert_eq!(minimise(&["subject.reference"], &row)["subject"], json!({"reference": "Patient/r1"}));
    }

    #[test]
    fn a_reference_by_identifier_or_type_alone_is_absent() {
        let logical = json!({"type": "ServiceRequest", "identifier": {"system": "urn:x", "value": "HIV-7"}});
        let row = json!({"resourceType": "Observation", "basedOn": [logical], "encounter": {"identifier": {"value": "e"},
            "_display": {"extension": []}}, "specimen": {"type": "Specimen", "display": "blood"}});
        let kept = minimise(&["basedOn", "basedOn.identifier", "encounter", "specimen"], &row);
        assert_eq!(kept, json!({"resourceType": "Observation", "id": "r2"}));
    }

    #[test]
    fn what_only_looks_like_a_reference_is_kept() {
        let row = json!({"resourceType": "Consent", "provision": {"type": "deny"},
            "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "7"}]});
        let kept = minimise(&["provision", "identifier"], &row);
        assert_eq!((&kept["provision"], &kept["identifier"]), (&row["provision"], &row["identifier"]));
    }

    #[test]
    fn what_people_write_freely_inside_a_listed_element_comes_only_by_name() {
        let row = json!({"resourceType": "MedicationRequest", "status": "draft",
            "dosageInstruction": [{"sequence": 1, "patientInstruction": "free"}], "note": [{"authorString": "free"}],
            "reaction": [{"description": "free"}], "component": [{"valueString": "free"}]});
        let kept = minimise(&["dosageInstruction", "note", "reaction", "component", "status"], &row);
        assert!(!kept.to_string().contains("free"), "{kept}");
        assert_eq!(kept["dosageInstruction"], json!([{"sequence": 1}]));
        assert_eq!(minimise(&["component.valueString"], &row)["component"], row["component"]);
    }

    #[test]
    fn unbounded_and_malformed_paths_are_refused() {
        for path in
            ["text", "contained", "code.extension", "meta", "id", "Code", "code..text", "", "a.b.c.d.e.f.g", "_code"]
        {
            assert!(Elements::parse(&[path.to_owned()]).is_err(), "{path}");
        }
        assert_eq!(Elements::parse(&[]), Err(ElementError::Empty));
    }

    #[test]
    fn decimals_keep_their_text() {
        let row: Value =
            serde_json::from_str(r#"{"resourceType":"Observation","valueQuantity":{"value":13.50}}"#).unwrap();
        assert!(minimise(&["valueQuantity"], &row).to_string().contains("13.50"));
    }

    #[test]
    fn a_modifier_anywhere_changes_meaning() {
        assert!(changes_meaning(&json!({"a": [{"modifierExtension": [{}]}]})));
        assert!(changes_meaning(&json!({"implicitRules": "http://x"})));
        assert!(!changes_meaning(&json!({"extension": [{}]})));
    }
}

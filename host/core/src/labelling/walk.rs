//! One walk over a resource: every member at every depth is looked at, also those that FHIR does not define.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::attachment::{self, Content};
use super::codes::{self, Shape};
use super::file::Covered;
use super::security::{self, Said};
use super::systems::SystemNumber;
use super::{LabelRules, kinds};
use crate::label::{Confidentiality, Label, Sensitivities};

/// Deeper than any FHIR resource; `serde_json` itself reads 128.
const DEEPEST: usize = 200;

pub(super) const CONFIDENTIALITY: &str = "security/confidentiality";
pub(super) const SENSITIVITY: &str = "security/sensitivity";
pub(super) const UNKNOWN_SYSTEM: &str = "unclassified/system";
pub(super) const UNNAMED: &str = "unclassified/unnamed";
pub(super) const UNCODED: &str = "unclassified/uncoded";
pub(super) const UNREAD: &str = "unclassified/attachment";
pub(super) const TOO_DEEP: &str = "unclassified/depth";

/// A step of the way to an element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// What a walk found.
pub(super) struct Hit<'a, 'h> {
    pub(super) rule: &'a str,
    pub(super) label: Label,
    /// What of the rule matched. Never what the resource says.
    pub(super) matched: &'h str,
    pub(super) path: &'h [Step<'a>],
}

pub(super) struct Walk<'a, F> {
    rules: &'a LabelRules,
    path: Vec<Step<'a>>,
    /// Whether the resource at hand has a clinical code where its type has its own.
    coded: bool,
    /// Whether the element at hand is where the resource at hand has its code.
    primary: bool,
    /// Whether a person can read what the coding at hand means.
    named: bool,
    /// The name of a code system and what it resolves to: the last one, since they come in rows.
    system: Option<(&'a str, Option<SystemNumber>)>,
    /// Room to fold text in, and room to squeeze codes in.
    room: (String, String),
    found: F,
    /// Nodes visited and bytes looked at.
    pub(super) work: usize,
}

impl<'a, F: FnMut(&Hit<'a, '_>)> Walk<'a, F> {
    pub(super) fn new(rules: &'a LabelRules, found: F) -> Self {
        let room = (String::new(), String::new());
        Self { rules, path: Vec::new(), coded: false, primary: false, named: false, system: None, room, found, work: 0 }
    }

    /// Walks a resource, and those within it.
    pub(super) fn resource(&mut self, resource: &'a Value) {
        if let Value::Object(members) = resource {
            return self.resource_members(members);
        }
        // No resource at all: nothing in it is coded.
        self.value(resource);
        self.unclassified(UNCODED);
    }

    fn resource_members(&mut self, members: &'a Map<String, Value>) {
        let kind = members.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        let outer = (self.coded, self.primary);
        self.coded = kinds::needs_no_code(kind);
        for rule in self.rules.of_type(kind) {
            self.hit_rule(rule, kind_of(self.rules, rule, kind));
        }
        for (name, value) in members {
            self.primary = kinds::is_primary(kind, name, members);
            self.member(members, name, value);
        }
        if !self.coded {
            self.unclassified(UNCODED);
        }
        let coded = self.coded;
        // A contained Medication is what its MedicationRequest is about.
        (self.coded, self.primary) = outer;
        self.coded |= coded && self.primary;
    }

    fn value(&mut self, value: &'a Value) {
        self.work = self.work.saturating_add(1);
        if self.path.len() > DEEPEST {
            return self.unclassified(TOO_DEEP);
        }
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.within(Step::Item(at), |walk| walk.value(item));
                }
            }
            Value::Object(members) if members.contains_key("resourceType") => self.resource_members(members),
            Value::Object(members) => self.element(members),
        }
    }

    fn element(&mut self, members: &'a Map<String, Value>) {
        let outer = self.named;
        self.named = is_named(members) || (outer && !members.contains_key("coding"));
        self.coding(members);
        if let Some(content) = attachment::content(members, self.in_photo()) {
            self.content(content);
        }
        for (name, value) in members {
            self.member(members, name, value);
        }
        self.named = outer;
    }

    fn member(&mut self, members: &'a Map<String, Value>, name: &'a str, value: &'a Value) {
        // Bytes are read as what they encode.
        if name == "data" && value.as_str().is_some_and(attachment::is_bytes) {
            return;
        }
        self.within(Step::Member(name), |walk| {
            if matches!(name, "securityLabel" | "confidentiality") || (name == "security" && walk.in_meta()) {
                walk.security(value);
            }
            if let (true, Value::String(data)) = (name.ends_with("Base64Binary"), value) {
                return walk.content(attachment::bytes(data, ""));
            }
            if let Value::String(code) = value
                && name == "code"
                && walk.system_of(members).is_some()
            {
                // Its system says what it is; by its shape alone it may be another's.
                return walk.words(code);
            }
            walk.value(value);
        });
    }

    fn system_of(&mut self, members: &'a Map<String, Value>) -> Option<SystemNumber> {
        let name = members.get("system").and_then(Value::as_str)?;
        match self.system {
            Some((last, number)) if last == name => number,
            Some(_) | None => {
                let number = self.rules.systems.resolve(name);
                self.system = Some((name, number));
                number
            }
        }
    }

    fn within(&mut self, step: Step<'a>, visit: impl FnOnce(&mut Self)) {
        self.path.push(step);
        visit(self);
        self.path.pop();
    }

    /// A Coding, or whatever has a system and a code: also an Identifier whose value is a code.
    fn coding(&mut self, members: &'a Map<String, Value>) {
        let code = members.get("code").and_then(text_of);
        let named = members.get("system").is_some_and(Value::is_string);
        let system = self.system_of(members);
        let Some(code) = code else {
            if let (Some(system), Some(value)) = (system, members.get("value").and_then(text_of)) {
                self.code(Some(system), &value);
            }
            return;
        };
        // Without a system any may be meant. Under a name that nobody knows too, but short numbers are common there.
        let looked = system.is_some() || !named || !is_short_number(&code);
        let matched = looked && self.code(system, &code);
        self.standing(members, system, matched);
    }

    /// What a code means that no rule names.
    fn standing(&mut self, members: &Map<String, Value>, system: Option<SystemNumber>, matched: bool) {
        let quantity = members.contains_key("value") || members.contains_key("unit");
        let Some(system) = system else {
            // The unit of a quantity is no clinical code.
            if !quantity && !self.in_tag() {
                self.unclassified(UNKNOWN_SYSTEM);
            }
            return;
        };
        let clinical = match self.rules.systems.covered(system) {
            Covered::Structural => false,
            Covered::Complete => true,
            Covered::Named if matched || self.named => true,
            Covered::Named | Covered::No if self.in_tag() => return,
            Covered::Named => return self.unclassified(UNNAMED),
            Covered::No => return self.unclassified(UNKNOWN_SYSTEM),
        };
        self.coded |= clinical && self.primary;
    }

    /// Every rule that names this code, or a part of it.
    fn code(&mut self, system: Option<SystemNumber>, code: &str) -> bool {
        let rules = self.rules;
        let mut matched = false;
        for part in [code].into_iter().chain(codes::parts(code)) {
            self.squeezed(part, |walk, squeezed| {
                walk.work = walk.work.saturating_add(squeezed.len());
                rules.codes.find(squeezed, |of, code, rule| {
                    if system.is_none_or(|system| system == of) {
                        matched = true;
                        walk.hit_rule(rule, code);
                    }
                });
            });
        }
        if let Some(said) = system.and_then(|system| security::anywhere(rules.systems.id(system), code)) {
            self.said(said);
        }
        matched
    }

    /// Looks at a code without its dress.
    fn squeezed(&mut self, code: &str, look: impl FnOnce(&mut Self, &str)) {
        let mut room = std::mem::take(&mut self.room.1);
        codes::squeeze_into(code, &mut room);
        look(self, &room);
        self.room.1 = room;
    }

    /// Free text: phrases, and words with the shape of a code.
    fn text(&mut self, text: &str) {
        let rules = self.rules;
        self.words(text);
        let text = text.trim();
        let between = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        for word in text.split(between) {
            let word = word.trim_end_matches(['.', '-']);
            let whole = text.get(..word.len()) == Some(word) && text.trim_end_matches(['.', '-']).len() == word.len();
            let Some(shape) = codes::shape(word, whole) else { continue };
            self.squeezed(word, |walk, squeezed| {
                rules.codes.find(squeezed, |system, code, rule| {
                    if rules.has_shape(system, shape) {
                        walk.hit_rule(rule, code);
                    }
                });
            });
        }
    }

    fn words(&mut self, text: &str) {
        let rules = self.rules;
        let mut room = std::mem::take(&mut self.room.0);
        let looked = rules.words.find(text, &mut room, |phrase, rule| self.hit_rule(rule, phrase));
        self.room.0 = room;
        self.work = self.work.saturating_add(looked);
    }

    fn content(&mut self, content: Content) {
        match content {
            Content::Text(text) => self.text(&text),
            Content::Both(text) => {
                self.text(&text);
                self.unclassified(UNREAD);
            }
            Content::Unreadable => self.unclassified(UNREAD),
        }
    }

    /// A tag is for work flow, and nobody needs it to understand a resource (FHIR R4, `Meta.tag`): it may name something
    /// sensitive, but not knowing it is no lack.
    fn in_tag(&self) -> bool {
        let mut way = self.members();
        way.next() == Some("tag") && way.next() == Some("meta")
    }

    /// Whether the member at hand is one of `Resource.meta`, or of a Meta elsewhere.
    fn in_meta(&self) -> bool {
        self.members().nth(1).is_some_and(|name| matches!(name, "meta" | "valueMeta"))
    }

    /// The names on the way to the element at hand, the nearest first.
    fn members(&self) -> impl Iterator<Item = &str> {
        self.path.iter().rev().filter_map(|step| match step {
            Step::Member(name) => Some(*name),
            Step::Item(_) => None,
        })
    }

    fn in_photo(&self) -> bool {
        self.members().any(|name| name == "photo")
    }

    /// Security labels: codings, concepts of codings, or the bare code of `Composition.confidentiality`.
    fn security(&mut self, value: &'a Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.security(item)),
            Value::Object(members) => match members.get("coding") {
                Some(codings) => self.security(codings),
                None => self.security_label(value),
            },
            Value::String(code) => {
                if let Some(confidentiality) = Confidentiality::of_code(code) {
                    self.said(Said::Confidentiality(confidentiality));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn security_label(&mut self, coding: &Value) {
        let name = coding.get("system").and_then(Value::as_str);
        let system =
            name.map(|name| self.rules.systems.resolve(name).map_or("", |system| self.rules.systems.id(system)));
        if let Some(said) = security::label(system, coding) {
            self.said(said);
        }
    }

    fn said(&mut self, said: Said) {
        match said {
            Said::Confidentiality(confidentiality) => {
                let confidentiality = confidentiality.max(Confidentiality::Normal);
                let label = Label { confidentiality, ..Label::NORMAL };
                self.hit(CONFIDENTIALITY, label, confidentiality.code());
            }
            Said::Sensitivity(sensitivities) => {
                let code = sensitivities.iter().next().map_or("", |first| first.code());
                self.hit(SENSITIVITY, restricted(sensitivities), code);
            }
        }
    }

    fn unclassified(&mut self, rule: &'a str) {
        let confidentiality = self.rules.unclassified.max(Confidentiality::Normal);
        let label = Label { confidentiality, sensitivities: Sensitivities::NONE, unclassified: true };
        self.hit(rule, label, "");
    }

    fn hit_rule(&mut self, rule: usize, matched: &str) {
        let rules = self.rules;
        if let Some((id, sensitivities)) = rules.rules.get(rule) {
            self.hit(&id.0, restricted(*sensitivities), matched);
        }
    }

    fn hit(&mut self, rule: &'a str, label: Label, matched: &str) {
        (self.found)(&Hit { rule, label, matched, path: &self.path });
    }
}

/// Whatever is sensitive is restricted (HL7 v3-Confidentiality: `R` is what stigmatises).
fn restricted(sensitivities: Sensitivities) -> Label {
    Label { confidentiality: Confidentiality::Restricted, sensitivities, unclassified: false }
}

fn kind_of<'a>(rules: &'a LabelRules, rule: usize, kind: &'a str) -> &'a str {
    rules.types.iter().find(|(name, of)| *of == rule && name == kind).map_or("", |(name, _)| name)
}

/// Whether a concept or a coding says in words what it means.
fn is_named(members: &Map<String, Value>) -> bool {
    let says = |members: &Map<String, Value>, name: &str| {
        members.get(name).and_then(Value::as_str).is_some_and(|text| text.chars().any(char::is_alphabetic))
    };
    let codings = members.get("coding").and_then(Value::as_array).into_iter().flatten();
    says(members, "display")
        || says(members, "text")
        || codings.filter_map(Value::as_object).any(|coding| says(coding, "display"))
}

fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_short_number(code: &str) -> bool {
    code.trim().len() < 6 && code.trim().bytes().all(|b| b.is_ascii_digit())
}

impl LabelRules {
    /// Whether a code found in free text is of the system that its shape tells.
    fn has_shape(&self, system: SystemNumber, shape: Shape) -> bool {
        let id = match shape {
            Shape::Icd10 => "icd-10",
            Shape::Atc => "atc",
            Shape::Loinc => "loinc",
            Shape::Snomed => "snomed-ct",
        };
        self.systems.number(id) == Some(system)
    }
}

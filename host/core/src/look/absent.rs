//! What of a shown row is absent or reduced, and why: the rules of `elements` and `dates` told from the other side.

use std::collections::BTreeMap;

use cordon_fhir::reference::Reference;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::dates::Reduction;
use crate::elements::{Elements, by_name_only, is_reference, never};
use crate::gather::Views;
use crate::manifest::Need;

/// Why an element of a shown row is absent or reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduced {
    /// The need does not list it.
    NotListed,
    /// Free text or an attachment inside a listed element: it comes only when a path names it.
    FreeTextByNameOnly,
    /// No need can list it: extensions, contained resources, narrative, `meta`, a reference's identifier.
    Never,
    /// It leads to a row that is not in view.
    ReferenceOutOfView,
    /// The need asks for less of dates or ages.
    DateReduced,
}

/// By path in the resource.
pub(super) fn absent(resource: &Value, views: &Views, need: &Need) -> BTreeMap<String, Reduced> {
    let reduction = Reduction::of(need, views.clearance().call().now, views.shift());
    let mut walk = Walk { views, elements: &need.elements, reduction, absent: BTreeMap::new() };
    walk.members(resource, "", "");
    walk.absent
}

/// Goes through a resource and notes what of it a shown row does not have.
struct Walk<'a> {
    views: &'a Views,
    elements: &'a Elements,
    reduction: Reduction,
    absent: BTreeMap<String, Reduced>,
}

impl Walk<'_> {
    fn members(&mut self, value: &Value, path: &str, parent: &str) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let whole = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if path.is_empty() && (name == "resourceType" || name == "id") {
                continue;
            }
            match self.reason(value, &whole, name, parent) {
                Some(why) => {
                    self.absent.insert(whole, why);
                }
                None => self.value(value, &whole, name, parent),
            }
        }
    }

    /// Why all of an element is absent or reduced.
    fn reason(&self, value: &Value, path: &str, name: &str, parent: &str) -> Option<Reduced> {
        let narrative = path == "text";
        if narrative || never(name) {
            Some(Reduced::Never)
        } else if !self.elements.touches(path) {
            let inside = path.rsplit_once('.').is_some_and(|(above, _)| self.elements.holds(above));
            Some(if inside && by_name_only(name) { Reduced::FreeTextByNameOnly } else { Reduced::NotListed })
        } else {
            self.reduction.reduces(value, name, parent).then_some(Reduced::DateReduced)
        }
    }

    fn value(&mut self, value: &Value, path: &str, name: &str, parent: &str) {
        match value {
            Value::Object(members) if is_reference(members) => self.reference(members, path),
            Value::Object(members) if self.reduction.reduces(value, name, parent) && !members.is_empty() => {
                self.absent.insert(path.to_owned(), Reduced::DateReduced);
            }
            Value::Object(_) => self.members(value, path, name),
            Value::Array(items) => items.iter().for_each(|item| self.value(item, path, name, parent)),
            Value::String(_) if self.reduction.reduces(value, name, parent) => {
                self.absent.insert(path.to_owned(), Reduced::DateReduced);
            }
            Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Null => {}
        }
    }

    /// Of a reference in view comes where it leads, and the display by name.
    fn reference(&mut self, members: &Map<String, Value>, path: &str) {
        let target = members.get("reference").and_then(Value::as_str).and_then(Reference::parse);
        let seen = |target: &Reference| {
            self.views.origins().any(|(_, origins)| origins.iter().any(|origin| origin.as_ref() == Some(target)))
        };
        if !target.is_some_and(|target| seen(&target)) {
            self.absent.insert(path.to_owned(), Reduced::ReferenceOutOfView);
            return;
        }
        for name in members.keys().filter(|name| *name != "reference") {
            let whole = format!("{path}.{name}");
            let why = match name.as_str() {
                "display" if self.elements.touches(&whole) => continue,
                "display" => Reduced::FreeTextByNameOnly,
                _ => Reduced::Never,
            };
            self.absent.insert(whole, why);
        }
    }
}

//! What a plugin may propose: order-like resources, checked strictly (CDS Hooks suggestions; FHIR R4 4.0.1).
//!
//! Input is read tolerantly, output is not: only elements on the closed list of `strict/schema.rs`, every one of the right
//! shape, no null and nothing empty. Never allowed, although R4 knows it: narrative, contained resources, extensions,
//! notes, identifiers, `meta`, `Reference.display`, and links outside `Coding.system`. A proposal is a draft with the
//! intent `proposal` or `plan`: an order is what a person makes of it.

mod schema;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde_json::Value;

use crate::date::DateRange;
use crate::reference::Reference;
use crate::types::{is_id, type_name};
use schema::{Element, Occurs, Shape};

/// The longest free text in a proposal, in characters.
pub const MAX_TEXT: usize = 1000;

/// Why a proposal was refused. A path holds names from the schema and positions, never words of the resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrictError {
    /// Not one of the resource types that may be proposed.
    #[error("only a MedicationRequest or a ServiceRequest may be proposed")]
    Type,
    /// An element that R4 knows and a proposal may not have.
    #[error("`{path}` is not allowed in a proposal")]
    Forbidden {
        /// The element.
        path: String,
    },
    /// An element that is not known here. Its name is not repeated, as the plugin chose it.
    #[error("`{path}` has an element that is not known")]
    Unknown {
        /// The element it is in.
        path: String,
    },
    /// A required element is missing.
    #[error("`{path}` is missing")]
    Missing {
        /// The element.
        path: String,
    },
    /// Null, or an empty text, array or object.
    #[error("`{path}` is empty")]
    Empty {
        /// The element.
        path: String,
    },
    /// An object where a text is wanted, one value where a list is wanted, and the like.
    #[error("`{path}` does not have the right JSON shape")]
    Shape {
        /// The element.
        path: String,
    },
    /// The right shape and a value that is not allowed.
    #[error("`{path}` has a value that is not allowed")]
    Value {
        /// The element.
        path: String,
    },
    /// Two types of one `[x]` element.
    #[error("`{path}` is given in two types")]
    Choice {
        /// The element, with `[x]`.
        path: String,
    },
    /// A link in a text.
    #[error("`{path}` has a link")]
    Link {
        /// The element.
        path: String,
    },
}

/// Checks a resource that a plugin proposes.
///
/// That the subject is the patient in context, and that references lead to rows the plugin saw, is not checked here.
pub fn validate_proposal(resource: &Value) -> Result<(), StrictError> {
    let name = type_name(resource).ok_or(StrictError::Type)?;
    let (name, elements) = schema::PROPOSALS.iter().find(|(row, _)| *row == name).ok_or(StrictError::Type)?;
    object(resource, elements, name)
}

fn object(value: &Value, elements: &[Element], path: &str) -> Result<(), StrictError> {
    let members = value.as_object().ok_or_else(|| StrictError::Shape { path: path.to_owned() })?;
    if members.is_empty() {
        return Err(StrictError::Empty { path: path.to_owned() });
    }
    for (name, member) in members {
        let Some(known) = elements.iter().find(|element| element.name == name) else {
            return Err(not_listed(name, path));
        };
        occurrences(member, known, &format!("{path}.{}", known.name))?;
    }
    choices(value, elements, path)
}

fn not_listed(name: &str, path: &str) -> StrictError {
    match schema::FORBIDDEN.iter().find(|known| **known == name) {
        Some(known) => StrictError::Forbidden { path: format!("{path}.{known}") },
        None => StrictError::Unknown { path: path.to_owned() },
    }
}

/// Required elements are there, and a choice `[x]` is made once.
fn choices(value: &Value, elements: &[Element], path: &str) -> Result<(), StrictError> {
    for element in elements {
        let group = elements.iter().filter(|other| other.group() == element.group());
        let given = group.filter(|other| value.get(other.name).is_some()).count();
        let path = || format!("{path}.{}", element.group());
        if given > 1 {
            return Err(StrictError::Choice { path: path() });
        }
        if given == 0 && element.occurs.is_required() {
            return Err(StrictError::Missing { path: path() });
        }
    }
    Ok(())
}

fn occurrences(value: &Value, element: &Element, path: &str) -> Result<(), StrictError> {
    match element.occurs {
        Occurs::Required | Occurs::Optional => shape(value, element.shape, path),
        Occurs::Many => {
            if value.is_null() {
                return Err(StrictError::Empty { path: path.to_owned() });
            }
            let items = value.as_array().ok_or_else(|| StrictError::Shape { path: path.to_owned() })?;
            if items.is_empty() {
                return Err(StrictError::Empty { path: path.to_owned() });
            }
            items.iter().enumerate().try_for_each(|(n, item)| shape(item, element.shape, &format!("{path}[{n}]")))
        }
    }
}

fn shape(value: &Value, shape: Shape, path: &str) -> Result<(), StrictError> {
    if value.is_null() || value.as_str() == Some("") {
        return Err(StrictError::Empty { path: path.to_owned() });
    }
    let wrong_shape = || StrictError::Shape { path: path.to_owned() };
    let text = || value.as_str().ok_or_else(wrong_shape);
    let number = || value.as_number().map(ToString::to_string).ok_or_else(wrong_shape);
    let allowed = match shape {
        Shape::Object(elements) => return object(value, elements, path),
        Shape::Text => return free_text(text()?, path),
        Shape::Boolean => return value.is_boolean().then_some(()).ok_or_else(wrong_shape),
        Shape::Code(codes) => codes.contains(&text()?),
        Shape::AnyCode => return any_code(text()?, path),
        Shape::System => is_system(text()?),
        Shape::Id => is_id(text()?),
        Shape::Date => is_date_time(text()?),
        Shape::Time => is_time(text()?),
        Shape::Decimal => is_decimal(&number()?),
        Shape::Integer { least } => number()?.parse::<u32>().is_ok_and(|n| n >= least && n <= 1_000_000),
        Shape::Target(types) => is_target(text()?, types),
    };
    allowed.then_some(()).ok_or_else(|| StrictError::Value { path: path.to_owned() })
}

fn any_code(text: &str, path: &str) -> Result<(), StrictError> {
    no_link(text, path)?;
    is_code(text).then_some(()).ok_or_else(|| StrictError::Value { path: path.to_owned() })
}

fn no_link(text: &str, path: &str) -> Result<(), StrictError> {
    let lower = text.to_lowercase();
    let has_link = schema::LINKS.iter().any(|mark| lower.contains(mark));
    // HTML, tag open state: what follows makes the mark a tag, and `<30` no tag.
    let opens = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    if has_link || text.split('<').skip(1).any(opens) {
        Err(StrictError::Link { path: path.to_owned() })
    } else {
        Ok(())
    }
}

fn free_text(text: &str, path: &str) -> Result<(), StrictError> {
    no_link(text, path)?;
    let allowed = text.chars().count() <= MAX_TEXT && !text.contains(is_hidden) && text.trim() == text;
    allowed.then_some(()).ok_or_else(|| StrictError::Value { path: path.to_owned() })
}

/// Characters that a reader does not see or that turn the order of others: a place for words nobody approved. Unicode has
/// them as controls, formats, private or unassigned code points, separators of lines, and as default ignorable.
fn is_hidden(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    GeneralCategoryGroup::Other.contains(category)
        || matches!(category, GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// R4 `code`: no white space at the ends, single spaces within.
fn is_code(text: &str) -> bool {
    text.len() <= 100
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && text.trim() == text
        && !text.contains("  ")
}

/// The URI of a code system: no query, fragment or user, where a plugin could write words.
fn is_system(text: &str) -> bool {
    let known_scheme = ["http://", "https://", "urn:oid:", "urn:uuid:"].iter().any(|scheme| text.starts_with(scheme));
    known_scheme && text.len() <= 200 && text.chars().all(|c| c.is_ascii_alphanumeric() || "/:.-_".contains(c))
}

/// R4 `dateTime`: with a time come the seconds and the zone.
fn is_date_time(text: &str) -> bool {
    let zone = || text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    let whole = !text.contains('T') || (text.get(16..17) == Some(":") && zone());
    whole && DateRange::parse(text).is_some()
}

fn is_time(text: &str) -> bool {
    text.len() == 8 && DateRange::parse(&format!("2000-01-01T{text}Z")).is_some()
}

/// A decimal that every reader can hold exactly: digits and a point, at most 18 characters.
fn is_decimal(text: &str) -> bool {
    text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_target(text: &str, types: &[&str]) -> bool {
    let target = Reference::parse(text).filter(|target| target.to_string() == text);
    target.is_some_and(|target| types.contains(&target.resource_type.as_str()))
}

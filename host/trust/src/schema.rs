//! Whether a pack's bytes are what its manifest says: JSON that fits a JSON Schema of draft 2020-12, checked in bounded time.
//!
//! The schema is the publisher's text, so only a part of the draft is read: keywords that this host enforces, no identifiers,
//! and references only to the schema's own `$defs`, without cycles. Anything else is refused, not skipped. What a check can
//! cost is counted before it runs: every value of the schema, unfolded, times every byte of the pack. Patterns run on `regex`,
//! whose time is linear in the text; look-around and back-references do not exist there.

use std::collections::{BTreeMap, BTreeSet};

use cordon_fhir::json::{JsonError, JsonLimits, parse};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

/// The longest schema, and its deepest nesting.
pub const MAX_SCHEMA: usize = 64 * 1024;
const MAX_SCHEMA_DEPTH: usize = 32;

/// How large a schema may be with every reference unfolded: values, and [`PATTERN_COST`] for a pattern.
const MAX_UNFOLDED: u64 = 65_536;
const MAX_HEIGHT: usize = 32;
const PATTERN_COST: u64 = 64;

/// The largest compiled pattern.
const MAX_PATTERN: usize = 32 * 1024;

/// The most work that a check may cost: unfolded values of the schema times bytes of the pack.
pub const MAX_WORK: u64 = 4_000_000_000;

/// The deepest nesting of a pack, and the most values in it.
const MAX_PACK: JsonLimits = JsonLimits { depth: 32, nodes: 2_000_000 };

/// The longest number: no exact arithmetic on `1e-999999999`.
const MAX_NUMBER: usize = 32;
const MAX_EXPONENT_DIGITS: usize = 3;

/// The draft, if a schema names it.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Why a text is not a schema that packs can be held against.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Too long.
    #[error("the schema is longer than {MAX_SCHEMA} bytes")]
    TooLarge,
    /// Not JSON, a repeated key, or too deep.
    #[error("the schema: {0}")]
    Json(#[from] JsonError),
    /// Another draft.
    #[error("`$schema` is not draft 2020-12")]
    Draft,
    /// A keyword that this host does not enforce, or not there. The keyword is the publisher's text and is not repeated.
    #[error("a keyword that is not read here, at level {depth} of the schema")]
    Keyword {
        /// How deep.
        depth: usize,
    },
    /// A keyword with a value of the wrong type.
    #[error("`{0}` has a value of the wrong type")]
    Form(&'static str),
    /// A reference out of the schema's own `$defs`, or to nothing there.
    #[error("a `$ref` that does not lead to an entry of the schema's own `$defs`")]
    Reference,
    /// A definition that refers to itself.
    #[error("a `$ref` leads back to where it stands")]
    Cycle,
    /// Too much, unfolded.
    #[error("too large with its references unfolded")]
    Unfolded,
    /// A number too long to compute with.
    #[error("a number of the schema is too long")]
    Number,
    /// Not a schema of the draft, or a pattern that has no linear form.
    #[error("not a schema of draft 2020-12, or a pattern that cannot run in linear time")]
    Invalid,
}

/// Why a pack does not fit. Places are JSON Pointers into the schema: they quote the publisher's manifest, not the pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Not JSON, a repeated key, too deep or too many values.
    #[error("the pack: {0}")]
    Json(#[from] JsonError),
    /// A number too long to compute with.
    #[error("a number of the pack is too long")]
    Number,
    /// The check would cost too much.
    #[error("the pack is too large for its schema")]
    Work,
    /// The pack breaks the schema.
    #[error("the pack breaks its schema at `{at}`")]
    Schema {
        /// The first keyword that it breaks.
        at: String,
    },
}

/// Why a pack was not accepted for its contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The pack.
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// Holds a pack's bytes against the text of a schema.
///
/// # Errors
/// [`CheckError`].
pub fn check_pack(schema: &str, bytes: &[u8]) -> Result<(), CheckError> {
    Ok(PackSchema::parse(schema)?.check(bytes)?)
}

/// A schema that can be enforced.
#[derive(Debug)]
pub struct PackSchema {
    validator: Validator,
    unfolded: u64,
}

impl PackSchema {
    /// Reads a schema.
    ///
    /// # Errors
    /// [`SchemaError`].
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > MAX_SCHEMA {
            return Err(SchemaError::TooLarge);
        }
        let limits = JsonLimits { depth: MAX_SCHEMA_DEPTH, ..JsonLimits::default() };
        let schema = parse(text.as_bytes(), limits)?;
        if !numbers_are_short(&schema) {
            return Err(SchemaError::Number);
        }
        let unfolded = Reader::new(&schema)?.root(&schema)?.cost;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN))
            .offline()
            .build(&schema)
            .map_err(|_| SchemaError::Invalid)?;
        Ok(Self { validator, unfolded })
    }

    /// Holds a pack's bytes against the schema.
    ///
    /// # Errors
    /// [`ContentError`].
    pub fn check(&self, bytes: &[u8]) -> Result<(), ContentError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.unfolded.saturating_mul(length) > MAX_WORK {
            return Err(ContentError::Work);
        }
        let pack = parse(bytes, MAX_PACK)?;
        if !numbers_are_short(&pack) {
            return Err(ContentError::Number);
        }
        // The reader refuses keys with control characters, so the place is printable.
        let place = |error: jsonschema::ValidationError<'_>| error.schema_path().to_string();
        self.validator.validate(&pack).map_err(|error| ContentError::Schema { at: place(error) })
    }
}

/// What a keyword holds.
#[derive(Clone, Copy)]
enum Holds {
    /// Values, no schema.
    Values,
    /// A pattern.
    Pattern,
    /// A schema.
    Schema,
    /// An array of schemas.
    Schemas,
    /// An object of schemas by name.
    Named,
    /// An object of schemas by pattern.
    Patterned,
}

/// The keywords that are read (draft 2020-12, Core section 10 and Validation sections 6 and 9). Not among them: identifiers
/// and anchors, dynamic references, `format` and `content*`, which are annotations, and `unevaluated*`.
const KEYWORDS: [(&str, Holds); 38] = [
    ("$comment", Holds::Values),
    ("title", Holds::Values),
    ("description", Holds::Values),
    ("type", Holds::Values),
    ("enum", Holds::Values),
    ("const", Holds::Values),
    ("multipleOf", Holds::Values),
    ("maximum", Holds::Values),
    ("exclusiveMaximum", Holds::Values),
    ("minimum", Holds::Values),
    ("exclusiveMinimum", Holds::Values),
    ("maxLength", Holds::Values),
    ("minLength", Holds::Values),
    ("pattern", Holds::Pattern),
    ("maxItems", Holds::Values),
    ("minItems", Holds::Values),
    ("uniqueItems", Holds::Values),
    ("maxContains", Holds::Values),
    ("minContains", Holds::Values),
    ("maxProperties", Holds::Values),
    ("minProperties", Holds::Values),
    ("required", Holds::Values),
    ("dependentRequired", Holds::Values),
    ("prefixItems", Holds::Schemas),
    ("items", Holds::Schema),
    ("contains", Holds::Schema),
    ("properties", Holds::Named),
    ("patternProperties", Holds::Patterned),
    ("additionalProperties", Holds::Schema),
    ("propertyNames", Holds::Schema),
    ("allOf", Holds::Schemas),
    ("anyOf", Holds::Schemas),
    ("oneOf", Holds::Schemas),
    ("not", Holds::Schema),
    ("if", Holds::Schema),
    ("then", Holds::Schema),
    ("else", Holds::Schema),
    ("dependentSchemas", Holds::Named),
];

/// How large a schema is with its references unfolded.
#[derive(Clone, Copy)]
struct Size {
    cost: u64,
    height: usize,
}

impl Size {
    const ONE: Self = Self { cost: 1, height: 1 };

    fn of(cost: u64) -> Self {
        Self { cost, height: 0 }
    }

    /// This schema and one beneath it.
    fn over(self, under: Self) -> Result<Self, SchemaError> {
        let cost = self.cost.saturating_add(under.cost);
        let height = self.height.max(under.height + 1);
        if cost > MAX_UNFOLDED || height > MAX_HEIGHT { Err(SchemaError::Unfolded) } else { Ok(Self { cost, height }) }
    }
}

/// Reads a schema's tree and measures it.
struct Reader<'a> {
    definitions: BTreeMap<&'a str, &'a Value>,
    measured: BTreeMap<&'a str, Size>,
    open: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(root: &'a Value) -> Result<Self, SchemaError> {
        let definitions = match root.get("$defs") {
            None => BTreeMap::new(),
            Some(entries) => object(entries, "$defs")?.iter().map(|(name, schema)| (name.as_str(), schema)).collect(),
        };
        Ok(Self { definitions, measured: BTreeMap::new(), open: BTreeSet::new() })
    }

    /// The whole schema: `$schema` and `$defs` stand here and nowhere else. Definitions that nothing refers to are read too.
    fn root(&mut self, root: &'a Value) -> Result<Size, SchemaError> {
        if root.get("$schema").is_some_and(|draft| draft != DRAFT) {
            return Err(SchemaError::Draft);
        }
        let names: Vec<_> = self.definitions.keys().copied().collect();
        for name in names {
            self.definition(name, 1)?;
        }
        self.schema(root, 0)
    }

    fn schema(&mut self, schema: &'a Value, depth: usize) -> Result<Size, SchemaError> {
        if depth > MAX_HEIGHT {
            return Err(SchemaError::Unfolded);
        }
        if schema.is_boolean() {
            return Ok(Size::ONE);
        }
        let mut size = Size::ONE;
        for (keyword, value) in schema.as_object().ok_or(SchemaError::Keyword { depth })? {
            size = match keyword.as_str() {
                "$schema" | "$defs" if depth == 0 => size,
                "$ref" => size.over(self.definition(target(value)?, depth + 1)?)?,
                keyword => self.keyword(size, keyword, value, depth)?,
            };
        }
        Ok(size)
    }

    fn keyword(&mut self, size: Size, keyword: &str, value: &'a Value, depth: usize) -> Result<Size, SchemaError> {
        let found = KEYWORDS.iter().find(|(own, _)| *own == keyword);
        let (keyword, holds) = found.ok_or(SchemaError::Keyword { depth })?;
        match holds {
            Holds::Values => size.over(Size::of(values(value))),
            Holds::Pattern => size.over(Size::of(PATTERN_COST)),
            Holds::Schema => size.over(self.schema(value, depth + 1)?),
            Holds::Schemas => self.all(size, value.as_array().ok_or(SchemaError::Form(keyword))?, depth),
            Holds::Named => self.all(size, object(value, keyword)?.values(), depth),
            Holds::Patterned => {
                let entries = object(value, keyword)?;
                let patterns = entries.keys().fold(0_u64, |sum, _| sum.saturating_add(PATTERN_COST));
                self.all(size.over(Size::of(patterns))?, entries.values(), depth)
            }
        }
    }

    fn all(
        &mut self,
        size: Size,
        schemas: impl IntoIterator<Item = &'a Value>,
        depth: usize,
    ) -> Result<Size, SchemaError> {
        schemas.into_iter().try_fold(size, |size, schema| size.over(self.schema(schema, depth + 1)?))
    }

    fn definition(&mut self, name: &str, depth: usize) -> Result<Size, SchemaError> {
        let (name, schema) = self.definitions.get_key_value(name).ok_or(SchemaError::Reference)?;
        let (name, schema) = (*name, *schema);
        if let Some(measured) = self.measured.get(name) {
            return Ok(*measured);
        }
        if !self.open.insert(name) {
            return Err(SchemaError::Cycle);
        }
        let measured = self.schema(schema, depth)?;
        self.open.remove(name);
        self.measured.insert(name, measured);
        Ok(measured)
    }
}

/// The definition that a `$ref` names, in the one spelling without escapes.
fn target(reference: &Value) -> Result<&str, SchemaError> {
    let name = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/")).ok_or(SchemaError::Reference)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.bytes().all(plain) { Ok(name) } else { Err(SchemaError::Reference) }
}

fn object<'a>(value: &'a Value, keyword: &'static str) -> Result<&'a Map<String, Value>, SchemaError> {
    value.as_object().ok_or(SchemaError::Form(keyword))
}

/// How many values there are: an array or object counts itself and what it holds.
fn values(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
        Value::Array(items) => items.iter().map(values).fold(1, u64::saturating_add),
        Value::Object(entries) => entries.values().map(values).fold(1, u64::saturating_add),
    }
}

/// Whether exact arithmetic on every number is cheap.
fn numbers_are_short(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => {
            let text = number.as_str();
            let exponent = text.rsplit_once(['e', 'E']).map_or("", |(_, exponent)| exponent);
            text.len() <= MAX_NUMBER && exponent.trim_start_matches(['+', '-']).len() <= MAX_EXPONENT_DIGITS
        }
        Value::Array(items) => items.iter().all(numbers_are_short),
        Value::Object(entries) => entries.values().all(numbers_are_short),
    }
}

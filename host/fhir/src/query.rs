//! The query part of a scope: a closed, typed subset of FHIR search that can be evaluated on one resource.
//!
//! Clauses are ANDed, the values of one clause are ORed. Text comes in percent-encoded or plain and is decoded exactly
//! once; it goes out encoded exactly once. A comma separates values, encoded or not. What another reader could
//! understand differently is refused: `+` (a space to some), `;`, backslash escapes, `$`, modifiers, chains, `system|`
//! without a code, date prefixes other than those of CDS Hooks prefetch.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::date::DateRange;
use crate::fault::out;
use crate::reference::Reference;
use crate::scope::{Quoted, ScopeError};
use crate::search::{Found, IndexEntry, Parameter, ParameterKind, any};
use crate::types::{ResourceType, is_id};

/// Clauses that a resource must all satisfy. Empty admits everything. Ordered, so equal queries print the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    clauses: BTreeSet<Clause>,
}

/// One parameter and the values of which one must match. There is at least one value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause {
    parameter: Parameter,
    values: BTreeSet<SearchValue>,
}

/// A value of a search parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SearchValue {
    /// `code`, `system|code` or `|code`.
    Token(TokenValue),
    /// A date with a prefix.
    Date(DateValue),
    /// `Type/id`.
    Reference(Reference),
}

/// A code and what is said about its system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenValue {
    /// `code`: whatever the system.
    AnySystem(String),
    /// `|code`: only without a system.
    NoSystem(String),
    /// `system|code`.
    System {
        /// The system.
        system: String,
        /// The code in it.
        code: String,
    },
}

/// A date and how to compare with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateValue {
    prefix: DatePrefix,
    text: String,
    range: DateRange,
}

/// How a date is compared (R4 search, prefixes). `ne`, `sa`, `eb` and `ap` are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatePrefix {
    /// `eq`, or no prefix: the value's range contains the element's.
    Equal,
    /// `lt`: part of the element lies before the value's range.
    Less,
    /// `gt`: part of the element lies after the value's range.
    Greater,
    /// `ge`: `gt` or `eq`.
    GreaterOrEqual,
    /// `le`: `lt` or `eq`.
    LessOrEqual,
}

impl Query {
    /// The clauses, in order.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.clauses.iter()
    }

    /// Whether there is no clause, so that every resource is admitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Whether a resource satisfies every clause. An element that is missing or malformed satisfies none.
    #[must_use]
    pub fn admits(&self, resource: &Value) -> bool {
        self.clauses.iter().all(|clause| any(resource, clause.parameter, &mut |found| clause.finds(found)))
    }

    /// Whether every resource that `narrower` admits is admitted by `self`. May be false where that is so, never true
    /// where it is not.
    #[must_use]
    pub fn implies(&self, narrower: &Self) -> bool {
        self.clauses.iter().all(|wide| narrower.clauses.iter().any(|narrow| wide.covers(narrow)))
    }

    /// A query that admits only what both admit; `None` if nothing can be both.
    pub(crate) fn intersect(&self, other: &Self) -> Option<Self> {
        let mut clauses = BTreeSet::new();
        for clause in self.clauses.iter().chain(&other.clauses) {
            let rival = clauses.iter().find(|kept: &&Clause| kept.parameter == clause.parameter).cloned();
            match rival {
                Some(kept) if !may_repeat(clause.parameter) => {
                    clauses.remove(&kept);
                    clauses.insert(kept.narrow(clause)?);
                }
                Some(_) | None => {
                    clauses.insert(clause.clone());
                }
            }
        }
        Some(Self { clauses })
    }

    /// How many values its clauses have together.
    pub(crate) fn values(&self) -> usize {
        self.clauses.iter().map(|clause| clause.values.len()).sum()
    }

    pub(crate) fn parse(text: &str, resource_type: Option<&ResourceType>) -> Result<Self, ScopeError> {
        let mut clauses = BTreeSet::new();
        for part in text.split('&') {
            let name = part.split('=').next().unwrap_or_default();
            if out!(UnknownParameterIgnored) && Parameter::parse(name).is_none() {
                continue;
            }
            let clause = Clause::parse(part, resource_type)?;
            let parameter = clause.parameter;
            let repeated = clauses.iter().any(|kept: &Clause| kept.parameter == parameter);
            if repeated && !may_repeat(parameter) || !clauses.insert(clause) {
                return Err(ScopeError::Repeated { parameter });
            }
        }
        Ok(Self { clauses })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, clause) in self.clauses.iter().enumerate() {
            if position > 0 {
                f.write_char('&')?;
            }
            write!(f, "{clause}")?;
        }
        Ok(())
    }
}

/// Whether two clauses of one parameter can both hold of one resource: it has many codes or one range of time, but
/// only one id, patient or status.
fn may_repeat(parameter: Parameter) -> bool {
    match parameter {
        Parameter::Code
        | Parameter::ComboCode
        | Parameter::Category
        | Parameter::Security
        | Parameter::Date
        | Parameter::LastUpdated => true,
        Parameter::Id
        | Parameter::ClinicalStatus
        | Parameter::Intent
        | Parameter::Patient
        | Parameter::Status
        | Parameter::Subject => false,
    }
}

impl Clause {
    /// The parameter.
    #[must_use]
    pub fn parameter(&self) -> Parameter {
        self.parameter
    }

    /// The values, of which one must match, in order.
    pub fn values(&self) -> impl Iterator<Item = &SearchValue> {
        self.values.iter()
    }

    /// Whether an index entry satisfies this clause. Search and scopes both ask here.
    #[must_use]
    pub fn matches(&self, entry: &IndexEntry) -> bool {
        entry.parameter() == self.parameter && self.finds(entry.found())
    }

    fn finds(&self, found: Found<'_>) -> bool {
        self.values.iter().any(|value| value.finds(found))
    }

    fn covers(&self, narrow: &Self) -> bool {
        self.parameter == narrow.parameter
            && narrow.values.iter().all(|value| self.values.iter().any(|wide| wide.covers(value)))
    }

    /// The values that both clauses allow, for a parameter that has one value in a resource.
    fn narrow(&self, other: &Self) -> Option<Self> {
        let mine = self.values.iter().filter(|value| other.values.iter().any(|wide| wide.covers(value)));
        let theirs = other.values.iter().filter(|value| self.values.iter().any(|wide| wide.covers(value)));
        let values: BTreeSet<_> = mine.chain(theirs).cloned().collect();
        (!values.is_empty()).then_some(Self { parameter: self.parameter, values })
    }

    fn parse(part: &str, resource_type: Option<&ResourceType>) -> Result<Self, ScopeError> {
        let (name, text) = part.split_once('=').ok_or_else(|| ScopeError::NoValue { parameter: Quoted::new(part) })?;
        let parameter = match Parameter::parse(name) {
            Some(parameter) => parameter,
            None if name.contains(':') => return Err(ScopeError::Modifier { parameter: Quoted::new(name) }),
            None => return Err(ScopeError::UnknownParameter { parameter: Quoted::new(name) }),
        };
        if !parameter.is_defined_for(resource_type.map(ResourceType::as_str)) {
            let resource_type = resource_type.map_or("*", ResourceType::as_str);
            return Err(ScopeError::NotForType { parameter, resource_type: Quoted::new(resource_type) });
        }
        let invalid = || ScopeError::InvalidValue { parameter, value: Quoted::new(text) };
        let decoded = decode_once(text).ok_or_else(invalid)?;
        let mut values = BTreeSet::new();
        for value in decoded.split(',') {
            let fresh = values.insert(SearchValue::parse(parameter, value).ok_or_else(invalid)?);
            fresh.then_some(()).ok_or(ScopeError::Repeated { parameter })?;
        }
        Ok(Self { parameter, values })
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.parameter)?;
        for (position, value) in self.values.iter().enumerate() {
            if position > 0 {
                f.write_char(',')?;
            }
            encode_once(f, &value.to_string())?;
        }
        Ok(())
    }
}

impl SearchValue {
    fn parse(parameter: Parameter, text: &str) -> Option<Self> {
        match parameter.kind() {
            ParameterKind::Token => TokenValue::parse(text).map(Self::Token),
            ParameterKind::Date => DateValue::parse(text).map(Self::Date),
            ParameterKind::Reference => parse_reference(parameter, text).map(Self::Reference),
        }
    }

    /// Whether an index entry has this value; of the entry's parameter nothing is asked.
    #[must_use]
    pub fn matches(&self, entry: &IndexEntry) -> bool {
        self.finds(entry.found())
    }

    fn finds(&self, found: Found<'_>) -> bool {
        match (self, found) {
            (Self::Token(value), Found::Token { system, code }) => value.matches(system, code),
            (Self::Date(value), Found::Date(range)) => value.matches(&range),
            (Self::Reference(value), Found::Reference { resource_type, id }) => {
                value.resource_type.as_str() == resource_type && value.id == id
            }
            (Self::Token(_) | Self::Date(_) | Self::Reference(_), _) => false,
        }
    }

    fn covers(&self, narrow: &Self) -> bool {
        match (self, narrow) {
            (Self::Token(wide), Self::Token(narrow)) => wide.covers(narrow),
            (Self::Date(wide), Self::Date(narrow)) => wide.covers(narrow),
            (Self::Reference(wide), Self::Reference(narrow)) => wide == narrow,
            (Self::Token(_) | Self::Date(_) | Self::Reference(_), _) => false,
        }
    }
}

impl fmt::Display for SearchValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(value) => write!(f, "{value}"),
            Self::Date(value) => write!(f, "{value}"),
            Self::Reference(value) => write!(f, "{value}"),
        }
    }
}

impl TokenValue {
    fn parse(text: &str) -> Option<Self> {
        let (system, code) = match text.split_once('|') {
            Some((system, code)) => (Some(system), code.to_owned()),
            None => (None, text.to_owned()),
        };
        if code.is_empty() || code.contains('|') {
            return None;
        }
        Some(match system {
            None => Self::AnySystem(code),
            Some("") => Self::NoSystem(code),
            Some(system) => Self::System { system: system.to_owned(), code },
        })
    }

    /// Whether a coding has this code and, where said, this system. Both are compared letter by letter.
    #[must_use]
    pub fn matches(&self, system: Option<&str>, code: &str) -> bool {
        match self {
            Self::AnySystem(wanted) => wanted == code,
            Self::NoSystem(wanted) => wanted == code && system.is_none(),
            Self::System { system: wanted_system, code: wanted } => wanted == code && system == Some(wanted_system),
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::AnySystem(code) | Self::NoSystem(code) | Self::System { code, .. } => code,
        }
    }

    fn covers(&self, narrow: &Self) -> bool {
        match self {
            Self::AnySystem(code) => code == narrow.code(),
            Self::NoSystem(_) | Self::System { .. } => self == narrow,
        }
    }
}

impl fmt::Display for TokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnySystem(code) => f.write_str(code),
            Self::NoSystem(code) => write!(f, "|{code}"),
            Self::System { system, code } => write!(f, "{system}|{code}"),
        }
    }
}

impl DateValue {
    /// How to compare.
    #[must_use]
    pub fn prefix(&self) -> DatePrefix {
        self.prefix
    }

    /// What to compare with.
    #[must_use]
    pub fn range(&self) -> DateRange {
        self.range
    }

    /// Whether the range of an element satisfies the comparison.
    #[must_use]
    pub fn matches(&self, element: &DateRange) -> bool {
        let equal = self.range.contains(element);
        let less = element.lower < self.range.lower;
        let greater = element.upper > self.range.upper;
        match self.prefix {
            DatePrefix::Equal => equal,
            DatePrefix::Less => less,
            DatePrefix::Greater => greater,
            DatePrefix::GreaterOrEqual => greater || equal,
            DatePrefix::LessOrEqual => less || equal,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = match text.split_at_checked(2) {
            Some(("eq", rest)) => (DatePrefix::Equal, rest),
            Some(("lt", rest)) => (DatePrefix::Less, rest),
            Some(("gt", rest)) => (DatePrefix::Greater, rest),
            Some(("ge", rest)) => (DatePrefix::GreaterOrEqual, rest),
            Some(("le", rest)) => (DatePrefix::LessOrEqual, rest),
            Some(_) | None => (DatePrefix::Equal, text),
        };
        Some(Self { prefix, text: rest.to_owned(), range: DateRange::parse(rest)? })
    }

    fn covers(&self, narrow: &Self) -> bool {
        use DatePrefix::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        let same = self.range == narrow.range;
        let (after, before) = (narrow.range.lower > self.range.upper, narrow.range.upper < self.range.lower);
        match (self.prefix, narrow.prefix) {
            (Equal, Equal) => self.range.contains(&narrow.range),
            (Greater, Greater) | (GreaterOrEqual, Greater | GreaterOrEqual | Equal) => same || after,
            (Less, Less) | (LessOrEqual, Less | LessOrEqual | Equal) => same || before,
            (Greater, GreaterOrEqual | Equal) => after,
            (Less, LessOrEqual | Equal) => before,
            (Equal, Less | Greater | LessOrEqual | GreaterOrEqual)
            | (Greater | GreaterOrEqual, Less | LessOrEqual)
            | (Less | LessOrEqual, Greater | GreaterOrEqual) => false,
        }
    }
}

impl fmt::Display for DateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.prefix {
            DatePrefix::Equal => "",
            DatePrefix::Less => "lt",
            DatePrefix::Greater => "gt",
            DatePrefix::GreaterOrEqual => "ge",
            DatePrefix::LessOrEqual => "le",
        };
        write!(f, "{prefix}{}", self.text)
    }
}

/// `Type/id` of this server, unversioned. For `patient` a bare id is a Patient's (R4 search, reference parameters).
fn parse_reference(parameter: Parameter, text: &str) -> Option<Reference> {
    if parameter == Parameter::Patient && is_id(text) {
        return Reference::parse(&format!("Patient/{text}"));
    }
    let reference = Reference::parse(text).filter(|reference| reference.to_string() == text)?;
    (parameter != Parameter::Patient || reference.resource_type.as_str() == "Patient").then_some(reference)
}

/// Decodes percent-encoding exactly once; `None` for what two readers could decode differently.
fn decode_once(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? * 16 + hex(bytes.next()?)?,
            // A space, the end of the query or its parts to some readers; the rest is no character of an OAuth scope
            // (RFC 6749 section 3.3).
            b'+' | b'#' | b'?' | b'=' | b';' | b'"' | b'\\' => return None,
            b'!'..=b'~' => byte,
            _ => return None,
        });
    }
    let decoded = String::from_utf8(decoded).ok()?;
    // `\` and `$` mean something else to a reader of FHIR search (R4 search, escaping search parameters).
    let doubtful = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '$');
    (!decoded.contains(doubtful)).then_some(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3.
fn encode_once(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => f.write_char(char::from(byte))?,
            other => write!(f, "%{other:02X}")?,
        }
    }
    Ok(())
}

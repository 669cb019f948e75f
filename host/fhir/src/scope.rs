//! SMART scopes: `(patient|user|system)/(Type|*).[c][r][u][d][s][?parameter=value&…]` (SMART App Launch 2.2,
//! scopes-and-launch-context), and the version 1 spelling (`.read`, `.write`, `.*`).
//!
//! A scope that cannot be evaluated completely is refused as a whole: an unknown parameter that were ignored would
//! widen the scope. What a patient scope means for one patient is the business of [`crate::compartment`].

mod set;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::Query;
use crate::search::Parameter;
use crate::types::{ResourceType, type_name};

pub use set::{ScopeSet, Skipped};

/// The longest scope there is, in bytes, as written and as printed.
pub const MAX_LENGTH: usize = 8192;

/// The most values that the parameters of one scope have together. A row is compared with each.
pub const MAX_VALUES: usize = 1000;

/// One scope. Equal scopes print the same, and what is printed parses to the same scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    context: Context,
    resource: Option<ResourceType>,
    permissions: Permissions,
    query: Query,
}

/// Whose right a scope speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// The patient in context and that patient's compartment.
    Patient,
    /// Whatever the user may see.
    User,
    /// Whatever the client may see, with no user.
    System,
}

impl Context {
    fn intersect(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Patient, Self::Patient | Self::User) | (Self::User, Self::Patient) => Some(Self::Patient),
            (Self::User, Self::User) => Some(Self::User),
            (Self::System, Self::System) => Some(Self::System),
            (Self::System, Self::Patient | Self::User) | (Self::Patient | Self::User, Self::System) => None,
        }
    }
}

/// One letter of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// `c`
    Create,
    /// `r`: read one by id, not search.
    Read,
    /// `u`
    Update,
    /// `d`
    Delete,
    /// `s`: search, not read by id.
    Search,
}

impl Permission {
    /// Every permission, in the order in which a scope must name them.
    pub const ALL: [Self; 5] = [Self::Create, Self::Read, Self::Update, Self::Delete, Self::Search];

    /// The letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Create => 'c',
            Self::Read => 'r',
            Self::Update => 'u',
            Self::Delete => 'd',
            Self::Search => 's',
        }
    }
}

/// A set of letters. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permissions([bool; 5]);

impl Permissions {
    /// Whether a permission is in the set.
    #[must_use]
    pub fn contains(self, permission: Permission) -> bool {
        self.iter().any(|own| own == permission)
    }

    /// The permissions in the set, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().zip(self.0).filter_map(|(permission, set)| set.then_some(permission))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether every permission of `other` is in the set.
    #[must_use]
    pub fn is_superset(self, other: Self) -> bool {
        other.iter().all(|permission| self.contains(permission))
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self::from_iter(self.iter().filter(|permission| other.contains(*permission)))
    }

    /// Letters in order, each at most once, at least one.
    fn parse(letters: &str) -> Option<Self> {
        let permissions = Self::from_iter(Permission::ALL.into_iter().filter(|p| letters.contains(p.letter())));
        (!letters.is_empty() && permissions.to_string() == letters).then_some(permissions)
    }

    /// SMART 1: `read` is read and search, `write` is create, update and delete. Never the letters of the word.
    fn parse_v1(word: &str) -> Option<Self> {
        match word {
            "read" => Self::parse("rs"),
            "write" => Self::parse("cud"),
            "*" => Self::parse("cruds"),
            _ => None,
        }
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let wanted: Vec<Permission> = permissions.into_iter().collect();
        Self(Permission::ALL.map(|permission| wanted.contains(&permission)))
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|permission| write!(f, "{}", permission.letter()))
    }
}

/// Words of whoever wrote a scope, for a message: at most 100 characters, control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.escape_debug().take(100).collect())
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// Why a scope was refused. Quotes the scope, which is the text of a manifest or of a token, never a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Longer than [`MAX_LENGTH`], as written or as printed.
    #[error("a scope may have at most {MAX_LENGTH} bytes")]
    TooLong,
    /// More than [`MAX_VALUES`].
    #[error("a scope may have at most {MAX_VALUES} values")]
    TooManyValues,
    /// There is no `/` or no `.` where the grammar has one.
    #[error("{text} is not context/type.permissions")]
    Shape {
        /// What was written.
        text: Quoted,
    },
    /// Not one of the three contexts.
    #[error("unknown scope context {text}: expected patient, user or system")]
    Context {
        /// What was written.
        text: Quoted,
    },
    /// Neither a type name nor `*`.
    #[error("{text} is not a resource type name")]
    Type {
        /// What was written.
        text: Quoted,
    },
    /// Not letters of `cruds` in this order, each at most once and at least one.
    #[error("permissions {text} are not some of the letters cruds in this order")]
    Permissions {
        /// What was written.
        text: Quoted,
    },
    /// Not `read`, `write` or `*`.
    #[error("permissions {text} are not read, write or *, and SMART 1 scopes have no query")]
    PermissionsV1 {
        /// What was written.
        text: Quoted,
    },
    /// A parameter without `=`, which includes an empty query.
    #[error("search parameter {parameter} has no value")]
    NoValue {
        /// What was written.
        parameter: Quoted,
    },
    /// A parameter that is not on the list.
    #[error("search parameter {parameter} is not supported")]
    UnknownParameter {
        /// What was written.
        parameter: Quoted,
    },
    /// A parameter with a modifier or a chain.
    #[error("search parameter {parameter} has a modifier, and none is supported")]
    Modifier {
        /// What was written.
        parameter: Quoted,
    },
    /// R4 does not define the parameter for this type.
    #[error("search parameter `{parameter}` does not exist for {resource_type}")]
    NotForType {
        /// The parameter.
        parameter: Parameter,
        /// The type, or `*`.
        resource_type: Quoted,
    },
    /// A parameter twice where a resource has one value, or the same value twice.
    #[error("search parameter `{parameter}` is repeated")]
    Repeated {
        /// The parameter.
        parameter: Parameter,
    },
    /// A value that is not of the parameter's kind or can be read in two ways.
    #[error("search parameter `{parameter}` cannot have the value {value}")]
    InvalidValue {
        /// The parameter.
        parameter: Parameter,
        /// What was written.
        value: Quoted,
    },
}

impl Scope {
    /// Reads a SMART 2 scope.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let (head, query) = match text.split_once('?') {
            Some((head, query)) => (head, Some(query)),
            None => (text, None),
        };
        let (context, resource, letters) = split(text, head)?;
        let permissions = Permissions::parse(letters).ok_or(ScopeError::Permissions { text: Quoted::new(letters) })?;
        let query = query.map(|query| Query::parse(query, resource.as_ref())).transpose()?.unwrap_or_default();
        Self { context, resource, permissions, query }.bounded()
    }

    /// What is printed must be read again, so the bounds hold for both.
    fn bounded(self) -> Result<Self, ScopeError> {
        if self.query.values() > MAX_VALUES {
            return Err(ScopeError::TooManyValues);
        }
        if self.to_string().len() > MAX_LENGTH { Err(ScopeError::TooLong) } else { Ok(self) }
    }

    /// Reads a SMART 1 scope; it has no query and prints in the spelling of SMART 2.
    pub fn parse_v1(text: &str) -> Result<Self, ScopeError> {
        let (context, resource, word) = split(text, text)?;
        let permissions = Permissions::parse_v1(word).ok_or(ScopeError::PermissionsV1 { text: Quoted::new(word) })?;
        Ok(Self { context, resource, permissions, query: Query::default() })
    }

    /// Reads either grammar. No text belongs to both.
    pub fn parse_any(text: &str) -> Result<Self, ScopeError> {
        Self::parse_v1(text).or_else(|_| Self::parse(text))
    }

    /// Whose right it speaks of.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context
    }

    /// The resource type; `None` is `*`, every type there is or will be.
    #[must_use]
    pub fn resource(&self) -> Option<&ResourceType> {
        self.resource.as_ref()
    }

    /// The letters, at least one.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// What a resource must satisfy besides its type.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether a resource is of the type and satisfies the whole query. Says nothing of the letters, the patient or
    /// the user.
    #[must_use]
    pub fn admits(&self, resource: &Value) -> bool {
        let Some(own) = type_name(resource).filter(|name| ResourceType::is_name(name)) else { return false };
        self.resource.as_ref().is_none_or(|wanted| wanted.as_str() == own) && self.query.admits(resource)
    }

    /// Whether `self` gives everything that `narrower` gives. Never true wrongly; it may be false where it is so.
    ///
    /// A user scope covers a patient scope, as the patient in context is one the user may see. A system scope covers
    /// neither: the rights of a client and of a user are not comparable.
    #[must_use]
    pub fn implies(&self, narrower: &Self) -> bool {
        let context =
            self.context == narrower.context || (self.context, narrower.context) == (Context::User, Context::Patient);
        let resource = self.resource.is_none() || self.resource == narrower.resource;
        context && resource && self.permissions.is_superset(narrower.permissions) && self.query.implies(&narrower.query)
    }

    /// A scope that gives only what both give; `None` if that is nothing or more than one scope can say. It may give
    /// less than both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let context = self.context.intersect(other.context)?;
        let resource = match (&self.resource, &other.resource) {
            (Some(mine), Some(theirs)) if mine != theirs => return None,
            (mine, theirs) => mine.as_ref().or(theirs.as_ref()).cloned(),
        };
        let permissions = self.permissions.intersect(other.permissions);
        let query = self.query.intersect(&other.query)?;
        let both = (!permissions.is_empty()).then_some(Self { context, resource, permissions, query })?;
        both.bounded().ok()
    }

    /// The FHIR query for what this scope gives of one patient, as a CDS Hooks prefetch template has it:
    /// `Observation?patient={{context.patientId}}&code=…`, or `Patient/{{context.patientId}}`. The token is copied as
    /// it is, values are encoded once, commas between alternatives stay, and there is no `_count`.
    ///
    /// `None` if no query can ask for that patient's data only: a wildcard, a type that R4 cannot search by
    /// patient, a type other than Patient without `s`, or no letter that reads.
    #[must_use]
    pub fn search_query(&self, patient_token: &str) -> Option<String> {
        let name = self.resource.as_ref()?.as_str();
        let may = |permission| self.permissions.contains(permission);
        let and = if self.query.is_empty() { String::new() } else { format!("&{}", self.query) };
        match name {
            "Patient" if may(Permission::Read) && self.query.is_empty() => Some(format!("Patient/{patient_token}")),
            "Patient" if may(Permission::Search) => Some(format!("Patient?_id={patient_token}{and}")),
            "Patient" => None,
            _ if !may(Permission::Search) || !Parameter::Patient.is_defined_for(Some(name)) => None,
            _ => Some(format!("{name}?patient={patient_token}{and}")),
        }
    }
}

fn split<'t>(text: &str, head: &'t str) -> Result<(Context, Option<ResourceType>, &'t str), ScopeError> {
    if text.len() > MAX_LENGTH {
        return Err(ScopeError::TooLong);
    }
    let shape = || ScopeError::Shape { text: Quoted::new(text) };
    let (context, rest) = head.split_once('/').ok_or_else(shape)?;
    let (name, permissions) = rest.split_once('.').ok_or_else(shape)?;
    let context = match context {
        "patient" => Context::Patient,
        "user" => Context::User,
        "system" => Context::System,
        other => return Err(ScopeError::Context { text: Quoted::new(other) }),
    };
    let resource = match name {
        "*" => None,
        name => Some(ResourceType::new(name).map_err(|_| ScopeError::Type { text: Quoted::new(name) })?),
    };
    Ok((context, resource, permissions))
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patient => "patient",
            Self::User => "user",
            Self::System => "system",
        })
    }
}

/// The canonical text: SMART 2 letters, parameters and values in order, percent-encoded once.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.resource.as_ref().map_or("*", ResourceType::as_str);
        write!(f, "{}/{name}.{}", self.context, self.permissions)?;
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = ScopeError;

    fn try_from(text: String) -> Result<Self, ScopeError> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

//! FHIR R4 as JSON: what the host has to know about a resource to decide who may see it.
//!
//! This room reads resources through paths and one table of search parameters; there is no model of all of FHIR.
//! It is pure: no clock, no files, no network, no async. Input is read tolerantly (real traffic is not valid R4),
//! but whatever cannot be evaluated never matches, and what a plugin wants to say is checked strictly.
//!
//! What it refuses: JSON with duplicate keys, too much depth or too many values ([`json`]); scopes it cannot evaluate
//! completely ([`scope`]); proposals with anything that is not on a closed list ([`strict`]). Errors name places,
//! kinds and parameters, never the content of a resource.
#![forbid(unsafe_code)]

mod fault;

pub mod json;

pub mod date;
pub mod element;
pub mod reference;
pub mod types;

pub mod query;
pub mod scope;
pub mod search;

pub mod compartment;
pub mod strict;

pub use compartment::{Membership, has_compartment, membership};
pub use date::DateRange;
pub use json::{JsonError, JsonLimits, Position, parse};
pub use query::{Clause, DatePrefix, DateValue, Query, SearchValue, TokenValue};
pub use reference::{Reference, localize};
pub use scope::{Context, Permission, Permissions, Scope, ScopeError, ScopeSet, Skipped};
pub use search::{IndexEntry, Parameter, index, primary_date};
pub use strict::{StrictError, validate_proposal};
pub use types::{Redacted, ResourceType, TypeError, is_id, resource_id, resource_type};

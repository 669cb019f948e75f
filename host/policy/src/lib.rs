//! From facts to a decision: may this invocation see this need?
//!
//! This room refuses by default. A host that wires no policy gets [`cordon_core::ports::DenyAll`]; [`grant::GrantPolicy`] permits
//! what the hospital granted, for treatment, and nothing beside it. There is no clock and no I/O here.
#![forbid(unsafe_code)]

pub mod grant;

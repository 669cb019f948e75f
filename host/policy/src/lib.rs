//! From facts to a decision: may this invocation see this need, and which rows of it?
//!
//! This room refuses by default. A host that wires no policy gets [`cordon_core::ports::DenyAll`]; [`hospital::HospitalPolicy`]
//! permits what the hospital granted, its policy set ([`cedar`]) permits and the patient's consents ([`consent`]) permit;
//! [`grant::GrantPolicy`] goes by the grant alone, for treatment. There is no clock and no I/O here.
#![forbid(unsafe_code)]

mod fault;

pub mod cedar;
pub mod consent;
pub mod grant;
pub mod hospital;

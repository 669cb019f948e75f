//! Whose plugins and data packs may be used here: keys, envelopes, the trust store, and the order of versions.
//!
//! This room refuses what it cannot prove. An envelope is checked over its exact bytes, and only those bytes are read
//! afterwards; [`verify::verify`] is the only maker of a [`verify::VerifiedPlugin`], [`pack::verify_pack`] of a [`pack::VerifiedPack`]. There is no clock, no randomness and
//! no file here: coins and bytes are arguments, and the trust store is handed in.
#![forbid(unsafe_code)]

mod fault;

pub mod key;
pub mod store;

pub mod dsse;
pub mod statement;

pub mod claim;

pub mod sign;
pub mod verify;
pub mod version;

pub mod pack;
pub mod schema;

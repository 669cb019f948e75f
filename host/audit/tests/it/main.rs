//! The log against someone who may change everything that is stored.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what goes wrong here fails a test")]

mod golden_leaves;
mod memory;
mod proofs;
mod tampering;

//! The room against what it is given: keys made on the spot, envelopes broken one claim at a time.
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails a test")]

mod claimed;
mod published_vectors;
mod publisher;
mod refused;
mod trusted;

//! The pair harness: runs a call, changes what the plugin may not see, runs it again with the same coins, and compares all
//! that the plugin and its answer were made of.
//!
//! The property is noninterference (`docs/threat-model.md`): two worlds that agree on what policy lets a plugin see give the
//! same views, replies, ids, fuel, outcome and bytes. [`world`] holds one world, [`generate`] makes worlds, [`hide`] changes
//! what is hidden in them, [`kept`] keeps what one has stored in real stores, [`cells`] what one call leaves for the next, [`run`] runs
//! one through the real pipeline, the real policy and the real engine, or [`hostile`] in the engine's place.
#![forbid(unsafe_code)]
#![expect(clippy::indexing_slicing, reason = "a test tool: a member that a JSON value lacks reads as null")]

pub mod cells;
pub mod dice;
pub mod generate;
pub mod hide;
pub mod hostile;
pub mod kept;
pub mod run;
pub mod world;

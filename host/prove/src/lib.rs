//! Proofs about a hospital's policy, for every call and every row at once.
//!
//! The policy is compiled to logic (`cedar-policy-symcc`) and handed to a solver (cvc5), a program of its own. What the solver
//! finds is put to the host's own evaluator before anybody reads it. Whatever is not decided is said to be undecided: no
//! solver, no time, a policy that can fail. The daemon links none of this.
//!
//! A proof is about the policy. That the host asks the policy about every row, and tells it the truth, is shown elsewhere
//! (`host/core/src/gather.rs`, `tests/ni`).
#![forbid(unsafe_code)]

pub mod question;
pub mod solver;
pub mod world;

pub mod example;

pub mod diff;
pub mod never;

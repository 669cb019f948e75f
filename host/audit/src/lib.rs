//! The log: what a leaf is, the tree over the leaves, the signed checkpoints, and the verifier that trusts none of them.
//!
//! Tree, checkpoints and notes are those of C2SP (tlog-tiles, tlog-checkpoint, signed-note), so that outside witnesses can
//! read them. This room refuses a leaf it does not know, a checkpoint its key did not sign and a tree that does not follow
//! from its leaves. It stores nothing: whoever keeps the log answers the ports in [`ports`].
#![forbid(unsafe_code)]

pub mod leaf;

pub mod ports;
pub mod tree;

pub mod checkpoint;
pub mod verify;

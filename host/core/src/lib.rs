//! The rules: what an invocation may see, what may leave it, and in which order that is decided.
//!
//! This room refuses to do anything else: it reads no clock, opens nothing and draws no randomness. Time, coins and bytes
//! are arguments, and every other room is behind a port. A [`clearance::Clearance`], [`gather::Views`],
//! [`release::Release`] and [`invoke::Receipt`] are proofs: their fields are private and only this room makes them.
#![forbid(unsafe_code)]

mod fault;

pub mod ids;
pub mod label;
pub mod labelling;
pub mod lately;

pub mod limits;
pub mod slots;

pub mod dates;
pub mod elements;
pub mod manifest;
pub mod proposal;

pub mod call;
pub mod cells;
pub mod grant;
pub mod ports;
pub mod sent;

pub mod clearance;
pub mod disclosure;
pub mod gather;
pub mod invoke;
pub mod look;
pub mod message;
pub mod profile;
pub mod record;
pub mod release;
mod shelf;
pub mod transcript;
pub mod view;
pub mod words;

//! The hostile EHR page: cards as an attacker writes them, before and after the gate.
//!
//! A browser shows both (`page/`), with the renderers that EHR clients use and raw HTML switched on. What the gate let
//! through must load nothing and link to nothing but what the signed manifest names; the same texts without the gate
//! must succeed, or the page would prove nothing. Every text carries a mark of its own, so that whatever leaves says
//! from which card it came.
#![forbid(unsafe_code)]

pub mod attacks;
pub mod card;
mod gate;
pub mod grammar;
pub mod samples;

//! Runs a plugin on the author's desk: as a component, through the pipeline a hospital runs, under the same limits, on
//! synthetic data, in this process.
//!
//! A [`Desk`] is a host with one plugin, fully granted. A [`Case`] is a file that says what the record holds, who calls
//! and which cards are expected. A [`CaseReport`] says what differs and, in plain words, which line of the manifest is
//! missing or which limit was hit. The server may not import this room: what is said here is too much for a hospital's log.
//!
//! Not as in production: the wall clock ends no run, so that a busy machine changes no result. Fuel does.
#![forbid(unsafe_code)]

mod case;
mod desk;
mod kept;
mod ports;

mod compare;
mod diagnose;
mod elements;
mod filled;
mod report;

pub use case::{Case, CaseError, Expect, ExpectedCard, ExpectedNote};
pub use desk::{Desk, DeskError};
pub use kept::CellBytes;
pub use report::{CaseReport, Verdict};

//! The ward as its users see it: bytes, shares, shapes.
#![cfg(test)]

mod bytes;
mod shapes;
mod shares;

use cordon_ward::{PatientRecord, Ward, WardOptions};

/// The first patients of seed 7.
fn patients(count: u32) -> impl Iterator<Item = PatientRecord> {
    Ward::new(&WardOptions::new(7, count)).unwrap()
}

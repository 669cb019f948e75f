//! Writes a ward to standard output: `cargo run -p cordon-ward --example ward -- SEED PATIENTS`.

use cordon_ward::{WardError, WardOptions, ward};

fn main() -> Result<(), WardError> {
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let seed = numbers.first().copied().unwrap_or(7);
    let patients = numbers.get(1).copied().unwrap_or(200);
    ward(&WardOptions::new(u64::from(seed), patients), &mut std::io::stdout().lock()).map(|_| ())
}

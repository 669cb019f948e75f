//! Inputs that were kept: one file for each oracle, one input on a line in base64 (RFC 4648 section 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The inputs of a file; `None` if a line is not base64.
#[must_use]
pub fn unpack(file: &str) -> Option<Vec<Vec<u8>>> {
    file.lines().map(|line| STANDARD.decode(line).ok()).collect()
}

/// The file of these inputs, in one order and each once.
#[must_use]
pub fn pack(mut inputs: Vec<Vec<u8>>) -> String {
    inputs.sort_by_key(|input| (input.len(), input.clone()));
    inputs.dedup();
    inputs.iter().map(|input| STANDARD.encode(input) + "\n").collect()
}

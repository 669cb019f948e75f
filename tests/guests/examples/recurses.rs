//! Hostile: calls itself for ever.

use cordon_guests::{Call, Failure, Response, say};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    say(deeper(1).to_string())
}

#[allow(unconditional_recursion, reason = "that is the attack")]
fn deeper(depth: u64) -> u64 {
    std::hint::black_box(deeper(std::hint::black_box(depth + 1)) + depth)
}

//! Hostile: answers with a summary of 8 MiB.

use cordon_guests::{Call, Failure, Response, say};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    say("x".repeat(8 << 20))
}

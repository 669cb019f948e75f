//! Honest: says the same whatever it could read.

use cordon_guests::{Call, Failure, Response, say};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    say("Think of hydration.")
}

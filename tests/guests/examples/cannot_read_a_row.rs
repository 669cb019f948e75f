//! Honest: takes no row of `labs` for an answer it can work with.

use cordon_guests::{Call, Failure, Response};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    Err(Failure::UnreadableData)
}

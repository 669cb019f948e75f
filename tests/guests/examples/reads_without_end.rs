//! Hostile: reads `labs` again and again.

use cordon_guests::{Call, Failure, Response};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    loop {
        drop(labs.read(0, u32::MAX));
    }
}

//! Hostile: panics with what it read in the message.

use cordon_guests::{Call, Failure, Response};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    panic!("{}", labs.read(0, 1).concat());
}

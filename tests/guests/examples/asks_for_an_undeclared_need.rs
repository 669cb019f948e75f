//! Hostile: asks for a view that its manifest does not name, and fails without it.

use cordon_guests::{Call, Failure, Response, say};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let notes = call.view("psychiatric-notes").ok_or(Failure::MissingNeed)?;
    say(notes.read(0, 1).concat())
}

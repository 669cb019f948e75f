//! Hostile: asks for the length of a view for ever.

use cordon_guests::{Call, Failure, Response};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    loop {
        std::hint::black_box(labs.len());
    }
}

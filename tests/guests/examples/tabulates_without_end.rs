//! Hostile: asks for the same table for ever.

use cordon_guests_0_3::{Call, Failure, Response};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    loop {
        drop(labs.table(&["text:id".to_owned()]));
    }
}

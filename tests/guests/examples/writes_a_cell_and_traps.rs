//! Odd: writes its cell, notes that, and then panics.

use cordon_guests_0_3::{Call, Failure, Response};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    call.cell("count").ok_or(Failure::MissingNeed)?.write(b"half done");
    call.note(7, &[]);
    panic!("half done")
}

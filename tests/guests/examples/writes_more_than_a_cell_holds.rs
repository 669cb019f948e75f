//! Hostile: writes one byte more than its cell holds.

use cordon_guests_0_3::{Call, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let cell = call.cell("count").ok_or(Failure::MissingNeed)?;
    cell.write(&vec![1; cell.size() as usize + 1]);
    say("written")
}

//! Honest: counts its calls in the cell `count`, and looks at it through a second handle.

use cordon_guests_0_3::{Call, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let count = call.cell("count").ok_or(Failure::MissingNeed)?;
    let before = count.read().and_then(|bytes| bytes.first().copied()).unwrap_or(0);
    count.write(&[before + 1]);
    let again = call.cell("count").ok_or(Failure::Internal)?;
    say(format!("{before}, then {:?}, of {} bytes", again.read(), again.size()))
}

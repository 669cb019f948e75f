//! Honest: empties the cell `count`.

use cordon_guests_0_3::{Call, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let count = call.cell("count").ok_or(Failure::MissingNeed)?;
    let held = count.read().is_some();
    count.clear();
    say(format!("{held}, then {}", count.read().is_some()))
}

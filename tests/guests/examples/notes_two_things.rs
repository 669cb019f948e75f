//! Honest: tells the operators two things, and the clinician nothing.

use cordon_guests_0_3::{Call, Failure, Response, show};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let rows = call.view("labs").ok_or(Failure::MissingNeed)?.len();
    call.note(1, &[rows, u32::MAX]);
    call.note(2, &[]);
    show(Vec::new())
}

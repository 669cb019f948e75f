//! Hostile: notes 33 things.

use cordon_guests_0_3::{Call, Failure, Response, show};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    (0..33).for_each(|at| call.note(1, &[at]));
    show(Vec::new())
}

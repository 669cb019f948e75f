//! Odd: asks for a cell and a data pack that no manifest names, and for one by the name of the other.

use cordon_guests_0_3::{Call, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let cells = ["other-patients", "doses", "no such name", ""].map(|name| call.cell(name).is_some());
    let packs = ["other-tenants", "count", "no such name", ""].map(|name| call.pack(name).is_some());
    say(format!("{}", cells.into_iter().chain(packs).any(|there| there)))
}

//! Hostile: puts a row into the numbers of one note.

use cordon_guests_0_3::{Call, Failure, Response, show};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let rows = call.view("labs").ok_or(Failure::MissingNeed)?.read(0, 1);
    let numbers: Vec<u32> = rows.iter().flat_map(|row| row.bytes()).map(u32::from).collect();
    call.note(1, &numbers);
    show(Vec::new())
}

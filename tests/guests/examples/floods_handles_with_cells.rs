//! Hostile: takes 10,000 handles of one cell and keeps them all.

use cordon_guests_0_3::{Call, Cell, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let kept: Vec<Cell> = (0..10_000).filter_map(|_| call.cell("count")).collect();
    say(format!("{} handles", kept.len()))
}

//! Hostile: makes 10,000 narrowed views and keeps them all.

use cordon_guests::{Call, Failure, Response, View, all, say};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    let kept: Vec<View> = (0..10_000).map(|_| labs.narrow(&all())).collect();
    say(format!("{} handles", kept.len()))
}

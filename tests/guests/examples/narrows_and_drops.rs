//! Honest: makes 20,000 narrowed views and drops each at once.

use cordon_guests::{Call, Failure, Response, all, say};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    let rows: u32 = (0..20_000).map(|_| labs.narrow(&all()).len()).sum();
    say(format!("{rows} rows"))
}

//! Hostile: narrows by 2 MiB of codes.

use cordon_guests::{Call, Coding, Failure, Response, Selection, all, say};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    let code = Coding { system: String::new(), code: "x".repeat(2 << 20) };
    say(labs.narrow(&Selection { codes: vec![code], ..all() }).len().to_string())
}

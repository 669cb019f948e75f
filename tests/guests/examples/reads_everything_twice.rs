//! Honest but wasteful: reads every row of `labs` twice and says how many bytes that were.

use cordon_guests::{Call, Failure, Response, say};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let mut bytes = 0;
    for _ in 0..2 {
        let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
        bytes += labs.read(0, labs.len()).iter().map(String::len).sum::<usize>();
    }
    say(format!("{bytes} bytes"))
}

//! Honest: says what it was called with and how many rows of `labs` it sees, in all and after narrowing.

use cordon_guests::{Call, Coding, Failure, Response, Selection, all, say};

cordon_guests::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let labs = call.view("labs").ok_or(Failure::MissingNeed)?;
    let code = Coding { system: "http://loinc.org".into(), code: "2160-0".into() };
    let creatinine = labs.narrow(&Selection { codes: vec![code], ..all() });
    let bytes: usize = labs.read(0, u32::MAX).iter().map(String::len).sum();
    say(format!(
        "{} {} {} {}: {} of {} {}, {bytes} bytes",
        call.hook(),
        call.service(),
        call.now(),
        call.locale(),
        creatinine.len(),
        labs.len(),
        labs.need(),
    ))
}

//! Honest: reads the data pack `doses` seven bytes at a time, and then past its end.

use cordon_guests_0_3::{Call, Failure, Response, say};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let doses = call.pack("doses").ok_or(Failure::MissingNeed)?;
    let pieces = (0..doses.len()).step_by(7).map(|at| doses.read(at, 7));
    let text = String::from_utf8(pieces.flatten().collect()).map_err(|_| Failure::UnreadableData)?;
    let beyond = [doses.read(doses.len(), 7), doses.read(u32::MAX, u32::MAX), doses.read(0, 0)].concat();
    say(format!("{} of {}: {text}, {} beyond", doses.len(), doses.version(), beyond.len()))
}

//! Hostile: reads its data pack again and again.

use cordon_guests_0_3::{Call, Failure, Response};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(call: Call) -> Result<Response, Failure> {
    let doses = call.pack("doses").ok_or(Failure::MissingNeed)?;
    loop {
        std::hint::black_box(doses.read(0, u32::MAX));
    }
}

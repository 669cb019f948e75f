//! Hostile: allocates 1 MiB at a time for ever.

use cordon_guests::{Call, Failure, Response};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(Vec::with_capacity(1 << 20));
        std::hint::black_box(&mut kept);
    }
}

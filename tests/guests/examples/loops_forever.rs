//! Hostile: never answers.

use cordon_guests::{Call, Failure, Response};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    loop {
        std::hint::black_box(());
    }
}

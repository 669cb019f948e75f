//! Hostile: answers with 20,000 empty cards, which the host would need megabytes to hold.

use cordon_guests::{Call, Failure, Response, card, show};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    show((0..20_000).map(|_| card("")).collect())
}

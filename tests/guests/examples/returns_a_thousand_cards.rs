//! Hostile: answers with 1,000 cards.

use cordon_guests::{Call, Failure, Response, card, show};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    show((0..1_000).map(|n| card(format!("Card {n}"))).collect())
}

//! Hostile: answers with 1,000 cards.

use cordon_guests::{Call, Failure, Response, card};

cordon_guests::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    Ok(Response { cards: (0..1_000).map(|n| card(format!("Card {n}"))).collect() })
}

//! Hostile: puts a text of 8 MiB into a slot.

use cordon_guests_0_3::{Call, CardText, Failure, Response, SlotValue, card, filled, show};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    show(vec![card(CardText::Template(filled("reduced", [("stage", SlotValue::Code("x".repeat(8 << 20)))])))])
}

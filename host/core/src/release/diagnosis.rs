//! What of a failed run may go to somebody outside: digests and classes, and what an operator keeps by hand.

use serde_json::{Map, Value, json};

use super::{Release, Sink};
use crate::fault::out;
use crate::transcript::Transcript;

/// What stands in the place of a part that was struck out.
pub const STRUCK: &str = "[struck out]";

/// Why a diagnosis was not released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiagnosisError {
    /// Nothing stands there.
    #[error("the transcript has nothing at `{0}`: write a JSON Pointer such as /views/creatinine/0/status")]
    Nowhere(String),
    /// It would strike nothing out of what leaves.
    #[error("`{0}` is not within what is kept, so there is nothing to strike out")]
    NotKept(String),
    /// All of it at once: that is no choice.
    #[error("keep parts by name: the whole transcript is not released at once")]
    Whole,
}

/// Lets a diagnosis out: outcome class, digests and fuel class; of the rest only what `keep` names by JSON Pointer (RFC
/// 6901), less what `strike` names within it.
///
/// # Errors
/// [`DiagnosisError`]; nothing leaves.
pub fn release_diagnosis(
    transcript: &Transcript,
    keep: &[String],
    strike: &[String],
) -> Result<Release<Value>, DiagnosisError> {
    let mut whole = serde_json::to_value(transcript).unwrap_or_default();
    if let Some(members) = whole.as_object_mut() {
        // It is over the exact fuel too: whoever knows the rest would find it by trying (threat CV-03).
        members.remove("reply");
    }
    let mut kept = Map::new();
    for pointer in keep {
        if pointer.is_empty() {
            return Err(DiagnosisError::Whole);
        }
        let part = whole.pointer(pointer).ok_or_else(|| DiagnosisError::Nowhere(pointer.clone()))?;
        kept.insert(pointer.clone(), part.clone());
    }
    for pointer in strike {
        let mut struck = false;
        let below = format!("{pointer}/");
        for (at, part) in &mut kept {
            // What lies below a part that is struck out goes with it, also if it was kept by a name of its own.
            let within = if at.starts_with(&below) { Some("") } else { pointer.strip_prefix(at.as_str()) };
            if let Some(place) = within.and_then(|within| part.pointer_mut(within)) {
                if !out!(StrikeIgnored) {
                    *place = json!(STRUCK);
                }
                struck = true;
            }
        }
        if !struck {
            return Err(DiagnosisError::NotKept(pointer.clone()));
        }
    }
    let packs: Map<String, Value> =
        transcript.packs.iter().map(|(name, (_, digest))| (name.to_string(), json!(digest))).collect();
    let diagnosis = json!({
        "plugin": transcript.plugin,
        "version": transcript.version,
        "component": transcript.component,
        "outcome": transcript.outcome.class(),
        "fuel-class": transcript.fuel_class,
        "packs": packs,
        "kept": kept,
    });
    Ok(Release::to(Sink::Diagnosis, diagnosis))
}

impl Release<Value> {
    /// The diagnosis, as it leaves.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.payload.to_string().into_bytes()
    }
}

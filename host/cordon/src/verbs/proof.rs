//! What the prover answered, for a person: each claim with its verdict, the example in words, and the questions that show that
//! the claim was not empty.

use serde_json::Value;

use super::hospital::{items, text};

/// The answer of `cordon-prove diff` or `cordon-prove never` in lines.
pub(crate) fn readable(answer: &Value) -> String {
    let never = text(answer, "question");
    let claims = [
        ("nothing_widened", "nothing is visible under the new policy that was not under the old one"),
        ("nothing_narrowed", "nothing that was visible under the old policy is hidden by the new one"),
        ("never", never.as_str()),
    ];
    let claimed = claims.into_iter().filter_map(|(member, words)| Some(claim(words, answer.get(member)?)));
    let changed = answer.get("changed").map(items).into_iter().flatten();
    let changed = changed.map(|one| format!("{}: policy {}", text(one, "change"), text(one, "id")));
    let twins = answer.get("twins").map(items).into_iter().flatten().map(twin);
    let notes = answer.get("notes").map(items).into_iter().flatten().filter_map(Value::as_str);
    let notes = notes.map(|note| format!("note: {note}"));
    claimed.chain(changed).chain(twins).chain(notes).collect::<Vec<_>>().join("\n")
}

fn claim(words: &str, verdict: &Value) -> String {
    match verdict.get("verdict").and_then(Value::as_str) {
        Some("proved") => format!("proved: {words}"),
        Some("counterexample") => format!("NOT SO: {words}\n  {}", text(verdict, "words")),
        Some(_) | None => format!("undecided: {words}\n  {}", text(verdict, "because")),
    }
}

fn twin(twin: &Value) -> String {
    let example = twin.get("example").map(|example| format!("\n  {}", text(example, "words"))).unwrap_or_default();
    let holds = if twin.get("holds") == Some(&Value::Bool(true)) { "yes" } else { "no" };
    format!("asked beside it: {} {holds}{example}", text(twin, "question"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_says_what_is_proved_what_is_not_and_what_changed() {
        let answer = json!({
            "nothing_widened": { "verdict": "counterexample", "words": "a row (Observation) is visible" },
            "nothing_narrowed": { "verdict": "proved" },
            "changed": [{ "id": "hiv", "change": "removed" }],
            "twins": [{ "question": "is anything visible under the new policy?", "holds": true, "example": { "words": "a row" } }],
        });
        let lines = "NOT SO: nothing is visible under the new policy that was not under the old one\n  \
                     a row (Observation) is visible\n\
                     proved: nothing that was visible under the old policy is hidden by the new one\n\
                     removed: policy hiv\n\
                     asked beside it: is anything visible under the new policy? yes\n  a row";
        assert_eq!(readable(&answer), lines);
    }

    #[test]
    fn what_was_not_decided_is_not_said_to_be_proved() {
        let answer = json!({ "question": "a row labelled HIV is never seen",
            "never": { "verdict": "undecided", "because": "the solver gave up" },
            "twins": [{ "question": "is a row ever seen?", "holds": false }], "notes": ["nothing of the kind is seen either"] });
        let lines = "undecided: a row labelled HIV is never seen\n  the solver gave up\n\
                     asked beside it: is a row ever seen? no\n\
                     note: nothing of the kind is seen either";
        assert_eq!(readable(&answer), lines);
        assert!(!readable(&json!({ "question": "x", "never": {} })).contains("proved"));
    }
}

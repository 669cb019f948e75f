//! Replies that no engine gives.

use cordon_core::ids::EntryName;
use cordon_core::message::Advice;
use cordon_core::message::{Answer, CardText, Filled, RunEnd, RunReply, Said, SlotValue, Trap};
use cordon_core::ports::RunnerError;

/// The reply, forged in this way. Some ways do not even make a reply.
pub(crate) fn reply(name: &str, honest: RunReply) -> Result<RunReply, RunnerError> {
    let forged = match name {
        "fuel" => RunReply { fuel: u64::MAX, ..honest },
        "deadline" => RunReply::new(RunEnd::Trapped(Trap::Deadline), 1),
        "profile" => RunReply::new(RunEnd::Trapped(Trap::Profile), 1),
        "cell" => {
            let cell = EntryName::new("foreign").map_err(|_| RunnerError("no name"))?;
            RunReply { cells: [(cell, Some(b"x".to_vec()))].into(), ..honest }
        }
        "notes" => RunReply { notes: vec![Said { event: 1, arguments: vec![7; 1_000] }; 1_000], ..honest },
        "nan" => {
            let slots = vec![("value".to_owned(), SlotValue::Number(f64::NAN))];
            let text = CardText::Template(Filled { name: "said".to_owned(), slots });
            let card = Advice { text, suggestions: Vec::new(), override_reasons: Vec::new() };
            RunReply::new(RunEnd::Answered(Answer { cards: vec![card], system_actions: Vec::new() }), 1)
        }
        "huge" => {
            let text = "x".repeat(8 << 20);
            let card = Advice::free(text, None, cordon_core::message::Indicator::Info);
            RunReply::new(RunEnd::Answered(Answer { cards: vec![card], system_actions: Vec::new() }), 1)
        }
        _ => return Err(RunnerError("an unknown forgery")),
    };
    Ok(forged)
}

//! The planted code: it runs in the jail, in the place of the engine.

use cordon_core::message::{Advice, Answer, Indicator, RunEnd, RunMessage, RunReply};
use cordon_core::ports::{Runner, RunnerError};
use cordon_runtime::LocalRunner;

use crate::{attempts, forged};

/// A runner, and whatever the service asks for.
pub(crate) struct Planted(pub(crate) LocalRunner);

impl Runner for Planted {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let service = message.service.as_str().to_owned();
        if let Some(name) = service.strip_prefix("try-") {
            return Ok(said(attempts::attempt(name)));
        }
        if service == "keep" {
            // A leak on purpose: what is never freed is never overwritten.
            std::mem::forget(message.views.iter().map(|view| view.text().to_owned()).collect::<Vec<_>>());
        }
        if let Some(name) = service.strip_prefix("forge-") {
            return forged::reply(name, self.0.run(message)?);
        }
        self.0.run(message)
    }
}

/// A reply with one card.
fn said(text: impl Into<String>) -> RunReply {
    let card = Advice::free(text, None, Indicator::Info);
    RunReply::new(RunEnd::Answered(Answer { cards: vec![card], system_actions: Vec::new() }), 1)
}

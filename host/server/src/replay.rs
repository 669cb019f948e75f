//! Running a kept call again: the same component, transcript and engine give the same reply, byte for byte, in any process.

use std::collections::BTreeMap;

use cordon_core::ids::{Digest, TenantId};
use cordon_core::message::{RunEnd, RunReply, Trap};
use cordon_core::ports::{Runner as _, RunnerError};
use cordon_core::transcript::{ReplayError, Transcript, reply_digest};
use cordon_runtime::{ComponentError, Engine, EngineError};
use cordon_wall::{Components as _, InsertError, Program, Wall, WallError, WallSettings};

/// Why a transcript was not run again.
#[derive(Debug, thiserror::Error)]
pub enum NotReplayed {
    /// It is no evidence, or something is missing.
    #[error(transparent)]
    Transcript(#[from] ReplayError),
    /// These are other bytes.
    #[error("the component is {given}, and the transcript is of {wanted}")]
    Component {
        /// Of the bytes.
        given: Digest,
        /// Of the transcript.
        wanted: Digest,
    },
    /// It was run by something else.
    #[error("the run was made by `{then}`, and this is `{now}`: only the same engine gives the same reply")]
    Engine {
        /// What ran it.
        then: String,
        /// What is here.
        now: String,
    },
    /// The clock ended it here, where it did not end it then.
    #[error("the run took longer than a minute: this machine is too busy to show anything")]
    TooSlow,
    /// The component cannot be run.
    #[error(transparent)]
    Refused(#[from] ComponentError),
    /// The engine.
    #[error(transparent)]
    NoEngine(#[from] EngineError),
    /// The jail.
    #[error(transparent)]
    Wall(#[from] WallError),
    /// The code.
    #[error(transparent)]
    Insert(#[from] InsertError),
    /// The process.
    #[error(transparent)]
    Runner(#[from] RunnerError),
}

/// Runs a transcript again so many times, each in a process of its own, and gives the digests of the replies.
///
/// # Errors
/// [`NotReplayed`].
pub fn replay(
    transcript: &Transcript,
    component: &[u8],
    packs: &BTreeMap<Digest, Vec<u8>>,
    times: u32,
    settings: WallSettings,
) -> Result<Vec<Digest>, NotReplayed> {
    let (given, wanted) = (Digest::of(component), transcript.component);
    if given != wanted {
        return Err(NotReplayed::Component { given, wanted });
    }
    let engine = Engine::new()?;
    if engine.profile() != transcript.engine {
        return Err(NotReplayed::Engine { then: transcript.engine.clone(), now: engine.profile() });
    }
    // Whose it was does not matter to it.
    let tenant = TenantId::new("replay").map_err(|_| ReplayError::Malformed("tenant"))?;
    let message = transcript.message(tenant, packs)?;
    let code = engine.precompile(component, transcript.limits.class)?;
    let wall = Wall::start(Program::this(), engine, WallSettings { calls: 1, ..settings })?;
    wall.insert(&code)?;
    let once = |_| match wall.run(message.clone())? {
        RunReply { end: RunEnd::Trapped(Trap::Deadline), .. } => Err(NotReplayed::TooSlow),
        reply => Ok(reply_digest(&reply)),
    };
    (0..times).map(once).collect()
}

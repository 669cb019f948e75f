//! The broker's side of one process: starting it, calling it, ending it.

use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use cordon_core::message::{RunMessage, RunReply};
use cordon_runtime::ComponentError;

use crate::compile::Priority;
use crate::frame::{Before, Channel, FrameError};
use crate::layer::Layers;
use crate::message::{Call, Hello, MOST_REPLY, Packs, Start, Task, plausible};
use crate::shelf::Sealed;
use crate::spawner::Spawner;
use crate::watch::{Watch, quick};

/// The program that becomes a runner, and how it is told to.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<String>,
}

impl Program {
    /// This very program, whatever has become of its file since it was started.
    #[must_use]
    pub fn this() -> Self {
        Self::new("/proc/self/exe", &[crate::RUNNER])
    }

    /// Another one, for tests of the wall: it must call [`crate::serve`].
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self { path: path.into(), arguments: arguments.iter().map(|&argument| argument.to_owned()).collect() }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments);
        command
    }
}

/// A process could not be started, or does not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the process could not be started: {0}")]
    System(String),
    #[error("the process said nothing: {0}")]
    Silent(FrameError),
    #[error("the code does not fit the contract: {0}")]
    Misfit(String),
    #[error("the process is not fit to serve: {0}")]
    Unfit(String, Layers),
}

/// A call had no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("the deadline passed")]
    Late,
    /// Before it was asked anything.
    #[error("the process had ended before")]
    Ended,
    #[error("the process is gone")]
    Gone,
    #[error("the process said what no runner says")]
    Hostile,
    #[error("the engine failed in the process")]
    Failed,
}

/// A process in the jail. Dropped, it is killed and waited for.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    channel: Channel,
    packs: Packs,
    /// How many calls it answered.
    pub(crate) calls: u32,
    /// Whether it had to give way to others. It cannot take that back.
    pub(crate) slow: bool,
    /// Whether its last call took too much, and had no answer.
    pub(crate) looped: bool,
    /// Whether it comes behind all others from its start.
    pub(crate) behind: bool,
    /// Since when it waits.
    pub(crate) since: Instant,
    pub(crate) layers: Layers,
}

impl Process {
    /// Starts a process and waits until it is in its jail.
    pub(crate) fn start(
        spawner: &Spawner,
        code: Option<&Sealed>,
        start: &Start,
        until: Instant,
    ) -> Result<Self, StartError> {
        let system = |error: &dyn std::fmt::Display| StartError::System(error.to_string());
        let (channel, theirs) = Channel::pair().map_err(|error| system(&error))?;
        let output = match code {
            Some(sealed) => Stdio::from(sealed.file.try_clone().map_err(|error| system(&error))?),
            None => Stdio::null(),
        };
        // Its end of the socket is its own from here on: when it dies, the channel is at its end.
        let child = spawner.spawn(Stdio::from(theirs), output).map_err(|error| system(&error))?;
        let (packs, since, layers) = (Packs::new(), until, Layers::default());
        let behind = start.task == Task::Run(Priority::Idle);
        let mut process = Self { child, channel, packs, calls: 0, slow: false, looped: false, behind, since, layers };
        process.channel.send(start, Some(until)).map_err(StartError::Silent)?;
        process.greeted(start, until)?;
        Ok(process)
    }

    /// Gives a process that waits its component, and waits until it is in its jail.
    pub(crate) fn load(mut self, code: &Sealed, start: &Start, until: Instant) -> Result<Self, StartError> {
        self.channel.send_with(start, code.file.as_fd()).map_err(StartError::Silent)?;
        self.greeted(start, until)?;
        Ok(self)
    }

    fn greeted(&mut self, start: &Start, until: Instant) -> Result<(), StartError> {
        self.channel.look_up_every(quick(start.class)).map_err(StartError::Silent)?;
        self.layers = self.hello(start.task, until)?;
        Ok(())
    }

    fn hello(&mut self, task: Task, until: Instant) -> Result<Layers, StartError> {
        match self.channel.receive(MOST_REPLY, Some(until)).map_err(StartError::Silent)? {
            Hello::Waiting if task == Task::Wait => Ok(Layers::default()),
            Hello::Ready(layers) if task != Task::Wait => Ok(layers),
            Hello::Waiting | Hello::Ready(_) => Err(StartError::Silent(FrameError::Malformed)),
            Hello::Misfit(why) => Err(StartError::Misfit(why)),
            Hello::Unfit(why, layers) => Err(StartError::Unfit(why, layers)),
        }
    }

    /// One message in, one message out. After an error the process is of no use.
    pub(crate) fn call(&mut self, message: &RunMessage, until: Instant) -> Result<RunReply, CallError> {
        let failed = |error| match error {
            FrameError::Late => CallError::Late,
            FrameError::Gone => CallError::Gone,
            FrameError::TooLong | FrameError::Malformed => CallError::Hostile,
            FrameError::System(_) => CallError::Failed,
        };
        match self.channel.before() {
            Before::Quiet => {}
            Before::Gone => return Err(CallError::Ended),
            // An answer that is there before the question is meant for another call.
            Before::Talking => return Err(CallError::Hostile),
        }
        self.channel.send(&Call::of(message, &self.packs), Some(until)).map_err(failed)?;
        let held = message.packs.values().map(|pack| (pack.digest, std::sync::Arc::clone(pack)));
        self.packs.extend(held);
        let mut watch = Watch::new(self.child.id(), message.limits.class);
        let reply = self.channel.receive_watched::<Option<RunReply>>(MOST_REPLY, || watch.look(), until);
        self.slow |= watch.gave_way;
        let reply = reply.map_err(failed)?;
        self.calls = self.calls.saturating_add(1);
        let reply = reply.ok_or(CallError::Failed)?;
        if plausible(&reply, message) { Ok(reply) } else { Err(CallError::Hostile) }
    }

    /// A component in, its code or what is wrong with it out. After this the process is of no use.
    pub(crate) fn compile(
        &mut self,
        component: &[u8],
        most: usize,
        until: Instant,
    ) -> Result<Result<Vec<u8>, ComponentError>, FrameError> {
        self.channel.send_raw(component, Some(until))?;
        match self.channel.receive::<Result<(), ComponentError>>(MOST_REPLY, Some(until))? {
            Ok(()) => self.channel.receive_bytes(most, Some(until)).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Ends it, and says which signal had ended it before, or else this one.
    pub(crate) fn end(mut self) -> Option<i32> {
        // One that has ended cannot be killed.
        drop(self.child.kill());
        self.child.wait().ok()?.signal()
    }

    /// Waits until it ended by itself, and says which signal ended it.
    pub(crate) fn signal(mut self, until: Instant) -> Option<i32> {
        let quiet: Result<String, _> = self.channel.receive(MOST_REPLY, Some(until));
        if quiet != Err(FrameError::Gone) {
            return None;
        }
        self.child.wait().ok()?.signal()
    }

    /// Kills it, and does not wait for it.
    pub(crate) fn strike(&mut self) {
        // One that has ended cannot be killed.
        drop(self.child.kill());
    }

    /// Itself, if it has not ended.
    pub(crate) fn living(mut self) -> Option<Self> {
        matches!(self.child.try_wait(), Ok(None)).then_some(self)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and one that cannot be waited for is nobody's child.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

//! The broker's side of compiling: one process for one component, which goes into the jail, is given bytes and gives bytes.

use std::fmt;
use std::time::Duration;

use cordon_core::ids::Digest;
use cordon_core::manifest::Manifest;
use cordon_runtime::{Code, ComponentError};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::frame::FrameError;
use crate::message::{Start, Task, wit};
use crate::pool::{START, WallSettings, later, running};
use crate::process::{Process, StartError};
use crate::shelf::Sealed;
use crate::spawner::Spawner;

/// What compiling one component may use. The default is that of threats DOS-06: 60 s, and 2 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// From the start of the process to the last byte of code.
    pub time: Duration,
    /// Seconds of processor time.
    pub processor: u64,
    /// Bytes of writable memory.
    pub memory: u64,
    /// Who goes first.
    pub priority: Priority,
}

/// What compiling may take from everything else on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// Only what is left over: calls do not feel it. On a machine without a pause it comes to no end.
    Idle,
    /// As much as a call.
    Normal,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), processor: 60, memory: 2 << 30, priority: Priority::Idle }
    }
}

/// The most bytes of a component: what the wider class admits. The exact figure is the gate's.
pub(crate) const MOST_COMPONENT: usize = 64 << 20;

/// The most bytes of code.
const MOST_CODE: usize = 256 << 20;

/// What a compiler used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// The time from its start.
    Time(Duration),
    /// Its processor time, its memory, its stack, or itself: the signal that ended it.
    Itself(Option<i32>),
    /// The room for what it gives.
    Output,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(most) => write!(f, "was not done within {} s", most.as_secs()),
            Self::Itself(Some(signal)) => {
                write!(f, "took more memory, stack or processor time than there is (signal {signal})")
            }
            Self::Itself(None) => f.write_str("ended early"),
            Self::Output => f.write_str("gave more, or something else, than code"),
        }
    }
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// What the class or the contract does not admit.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// The compiler came to its limits. Nothing is left of it.
    #[error("compiling it {0}")]
    Limit(Spent),
    /// The host failed.
    #[error("no compiler could be started: {0}")]
    Host(String),
}

/// Compiles a component in a process of its own, and has a runner load the code: only what loads is given back.
pub(crate) fn compile(
    spawner: &Spawner,
    settings: &WallSettings,
    component: &[u8],
    manifest: &Manifest,
) -> Result<Code, CompileError> {
    let class = manifest.limits.class;
    let wit = wit(manifest.wit).ok_or_else(|| CompileError::Host("an unknown version of the contract".to_owned()))?;
    let start = Start {
        digest: Digest::of(component),
        class,
        wit: wit.as_str().to_owned(),
        wasi: manifest.wasi,
        memory: settings.compile.memory,
        seconds: Some(settings.compile.processor),
        accepted: settings.accepted.iter().copied().collect(),
        task: Task::Compile(settings.compile.priority),
    };
    let bytes = generate(spawner, settings, component, &start)?;
    let code = Code::trusted(start.digest, class, wit, bytes).with_wasi(manifest.wasi);
    let sealed = Sealed::of(&code).map_err(CompileError::Host)?;
    let start = running(&sealed, class, settings, Priority::Normal);
    match Process::start(spawner, Some(&sealed), &start, later(clock::now(), START)) {
        Ok(_) => Ok(code),
        Err(StartError::Misfit(reason)) if plain(&reason) => Err(ComponentError::Mismatch { reason }.into()),
        Err(error) => Err(CompileError::Host(error.to_string())),
    }
}

fn generate(
    spawner: &Spawner,
    settings: &WallSettings,
    component: &[u8],
    start: &Start,
) -> Result<Vec<u8>, CompileError> {
    let until = later(clock::now(), settings.compile.time);
    let late = || CompileError::Limit(Spent::Time(settings.compile.time));
    let mut process = Process::start(spawner, None, start, until).map_err(|error| match error {
        StartError::Silent(FrameError::Late) => late(),
        StartError::System(_) | StartError::Silent(_) | StartError::Misfit(_) | StartError::Unfit(..) => {
            CompileError::Host(error.to_string())
        }
    })?;
    match process.compile(component, MOST_CODE, until) {
        Ok(Ok(code)) => Ok(code),
        // What it says is told to administrators: it must be a text as the gate writes it.
        Ok(Err(error)) if plain(&error.to_string()) => Err(error.into()),
        Ok(Err(_)) | Err(FrameError::TooLong | FrameError::Malformed) => Err(CompileError::Limit(Spent::Output)),
        Err(FrameError::Late) => Err(late()),
        Err(FrameError::Gone) => Err(CompileError::Limit(Spent::Itself(process.end()))),
        Err(FrameError::System(errno)) => Err(CompileError::Host(errno.to_string())),
    }
}

/// A short text without control characters.
fn plain(text: &str) -> bool {
    text.len() <= 4_096 && !text.chars().any(char::is_control)
}

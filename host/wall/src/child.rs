//! What runs in a runner: it loads the one component, goes into the jail, and answers one message after the other. It may have
//! waited for its component: without one, it holds nothing and does nothing. And what runs in a compiler: it goes into the
//! jail, and makes code of one component.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use cordon_core::ids::{PluginId, TenantId};
use cordon_core::ports::Runner;
use cordon_runtime::{Code, Engine, LoadError, LocalRunner, Plugins};

use crate::compile::{MOST_COMPONENT, Priority};
use crate::frame::{Channel, FrameError, decode};
use crate::jail::{self, Allowance, Withdrawn};
use crate::layer::Layers;
use crate::message::{Call, Hello, Packs, Start, Task, wit};

/// The verb with which a program calls itself to become a runner.
pub const RUNNER: &str = "runner";

/// The compiled code, as the broker hands it over at the start: it is standard output until the jail closes.
const CODE: RawFd = 1;

/// What a runner calls its plugin: it is not told.
const PLUGIN: &str = "localhost.cordon.plugin";

/// The most bytes of the first message, and of a call: 32 views of 4 MiB each, and the data packs.
const MOST_START: usize = 4 << 10;
const MOST_CALL: usize = 256 << 20;

/// Is a runner, until the broker hangs up. Descriptor 0 is the socket to the broker, 1 the code, 2 `/dev/null`.
///
/// `make` gets the runner of the component, already in the jail, and gives what is really to run: itself.
pub fn serve<R: Runner>(make: impl FnOnce(LocalRunner) -> R) -> ExitCode {
    match attempt(make) {
        Ok(()) | Err(FrameError::Gone) => ExitCode::SUCCESS,
        // Nobody is there to be told, and there is nothing to tell it with.
        Err(_) => ExitCode::FAILURE,
    }
}

fn attempt<R: Runner>(make: impl FnOnce(LocalRunner) -> R) -> Result<(), FrameError> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(|_| FrameError::Gone)?;
    let descriptor = socket.as_raw_fd();
    let mut channel = Channel::of(socket);
    let start: Start = channel.receive(MOST_START, None)?;
    let ready = match begin(&start, descriptor) {
        Ok(Begun::Waiting(withdrawn, engine)) => {
            channel.send(&Hello::Waiting, None)?;
            let (start, code) = channel.receive_with()?;
            loaded(&start, &engine, code).and_then(|part| confine(start, withdrawn, part))
        }
        Ok(Begun::Whole(withdrawn, part)) => confine(start, withdrawn, part),
        Err(unfit) => Err(unfit),
    };
    match ready {
        Ok((layers, start, part)) => {
            channel.send(&Hello::Ready(layers), None)?;
            match part {
                Part::Runner(runner) => answer(&mut channel, &start, &make(*runner)),
                Part::Compiler(engine) => compile(&mut channel, &start, &engine),
                Part::Offender if jail::offend() => channel.send(&"the filter does not kill", None),
                Part::Offender => Ok(()),
            }
        }
        Err(unfit) => channel.send(&unfit, None),
    }
}

/// What the process is ready to be.
enum Part {
    Runner(Box<LocalRunner>),
    Compiler(Box<Engine>),
    Offender,
}

/// How far it is before the jail closes.
enum Begun {
    Whole(Withdrawn, Part),
    /// All there is but the component.
    Waiting(Withdrawn, Box<Engine>),
}

fn unfit(why: impl std::fmt::Display) -> Hello {
    Hello::Unfit(why.to_string(), Layers::default())
}

fn begin(start: &Start, socket: RawFd) -> Result<Begun, Hello> {
    match start.task {
        Task::Run(priority) | Task::Compile(priority) => give_way(priority),
        Task::Wait | Task::Offend => {}
    }
    let withdrawn = jail::withdraw(socket).map_err(unfit)?;
    let part = match start.task {
        Task::Run(_) => {
            let engine = Engine::pooled(start.class).map_err(unfit)?;
            load(start, &engine, CODE)?
        }
        Task::Wait => {
            jail::hide();
            return Ok(Begun::Waiting(withdrawn, Box::new(Engine::pooled(start.class).map_err(unfit)?)));
        }
        Task::Compile(_) => Part::Compiler(Box::new(Engine::new().map_err(unfit)?)),
        Task::Offend => Part::Offender,
    };
    Ok(Begun::Whole(withdrawn, part))
}

fn give_way(priority: Priority) {
    match priority {
        Priority::Idle => jail::give_way(),
        Priority::Normal => {}
    }
}

/// Goes into the jail, with what it is to be in there.
fn confine(start: Start, withdrawn: Withdrawn, part: Part) -> Result<(Layers, Start, Part), Hello> {
    let allowance = Allowance { memory: start.memory, seconds: start.seconds };
    let layers = jail::enter(withdrawn, allowance).map_err(unfit)?;
    let missing = layers.unaccepted(&start.accepted.iter().copied().collect());
    if missing.is_empty() {
        Ok((layers, start, part))
    } else {
        Err(Hello::Unfit("layers of the jail are missing".to_owned(), layers))
    }
}

/// What a process that waited was sent.
fn loaded(start: &Start, engine: &Engine, code: RawFd) -> Result<Part, Hello> {
    let part = load(start, engine, code)?;
    // The engine opened the file itself.
    jail::close(code);
    Ok(part)
}

fn load(start: &Start, engine: &Engine, code: RawFd) -> Result<Part, Hello> {
    let wit = wit(&start.wit).ok_or_else(|| unfit("an unknown version of the contract"))?;
    let code = Code::trusted_file(start.digest, start.class, wit, Path::new(&format!("/proc/self/fd/{code}")));
    let plugins = Arc::new(Plugins::default());
    plugins.insert(engine.load(&code).map_err(|error| match error {
        LoadError::Link(why) => Hello::Misfit(why),
        LoadError::Code(_) => unfit(error),
    })?);
    Ok(Part::Runner(Box::new(LocalRunner::new(engine.clone(), plugins))))
}

/// Bytes in, bytes out: the component is read and its code generated in here, and nowhere else. The code follows the word
/// that there is some.
fn compile(channel: &mut Channel, start: &Start, engine: &Engine) -> Result<(), FrameError> {
    let component = channel.receive_bytes(MOST_COMPONENT, None)?;
    let made = engine.emit(&component, start.class, start.wasi, &start.wit);
    drop(component);
    channel.send(&made.as_ref().map(drop), None)?;
    match made.as_ref().ok().and_then(Code::bytes) {
        Some(code) => channel.send_raw(code, None),
        None => Ok(()),
    }
}

fn answer(channel: &mut Channel, start: &Start, runner: &impl Runner) -> Result<(), FrameError> {
    // Whose runner it is, it is not told.
    let tenant = TenantId::new(RUNNER).map_err(|_| FrameError::Malformed)?;
    let whose = (tenant, PluginId::new(PLUGIN).map_err(|_| FrameError::Malformed)?);
    let mut packs: Packs = BTreeMap::new();
    loop {
        let bytes = channel.receive_bytes(MOST_CALL, None)?;
        let call: Call<'_> = decode(&bytes)?;
        let message = call.into_message(&whose, start.digest, &mut packs);
        drop(bytes);
        let reply = message.and_then(|message| runner.run(message).ok());
        channel.send(&reply, None)?;
    }
}

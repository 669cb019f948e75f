//! One message in, one fresh instance, one message out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cordon_core::limits::Limits;
use cordon_core::message::{RunEnd, RunMessage, RunReply, Trap};
use cordon_core::ports::{Runner, RunnerError};
use wasmtime::Store;

use crate::answer::{Said, weight};
use crate::engine::Engine;
use crate::host::State;
use crate::meter::Stop;
use crate::plugins::{Compiled, Linked, Plugins};

/// The most a guest may hand over in one transfer, whatever its limits: an answer within the card profile needs less
/// than 64 KiB, and the engine counts what the host would have to allocate, not what the guest holds.
const FROM_GUEST: u64 = 1 << 20;

/// Runs components in this process, each call in a new store and a new instance that are thrown away afterwards.
///
/// The same message gives the same reply and the same fuel. [`RunMessage::budget`] is not looked at: fuel ends every run,
/// and whoever needs an answer in time runs this in a process that can be killed. The calling thread needs [`Engine::STACK`] bytes of stack for the guest and about as much for the
/// host: 2 MiB, the default of a Rust thread, is enough.
#[derive(Debug, Clone)]
pub struct LocalRunner {
    engine: Engine,
    plugins: Arc<Plugins>,
}

impl LocalRunner {
    /// A runner of these plugins.
    #[must_use]
    pub fn new(engine: Engine, plugins: Arc<Plugins>) -> Self {
        Self { engine, plugins }
    }
}

impl Runner for LocalRunner {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        self.watch(message).map(|(reply, _)| reply)
    }

    fn engine(&self) -> String {
        self.engine.profile()
    }
}

/// What an author may know of a run besides its reply. It never leaves the author's desk: a guest chooses it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Names of views that the guest asked for and the call does not have, at most 16.
    pub unmet: BTreeSet<String>,
    /// Names of cells and data packs that the guest asked for and the call does not have, at most 16.
    pub unkept: BTreeSet<String>,
    /// Bytes of memory that the guest grew to.
    pub memory: u64,
}

impl LocalRunner {
    /// Runs one invocation as [`Runner::run`] does, and tells what an author wants to know.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub fn watch(&self, message: RunMessage) -> Result<(RunReply, Watched), RunnerError> {
        let compiled = self.plugins.get(&message.component).ok_or(RunnerError("the component is not loaded"))?;
        if compiled.class > message.limits.class {
            return Err(RunnerError("the component was admitted in a wider class"));
        }
        let limits = message.limits;
        let mut store = self.store(message)?;
        let end = match evaluate(&compiled, &mut store) {
            Ok(end) => end,
            Err(cut) => RunEnd::Trapped(cut.trap()?),
        };
        let state = store.data();
        let watched =
            Watched { unmet: state.unmet.clone(), unkept: state.unkept.clone(), memory: state.meter.memory() };
        Ok((settle(end, limits, &store), watched))
    }

    fn store(&self, message: RunMessage) -> Result<Store<State>, RunnerError> {
        let limits = message.limits;
        let mut store = self.engine.store(State::new(message));
        store.limiter(|state| &mut state.meter);
        store.set_fuel(limits.fuel).map_err(|_| RunnerError("the engine does not meter"))?;
        store.set_hostcall_fuel(size(limits.transfer.min(FROM_GUEST)));
        // The engine counts each handle it lends for the time of a call on top of the live ones, and has no type for the
        // refusal: the state's table is the limit, and this is the wall behind it.
        store.set_max_component_handles(size(u64::from(limits.handles).saturating_mul(2)));
        Ok(store)
    }
}

/// Where a run was cut off.
enum Cut {
    Instantiating(wasmtime::Error),
    Calling(wasmtime::Error),
    Answering(Stop),
}

fn evaluate(compiled: &Compiled, store: &mut Store<State>) -> Result<RunEnd, Cut> {
    match said(compiled, store)? {
        Said::Answered(answer) => {
            store.data_mut().meter.transfer(weight(&answer)).map_err(Cut::Answering)?;
            Ok(RunEnd::Answered(answer))
        }
        Said::Failed(failure) => Ok(RunEnd::Failed(failure)),
        // A wrong value across the boundary, as the contract has it.
        Said::NoNumber => Ok(RunEnd::Trapped(Trap::Wasm)),
    }
}

fn said(compiled: &Compiled, store: &mut Store<State>) -> Result<Said, Cut> {
    let call = store.data_mut().call().map_err(Cut::Calling)?;
    match &compiled.linked {
        Linked::V0_3(pre) => {
            let instance = pre.instantiate(&mut *store).map_err(Cut::Instantiating)?;
            instance.cordon_clinical_cds().call_evaluate(store, call).map(Said::from).map_err(Cut::Calling)
        }
        Linked::V0_2(pre) => {
            let instance = pre.instantiate(&mut *store).map_err(Cut::Instantiating)?;
            instance.cordon_clinical_cds().call_evaluate(store, call).map(Said::from).map_err(Cut::Calling)
        }
    }
}

/// Adds what the host did to what the guest did. A run that used up more than its fuel in all is out of fuel, whatever
/// it went on to do. Cells are only kept of a run that answered.
fn settle(end: RunEnd, limits: Limits, store: &Store<State>) -> RunReply {
    let state = store.data();
    let left = store.get_fuel().unwrap_or(0);
    let used = limits.fuel.saturating_sub(left).saturating_add(state.meter.charged());
    let end = if used > limits.fuel { RunEnd::Trapped(Trap::Fuel) } else { end };
    let cells = match end {
        RunEnd::Answered(_) => state.written(),
        RunEnd::Failed(_) | RunEnd::Trapped(_) => BTreeMap::new(),
    };
    RunReply { end, fuel: used.min(limits.fuel), notes: state.notes().to_vec(), cells }
}

impl Cut {
    /// What the guest broke; an error if it was the host.
    fn trap(&self) -> Result<Trap, RunnerError> {
        match self {
            // What instantiation needs besides running start code are instances, memories and tables.
            Self::Instantiating(error) => classify(error, Trap::Memory),
            // The engine gives no type for a lift that was too large, and no other name for it. If the text changes,
            // the trap is a less exact one.
            Self::Calling(error) if error.to_string().contains("fuel allocated for hostcalls") => Ok(Trap::Transfer),
            Self::Calling(error) => classify(error, Trap::Wasm),
            Self::Answering(stop) => stopped(*stop),
        }
    }
}

fn classify(error: &wasmtime::Error, otherwise: Trap) -> Result<Trap, RunnerError> {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stopped(*stop);
    }
    let Some(trap) = error.downcast_ref::<wasmtime::Trap>() else { return Ok(otherwise) };
    let known = [(wasmtime::Trap::OutOfFuel, Trap::Fuel), (wasmtime::Trap::StackOverflow, Trap::Stack)];
    Ok(known.into_iter().find(|(theirs, _)| theirs == trap).map_or(Trap::Wasm, |(_, ours)| ours))
}

fn stopped(stop: Stop) -> Result<Trap, RunnerError> {
    match stop {
        Stop::Fuel => Ok(Trap::Fuel),
        Stop::Memory => Ok(Trap::Memory),
        Stop::Handles => Ok(Trap::Handles),
        Stop::Transfer => Ok(Trap::Transfer),
        Stop::Host => Err(RunnerError("out of memory")),
    }
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

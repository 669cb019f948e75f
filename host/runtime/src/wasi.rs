//! The second profile: a WASI 0.2 that holds nothing, for interpreters that were built to have one.
//!
//! Clocks stand still at the call's `now`, random numbers follow from the call's coins, what is written is thrown away, and
//! there is no input, argument, variable, directory or file. Waiting ends at once. Of files and sockets there are only the
//! names that interpreters import: each call ends the run. HTTP has not even names. Each call is paid for like those of the
//! contract. No thread is started and nothing is opened: the bindings are those of `wasmtime-wasi`, and none of its own
//! implementations is linked.

mod absent;

use cordon_core::ids::{Coins, Digest};
use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};

use crate::host::State;

/// The interfaces that may be imported, each in any release of 0.2.
const INTERFACES: [&str; 27] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// How much may be written at once. It is thrown away, and paid for.
const WRITE: u64 = 64 << 10;

/// Whether an import is of the second profile.
pub(crate) fn admits(import: &str) -> bool {
    let Some((interface, release)) = import.split_once("@0.2.") else { return false };
    INTERFACES.contains(&interface) && !release.is_empty() && release.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a component was admitted in the second profile.
pub(crate) fn asked<'a>(mut imports: impl Iterator<Item = &'a str>) -> bool {
    imports.any(admits)
}

/// Links all of it.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type Own = HasSelf<State>;
    cli::environment::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::exit::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::stdin::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::stdout::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::stderr::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::terminal_stdin::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::terminal_stdout::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::terminal_stderr::add_to_linker::<State, Own>(linker, |state| state)?;
    clocks::monotonic_clock::add_to_linker::<State, Own>(linker, |state| state)?;
    clocks::wall_clock::add_to_linker::<State, Own>(linker, |state| state)?;
    filesystem::preopens::add_to_linker::<State, Own>(linker, |state| state)?;
    poll::add_to_linker::<State, Own>(linker, |state| state)?;
    streams::add_to_linker::<State, Own>(linker, |state| state)?;
    random::random::add_to_linker::<State, Own>(linker, |state| state)?;
    random::insecure::add_to_linker::<State, Own>(linker, |state| state)?;
    random::insecure_seed::add_to_linker::<State, Own>(linker, |state| state)?;
    absent::link(linker)
}

/// Why a run ended here. The text goes nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Ended {
    #[error("the guest asked something that is not there")]
    Absent,
    #[error("the guest ended itself")]
    Exit,
}

/// What the second profile has of a call.
#[derive(Debug)]
pub(crate) struct Still {
    /// Nanoseconds since 1970; a call before that is at 0.
    now: u64,
    coins: ChaCha20Rng,
}

impl Still {
    pub(crate) fn new(now: Timestamp, coins: Coins) -> Self {
        // The coins decide other things as well: what a guest sees tells nothing of them.
        let seed = Digest::of(&[b"wasi:random\0".as_slice(), &coins.seed()].concat());
        Self { now: u64::try_from(now.as_nanosecond()).unwrap_or(0), coins: ChaCha20Rng::from_seed(*seed.as_bytes()) }
    }
}

/// What a stream's or a pollable's handle stands for: nothing.
struct Nothing;

impl State {
    fn nothing<T: 'static>(&mut self) -> wasmtime::Result<Resource<T>> {
        self.meter.call()?;
        let handle = self.hand_out(Nothing)?;
        Ok(Resource::new_own(handle.rep()))
    }

    fn drop_nothing<T: 'static>(&mut self, handle: &Resource<T>) -> wasmtime::Result<()> {
        self.release(Resource::<Nothing>::new_own(handle.rep()))
    }

    /// Throws away what was written.
    fn discard(&mut self, bytes: u64) -> StreamResult<()> {
        let paid = self.meter.call().and_then(|()| self.meter.transfer(bytes));
        paid.map_err(|stop| StreamError::Trap(stop.into()))
    }

    /// Nothing comes in.
    fn closed<T>(&mut self) -> StreamResult<T> {
        self.meter.call().map_err(|stop| StreamError::Trap(stop.into()))?;
        Err(StreamError::Closed)
    }

    fn random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.meter.call()?;
        self.meter.transfer(length)?;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.still.coins.fill_bytes(&mut bytes);
        Ok(bytes)
    }

    fn random_number(&mut self) -> wasmtime::Result<u64> {
        self.meter.call()?;
        Ok(self.still.coins.next_u64())
    }
}

impl cli::environment::Host for State {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        self.meter.call()?;
        Ok(Vec::new())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        self.meter.call()?;
        Ok(Vec::new())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        self.meter.call()?;
        Ok(None)
    }
}

/// Leaving is no answer, whatever the code.
impl cli::exit::Host for State {
    fn exit(&mut self, _: Result<(), ()>) -> wasmtime::Result<()> {
        Err(Ended::Exit.into())
    }

    fn exit_with_code(&mut self, _: u8) -> wasmtime::Result<()> {
        Err(Ended::Exit.into())
    }
}

impl cli::stdin::Host for State {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        self.nothing()
    }
}

impl cli::stdout::Host for State {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.nothing()
    }
}

impl cli::stderr::Host for State {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.nothing()
    }
}

impl cli::terminal_stdin::Host for State {
    fn get_terminal_stdin(&mut self) -> wasmtime::Result<Option<Resource<cli::terminal_input::TerminalInput>>> {
        self.meter.call()?;
        Ok(None)
    }
}

impl cli::terminal_stdout::Host for State {
    fn get_terminal_stdout(&mut self) -> wasmtime::Result<Option<Resource<cli::terminal_output::TerminalOutput>>> {
        self.meter.call()?;
        Ok(None)
    }
}

impl cli::terminal_stderr::Host for State {
    fn get_terminal_stderr(&mut self) -> wasmtime::Result<Option<Resource<cli::terminal_output::TerminalOutput>>> {
        self.meter.call()?;
        Ok(None)
    }
}

impl clocks::monotonic_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.meter.call()?;
        Ok(self.still.now)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        self.meter.call()?;
        Ok(1)
    }

    fn subscribe_instant(&mut self, _: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.nothing()
    }

    fn subscribe_duration(&mut self, _: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.nothing()
    }
}

const SECOND: u64 = 1_000_000_000;

impl clocks::wall_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<clocks::wall_clock::Datetime> {
        self.meter.call()?;
        let nanoseconds = u32::try_from(self.still.now % SECOND).unwrap_or(0);
        Ok(clocks::wall_clock::Datetime { seconds: self.still.now / SECOND, nanoseconds })
    }

    fn resolution(&mut self) -> wasmtime::Result<clocks::wall_clock::Datetime> {
        self.meter.call()?;
        Ok(clocks::wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl filesystem::preopens::Host for State {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<filesystem::types::Descriptor>, String)>> {
        self.meter.call()?;
        Ok(Vec::new())
    }
}

impl random::random::Host for State {
    fn get_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(length)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        self.random_number()
    }
}

impl random::insecure::Host for State {
    fn get_insecure_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.random_bytes(length)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        self.random_number()
    }
}

impl random::insecure_seed::Host for State {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.random_number()?, self.random_number()?))
    }
}

/// Everything is ready: no time passes here.
impl poll::Host for State {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        self.meter.call()?;
        let count = u32::try_from(pollables.len())?;
        self.meter.transfer(u64::from(count).saturating_mul(4))?;
        // The specification has it: there is nothing to wait for.
        if count == 0 { Err(Ended::Absent.into()) } else { Ok((0..count).collect()) }
    }
}

impl poll::HostPollable for State {
    fn ready(&mut self, _: Resource<DynPollable>) -> wasmtime::Result<bool> {
        self.meter.call()?;
        Ok(true)
    }

    fn block(&mut self, _: Resource<DynPollable>) -> wasmtime::Result<()> {
        Ok(self.meter.call()?)
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.drop_nothing(&pollable)
    }
}

impl streams::Host for State {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        match error {
            StreamError::Closed => Ok(streams::StreamError::Closed),
            StreamError::LastOperationFailed(error) | StreamError::Trap(error) => Err(error),
        }
    }
}

impl streams::HostInputStream for State {
    fn read(&mut self, _: Resource<DynInputStream>, _: u64) -> StreamResult<Vec<u8>> {
        self.closed()
    }

    fn blocking_read(&mut self, _: Resource<DynInputStream>, _: u64) -> StreamResult<Vec<u8>> {
        self.closed()
    }

    fn skip(&mut self, _: Resource<DynInputStream>, _: u64) -> StreamResult<u64> {
        self.closed()
    }

    fn blocking_skip(&mut self, _: Resource<DynInputStream>, _: u64) -> StreamResult<u64> {
        self.closed()
    }

    fn subscribe(&mut self, _: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        self.nothing()
    }

    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        self.drop_nothing(&stream)
    }
}

impl streams::HostOutputStream for State {
    fn check_write(&mut self, _: Resource<DynOutputStream>) -> StreamResult<u64> {
        self.discard(0)?;
        Ok(WRITE)
    }

    fn write(&mut self, _: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.discard(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }

    fn blocking_write_and_flush(&mut self, _: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.discard(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }

    fn flush(&mut self, _: Resource<DynOutputStream>) -> StreamResult<()> {
        self.discard(0)
    }

    fn blocking_flush(&mut self, _: Resource<DynOutputStream>) -> StreamResult<()> {
        self.discard(0)
    }

    fn subscribe(&mut self, _: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        self.nothing()
    }

    fn write_zeroes(&mut self, _: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        self.discard(length)
    }

    fn blocking_write_zeroes_and_flush(&mut self, _: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        self.discard(length)
    }

    fn splice(&mut self, _: Resource<DynOutputStream>, _: Resource<DynInputStream>, _: u64) -> StreamResult<u64> {
        self.closed()
    }

    fn blocking_splice(
        &mut self,
        _: Resource<DynOutputStream>,
        _: Resource<DynInputStream>,
        _: u64,
    ) -> StreamResult<u64> {
        self.closed()
    }

    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        self.drop_nothing(&stream)
    }
}

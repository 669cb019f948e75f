//! The room that spawns: it starts the processes that hold plugins, takes their powers away, and talks to them.
//!
//! The host itself is the *broker*: it keeps keys, records, network and log. A plugin runs in a *runner*, a process of the same
//! program that holds one component of one tenant and one invocation at a time, and nothing else: no file, no socket but
//! the one to the broker, no environment, no other process in reach. One message goes in, one comes out, and every byte that
//! comes out is taken for hostile. Whoever breaks the engine from inside has what that invocation had and, until the runner
//! is replaced, what the next ones of the same component and tenant have; and nowhere to send it but into their answers.
//!
//! Compiling is a process of its own too, in the same jail, with limits: what a hostile component does to the compiler, it does
//! there. The host itself reads no component.
//!
//! This room refuses to serve when a layer of the jail is missing that nobody accepted by name.

mod child;
mod clock;
mod compile;
mod components;
mod fault;
mod frame;
mod jail;
mod kept;
mod lanes;
mod layer;
mod message;
mod pool;
mod process;
mod shelf;
mod spare;
mod spawner;
mod watch;

pub use child::{RUNNER, serve};
pub use compile::{CompileError, CompileLimits, Priority, Spent};
pub use components::{Components, InsertError};
pub use jail::no_core_dumps;
pub use kept::{CodeKey, CodeOf, TAG};
pub use layer::{Layer, Layers};
pub use pool::{Wall, WallError, WallSettings};
pub use process::Program;

//! The thread that starts processes.

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};

use crate::process::Program;

type Order = (Command, SyncSender<io::Result<Child>>);

/// Starts processes of a program, all from one thread of its own: the kernel ends a process in the jail when the *thread*
/// that started it ends, and threads that answer calls come and go.
#[derive(Debug)]
pub(crate) struct Spawner {
    program: Program,
    orders: Sender<Order>,
}

impl Spawner {
    pub(crate) fn start(program: Program) -> io::Result<Self> {
        let (orders, ordered) = channel::<Order>();
        let spawning = move || {
            // It ends when nobody can order any more.
            for (mut command, reply) in ordered {
                drop(reply.send(command.spawn()));
            }
        };
        std::thread::Builder::new().name("spawner".to_owned()).spawn(spawning)?;
        Ok(Self { program, orders })
    }

    /// A process with nothing but these, and `/dev/null`.
    pub(crate) fn spawn(&self, input: Stdio, output: Stdio) -> io::Result<Child> {
        let mut command = self.program.command();
        command.env_clear().current_dir("/").stdin(input).stdout(output).stderr(Stdio::null());
        let (reply, replied) = sync_channel(1);
        let gone = |_| io::Error::other("the thread that starts processes is gone");
        self.orders.send((command, reply)).map_err(|_| gone(()))?;
        replied.recv().map_err(|_| gone(()))?
    }
}

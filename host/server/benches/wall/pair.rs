//! The bare limit of a process: bytes through a pair of sockets, and fewer back.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use crate::turns::now;

/// The verb of the process that does nothing.
pub(crate) const ECHO: &str = "echo";

/// Bytes of the answer: an answer with a card has about as many.
const ANSWER: usize = 1_000;

/// A process that does nothing, or takes its time over it, and the way to it.
pub(crate) struct Pair {
    stream: UnixStream,
    question: Vec<u8>,
    child: Child,
}

impl Pair {
    pub(crate) fn new(bytes: usize, work: Duration) -> anyhow::Result<Self> {
        let (stream, theirs) = UnixStream::pair()?;
        let mut command = Command::new(std::env::current_exe()?);
        let child = command
            .args([ECHO, &bytes.to_string(), &work.as_nanos().to_string()])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        Ok(Self { stream, question: vec![7; bytes], child })
    }

    pub(crate) fn round_trip(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(&self.question)?;
        Ok(self.stream.read_exact(&mut [0; ANSWER])?)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop((self.child.kill(), self.child.wait()));
    }
}

/// Is the process that does nothing.
pub(crate) fn echo() -> ExitCode {
    let figure = |place| std::env::args().nth(place).and_then(|figure| figure.parse().ok()).unwrap_or_default();
    let (bytes, work) = (usize::try_from(figure(2)).unwrap_or_default(), Duration::from_nanos(figure(3)));
    let Ok(socket) = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned() else { return ExitCode::FAILURE };
    let (mut stream, mut question) = (UnixStream::from(socket), vec![0; bytes]);
    while stream.read_exact(&mut question).is_ok() {
        let asked = now();
        while asked.elapsed() < work {}
        if stream.write_all(&[7; ANSWER]).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

//! The command line's end of the admin socket.

use std::io::Read;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cordon_store::Progress;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::oneshot;

use super::protocol::{LOAD, Reply, Request, Told};

/// A piece of a file on its way.
const PIECE: usize = 64 << 10;

/// The longest line of an answer: a report of the most refusals that are kept.
const MOST_LINE: usize = 4 << 20;

/// Why a running host could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers on the socket.
    #[error("no host answers on `{socket}`: start one with `cordon serve`")]
    NotRunning {
        /// The socket.
        socket: String,
    },
    /// The file system does not let this user reach the socket.
    #[error("this user may not use `{socket}`: run as the host's user, or add the user id to `admins`")]
    Denied {
        /// The socket.
        socket: String,
    },
    /// The file cannot be sent as it is.
    #[error("the file cannot be sent, and nothing of it was loaded")]
    File(#[source] std::io::Error),
    /// The conversation broke off, or the answer is not one.
    #[error("the host's answer could not be read: {0}")]
    Broken(String),
}

fn broken(error: impl std::fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}

/// Asks a running host.
///
/// # Errors
/// [`ClientError`].
pub async fn ask(socket: &Path, request: &Request) -> Result<Reply, ClientError> {
    let body = serde_json::to_vec(request).map_err(broken)?;
    let mut answer = post(socket, "/admin", Full::new(Bytes::from(body))).await?;
    let bytes = (&mut answer.body).collect().await.map_err(broken)?.to_bytes();
    serde_json::from_slice(&bytes).map_err(broken)
}

/// A file to load, and who hears how much of it is on its way.
pub struct Sent<F> {
    /// The file, from its beginning.
    pub file: F,
    /// Its length, as the request says it.
    pub length: u64,
    /// Hears how many bytes were sent.
    pub tell: Box<dyn FnMut(u64) + Send>,
}

/// Hands a running host a file to load. `request` is a [`Load`](super::protocol::Act::Load) of its length; `progress` hears what
/// the host has kept.
///
/// # Errors
/// [`ClientError`]; [`ClientError::File`] if the file is longer or shorter than its length.
pub async fn load<F: Read + Send + Unpin + 'static>(
    socket: &Path,
    request: &Request,
    mut sent: Sent<F>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reply, ClientError> {
    let mut line = serde_json::to_vec(request).map_err(broken)?;
    line.push(b'\n');
    if sent.length == 0 {
        // Nobody would ask the body for it.
        at_its_end(&mut sent.file).map_err(ClientError::File)?;
    }
    let ((go, asked_for), (fault, mut faulty)) = (oneshot::channel(), oneshot::channel());
    let (line, asked_for, fault) = (Some(line.into()), Some(asked_for), Some(fault));
    let outgoing = Outgoing { line, asked_for, left: sent.length, sent, fault };
    let heard = hear(post(socket, LOAD, outgoing), go, progress).await;
    // The host only knows that it broke off.
    faulty.try_recv().map_or(heard, |error| Err(ClientError::File(error)))
}

async fn hear(
    answer: impl Future<Output = Result<Answer, ClientError>>,
    go: oneshot::Sender<()>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reply, ClientError> {
    let (mut answer, mut go, mut waiting) = (answer.await?, Some(go), Vec::new());
    while let Some(frame) = answer.body.frame().await {
        waiting.extend_from_slice(&frame.map_err(broken)?.into_data().unwrap_or_default());
        while let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = waiting.drain(..=end).collect();
            match serde_json::from_slice(&line).map_err(broken)? {
                Told::Send => drop(go.take().map(|go| go.send(()))),
                Told::Progress(so_far) => progress(so_far),
                Told::Ended(reply) => return Ok(reply),
            }
        }
        if waiting.len() > MOST_LINE {
            return Err(broken("a line without an end"));
        }
    }
    Err(broken("it broke off"))
}

/// A file that goes on where it should end was not read whole.
fn at_its_end(file: &mut impl Read) -> std::io::Result<()> {
    match file.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(std::io::Error::other("it is longer than its size says, or grows")),
    }
}

/// An answer, and the task that reads it.
struct Answer {
    body: Incoming,
    driver: tokio::task::JoinHandle<hyper::Result<()>>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn post<B>(socket: &Path, path: &str, body: B) -> Result<Answer, ClientError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let not_running = |error: std::io::Error| {
        let socket = socket.display().to_string();
        match error.kind() == std::io::ErrorKind::PermissionDenied {
            true => ClientError::Denied { socket },
            false => ClientError::NotRunning { socket },
        }
    };
    let stream = UnixStream::connect(socket).await.map_err(not_running)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let driver = tokio::spawn(connection);
    let request = hyper::Request::post(path).header("host", "cordon").body(body).map_err(broken)?;
    let body = sender.send_request(request).await.map_err(broken)?.into_body();
    Ok(Answer { body, driver })
}

/// The request in one line, then, when it is asked for, the file in pieces: who is refused sends nothing. Reading a file waits
/// for nobody but the disk.
struct Outgoing<F> {
    line: Option<Bytes>,
    asked_for: Option<oneshot::Receiver<()>>,
    left: u64,
    sent: Sent<F>,
    fault: Option<oneshot::Sender<std::io::Error>>,
}

impl<F: Read> Outgoing<F> {
    /// The next piece, the last one only if nothing follows it.
    fn piece(&mut self) -> std::io::Result<Vec<u8>> {
        let most = self.left.min(PIECE as u64);
        let mut piece = Vec::new();
        let count = (&mut self.sent.file).take(most).read_to_end(&mut piece)?;
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if count < most {
            return Err(std::io::Error::other("it became shorter while it was read"));
        }
        self.left = self.left.saturating_sub(count);
        if self.left == 0 {
            at_its_end(&mut self.sent.file)?;
        }
        (self.sent.tell)(self.sent.length.saturating_sub(self.left));
        Ok(piece)
    }
}

impl<F: Read + Unpin> Body for Outgoing<F> {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if let Some(line) = self.line.take() {
            return Poll::Ready(Some(Ok(Frame::data(line))));
        }
        if let Some(asked_for) = &mut self.asked_for {
            if ready!(Pin::new(asked_for).poll(cx)).is_err() {
                return Poll::Ready(Some(Err(std::io::ErrorKind::BrokenPipe.into())));
            }
            self.asked_for = None;
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let piece = self.piece().map_err(|error| {
            let kind = error.kind();
            drop(self.fault.take().map(|fault| fault.send(error)));
            kind.into()
        });
        Poll::Ready(Some(piece.map(|piece| Frame::data(piece.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        let line = self.line.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(self.left.saturating_add(u64::try_from(line).unwrap_or(u64::MAX)))
    }
}

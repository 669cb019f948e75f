//! A file on its way in: the request in one line, then the bytes, in pieces of whatever size they come.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use cordon_store::LoadError;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::Door;
use super::protocol::{Act, Reply, Request, Told};
use crate::hospital::unloaded;

/// The longest request line: a reason of 500 characters, and the rest.
const MOST_LINE: usize = 16 << 10;

/// So many lines of the answer wait for whoever reads them.
const LINES: usize = 16;

pub(super) async fn load(State(door): State<Door>, body: Body) -> Response {
    let (say, lines) = mpsc::channel(LINES);
    let pieces = Pieces { body, runtime: Handle::current() };
    tokio::task::spawn_blocking(move || {
        let reply = take(&door, pieces, &say).unwrap_or_else(|reply| reply);
        if say.blocking_send(line(&Told::Ended(reply))).is_err() {
            tracing::debug!("nobody heard how a load ended");
        }
    });
    Response::new(Body::new(Lines(lines)))
}

/// Asks for the file of somebody who may load, takes all of it in, and then loads it.
fn take(door: &Door, mut pieces: Pieces, say: &mpsc::Sender<Bytes>) -> Result<Reply, Reply> {
    let (request, rest) = pieces.line()?;
    let request: Request = serde_json::from_slice(&request).map_err(|_| unreadable())?;
    let Act::Load { bytes, .. } = request.act else { return Err(unreadable()) };
    if !door.allowed {
        return Err(door.hospital.turn_away(&door.admin, &request));
    }
    let mut file = door.hospital.receive(&door.admin, &request, bytes)?;
    say.blocking_send(line(&Told::Send)).map_err(|_| cut_off())?;
    let mut next = Some(rest);
    while let Some(piece) = next {
        file.push(&piece).map_err(|error| unloaded(&error))?;
        next = pieces.next()?;
    }
    let mut progress = |so_far| match say.try_send(line(&Told::Progress(so_far))) {
        // Whoever reads slowly misses a line.
        Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => ControlFlow::Continue(()),
        Err(mpsc::error::TrySendError::Closed(_)) => ControlFlow::Break(()),
    };
    Ok(door.hospital.load_file(&door.admin, &request, file, &mut progress))
}

/// A line that cannot be written is none: the other side hears that the answer broke off.
fn line(told: &Told) -> Bytes {
    let mut text = serde_json::to_vec(told).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

fn unreadable() -> Reply {
    Reply::Failed { message: "the request could not be read: host and command differ in version".to_owned() }
}

fn cut_off() -> Reply {
    unloaded(&LoadError::Length).into()
}

/// The body, for a thread that may wait.
struct Pieces {
    body: Body,
    runtime: Handle,
}

impl Pieces {
    fn next(&mut self) -> Result<Option<Bytes>, Reply> {
        match self.runtime.block_on(self.body.frame()) {
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(_)) => Err(cut_off()),
            None => Ok(None),
        }
    }

    /// The first line without its end, and what came with it of the rest.
    fn line(&mut self) -> Result<(Vec<u8>, Bytes), Reply> {
        let mut line = Vec::new();
        while let Some(mut piece) = self.next()? {
            if let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
                line.extend_from_slice(&piece.split_to(end));
                return Ok((line, piece.slice(1..)));
            }
            line.extend_from_slice(&piece);
            if line.len() > MOST_LINE {
                break;
            }
        }
        Err(unreadable())
    }
}

/// The answer, a line at a time.
struct Lines(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(ready!(self.0.poll_recv(cx)).map(|line| Ok(Frame::data(line))))
    }
}

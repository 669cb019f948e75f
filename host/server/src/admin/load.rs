//! A file on its way in: the request in one line, then the bytes, in pieces of whatever size they come.
//!
//! A thread waits for the disk and the database only. Whoever stalls holds none, neither before it is known who it is and what
//! is asked for nor while the file comes.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use cordon_store::LoadError;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::protocol::{Act, Reply, Request, Told};
use super::{Door, apart, unreadable};
use crate::hospital::unloaded;

/// The longest request line: a reason of 500 characters, and the rest.
const MOST_LINE: usize = 16 << 10;

/// A file comes at least as fast as so many bytes in a second, after the time that a request has. So whoever sends a byte now
/// and then holds a place no longer than somebody who is slow.
const SLOWEST: u64 = 64 << 10;

/// So many lines of the answer wait for whoever reads them.
const LINES: usize = 16;

pub(super) async fn load(State(door): State<Door>, body: Body) -> Response {
    let (say, lines) = mpsc::channel(LINES);
    let idle = door.idle;
    tokio::spawn(async move {
        let reply = take(door, Pieces { body, idle }, &say).await.unwrap_or_else(|reply| reply);
        if !matches!(timeout(idle, say.send(line(&Told::Ended(reply)))).await, Ok(Ok(()))) {
            tracing::debug!("nobody heard how a load ended");
        }
    });
    Response::new(Body::new(Lines(lines)))
}

/// Asks for the file of somebody who may load, takes all of it in, and then loads it.
async fn take(door: Door, mut pieces: Pieces, say: &mpsc::Sender<Bytes>) -> Result<Reply, Reply> {
    let (request, rest) = pieces.line().await?;
    let request: Request = serde_json::from_slice(&request).map_err(|_| unreadable())?;
    let Act::Load { bytes, .. } = request.act else { return Err(unreadable()) };
    let Door { hospital, admin, allowed, .. } = door;
    if !allowed {
        return apart(move || hospital.turn_away(&admin, &request)).await;
    }
    let asked = Arc::new((hospital, admin, request));
    let by = Arc::clone(&asked);
    let mut file = apart(move || by.0.receive(&by.1, &by.2, bytes)).await??;
    say.send(line(&Told::Send)).await.map_err(|_| cut_off())?;
    let until = Instant::now() + pieces.idle + Duration::from_secs(bytes / SLOWEST);
    let mut next = Some(rest);
    while let Some(piece) = next {
        file = apart(move || file.push(&piece).map(|()| file)).await?.map_err(|error| unloaded(&error))?;
        next = pieces.next_until(until).await?;
    }
    let hears = say.clone();
    apart(move || {
        let (hospital, admin, request) = asked.as_ref();
        hospital.load_file(admin, request, file, &mut |so_far| heard(&hears, &Told::Progress(so_far)))
    })
    .await
}

/// Whoever reads slowly misses a line; whoever is gone wants no more.
fn heard(say: &mpsc::Sender<Bytes>, told: &Told) -> ControlFlow<()> {
    match say.try_send(line(told)) {
        Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => ControlFlow::Continue(()),
        Err(mpsc::error::TrySendError::Closed(_)) => ControlFlow::Break(()),
    }
}

/// A line that cannot be written is none: the other side hears that the answer broke off.
fn line(told: &Told) -> Bytes {
    let mut text = serde_json::to_vec(told).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

fn cut_off() -> Reply {
    unloaded(&LoadError::Length).into()
}

fn stalled() -> Reply {
    Reply::Failed { message: "the file came too slowly, or stopped coming: nothing of it was loaded".to_owned() }
}

/// The body, for whoever does not wait for ever.
struct Pieces {
    body: Body,
    idle: Duration,
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, Reply> {
        match timeout(self.idle, self.body.frame()).await.map_err(|_| stalled())? {
            Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
            Some(Err(_)) => Err(cut_off()),
            None => Ok(None),
        }
    }

    /// The next piece before that time. Whoever always has one gets no more of it either.
    async fn next_until(&mut self, until: Instant) -> Result<Option<Bytes>, Reply> {
        let next = timeout_at(until, self.next()).await.map_err(|_| stalled())??;
        if next.is_some() && Instant::now() >= until { Err(stalled()) } else { Ok(next) }
    }

    /// The first line without its end, and what came with it of the rest.
    async fn line(&mut self) -> Result<(Vec<u8>, Bytes), Reply> {
        let until = Instant::now() + self.idle;
        let mut line = Vec::new();
        while let Some(mut piece) = self.next_until(until).await? {
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
pub(super) struct Lines(pub(super) mpsc::Receiver<Bytes>);

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(ready!(self.0.poll_recv(cx)).map(|line| Ok(Frame::data(line))))
    }
}

//! The hospital's door: a unix socket on which administrators act. Who they are comes from the kernel.

pub mod client;
mod impatient;
mod load;
pub mod protocol;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Json;
use axum::routing::post;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::clock;
use crate::hospital::Hospital;
use impatient::Impatient;
use protocol::{LOAD, Reply, Request};

/// A component of 64 MiB in base64, and its envelope.
const MOST_BODY: usize = 96 << 20;

/// What somebody sends who may not act: enough to say what was tried.
const MOST_STRANGE: usize = 16 << 10;

/// So many connections of administrators are open at a time.
const CONNECTIONS: usize = 64;

/// So many of others, who take none of theirs away. They are heard because what they try is recorded.
const STRANGERS: usize = 4;

/// As long as a connection of somebody else may take.
const STRANGE: Duration = Duration::from_secs(10);

/// As long as an administrator's connection may say nothing where the host waits for it. A request that is no file must be
/// there as soon.
const IDLE: Duration = Duration::from_secs(30);

/// So often it is recorded how many attempts of others were only counted.
const MINUTE: Duration = Duration::from_mins(1);

/// Why the admin socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The socket cannot be bound.
    #[error("cannot listen on `{path}`")]
    Bind {
        /// The socket.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// An administrator: user id and name, as the kernel and the user database say.
#[derive(Debug, Clone)]
pub struct Admin(String);

impl Admin {
    pub(crate) fn of(uid: u32) -> Self {
        let name = uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned());
        Self(format!("{} ({uid})", name.as_deref().unwrap_or("unknown")))
    }

    /// For the record.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bound socket. Its file goes when this is dropped.
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
    admins: BTreeSet<u32>,
    room: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl AdminSocket {
    /// Binds the socket, for its owner only. The caller holds the store's lock, so a socket left behind is stale.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn bind(path: &Path, admins: impl IntoIterator<Item = u32>) -> Result<Self, AdminError> {
        let failed = |source| AdminError::Bind { path: path.display().to_string(), source };
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
        let own = uzers::get_effective_uid();
        let admins = admins.into_iter().chain([0, own]).collect();
        let (room, strangers) = (Arc::new(Semaphore::new(CONNECTIONS)), Arc::new(Semaphore::new(STRANGERS)));
        Ok(Self { listener, path: path.to_owned(), admins, room, strangers })
    }

    /// Answers until told to stop.
    pub async fn serve(self, hospital: Arc<Hospital>, mut stop: watch::Receiver<bool>) {
        let mut minute = tokio::time::interval(MINUTE);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.answer(stream, &hospital),
                    // No descriptor is free: in a while one may be.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                },
                _ = minute.tick() => drop(count(&hospital, clock::now())),
                _ = stop.changed() => break,
            }
        }
        if count(&hospital, Timestamp::MAX).await.is_err() {
            tracing::error!("the host stopped before it recorded all attempts at the admin socket");
        }
    }

    fn answer(&self, stream: UnixStream, hospital: &Arc<Hospital>) {
        // Without credentials nobody is known, so nothing is answered.
        let Ok(peer) = stream.peer_cred() else { return };
        let allowed = self.admins.contains(&peer.uid());
        let (room, longest) = match allowed {
            true => (&self.room, Duration::MAX),
            false => (&self.strangers, STRANGE),
        };
        let Ok(place) = Arc::clone(room).try_acquire_owned() else {
            tracing::warn!(allowed, "a connection to the admin socket was refused: too many");
            return;
        };
        let door = Door { hospital: Arc::clone(hospital), admin: Admin::of(peer.uid()), allowed, idle: IDLE };
        tokio::spawn(async move {
            let _place = place;
            if !matches!(timeout(longest, converse(stream, door)).await, Ok(Ok(()))) {
                tracing::debug!("a connection to the admin socket broke off");
            }
        });
    }
}

/// Records how many attempts were only counted until then.
fn count(hospital: &Arc<Hospital>, until: Timestamp) -> tokio::task::JoinHandle<()> {
    let hospital = Arc::clone(hospital);
    tokio::task::spawn_blocking(move || hospital.record_counted(until))
}

async fn converse(stream: UnixStream, door: Door) -> hyper::Result<()> {
    let idle = door.idle;
    let router = Router::new().route("/admin", post(act)).route(LOAD, post(load::load)).with_state(door);
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .serve_connection(TokioIo::new(Impatient::new(stream, idle)), TowerToHyperService::new(router))
        .await
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        if std::fs::remove_file(&self.path).is_err() {
            tracing::debug!("the admin socket was already gone");
        }
    }
}

#[derive(Clone)]
struct Door {
    hospital: Arc<Hospital>,
    admin: Admin,
    allowed: bool,
    idle: Duration,
}

async fn act(State(door): State<Door>, body: Body) -> Json<Reply> {
    Json(acted(door, body).await.unwrap_or_else(|reply| reply))
}

async fn acted(door: Door, body: Body) -> Result<Reply, Reply> {
    let Door { hospital, admin, allowed, idle } = door;
    let most = if allowed { MOST_BODY } else { MOST_STRANGE };
    let body = timeout(idle, axum::body::to_bytes(body, most)).await;
    let body = body.ok().and_then(Result::ok).ok_or_else(unreadable)?;
    let request: Request = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    apart(move || match allowed {
        true => hospital.act(&admin, &request),
        false => hospital.turn_away(&admin, &request),
    })
    .await
}

/// Work on a thread that may wait for the disk.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Reply> {
    let failed = |_| Reply::Failed { message: "the host failed".to_owned() };
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

fn unreadable() -> Reply {
    Reply::Failed { message: "the request could not be read: host and command differ in version".to_owned() }
}

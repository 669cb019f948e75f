//! The hospital's door: a unix socket on which administrators act. Who they are comes from the kernel.

pub mod client;
mod load;
pub mod protocol;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Json;
use axum::routing::post;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::hospital::Hospital;
use protocol::{LOAD, Reply, Request};

/// A component of 64 MiB in base64, and its envelope.
const MOST_BODY: usize = 96 << 20;

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
        Ok(Self { listener, path: path.to_owned(), admins: admins.into_iter().chain([0, own]).collect() })
    }

    /// Answers until told to stop.
    pub async fn serve(self, hospital: Arc<Hospital>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => if let Ok((stream, _)) = accepted { self.answer(stream, &hospital) },
                _ = stop.changed() => return,
            }
        }
    }

    fn answer(&self, stream: UnixStream, hospital: &Arc<Hospital>) {
        // Without credentials nobody is known, so nothing is answered.
        let Ok(peer) = stream.peer_cred() else { return };
        let allowed = self.admins.contains(&peer.uid());
        let door = Door { hospital: Arc::clone(hospital), admin: Admin::of(peer.uid()), allowed };
        let router = Router::new()
            .route("/admin", post(act))
            .route(LOAD, post(load::load))
            .layer(DefaultBodyLimit::max(MOST_BODY))
            .with_state(door);
        tokio::spawn(async move {
            let served = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
                .await;
            if served.is_err() {
                tracing::debug!("an administrator's connection broke off");
            }
        });
    }
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
}

async fn act(State(door): State<Door>, body: Bytes) -> Json<Reply> {
    let request = match serde_json::from_slice::<Request>(&body) {
        Ok(request) => request,
        Err(_) => {
            return Json(Reply::Failed {
                message: "the request could not be read: host and command differ in version".to_owned(),
            });
        }
    };
    let Door { hospital, admin, allowed } = door;
    let acted = tokio::task::spawn_blocking(move || match allowed {
        true => hospital.act(&admin, &request),
        false => hospital.turn_away(&admin, &request),
    });
    Json(acted.await.unwrap_or_else(|_| Reply::Failed { message: "the host failed".to_owned() }))
}

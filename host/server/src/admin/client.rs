//! The command line's end of the admin socket.

use std::path::Path;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::protocol::{Reply, Request};

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
    /// The conversation broke off, or the answer is not one.
    #[error("the host's answer could not be read: {0}")]
    Broken(String),
}

/// Asks a running host.
///
/// # Errors
/// [`ClientError`].
pub async fn ask(socket: &Path, request: &Request) -> Result<Reply, ClientError> {
    let not_running = |error: std::io::Error| {
        let socket = socket.display().to_string();
        match error.kind() == std::io::ErrorKind::PermissionDenied {
            true => ClientError::Denied { socket },
            false => ClientError::NotRunning { socket },
        }
    };
    let stream = UnixStream::connect(socket).await.map_err(not_running)?;
    let broken = |error: &dyn std::fmt::Display| ClientError::Broken(error.to_string());
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    let driver = tokio::spawn(connection);
    let body = serde_json::to_vec(request).map_err(|e| broken(&e))?;
    let request = hyper::Request::post("/admin")
        .header("host", "cordon")
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| broken(&e))?;
    let response = sender.send_request(request).await.map_err(|e| broken(&e))?;
    let bytes = response.into_body().collect().await.map_err(|e| broken(&e))?.to_bytes();
    drop(sender);
    driver.abort();
    serde_json::from_slice(&bytes).map_err(|e| broken(&e))
}

//! The edge: one listener, HTTP/1.1 only, and a bound on everything that a stranger can make last or grow.
//!
//! There is no HTTP/2 (rapid reset, CONTINUATION floods), no request decompression, and no plain HTTP beyond loopback.
//! `axum::serve` is not used: it installs no timer, so that a stalled header would stay open for ever.

mod body;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

pub use body::{BodyError, BodyLimits, read_body};
pub use tls::{TlsError, TlsIdentity};

/// Bounds on connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeLimits {
    /// From the first byte awaited to the end of a header, and for a TLS handshake; so it is also how long an idle
    /// connection stays open. Default: 5 s.
    pub header_timeout: Duration,
    /// The largest header. Default: 32 KiB.
    pub max_header_bytes: usize,
    /// The most header lines. Default: 64.
    pub max_headers: usize,
    /// Connections at one time; beyond it a new one is closed at once. Default: 1,024.
    pub connections: usize,
    /// After this a connection finishes its request and closes. Default: 60 s.
    pub connection_age: Duration,
    /// How long a request in flight has to finish once the connection must close. Default: 10 s.
    pub grace: Duration,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(5),
            max_header_bytes: 32 * 1024,
            max_headers: 64,
            connections: 1_024,
            connection_age: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}

/// Why the edge does not serve.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// Records would cross a network in clear text.
    #[error("plain HTTP is for loopback only, and {address} is not: configure TLS")]
    PlainHttp {
        /// Where it should have listened.
        address: SocketAddr,
    },
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[source] std::io::Error),
}

/// Serves connections within limits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edge {
    limits: EdgeLimits,
}

/// What every connection gets.
#[derive(Clone)]
struct Shared {
    limits: EdgeLimits,
    tls: Option<TlsAcceptor>,
    router: Router,
    stopping: watch::Receiver<bool>,
}

impl Edge {
    /// An edge with these limits.
    #[must_use]
    pub fn new(limits: EdgeLimits) -> Self {
        Self { limits }
    }

    /// Serves until `shutdown` completes; then takes no new connection and gives those in flight the grace time.
    ///
    /// # Errors
    /// [`EdgeError`]: without TLS the listener must be on a loopback address.
    pub async fn serve(
        self,
        listener: TcpListener,
        tls: Option<TlsIdentity>,
        router: Router,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), EdgeError> {
        let address = listener.local_addr().map_err(EdgeError::Listener)?;
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(EdgeError::PlainHttp { address });
        }
        let (stop, stopping) = watch::channel(false);
        let shared = Shared { limits: self.limits, tls: tls.map(TlsIdentity::acceptor), router, stopping };
        let mut tasks = JoinSet::new();
        tokio::select! {
            () = accept(&listener, &shared, &mut tasks) => {}
            () = shutdown => {}
        }
        drop(listener);
        stop.send_replace(true);
        let finished = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.limits.grace, finished).await.is_err() {
            tasks.shutdown().await;
        }
        Ok(())
    }
}

async fn accept(listener: &TcpListener, shared: &Shared, tasks: &mut JoinSet<()>) {
    let permits = Arc::new(Semaphore::new(shared.limits.connections));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
        };
        match (accepted, Arc::clone(&permits).try_acquire_owned()) {
            (Ok((stream, _)), Ok(permit)) => {
                tasks.spawn(connection(stream, shared.clone(), permit));
            }
            (Ok(_), Err(_)) => tracing::warn!("connection refused: too many"),
            (Err(error), _) => {
                // No descriptor is free, or the peer has left: in either case the next accept may work.
                tracing::warn!(kind = %error.kind(), "accept failed");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, shared: Shared, _permit: OwnedSemaphorePermit) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(kind = %error.kind(), "TCP_NODELAY");
    }
    match &shared.tls {
        None => serve_http(stream, shared).await,
        Some(acceptor) => match tokio::time::timeout(shared.limits.header_timeout, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => serve_http(stream, shared).await,
            Ok(Err(_)) => tracing::debug!("TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake timed out"),
        },
    }
}

async fn serve_http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, shared: Shared) {
    let Shared { limits, router, mut stopping, .. } = shared;
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(limits.max_headers)
        .max_buf_size(limits.max_header_bytes);
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(served);
    tokio::select! {
        _ = served.as_mut() => return,
        () = tokio::time::sleep(limits.connection_age) => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    served.as_mut().graceful_shutdown();
    if tokio::time::timeout(limits.grace, served).await.is_err() {
        tracing::debug!("connection cut off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_a_stalled_header_or_body_is_cut_off_within_15_seconds() {
        assert!(EdgeLimits::default().header_timeout <= Duration::from_secs(15));
        assert!(BodyLimits::default().within <= Duration::from_secs(15));
    }
}

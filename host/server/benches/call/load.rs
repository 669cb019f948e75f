//! A bounded load over loopback: keep-alive connections, one request at a time on each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderValue, Request};
use cordon_server::edge::{Edge, EdgeLimits};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::watch::now;
use crate::world::{PATH, request};

/// The longest a round lasts.
const ROUND: Duration = Duration::from_millis(500);

/// Serves a router behind the host's own edge until the process ends.
pub(crate) async fn serve(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(Edge::new(EdgeLimits::default()).serve(listener, None, router, std::future::pending()));
    Ok(address)
}

/// What one round saw.
#[derive(Default)]
pub(crate) struct Round {
    /// Requests per second.
    pub(crate) throughput: f64,
    pub(crate) latencies: Vec<Duration>,
}

/// Sends each token once and the bodies in turn, until the tokens or the time are used up. An answer other than 200 ends the
/// benchmark.
pub(crate) async fn round(
    address: SocketAddr,
    bodies: &Arc<[Bytes]>,
    tokens: Vec<HeaderValue>,
    connections: usize,
) -> anyhow::Result<Round> {
    let (tokens, next) = (Arc::new(tokens), Arc::new(AtomicUsize::new(0)));
    let started = now();
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(address, Arc::clone(bodies), Arc::clone(&tokens), Arc::clone(&next)));
    }
    let mut round = Round::default();
    while let Some(latencies) = clients.join_next().await {
        round.latencies.extend(latencies??);
    }
    let answered = u32::try_from(round.latencies.len())?;
    round.throughput = f64::from(answered) / started.elapsed().as_secs_f64();
    Ok(round)
}

async fn client(
    address: SocketAddr,
    bodies: Arc<[Bytes]>,
    tokens: Arc<Vec<HeaderValue>>,
    next: Arc<AtomicUsize>,
) -> anyhow::Result<Vec<Duration>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (started, mut latencies) = (now(), Vec::new());
    while started.elapsed() < ROUND {
        let turn = next.fetch_add(1, Ordering::Relaxed);
        let Some((token, body)) = tokens.get(turn).zip(bodies.get(turn % bodies.len())) else { break };
        let request: Request<Full<Bytes>> = request(PATH, token, Full::new(body.clone()))?;
        let sent = now();
        let response = sender.send_request(request).await?;
        anyhow::ensure!(response.status().is_success(), "answered {}", response.status());
        response.into_body().collect().await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

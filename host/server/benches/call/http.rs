//! Ratios over HTTP: every side behind the host's own edge, turn by turn, at some connections.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderValue;
use jsonwebtoken::Algorithm;

use crate::load::{self, Round};
use crate::watch::quantile;
use crate::world::World;
use crate::{Row, row};

/// Rounds of load for each side.
const ROUNDS: usize = 5;
/// Requests of a round at most.
const REQUESTS: usize = 1_500;
/// The native side answers faster: it may send each token so many times.
const AGAIN: usize = 8;
/// The connections that the goals are about: eight clients on two cores.
const GOAL: usize = 8;
/// The axis.
const CONNECTIONS: [usize; 3] = [1, GOAL, 64];

/// The servers of a world, and what they are asked.
pub(crate) struct Load<'w> {
    world: &'w World,
    bodies: Arc<[Bytes]>,
    native: SocketAddr,
    host: SocketAddr,
    columns: SocketAddr,
}

/// What a side answered in all rounds.
type Rounds = Vec<Round>;

impl<'w> Load<'w> {
    pub(crate) async fn new(world: &'w World, bodies: Arc<[Bytes]>) -> anyhow::Result<Self> {
        let [native, host, columns] = [&world.native, &world.host, &world.columns].map(|router| router.clone());
        let (native, host) = (load::serve(native).await?, load::serve(host).await?);
        Ok(Self { world, bodies, native, host, columns: load::serve(columns).await? })
    }

    /// Every row over HTTP.
    pub(crate) async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for connections in CONNECTIONS {
            rows.extend(if connections == GOAL { self.goals().await? } else { self.plain(connections).await? });
        }
        rows.extend(self.growth().await?);
        Ok(rows)
    }

    fn tokens(&self, alg: Algorithm) -> anyhow::Result<Vec<HeaderValue>> {
        (0..REQUESTS).map(|_| self.world.token(alg)).collect()
    }

    async fn limit(&self, connections: usize) -> anyhow::Result<Round> {
        // The native side reads no token.
        let token = self.world.token(Algorithm::ES384)?;
        load::round(self.native, &self.bodies, vec![token; REQUESTS * AGAIN], connections).await
    }

    async fn ours(&self, at: SocketAddr, alg: Algorithm, connections: usize) -> anyhow::Result<Round> {
        load::round(at, &self.bodies, self.tokens(alg)?, connections).await
    }

    /// The host against the limit.
    async fn plain(&self, connections: usize) -> anyhow::Result<Vec<Row>> {
        let (mut limit, mut host) = (Rounds::new(), Rounds::new());
        for _ in 0..ROUNDS {
            limit.push(self.limit(connections).await?);
            host.push(self.ours(self.host, Algorithm::ES384, connections).await?);
        }
        say(connections, &[("native", &limit), ("host", &host)])?;
        Ok(against(connections, &host, &limit))
    }

    /// The same, with typed columns and with the other algorithm that CDS Hooks names beside it.
    async fn goals(&self) -> anyhow::Result<Vec<Row>> {
        let (mut limit, mut host, mut columns, mut rs384) =
            (Rounds::new(), Rounds::new(), Rounds::new(), Rounds::new());
        for _ in 0..ROUNDS {
            limit.push(self.limit(GOAL).await?);
            host.push(self.ours(self.host, Algorithm::ES384, GOAL).await?);
            columns.push(self.ours(self.columns, Algorithm::ES384, GOAL).await?);
            rs384.push(self.ours(self.host, Algorithm::RS384, GOAL).await?);
        }
        say(GOAL, &[("native", &limit), ("host", &host), ("columns", &columns), ("RS384", &rs384)])?;
        let goal = |name, side: &Rounds| row(name, throughput(side, &limit), "native throughput, 8 connections");
        let mut rows = against(GOAL, &host, &limit);
        rows.push(goal("http_throughput_vs_native", &host));
        rows.push(goal("http_throughput_columns_vs_native", &columns));
        rows.push(goal("http_throughput_rs384_vs_native", &rs384));
        Ok(rows)
    }

    /// Each side's own throughput at more connections against one, in turns.
    async fn growth(&self) -> anyhow::Result<Vec<Row>> {
        let mut rounds: [[Rounds; 2]; CONNECTIONS.len()] = Default::default();
        for _ in 0..ROUNDS {
            for (connections, [limit, host]) in CONNECTIONS.into_iter().zip(&mut rounds) {
                limit.push(self.limit(connections).await?);
                host.push(self.ours(self.host, Algorithm::ES384, connections).await?);
            }
        }
        let [[limit, host], more @ ..] = rounds;
        let named = CONNECTIONS.into_iter().skip(1).zip(&more);
        let rows = named.flat_map(|(connections, [more_native, more])| {
            let of = "throughput at 1 connection";
            [
                row(format!("connections_{connections}_vs_1"), throughput(more, &host), of),
                row(format!("native_connections_{connections}_vs_1"), throughput(more_native, &limit), of),
            ]
        });
        Ok(rows.collect())
    }
}

fn against(connections: usize, host: &Rounds, limit: &Rounds) -> Vec<Row> {
    let latency = |percent| {
        middle(
            host.iter()
                .zip(limit)
                .map(|(host, limit)| quantile(&host.latencies, percent) / quantile(&limit.latencies, percent)),
        )
    };
    let rows = [("throughput", throughput(host, limit)), ("p50", latency(50)), ("p99", latency(99))];
    rows.map(|(name, ratio)| row(format!("load/{connections}/{name}"), ratio, "native load")).into()
}

/// The median of the rounds' ratios.
fn throughput(side: &Rounds, of: &Rounds) -> f64 {
    middle(side.iter().zip(of).map(|(side, of)| side.throughput / of.throughput))
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What the machine did, for whoever sits in front of it: no figure of a machine is kept.
fn say(connections: usize, sides: &[(&str, &Rounds)]) -> anyhow::Result<()> {
    let mut out = std::io::stderr().lock();
    write!(out, "requests per second, connections {connections}:")?;
    for (name, rounds) in sides {
        write!(out, " {name} {:.0}", middle(rounds.iter().map(|round| round.throughput)))?;
    }
    Ok(writeln!(out)?)
}

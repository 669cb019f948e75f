//! One call of a real host against the same work done natively in the same server from the same bytes.
//!
//! Both sides run turn by turn in one process, so a ratio holds whatever else the machine does. `docs/performance.md` says
//! how to run this and how to read it.

mod bodies;
mod http;
mod keys;
mod load;
mod native;
mod watch;
mod world;

use std::alloc::System;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use bodies::{answer, bodies, same_advice};
use cordon_ward::{Ward, WardOptions};
use criterion::Criterion;
use jsonwebtoken::Algorithm;
use serde_json::json;
use tokio::runtime::Runtime;
use watch::{median, now};
use world::{Plugin, World};
use zeroizing_alloc::ZeroAlloc;

/// As in the binary `cordon`. The native side shares the process, so it pays for it too.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// The calls whose plugin reads typed columns.
const COLUMNS: &str = "columns";

/// One ratio.
struct Row {
    name: String,
    ratio: f64,
    /// What the ratio is of.
    of: &'static str,
}

fn row(name: impl Into<String>, ratio: f64, of: &'static str) -> Row {
    Row { name: name.into(), ratio, of }
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(cordon_wall::RUNNER) {
        return cordon_wall::serve(|runner| runner);
    }
    match all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn all() -> anyhow::Result<()> {
    let ward: Vec<_> = Ward::new(&WardOptions::new(7, 1_100))?.collect();
    let chosen = bodies::chosen(&ward)?;
    let (runtime, plugin) = (Runtime::new()?, Plugin::new()?);
    let world = World::new(&plugin, chosen.iter().copied())?;
    let (sent, searched) = (bodies(&chosen, true), bodies(&chosen, false));
    same_advice(&runtime, &world, &sent)?;
    same_advice(&runtime, &world, &searched)?;

    let mut criterion = Criterion::default().measurement_time(Duration::from_secs(4)).without_plots();
    let mut rows = calls(&mut criterion, &runtime, &world, "prefetch", &sent)?;
    rows.extend(calls(&mut criterion, &runtime, &world, COLUMNS, &sent)?);
    rows.extend(calls(&mut criterion, &runtime, &world, "store", &searched)?);
    rows.extend(gate(&mut criterion, &runtime, &world, &sent)?);
    rows.extend(runtime.block_on(async { http::Load::new(&world, sent).await?.rows().await })?);
    drop(world);
    let first = *chosen.first().context("a patient")?;
    let others = |count| ward.iter().filter(|record| record.number != first.number).take(count).chain([first]);
    let wards = [10, 100, 1_000].map(|count| World::new(&plugin, others(count)));
    let [one, ten, hundred] = wards;
    rows.extend(scaling(&runtime, &[one?, ten?, hundred?], searched.first().context("a body")?)?);
    report(&rows)
}

/// Times of one call on each side, taken in turns.
#[derive(Default)]
struct Turns {
    native: Vec<Duration>,
    host: Vec<Duration>,
}

impl Turns {
    fn turn(&mut self, runtime: &Runtime, world: &World, host: &Router, body: &Bytes) -> anyhow::Result<Duration> {
        let token = world.token(Algorithm::ES384)?;
        let started = now();
        runtime.block_on(answer(&world.native, &token, body))?;
        self.native.push(started.elapsed());
        let started = now();
        world.watch.start();
        runtime.block_on(answer(host, &token, body))?;
        world.watch.stop();
        let host = started.elapsed();
        self.host.push(host);
        Ok(host)
    }
}

/// Whole calls without HTTP, and their steps. Criterion sees the host's side.
fn calls(
    criterion: &mut Criterion,
    runtime: &Runtime,
    world: &World,
    name: &str,
    bodies: &[Bytes],
) -> anyhow::Result<Vec<Row>> {
    let host = if name == COLUMNS { &world.columns } else { &world.host };
    let mut next = bodies.iter().cycle();
    let mut turns = Turns::default();
    let mut failed = None;
    criterion.bench_function(&format!("call/{name}"), |bencher| {
        bencher.iter_custom(|times| {
            let mut run = |turns: &mut Turns| -> anyhow::Result<Duration> {
                (0..times).zip(&mut next).map(|(_, body)| turns.turn(runtime, world, host, body)).sum()
            };
            run(&mut turns).unwrap_or_else(|error| {
                failed = Some(error);
                Duration::from_secs(1)
            })
        });
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let (native, host) = (median(&turns.native), median(&turns.host));
    let mut rows = vec![row(format!("{name}/call"), host / native, "native call")];
    let steps: Vec<_> = world.watch.take().into_iter().map(|(step, times)| (step, median(&times))).collect();
    let durable = |step: &str| matches!(step, "spend" | "seal");
    let whole: f64 = steps.iter().map(|(_, time)| time).sum();
    let computing: f64 = steps.iter().filter(|(step, _)| !durable(step)).map(|(_, time)| time).sum();
    rows.push(row(format!("{name}/computing"), computing / native, "native call"));
    for (step, time) in &steps {
        rows.push(row(format!("{name}/step/{step}"), time / native, "native call"));
        rows.push(row(format!("{name}/share/{step}"), time / whole, "all steps"));
    }
    Ok(rows)
}

/// A call whose answer has four cards, and what of it the gate takes: from the run's reply to the record.
fn gate(criterion: &mut Criterion, runtime: &Runtime, world: &World, bodies: &[Bytes]) -> anyhow::Result<Vec<Row>> {
    world.watch.repeat(4);
    let mut rows = calls(criterion, runtime, world, "four-cards", bodies)?;
    world.watch.repeat(1);
    let share = rows.iter().find(|row| row.name == "four-cards/share/release").context("no card was released")?.ratio;
    rows.push(row("gate_vs_call", share, "a call that answers four cards"));
    Ok(rows)
}

/// What obtaining one patient's data costs while the ward around the patient grows tenfold and a hundredfold.
fn scaling(runtime: &Runtime, wards: &[World; 3], body: &Bytes) -> anyhow::Result<Vec<Row>> {
    let mut turns = Turns::default();
    for _ in 0..200 {
        for ward in wards {
            turns.turn(runtime, ward, &ward.host, body)?;
        }
    }
    let gather = |ward: &World| ward.watch.take().get("gather").map_or(f64::NAN, |times| median(times));
    let [one, ten, hundred] = wards.each_ref().map(gather);
    let of = "gather at 10 other patients";
    Ok(vec![row("scale/100-patients", ten / one, of), row("scale/1000-patients", hundred / one, of)])
}

/// A table, and as the last line one JSON object.
fn report(rows: &[Row]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out)?;
    for Row { name, ratio, of } in rows {
        writeln!(out, "{name:<24} {ratio:>8.3} x {of}")?;
    }
    let results: Vec<_> =
        rows.iter().map(|Row { name, ratio, of }| json!({ "name": name, "ratio": ratio, "of": of })).collect();
    writeln!(out, "{}", json!({ "results": results }))?;
    Ok(())
}

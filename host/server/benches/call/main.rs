//! One call of a real host against the same work done natively in the same server from the same bytes.
//!
//! Both sides run turn by turn in one process, so a ratio holds whatever else the machine does. `docs/performance.md` says
//! how to run this and how to read it.

mod load;
mod native;
mod watch;
mod world;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderValue;
use cordon_ward::{Cast, PatientRecord, T1Verdict, Ward, WardOptions};
use criterion::Criterion;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use watch::{median, now, quantile};
use world::{PATH, World, request};

/// Rounds of load for each side.
const ROUNDS: usize = 5;
/// Requests of a round at most.
const REQUESTS: usize = 1_000;
/// The native side answers faster: it may send each token so many times.
const AGAIN: usize = 8;

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
    let severe = |cast: &Cast| cast.t1 == T1Verdict::Contraindicated;
    let chosen = ward.iter().find(|record| severe(&record.cast)).context("a hundred patients have every class")?;
    let others = |count: usize| ward.iter().filter(|record| record.number != chosen.number).take(count).chain([chosen]);
    let runtime = Runtime::new()?;
    let world = World::new(others(10))?;
    let (sent, searched) = (body(chosen, true), body(chosen, false));
    same_advice(&runtime, &world, [&sent, &searched])?;

    let mut criterion = Criterion::default().measurement_time(Duration::from_secs(4)).without_plots();
    let mut rows = calls(&mut criterion, &runtime, &world, "prefetch", &sent)?;
    rows.extend(calls(&mut criterion, &runtime, &world, "store", &searched)?);
    rows.extend(gate(&mut criterion, &runtime, &world, &sent)?);
    for connections in [1, 8, 64] {
        rows.extend(runtime.block_on(loads(&world, &sent, connections))?);
    }
    rows.push(runtime.block_on(connections(&world, &sent))?);
    let wards = [world, World::new(others(100))?, World::new(others(1_000))?];
    rows.extend(scaling(&runtime, &wards, &searched)?);
    report(&rows)
}

/// An `order-select` call with a metformin draft; with prefetch, or so that the store stands in.
fn body(record: &PatientRecord, prefetch: bool) -> Bytes {
    let id = record.patient.get("id").and_then(Value::as_str).unwrap_or_default();
    let draft = json!({ "resourceType": "MedicationRequest", "id": "draft-1", "status": "draft", "intent": "order",
        "subject": { "reference": format!("Patient/{id}") },
        "medicationCodeableConcept": { "coding": [{ "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975",
            "display": "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet" }] } });
    let mut call = json!({ "hook": "order-select", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": { "userId": "Practitioner/1", "patientId": id, "selections": ["MedicationRequest/draft-1"],
            "draftOrders": { "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": draft }] } } });
    if let Some(call) = call.as_object_mut().filter(|_| prefetch) {
        let bundle = |found: &[(&str, &str)]| {
            let rows = record.resources.iter().filter(|row| found.iter().any(|(at, what)| text(row, at) == Some(what)));
            let entry: Vec<_> = rows.map(|row| json!({ "resource": row })).collect();
            json!({ "resourceType": "Bundle", "type": "searchset", "total": entry.len(), "entry": entry })
        };
        let code = "/code/coding/0/code";
        call.insert(
            "prefetch".to_owned(),
            json!({ "patient": record.patient,
            "creatinine": bundle(&[(code, "2160-0"), (code, "38483-4")]),
            "weight": bundle(&[(code, "29463-7")]), "medication": bundle(&[("/resourceType", "MedicationRequest")]) }),
        );
    }
    Bytes::from(call.to_string())
}

fn text<'a>(row: &'a Value, at: &str) -> Option<&'a str> {
    row.pointer(at)?.as_str()
}

async fn answer(router: &Router, token: &HeaderValue, body: &Bytes) -> anyhow::Result<Bytes> {
    let response =
        router.clone().oneshot(request(PATH, token, Full::new(body.clone()))?.map(axum::body::Body::new)).await?;
    anyhow::ensure!(response.status().is_success(), "answered {}", response.status());
    Ok(response.into_body().collect().await?.to_bytes())
}

/// A ratio means something only if both sides give the same advice.
fn same_advice(runtime: &Runtime, world: &World, bodies: [&Bytes; 2]) -> anyhow::Result<()> {
    for body in bodies {
        let said = |router| -> anyhow::Result<Option<String>> {
            let answered = runtime.block_on(answer(router, &world.token()?, body))?;
            let answered: Value = serde_json::from_slice(&answered)?;
            Ok(text(&answered, "/cards/0/summary").map(str::to_owned))
        };
        let (host, native) = (said(&world.host)?, said(&world.native)?);
        anyhow::ensure!(host.is_some() && host == native, "host and limit differ: {host:?}, {native:?}");
    }
    Ok(())
}

/// Times of one call on each side, taken in turns.
#[derive(Default)]
struct Turns {
    native: Vec<Duration>,
    host: Vec<Duration>,
}

impl Turns {
    fn turn(
        &mut self,
        runtime: &Runtime,
        world: &World,
        token: &HeaderValue,
        body: &Bytes,
    ) -> anyhow::Result<Duration> {
        let started = now();
        runtime.block_on(answer(&world.native, token, body))?;
        self.native.push(started.elapsed());
        let started = now();
        world.watch.start();
        runtime.block_on(answer(&world.host, token, body))?;
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
    body: &Bytes,
) -> anyhow::Result<Vec<Row>> {
    let mut turns = Turns::default();
    let mut failed = None;
    criterion.bench_function(&format!("call/{name}"), |bencher| {
        bencher.iter_custom(|times| {
            let run = |turns: &mut Turns| -> anyhow::Result<Duration> {
                let tokens: Vec<_> = (0..times).map(|_| world.token()).collect::<Result<_, _>>()?;
                tokens.iter().map(|token| turns.turn(runtime, world, token, body)).sum()
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
fn gate(criterion: &mut Criterion, runtime: &Runtime, world: &World, body: &Bytes) -> anyhow::Result<Vec<Row>> {
    world.watch.repeat(4);
    let mut rows = calls(criterion, runtime, world, "four-cards", body)?;
    world.watch.repeat(1);
    let share = rows.iter().find(|row| row.name == "four-cards/share/release").context("no card was released")?.ratio;
    rows.push(row("gate_vs_call", share, "a call that answers four cards"));
    Ok(rows)
}

/// Both sides behind the host's own edge, in turns.
async fn loads(world: &World, body: &Bytes, connections: usize) -> anyhow::Result<Vec<Row>> {
    let (native, host) = (load::serve(world.native.clone()).await?, load::serve(world.host.clone()).await?);
    let mut ratios: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let tokens: Vec<_> = (0..REQUESTS).map(|_| world.token()).collect::<Result<_, _>>()?;
        let again = tokens.iter().cycle().take(REQUESTS * AGAIN).cloned().collect();
        let limit = load::round(native, body.clone(), again, connections).await?;
        let ours = load::round(host, body.clone(), tokens, connections).await?;
        let latency = |percent| quantile(&ours.latencies, percent) / quantile(&limit.latencies, percent);
        let one = [ours.throughput / limit.throughput, latency(50), latency(99)];
        ratios.iter_mut().zip(one).for_each(|(all, one)| all.push(one));
    }
    let named = ["throughput", "p50", "p99"].into_iter().zip(ratios);
    let one = |(name, mut all): (&str, Vec<f64>)| {
        all.sort_by(f64::total_cmp);
        row(format!("load/{connections}/{name}"), all.get(ROUNDS / 2).copied().unwrap_or(f64::NAN), "native load")
    };
    let mut rows: Vec<_> = named.map(one).collect();
    // The one that is named in the goals: eight clients on two cores.
    let throughput = rows.first().filter(|_| connections == 8).map(|row| row.ratio);
    rows.extend(throughput.map(|ratio| row("http_throughput_vs_native", ratio, "native throughput, 8 connections")));
    Ok(rows)
}

/// The host's own throughput at 64 connections against one, in turns.
async fn connections(world: &World, body: &Bytes) -> anyhow::Result<Row> {
    let host = load::serve(world.host.clone()).await?;
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let mut throughput = [0.0; 2];
        for (throughput, connections) in throughput.iter_mut().zip([1, 64]) {
            let tokens: Vec<_> = (0..REQUESTS).map(|_| world.token()).collect::<Result<_, _>>()?;
            *throughput = load::round(host, body.clone(), tokens, connections).await?.throughput;
        }
        let [one, many] = throughput;
        ratios.push(many / one);
    }
    ratios.sort_by(f64::total_cmp);
    Ok(row("connections_64_vs_1", ratios.get(ROUNDS / 2).copied().unwrap_or(f64::NAN), "throughput at 1 connection"))
}

/// What obtaining one patient's data costs while the ward around the patient grows tenfold and a hundredfold.
fn scaling(runtime: &Runtime, wards: &[World; 3], body: &Bytes) -> anyhow::Result<Vec<Row>> {
    let mut turns = Turns::default();
    for _ in 0..200 {
        for ward in wards {
            turns.turn(runtime, ward, &ward.token()?, body)?;
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

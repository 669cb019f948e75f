//! One fresh call of ours, metered, against one of Extism's, not metered: the same logic, the same rows, the same cards.
//!
//! The sides take turns; each reads its own thread's CPU time. `docs/performance.md` says how to read this.

mod plugin;
#[path = "../wall/renal.rs"]
mod renal;
#[path = "../wall/reused.rs"]
mod reused;
mod theirs;

use std::alloc::System;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use cordon_core::message::{Advice, Asked, CardText, RunEnd, RunReply};
use cordon_core::ports::Runner as _;
use cordon_runtime::{Engine, LocalRunner, Plugins};
use renal::{DRUGS, PACK, Renal};
use reused::Reused;
use rustix::time::{ClockId, clock_gettime};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use theirs::{Kind, Theirs};
use zeroizing_alloc::ZeroAlloc;

/// As in the binary `cordon`: our side overwrites what it frees.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// The goal: how many times as dear a fresh call of Extism's is, and at least.
const GOAL: &str = "extism_fresh_vs_fresh";
const AT_LEAST: f64 = 5.0;
/// Rounds that count; one more goes before them.
const ROUNDS: usize = 15;
/// Turns of each side in a round, and calls in a turn.
const TURNS: usize = 6;
const CALLS: usize = 8;

/// Seconds of one call: of the thread's own CPU time, and by the clock on the wall.
#[derive(Clone, Copy)]
struct Spent {
    cpu: f64,
    wall: f64,
}

/// Each side's median call of one round.
struct Round {
    native: Spent,
    ours: Spent,
    /// In an instance that is used again, which no host of ours does: what is left is the plugin's own work, metered.
    again: Spent,
    fresh: Spent,
    reused: Spent,
}

fn main() -> anyhow::Result<()> {
    let renal = Renal::new()?;
    let (engine, plugins) = (Engine::new()?, Arc::new(Plugins::default()));
    plugins.insert(engine.compile_for(&renal.component, &renal.manifest)?);
    let ours = LocalRunner::new(engine, plugins);
    let mut again = Reused::new(&renal.component, &renal.message)?;
    let mut theirs = Theirs::start(&plugin::for_extism()?, &call(&renal)?)?;
    same_cards(&run(&ours, &renal)?, &mut theirs)?;
    let rounds =
        (0..=ROUNDS).map(|_| round(&renal, &ours, &mut again, &mut theirs)).collect::<anyhow::Result<Vec<_>>>()?;
    report(renal.bytes(), rounds.get(1..).unwrap_or_default())
}

/// The call as one text, for a host that gives its plugin one. The rows stay as they are written.
fn call(renal: &Renal) -> anyhow::Result<String> {
    let mut needs = std::collections::BTreeMap::new();
    for (need, rows) in &renal.rows {
        let rows: Result<Vec<_>, _> = rows.iter().map(|row| RawValue::from_string(row.clone())).collect();
        needs.insert(*need, rows?);
    }
    let message = &renal.message;
    let (needs, drugs) = (serde_json::to_string(&needs)?, DRUGS.replace('\n', " "));
    Ok(format!(
        r#"{{"hook":"order-select","service":"{}","now":"{}","locale":"{}","needs":{needs},"packs":{{"{PACK}":{drugs}}}}}"#,
        message.service, message.now, message.locale
    ))
}

/// One call of ours. Its message is copied on our account: a run takes it.
fn run(ours: &LocalRunner, renal: &Renal) -> anyhow::Result<RunReply> {
    ours.run(renal.message.clone()).map_err(|error| anyhow::anyhow!("{error}"))
}

/// A ratio means something only if both sides give the same advice.
fn same_cards(reply: &RunReply, theirs: &mut Theirs) -> anyhow::Result<()> {
    let RunEnd::Answered(answer) = &reply.end else { bail!("the plugin ended with {:?}", reply.end) };
    let ours = Value::Array(answer.cards.iter().map(card).collect::<anyhow::Result<_>>()?);
    ensure!(!answer.cards.is_empty(), "no card");
    for kind in [Kind::Fresh, Kind::Reused] {
        ensure!(theirs.cards(kind)? == ours, "Extism's cards are not ours");
    }
    Ok(())
}

/// A card of ours in the words of `tests/extism/guest`.
fn card(card: &Advice) -> anyhow::Result<Value> {
    let CardText::Free { summary, detail, indicator } = &card.text else { bail!("a template") };
    let action = |action: &Asked| match action {
        Asked::Create(proposal) => proposal.name.clone(),
        Asked::Delete(id) => id.clone(),
    };
    let suggestions = card.suggestions.iter().map(|one| {
        json!({ "label": one.label.as_deref().unwrap_or_default(), "recommended": one.recommended,
            "actions": one.actions.iter().map(action).collect::<Vec<_>>() })
    });
    let suggestions = suggestions.collect::<Vec<_>>();
    Ok(json!({ "summary": summary, "detail": detail.as_deref().unwrap_or_default(), "indicator": indicator,
        "suggestions": suggestions, "reasons": card.override_reasons }))
}

fn round(renal: &Renal, ours: &LocalRunner, again: &mut Reused, theirs: &mut Theirs) -> anyhow::Result<Round> {
    let mut calls: [Vec<Spent>; 5] = std::array::from_fn(|_| Vec::with_capacity(TURNS * CALLS));
    for _ in 0..TURNS {
        let [native, here, kept, fresh, reused] = &mut calls;
        for _ in 0..CALLS {
            native.push(timed(|| renal.native())?);
        }
        for _ in 0..CALLS {
            here.push(timed(|| run(ours, renal).map(drop))?);
        }
        for _ in 0..CALLS {
            kept.push(timed(|| again.run())?);
        }
        fresh.extend(theirs.time(Kind::Fresh, CALLS)?);
        reused.extend(theirs.time(Kind::Reused, CALLS)?);
    }
    let [native, ours, again, fresh, reused] = calls.map(|calls| Spent {
        cpu: median(calls.iter().map(|call| call.cpu)),
        wall: median(calls.iter().map(|call| call.wall)),
    });
    Ok(Round { native, ours, again, fresh, reused })
}

fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Spent> {
    let (wall, cpu) = (now(ClockId::Monotonic)?, now(ClockId::ThreadCPUTime)?);
    work()?;
    let (after_cpu, after_wall) = (now(ClockId::ThreadCPUTime)?, now(ClockId::Monotonic)?);
    let since = |then: Duration, now: Duration| now.saturating_sub(then).as_secs_f64();
    Ok(Spent { cpu: since(cpu, after_cpu), wall: since(wall, after_wall) })
}

fn now(clock: ClockId) -> anyhow::Result<Duration> {
    Duration::try_from(clock_gettime(clock)).ok().context("a clock before its beginning")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A side of a round by its name, and a ratio with what it is of.
type Side = (&'static str, fn(&Round) -> Spent);
type Of = (&'static str, fn(&Round) -> f64, &'static str);

/// A table, and as the last line one JSON object.
fn report(bytes: usize, rounds: &[Round]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\none call with {bytes} bytes of rows: medians of {ROUNDS} rounds, microseconds")?;
    writeln!(out, "{:<28} {:>10} {:>10}", "", "thread CPU", "wall")?;
    let sides: [Side; 5] = [
        ("native function", |round| round.native),
        ("ours, fresh, metered", |round| round.ours),
        ("ours, reused, metered", |round| round.again),
        ("Extism, fresh, unmetered", |round| round.fresh),
        ("Extism, reused, unmetered", |round| round.reused),
    ];
    for (name, side) in sides {
        let micro = |clock: fn(Spent) -> f64| median(rounds.iter().map(|round| clock(side(round)))) * 1e6;
        writeln!(out, "{name:<28} {:>10.1} {:>10.1}", micro(|spent| spent.cpu), micro(|spent| spent.wall))?;
    }
    let ratios: [Of; 4] = [
        (GOAL, |round| round.fresh.cpu / round.ours.cpu, "our fresh call"),
        ("extism_fresh_vs_fresh/wall", |round| round.fresh.wall / round.ours.wall, "our fresh call"),
        ("extism_reused_vs_fresh", |round| round.reused.cpu / round.ours.cpu, "our fresh call"),
        (
            "extism_premium_vs_premium",
            |round| (round.fresh.cpu - round.reused.cpu) / (round.ours.cpu - round.again.cpu),
            "what a fresh instance adds to our call",
        ),
    ];
    let mut results = Vec::new();
    for (name, of, what) in ratios {
        let ratio = median(rounds.iter().map(of));
        let least = rounds.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = rounds.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        writeln!(out, "{name:<28} {ratio:>8.2} x {what} ({least:.2} to {most:.2})")?;
        let at_least = (name == GOAL).then_some(AT_LEAST);
        results.push(json!({ "name": name, "ratio": ratio, "of": what, "at_least": at_least }));
    }
    writeln!(out, "{}", json!({ "results": results }))?;
    Ok(())
}

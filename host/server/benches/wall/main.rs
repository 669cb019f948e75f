//! What isolation costs, as ratios: a fresh instance, a process, a thousand plugins. Both sides of each run turn by turn.
//! `docs/performance.md` says what they mean.

mod attack;
mod pair;
mod renal;
mod reused;
#[path = "../clearance/turns.rs"]
mod turns;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use cordon_core::ids::Digest;
use cordon_core::message::{RunEnd, RunMessage};
use cordon_core::ports::Runner;
use cordon_runtime::{Code, Engine, LocalRunner, Plugins};
use cordon_wall::{Components as _, Program, Wall, WallSettings};
use renal::Renal;
use serde_json::json;
use turns::{Ratio, medians};

/// Plugins that are installed on each host, of which the first is called most: the n-th is called 1/n as often (Zipf).
const PLUGINS: [u32; 4] = [1, 10, 100, 1_000];

/// Calls that do not count when the turn passes to another host.
const SETTLED: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(cordon_wall::RUNNER) => return cordon_wall::serve(|runner| runner),
        Some(pair::ECHO) => return pair::echo(),
        _ => {}
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
    let renal = Renal::new()?;
    let engine = Engine::new()?;
    let code = engine.precompile_for(&renal.component, &renal.manifest)?;
    // As a runner does it: each instance gets the place of the one before.
    let (plugins, places) = (Arc::new(Plugins::default()), Engine::pooled(code.class())?);
    plugins.insert(places.load(&code)?);
    let local = LocalRunner::new(places, plugins);
    let mut ratios = in_process(&renal, &local)?;
    ratios.extend(process(&renal, &local, &engine, &code)?);
    ratios.extend(many(&renal, &engine, &code)?);
    ratios.extend(attack::ratios(&renal, &engine, &code)?);
    report(&ratios)
}

fn run(runner: &impl Runner, message: &RunMessage) -> anyhow::Result<()> {
    let reply = runner.run(message.clone()).map_err(|error| anyhow::anyhow!("{error}"))?;
    anyhow::ensure!(matches!(reply.end, RunEnd::Answered(_)), "the plugin ended with {:?}", reply.end);
    Ok(())
}

/// A fresh instance against the same source compiled for this machine, and against an instance that is used again.
fn in_process(renal: &Renal, local: &LocalRunner) -> anyhow::Result<Vec<Ratio>> {
    let mut reused = reused::Reused::new(&renal.component, &renal.message)?;
    let mut native = || renal.native();
    let mut fresh = || run(local, &renal.message);
    let mut again = || reused.run();
    let [native, fresh, again] = medians(3_000, [&mut native, &mut fresh, &mut again])?;
    Ok(vec![
        Ratio { name: "fresh_vs_native", ratio: fresh / native, limit: 4.0 },
        Ratio { name: "fresh_vs_reused", ratio: fresh / again, limit: 1.7 },
    ])
}

fn program() -> anyhow::Result<Program> {
    Ok(Program::new(std::env::current_exe()?, &[cordon_wall::RUNNER]))
}

/// What the process adds to a call, against a round trip of as many bytes through a pair of sockets to a process that
/// does nothing; and what such a pair adds to the same time if the other end is busy for as long as a run takes, so that
/// who asked falls asleep.
fn process(renal: &Renal, local: &LocalRunner, engine: &Engine, code: &Code) -> anyhow::Result<[Ratio; 2]> {
    let settings = WallSettings { calls: u32::MAX, ..WallSettings::default() };
    let wall = Wall::start(program()?, engine.clone(), settings)?;
    wall.insert(code)?;
    let mut before = || run(local, &renal.message);
    let [work] = medians(1_000, [&mut before])?;
    let mut pair = pair::Pair::new(renal.bytes(), Duration::ZERO)?;
    let mut busy_pair = pair::Pair::new(renal.bytes(), Duration::from_secs_f64(work))?;
    let mut behind = || run(&wall, &renal.message);
    let mut bare = || pair.round_trip();
    let mut busy = || busy_pair.round_trip();
    let [behind, before, bare, busy] = medians(3_000, [&mut behind, &mut before, &mut bare, &mut busy])?;
    Ok([
        Ratio { name: "wall_adds_vs_socket_pair", ratio: (behind - before) / bare, limit: 2.0 },
        Ratio { name: "busy_pair_adds_vs_socket_pair", ratio: (busy - work) / bare, limit: 2.0 },
    ])
}

/// Calls on hosts of ten, a hundred and a thousand plugins, the n-th called 1/n as often, against a host of one.
fn many(renal: &Renal, engine: &Engine, code: &Code) -> anyhow::Result<[Ratio; 3]> {
    let mut hosts = Vec::new();
    for plugins in PLUGINS {
        let wall = Wall::start(program()?, engine.clone(), WallSettings::default())?;
        let bytes = code.bytes().context("the code is in memory")?;
        for number in 1..=plugins {
            wall.insert(&Code::trusted(component(number), code.class(), code.wit(), bytes.to_vec()))?;
        }
        hosts.push((plugins, wall, 0_u32, Duration::ZERO));
    }
    let call = |plugins, wall: &Wall, turn| {
        run(wall, &RunMessage { component: component(zipf(turn, plugins)), ..renal.message.clone() })
    };
    for block in 0..60 {
        for (plugins, wall, turn, spent) in &mut hosts {
            let mut next = || {
                *turn += 1;
                call(*plugins, wall, *turn)
            };
            // The host before is still ending and starting processes.
            let began = turns::now();
            while began.elapsed() < SETTLED {
                next()?;
            }
            let began = turns::now();
            (0..100).try_for_each(|_| next())?;
            // The runners of the plugins that are called often are there after a while, as on a host that has been up for a day.
            *spent += if block < 20 { Duration::ZERO } else { began.elapsed() };
        }
    }
    // Means: what counts is also what the rare ones cost, and a median would not show them.
    let times: Vec<_> = hosts.iter().map(|(.., spent)| spent.as_secs_f64()).collect();
    let [one, ten, hundred, thousand] = times[..] else { anyhow::bail!("four hosts") };
    let ratio = |name, many: f64| Ratio { name, ratio: many / one, limit: 3.0 };
    Ok([ratio("plugins_10_vs_1", ten), ratio("plugins_100_vs_1", hundred), ratio("plugins_1000_vs_1", thousand)])
}

fn component(number: u32) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// The plugin of a turn: low-discrepancy numbers, distributed as 1/n.
fn zipf(turn: u32, plugins: u32) -> u32 {
    let fraction = (f64::from(turn) * 0.618_033_988_749_895).fract();
    let rank = (f64::from(plugins).ln() * fraction).exp();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to a thousand")]
    let rank = rank as u32;
    rank.clamp(1, plugins)
}

/// A table, and as the last line one JSON object.
fn report(ratios: &[Ratio]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out)?;
    for Ratio { name, ratio, limit } in ratios {
        writeln!(out, "{name:<26} {ratio:>8.3} x, at most {limit}")?;
    }
    let one = |Ratio { name, ratio, limit }: &Ratio| json!({ "name": name, "ratio": ratio, "limit": limit });
    writeln!(out, "{}", json!({ "results": ratios.iter().map(one).collect::<Vec<_>>() }))?;
    Ok(())
}

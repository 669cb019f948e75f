//! What honest calls feel of somebody else's attack: a component that is dear to compile, and a plugin that loops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cordon_core::message::RunMessage;
use cordon_core::ports::Runner as _;
use cordon_guest_build::guest;
use cordon_runtime::{Code, Engine, Wit};
use cordon_wall::{CompileLimits, Components as _, Wall, WallSettings};

use crate::renal::Renal;
use crate::turns::{Ratio, now};
use crate::{program, run};

/// Calls in one part of a round, and rounds.
const CALLS: usize = 300;
const ROUNDS: usize = 10;

/// The times of calls, sorted.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn take(&mut self, wall: &Wall, message: &RunMessage) -> anyhow::Result<()> {
        for _ in 0..CALLS {
            let started = now();
            run(wall, message)?;
            self.0.push(started.elapsed());
        }
        Ok(())
    }

    fn hundredth(&mut self, hundredth: usize) -> f64 {
        self.0.sort_unstable();
        let at = self.0.len().saturating_mul(hundredth) / 100;
        self.0.get(at).map_or(f64::NAN, Duration::as_secs_f64)
    }
}

/// Quiet rounds and attacked ones, turn by turn: the median and the 99th hundredth, attacked against quiet.
fn against(wall: &Wall, message: &RunMessage, attack: impl Fn(&AtomicBool) + Sync) -> anyhow::Result<[f64; 2]> {
    let (mut quiet, mut attacked, warm) = (Times::default(), Times::default(), &mut Times::default());
    for _ in 0..ROUNDS {
        // The attack before may have ended with a pause, and a virtual machine is another one after a pause.
        (0..3).try_for_each(|_| warm.take(wall, message))?;
        quiet.take(wall, message)?;
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let attacking = scope.spawn(|| attack(&stop));
            let taken = attacked.take(wall, message);
            anyhow::ensure!(!attacking.is_finished(), "the attack was over too soon");
            stop.store(true, Ordering::Relaxed);
            taken
        })?;
    }
    Ok([50, 99].map(|hundredth| attacked.hundredth(hundredth) / quiet.hundredth(hundredth)))
}

/// The ratios of both attacks.
pub(crate) fn ratios(renal: &Renal, engine: &Engine, code: &Code) -> anyhow::Result<Vec<Ratio>> {
    let compile = CompileLimits { time: Duration::from_secs(2), ..CompileLimits::default() };
    let settings = WallSettings { calls: u32::MAX, compile, ..WallSettings::default() };
    let wall = Wall::start(program()?, engine.clone(), settings)?;
    wall.insert(code)?;
    let (bomb, manifest) = (bomb(renal.manifest.wit)?, &renal.manifest);
    let compiling = |stop: &AtomicBool| {
        while !stop.load(Ordering::Relaxed) {
            // It comes to its limit, and the next one begins.
            drop(wall.compile(&bomb, manifest));
        }
    };
    let [compile_p50, compile_p99] = against(&wall, &renal.message, compiling)?;
    let looping = engine.precompile(&guest("loops_forever")?, code.class())?;
    wall.insert(&looping)?;
    let endless = RunMessage { component: looping.digest(), ..renal.message.clone() };
    let loops = |stop: &AtomicBool| {
        let calls = || {
            while !stop.load(Ordering::Relaxed) {
                drop(wall.run(endless.clone()));
            }
        };
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(calls))));
    };
    let [bystander_p50, bystander_p99] = against(&wall, &renal.message, loops)?;
    Ok(vec![
        Ratio { name: "compile_bomb_p50", ratio: compile_p50, limit: 1.2 },
        Ratio { name: "compile_bomb_p99", ratio: compile_p99, limit: 1.5 },
        Ratio { name: "bystander_p50", ratio: bystander_p50, limit: 1.5 },
        Ratio { name: "bystander_p99", ratio: bystander_p99, limit: 1.5 },
    ])
}

/// As many functions as are admitted.
fn bomb(wit: &str) -> anyhow::Result<Vec<u8>> {
    let export = Wit::ALL.into_iter().find(|of| of.as_str() == wit).unwrap_or(Wit::ALL[0]).export();
    let functions = "(func)".repeat(50_000);
    let text = format!(r#"(component (core module {functions}) (instance $i) (export "{export}" (instance $i)))"#);
    Ok(wat::parse_str(text)?)
}

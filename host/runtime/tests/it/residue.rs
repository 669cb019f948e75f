//! Nothing of a run is left for the next one: memory, globals, tables and stack are searched for what the run before put
//! there. `cargo xtask residue` does it a hundred thousand times, also under memory pressure.

use std::sync::Arc;

use cordon_core::ids::NeedName;
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::message::{Answer, RunEnd, RunMessage, Trap};
use cordon_core::ports::Runner;
use cordon_core::view::View;
use cordon_runtime::{Engine, LocalRunner, Plugins};

use crate::room::message;

/// How many pairs of runs: one fills, the next one looks.
#[expect(clippy::disallowed_methods, reason = "how long a test takes is no configuration of a host")]
fn pairs() -> usize {
    std::env::var("CORDON_RESIDUE_PAIRS").map_or(300, |pairs| pairs.parse().unwrap())
}

/// Two plugins that fill and look, alike but for their names, with their digests.
fn plugins() -> [Vec<u8>; 2] {
    let text = include_str!("residue.wat");
    let named = |name: &str| wat::parse_str(text.replacen("(component", &format!("(component ${name}"), 1)).unwrap();
    [named("one"), named("other")]
}

fn pooled() -> Engine {
    Engine::pooled(LimitClass::Compiled).unwrap()
}

fn runner(engine: Engine, components: &[Vec<u8>]) -> LocalRunner {
    let plugins = Arc::new(Plugins::default());
    for component in components {
        plugins.insert(engine.compile(component, LimitClass::Compiled).unwrap());
    }
    LocalRunner::new(engine, plugins)
}

/// A run that asks for so many pages; with rows of `fill` it fills.
fn asked(component: &[u8], pages: usize, fill: Option<usize>) -> RunMessage {
    let view = |need: &str, rows: usize| View::new(NeedName::new(need).unwrap(), std::iter::repeat_n("{}", rows));
    let message = message(component, LimitClass::Compiled);
    let limits = Limits { fuel: u64::MAX / 2, ..message.limits };
    let views = std::iter::once(view("pages", pages)).chain(fill.map(|rows| view("fill", rows))).collect();
    RunMessage { views, limits, ..message }
}

#[track_caller]
fn finds_nothing(engine: Engine, pairs: usize) {
    let components = plugins();
    let runner = runner(engine, &components);
    let nothing = RunEnd::Answered(Answer::default());
    for pair in 0..pairs {
        // Below what is cleared by writing, above it, and now and then nearly all that a plugin may have.
        let pages = if pair % 1_000 == 999 { 500 } else { [0, 1, 3, 12][pair % 4] };
        let (filled, looked) = (&components[pair % 2], &components[pair / 2 % 2]);
        assert_eq!(runner.run(asked(filled, pages, Some(1))).unwrap().end, nothing);
        assert_eq!(runner.run(asked(looked, pages, None)).unwrap().end, nothing, "pair {pair}");
    }
}

#[test]
fn a_run_finds_nothing_of_the_one_before_in_the_same_place() {
    finds_nothing(pooled(), pairs());
}

#[test]
fn a_run_finds_nothing_in_a_place_of_its_own() {
    finds_nothing(Engine::new().unwrap(), 300);
}

#[test]
fn what_is_left_would_be_found() {
    for engine in [Engine::new().unwrap(), pooled()] {
        let components = plugins();
        let runner = runner(engine, &components);
        assert_eq!(runner.run(asked(&components[0], 3, Some(2))).unwrap().end, RunEnd::Trapped(Trap::Wasm));
        assert_eq!(runner.run(asked(&components[0], 3, None)).unwrap().end, RunEnd::Answered(Answer::default()));
    }
}

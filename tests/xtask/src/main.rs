//! The project's tasks: one command runs the main job, one passes the tests.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "tasks are no part of a host: they read the tree and start programs")]

mod bench;
mod chart;
mod check;
mod ci;
mod demo;
mod dist;
mod residue;
mod rooms;
mod setup;
mod sh;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Cordon workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Task {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Runs the main job: a synthetic ward, signed sample plugins, a host, and five CDS Hooks calls.
    Demo(demo::Options),
    /// Passes the tests of all workspaces.
    Test,
    /// Compares the real dependency graph with the table of rooms.
    Rooms,
    /// Checks the shape of the tree: file lengths, the released WIT, the requirements table.
    Check,
    /// Everything that continuous integration runs.
    Ci,
    /// Builds the release binary `cordon` into `dist/`.
    Dist,
    /// Looks for what a run leaves for the next one, a hundred thousand times and under memory pressure.
    Residue {
        /// Pairs of runs.
        #[arg(long, default_value_t = 100_000)]
        pairs: u32,
        /// MiB that this process takes during the second half.
        #[arg(long, default_value_t = 2_048)]
        pressure: usize,
    },
    /// Runs the benchmarks.
    Bench {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Append the run's ratios to `docs/performance/history.jsonl` and draw the charts of it.
        #[arg(long)]
        save: bool,
    },
    /// Draws the charts of the newest saved run again.
    Charts,
}

fn main() -> ExitCode {
    match run(Task::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            sh::say(&format!("failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Demo(options) => demo::run(&options),
        Verb::Test => ci::test(),
        Verb::Rooms => rooms::check(),
        Verb::Check => check::run(),
        Verb::Ci => ci::run(),
        Verb::Dist => dist::run(),
        Verb::Residue { pairs, pressure } => residue::run(pairs, pressure),
        Verb::Bench { json, save } => bench::run(json, save),
        Verb::Charts => bench::draw(),
    }
}

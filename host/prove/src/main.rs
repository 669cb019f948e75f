//! `cordon-prove`: what `cordon policy diff` and `cordon policy prove` run. One JSON object on standard output.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use cordon_policy::cedar::Policies;
use cordon_prove::diff::{Answer, diff};
use cordon_prove::never::never;
use cordon_prove::question::Condition;
use cordon_prove::solver::Prover;
use serde_json::{Value, json};

/// Proves sentences about a hospital's policy, for every call and every row, or finds one that they are wrong about.
#[derive(Parser)]
#[command(name = "cordon-prove", version)]
#[command(after_help = "Exit codes: 0 proved, 1 there is a counterexample, 2 could not be decided.\n\
    Example: cordon-prove diff old.cedar new.cedar\n\
    Example: cordon-prove never policy.cedar --publisher org.example --label HIV")]
struct Cli {
    /// The solver's program.
    #[arg(long, global = true, env = "CVC5", default_value = "cvc5")]
    solver: PathBuf,
    /// Seconds for each question.
    #[arg(long, global = true, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Is anything visible under NEW that is not under OLD? And the other way round?
    Diff {
        /// The policy in force.
        old: PathBuf,
        /// The policy to come.
        new: PathBuf,
    },
    /// Is a row never seen where all of these hold?
    Never(Question),
}

#[derive(Args)]
struct Question {
    /// The policy.
    policy: PathBuf,
    /// Plugins of this publisher's namespace.
    #[arg(long)]
    publisher: Option<String>,
    /// Plugins that are not of this publisher's namespace.
    #[arg(long)]
    outside: Option<String>,
    /// Rows with this label: HIV, PSY …, a confidentiality (R, V …), or unclassified. May be given again: then all of them.
    #[arg(long)]
    label: Vec<String>,
    /// Calls for this purpose: TREAT, HRESCH …
    #[arg(long)]
    purpose: Option<String>,
    /// Anything else, as a policy would say it: 'context.tenant != "psychiatry"'. May be given again.
    #[arg(long)]
    when: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (answer, code) = match run(&cli) {
        Ok(answered) => answered,
        Err(because) => (json!({ "verdict": "undecided", "because": because }), 2),
    };
    // Nobody to tell: the exit code is what a caller that closed the pipe still gets.
    let written = writeln!(std::io::stdout(), "{answer:#}");
    ExitCode::from(if written.is_ok() { code } else { 2 })
}

fn run(cli: &Cli) -> Result<(Value, u8), String> {
    let start = || Prover::start(&cli.solver, Duration::from_secs(cli.timeout)).map_err(said);
    match &cli.verb {
        Verb::Diff { old, new } => {
            let (old, new) = (read(old)?, read(new)?);
            let difference = diff(&mut start()?, &old, &new).map_err(said)?;
            let code = code(&difference.nothing_widened);
            Ok((serde_json::to_value(difference).map_err(said)?, code))
        }
        Verb::Never(question) => {
            let policy = read(&question.policy)?;
            let conditions = conditions(question)?;
            if conditions.is_empty() {
                return Err("never what? Give --publisher, --outside, --label, --purpose or --when".to_owned());
            }
            let answer = never(&mut start()?, &policy, &conditions).map_err(said)?;
            let code = code(&answer.never);
            Ok((serde_json::to_value(answer).map_err(said)?, code))
        }
    }
}

fn conditions(question: &Question) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    conditions.extend(question.publisher.as_deref().map(Condition::publisher));
    conditions.extend(question.outside.as_deref().map(Condition::outside));
    for label in &question.label {
        conditions.push(Condition::label(label).map_err(said)?);
    }
    if let Some(purpose) = &question.purpose {
        conditions.push(Condition::purpose(purpose).map_err(said)?);
    }
    for when in &question.when {
        conditions.push(Condition::when(when).map_err(said)?);
    }
    Ok(conditions)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program at the desk reads the files that it was named; the daemon has no such code"
)]
fn read(path: &Path) -> Result<Policies, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Policies::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn code<Found>(answer: &Answer<Found>) -> u8 {
    match answer {
        Answer::Proved => 0,
        Answer::Counterexample(_) => 1,
        Answer::Undecided { .. } => 2,
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

//! One session with the solver: three questions, each with a time limit.

use std::path::Path;
use std::time::Duration;

use cedar_policy::{PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::err::{Error, SolverError};
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env};
use tokio::process::Command;

use crate::question::only;
use crate::world::labelled;

/// Why a question has no answer. It is then neither proved nor refuted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// The program is not there.
    #[error("the solver `{0}` is not on this machine: apt-get install cvc5, or set CVC5 to its path")]
    NoSolver(String),
    /// The solver needed longer.
    #[error("the solver found no answer within {0} seconds: try --timeout with more")]
    TimedOut(u64),
    /// The solver failed, or said nothing that can be read.
    #[error("the solver failed: {0}")]
    Solver(String),
    /// Such a policy denies in the host and is left out in the logic, so nothing can be said.
    #[error("policy `{0}` can fail while it is evaluated (an overflow?): rewrite it so that it cannot")]
    CanFail(String),
    /// The host's words do not fit.
    #[error("the policy cannot be compiled to logic: {0}")]
    Compile(String),
    /// The conditions exclude each other.
    #[error("no call and no row fit the question: its conditions exclude each other")]
    Empty,
    /// What the solver found is not what the host decides.
    #[error("the solver and the host's evaluator disagree: please report this")]
    Disagree,
}

/// A running solver, and what it is asked about: plugins that see rows.
pub struct Prover {
    compiler: CedarSymCompiler<LocalSolver>,
    schema: Schema,
    environment: RequestEnv,
    limit: Duration,
    runtime: tokio::runtime::Runtime,
}

impl Prover {
    /// Starts the solver. Each question has `limit` to be answered.
    ///
    /// # Errors
    /// [`Undecided`] when there is none.
    pub fn start(program: &Path, limit: Duration) -> Result<Self, Undecided> {
        let failed = |error: &dyn std::fmt::Display| Undecided::Solver(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| failed(&e))?;
        let guard = runtime.enter();
        let mut command = Command::new(program);
        command.args(["--lang", "smt"]).arg(format!("--tlimit-per={}", limit.as_millis())).kill_on_drop(true);
        let solver = LocalSolver::from_command(&mut command).map_err(|error| missing(program, &error))?;
        let compiler = CedarSymCompiler::new(solver).map_err(|e| failed(&e))?;
        drop(guard);
        let schema = cordon_policy::cedar::schema().ok_or_else(|| Undecided::Compile("no schema".to_owned()))?.clone();
        let environment =
            schema.request_envs().next().ok_or_else(|| Undecided::Compile("the schema has no action".to_owned()))?;
        Ok(Self { compiler, schema, environment, limit, runtime })
    }

    /// A call and a row that the policies permit, if there is one; one with a label that the rules give, if there is one.
    pub(crate) fn permitted(&mut self, policies: &PolicySet) -> Result<Option<Env>, Undecided> {
        match self.any_permitted(&only(policies.clone(), "labelled", &labelled())?)? {
            Some(found) => Ok(Some(found)),
            None => self.any_permitted(policies),
        }
    }

    /// A call and a row that `one` permits and `other` does not, if there is one; chosen alike.
    pub(crate) fn between(&mut self, one: &PolicySet, other: &PolicySet) -> Result<Option<Env>, Undecided> {
        match self.any_between(&only(one.clone(), "labelled", &labelled())?, other)? {
            Some(found) => Ok(Some(found)),
            None => self.any_between(one, other),
        }
    }

    fn any_permitted(&mut self, policies: &PolicySet) -> Result<Option<Env>, Undecided> {
        let compiled = self.compile(policies)?;
        let limit = self.limit;
        let asked = self.compiler.check_always_denies_with_counterexample_opt(&compiled);
        in_time(&self.runtime, limit, asked)
    }

    fn any_between(&mut self, one: &PolicySet, other: &PolicySet) -> Result<Option<Env>, Undecided> {
        let (one, other) = (self.compile(one)?, self.compile(other)?);
        let limit = self.limit;
        let asked = self.compiler.check_implies_with_counterexample_opt(&one, &other);
        in_time(&self.runtime, limit, asked)
    }

    /// Shows that no policy can fail. The host denies then, the logic does not know that.
    pub(crate) fn cannot_fail(&mut self, policies: &PolicySet) -> Result<(), Undecided> {
        for policy in policies.policies() {
            let compiled = CompiledPolicy::compile(policy, &self.environment, &self.schema)
                .map_err(|error| undecided(&error, self.limit))?;
            let limit = self.limit;
            if !in_time(&self.runtime, limit, self.compiler.check_never_errors_opt(&compiled))? {
                return Err(Undecided::CanFail(policy.id().to_string()));
            }
        }
        Ok(())
    }

    fn compile(&self, policies: &PolicySet) -> Result<CompiledPolicySet, Undecided> {
        CompiledPolicySet::compile(policies, &self.environment, &self.schema)
            .map_err(|error| Undecided::Compile(error.to_string()))
    }
}

fn missing(program: &Path, error: &SolverError) -> Undecided {
    let not_there = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    if matches!(error, SolverError::Io(error) if not_there(error)) {
        Undecided::NoSolver(program.display().to_string())
    } else {
        Undecided::Solver(error.to_string())
    }
}

/// The solver keeps its own time; a solver that does not is waited for a second longer and then killed.
fn in_time<T>(
    runtime: &tokio::runtime::Runtime,
    limit: Duration,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, Undecided> {
    let answer = runtime.block_on(async { tokio::time::timeout(limit + Duration::from_secs(1), asked).await });
    answer.map_err(|_| Undecided::TimedOut(limit.as_secs()))?.map_err(|error| undecided(&error, limit))
}

fn undecided(error: &Error, limit: Duration) -> Undecided {
    match error {
        // cvc5 says `unknown` when its time for the question is over.
        Error::SolverUnknown => Undecided::TimedOut(limit.as_secs()),
        Error::CompileError(_) | Error::PolicyNotWellTyped { .. } => Undecided::Compile(error.to_string()),
        Error::IncompleteSchema(_)
        | Error::ActionNotInSchema(_)
        | Error::EncodeError(_)
        | Error::SolverError(_)
        | Error::DecodeModel(_)
        | Error::ConcretizeError(_)
        | Error::ModelInvalid { .. }
        | Error::NoPolicies => Undecided::Solver(error.to_string()),
    }
}

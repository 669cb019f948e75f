//! `cordon`: the one binary. It reads the command line, calls the rooms and prints; no rule lives here.
#![forbid(unsafe_code)]

mod ehr;
mod files;
mod report;
mod verbs;

use std::alloc::System;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cordon_core::ids::TenantId;
use cordon_server::config::{Config, ConfigError, Tenant};
use verbs::{
    audit, author, call, doctor, gate, hospital, init, label, load, policy, prepare, replay, serve, support, view, ward,
};
use zeroizing_alloc::ZeroAlloc;

/// Runs third-party clinical tools next to patients' records without trusting them.
#[derive(Parser)]
#[command(name = "cordon", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 no host is running.\n\
    Example: cordon init --demo demo && cordon serve --config demo/cordon.toml")]
struct Cli {
    /// Print one JSON object on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

/// Which host.
#[derive(Args, Clone)]
pub(crate) struct Site {
    /// The host's configuration.
    #[arg(long, default_value = "cordon.toml", env = "CORDON_CONFIG")]
    pub(crate) config: PathBuf,
}

/// Which host, and which of its tenants.
#[derive(Args, Clone)]
pub(crate) struct Host {
    #[command(flatten)]
    pub(crate) site: Site,
    /// The tenant. It may be left out where there is only one.
    #[arg(long)]
    pub(crate) tenant: Option<TenantId>,
}

impl Host {
    /// Reads the configuration and finds the tenant in it.
    pub(crate) fn read(&self) -> Result<(Config, Tenant), ConfigError> {
        let config = Config::read(&self.site.config)?;
        let tenant = config.tenant(self.tenant.as_ref())?.clone();
        Ok((config, tenant))
    }
}

#[derive(Subcommand)]
enum Verb {
    /// Starts a plugin project that builds and passes its test at once.
    #[command(after_help = "Example: cordon new org.example.potassium potassium")]
    New(author::New),
    /// Builds a plugin project into a component.
    #[command(after_help = "Example: cordon build potassium")]
    Build(author::Project),
    /// Runs a plugin's tests: natively, and as a component under production limits.
    #[command(after_help = "Example: cordon test potassium")]
    Test(author::Project),
    /// Shows what a component can do: imports, exports, needs, sinks, size, digest.
    #[command(after_help = "Example: cordon inspect org.example.potassium.wasm --manifest plugin.toml")]
    Inspect(author::Inspect),
    /// Keys of a publisher.
    #[command(subcommand)]
    Key(author::Key),
    /// Signs component and manifest as one thing.
    #[command(
        after_help = "Example: cordon sign org.example.potassium.wasm --manifest plugin.toml --key publisher.pem"
    )]
    Sign(author::Sign),
    /// Writes a configuration to start from.
    #[command(after_help = "Example: cordon init --demo demo")]
    Init(init::Init),
    /// Runs a host.
    #[command(after_help = "Example: cordon serve --config demo/cordon.toml")]
    Serve(serve::Serve),
    /// Compiles the installed plugins for this version of the program, before a host of another version makes way for it.
    #[command(after_help = "Example: cordon prepare --config cordon.toml")]
    Prepare(prepare::Prepare),
    /// Loads FHIR R4: transaction and collection Bundles, NDJSON. A running host takes them in while it answers.
    #[command(after_help = "Example: cordon load --config demo/cordon.toml ward.ndjson\n\
        Example: cordon load withdrawal.ndjson --reason \"the patient asked\"")]
    Load(load::Load),
    /// Makes a synthetic ward.
    #[command(after_help = "Example: cordon ward --seed 7 --patients 200 --out ward.ndjson")]
    Ward(ward::WardVerb),
    /// Whom the hospital trusts.
    #[command(subcommand)]
    Trust(hospital::Trust),
    /// Installs a signed plugin: FILE.wasm with FILE.dsse.json beside it.
    #[command(after_help = "Example: cordon install org.example.potassium.wasm --reason \"pilot on ward 3\"")]
    Install(hospital::Install),
    /// Gives a plugin some of what it asks for. What is not named is not given.
    #[command(after_help = "Example: cordon grant org.example.potassium --all --reason \"approved by the board\"")]
    Grant(hospital::GrantVerb),
    /// Switches a plugin's services on.
    #[command(after_help = "Example: cordon enable org.example.potassium --reason \"go-live\"")]
    Enable(hospital::Switch),
    /// Switches a plugin's services off.
    #[command(after_help = "Example: cordon disable org.example.potassium --reason \"under review\"")]
    Disable(hospital::Switch),
    /// Stops a plugin for every patient, or lets it run again.
    #[command(after_help = "Example: cordon quarantine org.example.potassium on --reason \"wrong units\"")]
    Quarantine(gate::Quarantine),
    /// Data packs: the publisher's data, the same for every patient.
    #[command(subcommand)]
    Pack(gate::Pack),
    /// Copies of what a plugin's link or icon leads to, which the hospital serves itself.
    #[command(subcommand)]
    Copy(gate::Copy),
    /// Failed calls: what their plugins saw, and its release to somebody by name.
    #[command(subcommand)]
    Diagnose(gate::Diagnose),
    /// Runs a kept call again, in another process: the same call gives the same reply, byte for byte.
    #[command(after_help = "Example: cordon replay call.json --component org.example.potassium.wasm --times 100")]
    Replay(replay::Replay),
    /// Lists the installed plugins.
    #[command(after_help = "Example: cordon list --json")]
    List(hospital::List),
    /// Shows one installed plugin: what it asks for, what it was given.
    #[command(after_help = "Example: cordon show org.example.potassium")]
    Show(hospital::Show),
    /// Labels: what rows speak of, and which rules say so.
    #[command(subcommand)]
    Label(label::Label),
    /// Which plugin may see which class of row, for what.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Shows a patient's record beside what a plugin would get of it. Every look is recorded.
    #[command(
        after_help = "Example: cordon view --plugin org.example.renal --patient p1 --reason \"card looked wrong\""
    )]
    View(Box<view::View>),
    /// The log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Writes what may be handed to somebody who helps: versions, settings from a list, counts. No patient data.
    #[command(after_help = "Example: cordon support-bundle case-12.json")]
    SupportBundle(support::SupportBundle),
    /// Calls a service as an EHR would, to try it out.
    #[command(after_help = "Example: cordon call --client demo/client --service renal-dosing request.json")]
    Call(call::Call),
    /// Says what is missing and how to mend it.
    #[command(after_help = "Example: cordon doctor --config demo/cordon.toml")]
    Doctor(doctor::Doctor),
}

/// Freed memory is overwritten: no call's data is found in it later, in a runner or in the host.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // The host calls this program so, for each process that holds a plugin. Nothing else may have happened in it before.
    if std::env::args_os().nth(1).is_some_and(|verb| verb == cordon_wall::RUNNER) {
        return cordon_wall::serve(|runner| runner);
    }
    // A crash leaves no image of the memory behind: patients' data may stand in it (threat SK-24).
    if cordon_wall::no_core_dumps().is_err() {
        return ExitCode::FAILURE;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error, std::env::args_os().any(|argument| argument == "--json")),
    };
    let ended = match cli.verb {
        Verb::New(verb) => author::new(&verb),
        Verb::Build(verb) => author::build(&verb),
        Verb::Test(verb) => author::test(&verb),
        Verb::Inspect(verb) => author::inspect(&verb),
        Verb::Key(verb) => author::key(&verb),
        Verb::Sign(verb) => author::sign(&verb),
        Verb::Init(verb) => init::run(&verb),
        Verb::Serve(verb) => serve::run(&verb, cli.json),
        Verb::Prepare(verb) => prepare::run(&verb),
        Verb::Load(verb) => load::run(&verb),
        Verb::Ward(verb) => ward::run(&verb),
        Verb::Trust(verb) => hospital::trust(&verb),
        Verb::Install(verb) => hospital::install(&verb),
        Verb::Grant(verb) => hospital::grant(&verb),
        Verb::Enable(verb) => hospital::switch(&verb, true),
        Verb::Disable(verb) => hospital::switch(&verb, false),
        Verb::Quarantine(verb) => gate::quarantine(&verb),
        Verb::Pack(verb) => gate::pack(&verb),
        Verb::Copy(verb) => gate::copy(&verb),
        Verb::Replay(verb) => replay::run(&verb),
        Verb::Diagnose(verb) => gate::diagnose(&verb),
        Verb::List(verb) => hospital::list(&verb),
        Verb::Show(verb) => hospital::show(&verb),
        Verb::Label(verb) => label::run(&verb),
        Verb::Policy(verb) => policy::run(&verb),
        Verb::View(verb) => view::run(&verb),
        Verb::Audit(verb) => audit::run(&verb),
        Verb::SupportBundle(verb) => support::run(&verb),
        Verb::Call(verb) => call::run(&verb),
        Verb::Doctor(verb) => doctor::run(&verb),
    };
    report::print(ended, cli.json)
}

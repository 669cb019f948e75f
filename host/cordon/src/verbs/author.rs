//! The author's verbs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use cordon_author::{self as author, About, Language, PackNotes, Tools, Verdict};
use cordon_core::ids::EntryName;

use crate::report::{Ended, Failure, Report};

/// Starts a plugin project.
#[derive(Args)]
pub(crate) struct New {
    /// The plugin's id: reverse DNS of your namespace.
    id: String,
    /// The folder to make; by default the id's last label.
    folder: Option<PathBuf>,
    /// What it is written in.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Lang {
    #[default]
    Rust,
    Js,
    Python,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Rust => Self::Rust,
            Lang::Js => Self::JavaScript,
            Lang::Python => Self::Python,
        }
    }
}

/// A plugin project.
#[derive(Args)]
pub(crate) struct Project {
    /// Its folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

/// Shows what a component can do.
#[derive(Args)]
pub(crate) struct Inspect {
    /// The component.
    component: PathBuf,
    /// Its manifest; without it the envelope beside the component is read.
    #[arg(long)]
    manifest: Option<PathBuf>,
}

/// Keys of a publisher.
#[derive(Subcommand)]
pub(crate) enum Key {
    /// Makes a signing key, and the public key beside it.
    #[command(after_help = "Example: cordon key new publisher.pem")]
    New {
        /// The file to make. It must not be there yet.
        file: PathBuf,
    },
}

/// Signs component and manifest as one thing.
#[derive(Args)]
pub(crate) struct Sign {
    /// The component.
    component: PathBuf,
    /// Its manifest.
    #[arg(long, default_value = "plugin.toml")]
    manifest: PathBuf,
    /// The signing key.
    #[arg(long)]
    key: PathBuf,
}

/// `cordon pack sign`
#[derive(Args)]
#[command(disable_version_flag = true)]
pub(crate) struct PackSign {
    /// The contents: JSON that fulfils the manifest's schema. `x.json` gives `x.pack` beside it.
    contents: PathBuf,
    /// The plugin's manifest.
    #[arg(long, default_value = "plugin.toml")]
    manifest: PathBuf,
    /// The pack's name in it.
    #[arg(long)]
    name: EntryName,
    /// Its version for people: no order is read into it.
    #[arg(long, value_name = "TEXT")]
    version: String,
    /// Its number, which only grows; by default the time in seconds.
    #[arg(long)]
    serial: Option<u64>,
    /// The signing key.
    #[arg(long)]
    key: PathBuf,
}

/// Ends with what was made: the same report for people and for scripts.
fn made(report: &(impl std::fmt::Display + serde::Serialize)) -> Ended {
    Ok(Report::new(report.to_string(), report)?)
}

/// `cordon new`
pub(crate) fn new(verb: &New) -> Ended {
    let last = verb.id.rsplit('.').next().unwrap_or_default();
    let folder = verb.folder.clone().unwrap_or_else(|| PathBuf::from(last));
    made(&author::new_project(&verb.id, &folder, verb.lang.into())?)
}

/// `cordon build`
pub(crate) fn build(verb: &Project) -> Ended {
    made(&author::build(&verb.folder, &Tools::default())?)
}

/// `cordon test`
pub(crate) fn test(verb: &Project) -> Ended {
    let report = author::test(&verb.folder, &Tools::default())?;
    let said = Report::new(report.to_string(), &report)?;
    match report.verdict {
        Verdict::Passed => Ok(said),
        Verdict::Failed => Err(Failure::Found(said)),
    }
}

/// `cordon inspect`
pub(crate) fn inspect(verb: &Inspect) -> Ended {
    let about = match &verb.manifest {
        Some(manifest) => About::Manifest(manifest.clone()),
        None => About::Envelope(verb.component.with_extension("dsse.json")),
    };
    made(&author::inspect(&verb.component, &about)?)
}

/// `cordon key …`
pub(crate) fn key(verb: &Key) -> Ended {
    match verb {
        Key::New { file } => made(&author::new_key(file, cordon_server::clock::draw()?)?),
    }
}

/// `cordon sign`
pub(crate) fn sign(verb: &Sign) -> Ended {
    made(&author::sign(&verb.component, &verb.manifest, &verb.key)?)
}

/// `cordon pack sign`
pub(crate) fn pack_sign(verb: &PackSign) -> Ended {
    let issued = cordon_server::clock::now();
    let notes = PackNotes { name: &verb.name, version: &verb.version, serial: verb.serial, issued };
    made(&author::pack_sign(&verb.contents, &verb.manifest, &verb.key, &notes)?)
}

//! `cordon audit`: a tenant's log, verified without a host.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cordon_audit::checkpoint::VerifierKey;
use cordon_audit::verify::verify_log;
use cordon_server::ledger::StoredLog;
use cordon_store::Store;
use serde_json::json;

use crate::Host;
use crate::files;
use crate::report::{Ended, Failure, Report};

/// The log.
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Recomputes the whole log and compares it with its checkpoints. Works while a host runs.
    #[command(after_help = "Example: cordon audit verify --key log.vkey --since last-month.checkpoint")]
    Verify(Verify),
}

/// Verifies the log.
#[derive(Args)]
pub(crate) struct Verify {
    /// The key that checkpoints are verified with; by default the one the host wrote beside the log.
    #[arg(long)]
    key: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere: the log must begin with it.
    #[arg(long)]
    since: Option<PathBuf>,
    /// Also write the newest checkpoint to this file, to keep it elsewhere.
    #[arg(long)]
    keep: Option<PathBuf>,
    #[command(flatten)]
    host: Host,
}

/// `cordon audit …`
pub(crate) fn run(verb: &Audit) -> Ended {
    match verb {
        Audit::Verify(verb) => verify(verb),
    }
}

fn verify(verb: &Verify) -> Ended {
    let (config, tenant) = verb.host.read()?;
    let reader = Store::open_read_only(&config.data, &tenant.id)?;
    let key = match &verb.key {
        Some(path) => files::text(path)?,
        None => reader.log_verifier().context("the key that the host wrote beside the log")?,
    };
    let key = VerifierKey::parse(key.trim_end())?;
    let since = verb.since.as_deref().map(files::text).transpose()?;
    match verify_log(&StoredLog(&reader), &key, since.as_deref()) {
        Ok(verified) => {
            let root = cordon_core::ids::Digest::new(verified.head.root);
            let newest = reader.checkpoint()?.map(|(_, note)| note);
            if let (Some(path), Some(note)) = (&verb.keep, &newest) {
                files::write_new(path, note.as_bytes(), false)?;
            }
            let text = format!(
                "the log is whole: {} records, root {root}, {} private parts erased, {} checkpoints compared",
                verified.head.size, verified.erased, verified.checkpoints
            );
            let json = json!({ "whole": true, "tenant": tenant.id, "size": verified.head.size, "root": root, "erased": verified.erased,
                "checkpoints": verified.checkpoints, "checkpoint": newest });
            Ok(Report::new(text, &json)?)
        }
        Err(error) => {
            let text = format!("the log is not whole: {error}");
            Err(Failure::Found(Report::new(
                text,
                &json!({ "whole": false, "tenant": tenant.id, "fault": error.to_string() }),
            )?))
        }
    }
}

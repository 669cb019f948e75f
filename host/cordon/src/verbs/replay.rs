//! `cordon replay`: the same call again, in another process, at another time.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use cordon_core::ids::Digest;
use cordon_core::transcript::Transcript;
use cordon_server::config::Config;
use cordon_server::replay::replay;
use serde_json::json;

use crate::report::{Ended, Failure, Report};
use crate::{Site, files};

/// Runs a kept call again and compares what comes out.
#[derive(Args)]
pub(crate) struct Replay {
    /// The transcript: what `cordon diagnose show --json` prints.
    transcript: PathBuf,
    /// The component that ran.
    #[arg(long)]
    component: PathBuf,
    /// A data pack that it read, signed or plain. May be repeated.
    #[arg(long)]
    pack: Vec<PathBuf>,
    /// How often, each time in a new process.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    times: u32,
    #[command(flatten)]
    site: Site,
}

/// Runs the verb. Exit code 1 when a reply differs from the transcript's.
pub(crate) fn run(verb: &Replay) -> Ended {
    let text = files::text(&verb.transcript)?;
    let transcript: Transcript =
        serde_json::from_str(&text).with_context(|| format!("`{}` is not a transcript", verb.transcript.display()))?;
    let component = files::read(&verb.component)?;
    let mut packs = BTreeMap::new();
    for file in &verb.pack {
        let bytes = files::read(file)?;
        // A signed file is one line of signature, and the data.
        let data = bytes.iter().position(|byte| *byte == b'\n').and_then(|end| bytes.get(end.saturating_add(1)..));
        packs.extend(data.map(|data| (Digest::of(data), data.to_vec())));
        packs.insert(Digest::of(&bytes), bytes);
    }
    let settings = Config::read(&verb.site.config).map(|config| config.runners).unwrap_or_default();
    let replies = replay(&transcript, &component, &packs, verb.times, settings)?;
    let same = replies.iter().filter(|reply| **reply == transcript.reply).count();
    let said = format!("{same} of {} runs gave the reply of the transcript, {}", replies.len(), transcript.reply);
    let json = json!({ "runs": replies.len(), "same": same, "reply": transcript.reply, "engine": transcript.engine });
    let report = Report::new(said, &json)?;
    if same == replies.len() { Ok(report) } else { Err(Failure::Found(report)) }
}

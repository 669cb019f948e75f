//! `cordon prepare`: the code that this version of the host needs, beside a host that runs.

use clap::Args;
use cordon_server::code::prepare;
use cordon_server::config::Config;
use serde_json::json;

use crate::Site;
use crate::report::{Ended, Failure, Report, table};

/// Compiles what is installed, for this version of the program. A host of another version goes on answering meanwhile.
#[derive(Args)]
pub(crate) struct Prepare {
    #[command(flatten)]
    site: Site,
}

/// Runs the verb. Exit code 1 when a plugin cannot be compiled.
pub(crate) fn run(verb: &Prepare) -> Ended {
    let prepared = prepare(&Config::read(&verb.site.config)?)?;
    let row = |one: &cordon_server::code::Prepared| {
        let is = one.refused.as_deref().unwrap_or("ready");
        vec![one.tenant.to_string(), one.plugin.to_string(), one.version.clone(), is.to_owned()]
    };
    let text = table(&["tenant", "plugin", "version", "is"], prepared.iter().map(row).collect());
    let ready = prepared.iter().all(|one| one.refused.is_none());
    let report = Report::new(text, &json!({ "ready": ready, "plugins": prepared }))?;
    if ready { Ok(report) } else { Err(Failure::Found(report)) }
}

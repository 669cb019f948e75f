//! `cordon support-bundle`: what may be handed to somebody who helps.

use std::path::PathBuf;

use clap::Args;
use cordon_server::config::Config;
use cordon_server::support::bundle;
use cordon_store::{Reader, Store};

use crate::Site;
use crate::files;
use crate::report::{Ended, Report};

/// Writes a support bundle. Works while a host runs.
#[derive(Args)]
pub(crate) struct SupportBundle {
    /// The file to make. It must not be there yet.
    file: PathBuf,
    #[command(flatten)]
    site: Site,
}

/// Runs the verb. What was written is shown, so that whoever hands it on has read it.
pub(crate) fn run(verb: &SupportBundle) -> Ended {
    let config = Config::read(&verb.site.config)?;
    let open = |tenant: &cordon_server::config::Tenant| Store::open_read_only(&config.data, &tenant.id);
    let stores = config.tenants.iter().map(open).collect::<Result<Vec<Reader>, _>>()?;
    let bundle = bundle(&config, &stores.iter().collect::<Vec<_>>())?;
    let text = serde_json::to_string_pretty(&bundle)?;
    files::write_new(&verb.file, text.as_bytes(), false)?;
    Ok(Report::new(format!("{text}\n{} holds this and nothing else", verb.file.display()), &bundle)?)
}

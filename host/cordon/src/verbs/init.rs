//! `cordon init`: a configuration to start from.

use std::path::PathBuf;

use clap::Args;
use cordon_store::DataDirectory;
use serde_json::json;

use crate::ehr::Client;
use crate::files;
use crate::report::{Ended, Report};

/// Writes a configuration, and for a demo a client to call it with.
#[derive(Args)]
pub(crate) struct Init {
    /// The folder to make.
    folder: PathBuf,
    /// Makes a demo: its data directory is marked for ever, loopback only, with a client of its own whose users may read everything.
    #[arg(long)]
    demo: bool,
    /// The port on loopback.
    #[arg(long, default_value_t = 8085)]
    port: u16,
}

/// Runs the verb.
pub(crate) fn run(verb: &Init) -> Ended {
    let config = verb.folder.join("cordon.toml");
    let base_url = format!("http://127.0.0.1:{}", verb.port);
    files::make_dir(&verb.folder)?;
    let mut text = format!("data = \"data\"\nlisten = \"127.0.0.1:{}\"\nbase-url = \"{base_url}\"\n", verb.port);
    text.push_str(
        "\n# What holds for a patient without a Consent: permit, or deny, which is the default.\n[consent]\nno-consent = \"permit\"\n",
    );
    if verb.demo {
        let issuer = "https://ehr.demo.invalid";
        Client::create(&verb.folder.join("client"), issuer, &base_url)?;
        text.push_str(&format!(
            "\n# The demo's own client. Its users may read the whole synthetic ward.\n[[client]]\nissuer = \"{issuer}\"\n\
             tenant = \"main\"\njwks = \"client/jwks.json\"\nuser-right = \"user/*.rs\"\n"
        ));
        DataDirectory::open(&verb.folder.join("data"))?.mark_demo()?;
    }
    files::write_new(&config, text.as_bytes(), false)?;
    let next = if verb.demo {
        format!(
            "next: cordon ward --out ward.ndjson && cordon load --config {0} ward.ndjson && cordon serve --config {0}",
            config.display()
        )
    } else {
        format!("next: add a [[client]] for your EHR to {}, then cordon doctor --config {0}", config.display())
    };
    Ok(Report::new(format!("wrote {}\n{next}", config.display()), &json!({ "config": config, "base-url": base_url }))?)
}

//! `[packs]`: how data packs are fetched. Which are, the grants say.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cordon_connect::fetch::{FetchSettings, Fetcher};
use cordon_connect::network::System;
use cordon_connect::origin::Origin;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;

use super::{ConfigError, read};

/// How data packs are fetched.
#[derive(Debug, Clone)]
pub struct Packs {
    /// The certificates that servers of packs are verified against: the only ones that are trusted.
    pub roots: Vec<CertificateDer<'static>>,
    /// Origins that may lie inside the hospital, such as its own mirror. Default: none.
    pub private_origins: BTreeSet<Origin>,
    /// Public addresses of the hospital itself, which are refused as inside ones are. Default: none.
    pub own_addresses: BTreeSet<IpAddr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPacks {
    roots: PathBuf,
    #[serde(default)]
    private_origins: Vec<String>,
    #[serde(default)]
    own_addresses: BTreeSet<IpAddr>,
}

impl RawPacks {
    pub(super) fn check(self, folder: &Path) -> Result<Packs, ConfigError> {
        let rule = |why: String| ConfigError::Rule(format!("[packs] {why}"));
        let roots = CertificateDer::pem_slice_iter(&read(&folder.join(self.roots))?).collect::<Result<Vec<_>, _>>();
        let roots = roots.map_err(|_| rule("roots: not a PEM file of certificates".to_owned()))?;
        let origin = |text: &String| Origin::new(text).map_err(|error| rule(format!("private-origins: {error}")));
        let private_origins = self.private_origins.iter().map(origin).collect::<Result<_, _>>()?;
        let packs = Packs { roots, private_origins, own_addresses: self.own_addresses };
        // What cannot fetch is told before the host starts, not at the first slot.
        packs.fetcher().map_err(|error| rule(format!("roots: {error}")))?;
        Ok(packs)
    }
}

impl Packs {
    /// The client that fetches.
    ///
    /// # Errors
    /// No root, or one that cannot be read.
    pub fn fetcher(&self) -> Result<Fetcher, cordon_connect::fetch::SettingsError> {
        Fetcher::new(FetchSettings {
            network: Arc::new(System),
            roots: self.roots.clone(),
            private_origins: self.private_origins.clone(),
            own_addresses: self.own_addresses.clone(),
        })
    }
}

//! `inspect`: what a component can do, before anybody installs it.

use std::fmt;
use std::path::{Path, PathBuf};

use cordon_core::ids::{Digest, KeyId, NeedName, PluginId, ServiceId};
use cordon_core::limits::{Limits, Wasi};
use cordon_core::manifest::{Hook, Link, Manifest, OnWithheld};
use cordon_trust::claim::claim;
use cordon_trust::dsse::FormError;
use serde::Serialize;

use crate::check::{RefusedError, component, manifest};
use crate::files::{FileError, read, read_text};
use crate::reach::{Keeps, Sinks, keeps, link, sinks};
use crate::words::{asks, withheld};

/// Where the manifest is read from.
#[derive(Debug, Clone)]
pub enum About {
    /// A `plugin.toml`.
    Manifest(PathBuf),
    /// An envelope. It is read, not verified: whether to believe it is for a host with a trust store.
    Envelope(PathBuf),
}

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// No host would install it.
    #[error(transparent)]
    Refused(#[from] RefusedError),
    /// Not an envelope.
    #[error("malformed envelope: {0}")]
    Envelope(#[from] FormError),
    /// The envelope is about another component.
    #[error("the envelope is about {signed}, the component is {found}: sign again after each build")]
    ComponentDiffers {
        /// The envelope's.
        signed: Digest,
        /// The file's.
        found: Digest,
    },
}

/// One service.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceLine {
    /// Its id in the URL.
    pub id: ServiceId,
    /// Its hook.
    pub hook: Hook,
    /// What it does.
    pub description: String,
    /// The link on each of its cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// One need.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct NeedLine {
    /// Its name.
    pub name: NeedName,
    /// What it asks to see, in plain words.
    pub asks: String,
    /// What is handed over of each row.
    pub elements: Vec<String>,
    /// The newest so many rows; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<u32>,
    /// What happens when something is withheld.
    pub on_withheld: OnWithheld,
    /// Why, in the publisher's words.
    pub why: String,
}

/// What a plugin can do.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inspection {
    /// The plugin.
    pub plugin: PluginId,
    /// Its version.
    pub version: String,
    /// Its name.
    pub title: String,
    /// Who makes it.
    pub publisher: String,
    /// What it is for.
    pub intended_use: String,
    /// The contract it is made for.
    pub wit: &'static str,
    /// The component's SHA-256.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// Keys that the envelope names; not verified. Empty without an envelope.
    pub signed_by: Vec<KeyId>,
    /// Everything the component imports.
    pub imports: Vec<String>,
    /// Everything it exports.
    pub exports: Vec<String>,
    /// Its services.
    pub services: Vec<ServiceLine>,
    /// All that it can ever see.
    pub needs: Vec<NeedLine>,
    /// What it is given beside that.
    pub keeps: Keeps,
    /// Where its words can go.
    pub sinks: Sinks,
    /// What one call may use.
    pub limits: Limits,
    /// The system interface that it asks for; absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wasi: Option<Wasi>,
}

/// Shows what a component can do.
///
/// # Errors
/// [`InspectError`]; what no host would install is not shown as if one would.
pub fn inspect(path: &Path, about: &About) -> Result<Inspection, InspectError> {
    let bytes = read(path)?;
    let (text, signed_by) = match about {
        About::Manifest(path) => (read_text(path)?, Vec::new()),
        About::Envelope(path) => {
            let claim = claim(&read(path)?)?;
            let found = Digest::of(&bytes);
            if claim.component != found {
                return Err(InspectError::ComponentDiffers { signed: claim.component, found });
            }
            (claim.manifest, claim.keys)
        }
    };
    let manifest = manifest(&text)?;
    let made_of = component(&bytes, &text, &manifest)?;
    Ok(Inspection {
        digest: made_of.digest,
        size: made_of.size,
        imports: made_of.imports,
        exports: made_of.exports,
        signed_by,
        wit: manifest.wit,
        services: services(&manifest),
        needs: needs(&manifest),
        keeps: keeps(&manifest),
        sinks: sinks(&manifest),
        plugin: manifest.id,
        version: manifest.version.to_string(),
        title: manifest.title.en,
        publisher: manifest.publisher,
        intended_use: manifest.intended_use,
        limits: manifest.limits,
        wasi: manifest.wasi,
    })
}

fn services(manifest: &Manifest) -> Vec<ServiceLine> {
    let line = |service: &cordon_core::manifest::Service| ServiceLine {
        id: service.id.clone(),
        hook: service.hook,
        description: service.description.clone(),
        link: service.link.clone(),
    };
    manifest.services.iter().map(line).collect()
}

fn needs(manifest: &Manifest) -> Vec<NeedLine> {
    let line = |need: &cordon_core::manifest::Need| NeedLine {
        name: need.name.clone(),
        asks: format!("{}; {}", asks(need), withheld(need)),
        elements: need.elements.paths().to_vec(),
        newest: need.newest,
        on_withheld: need.on_withheld,
        why: need.why.clone(),
    };
    manifest.needs.values().map(line).collect()
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}: {} ({})", self.plugin, self.version, self.title, self.publisher)?;
        writeln!(f, "{} bytes, {}", self.size, self.digest)?;
        for key in &self.signed_by {
            writeln!(f, "says it is signed by {key} (not verified here)")?;
        }
        writeln!(f, "imports {}", self.imports.join(", "))?;
        writeln!(f, "exports {}", self.exports.join(", "))?;
        writeln!(f, "answers")?;
        for service in &self.services {
            let link = service.link.as_ref().map(|told| format!(" [{}]", link(told))).unwrap_or_default();
            writeln!(f, "  {} at {}: {}{link}", service.id, service.hook.as_str(), service.description)?;
        }
        writeln!(f, "can see")?;
        for need in &self.needs {
            writeln!(f, "  {}: {}. Why: {}", need.name, need.asks, need.why)?;
        }
        write!(f, "{}{}", self.keeps, self.sinks)?;
        if let Some(Wasi::Deterministic) = self.wasi {
            let holds =
                "no file, variable, input, socket or HTTP, clocks that stand still and random numbers of the call";
            writeln!(f, "needs, if granted by name, a system interface that holds nothing: {holds}")?;
        }
        write!(f, "may use {} fuel and {} MiB a call", self.limits.fuel, self.limits.memory >> 20)
    }
}

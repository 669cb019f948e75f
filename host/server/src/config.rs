//! The host's configuration: one typed value, read and checked before the first socket opens. Its defaults deny.
//!
//! `cordon.toml` beside the command, or `--config FILE`. Paths in it are relative to its folder. Secrets are files, never
//! values.

mod client;
mod packs;
mod runners;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use cordon_core::disclosure::Latency;
use cordon_core::ids::{ServiceId, TenantId};
use cordon_core::label::Confidentiality;
use cordon_core::labelling::LabelRules;
use cordon_core::words::Words;
use cordon_policy::consent::ConsentSettings;
use cordon_wall::WallSettings;
use serde::Deserialize;

pub use client::Client;
use client::RawClient;
pub use packs::Packs;
use packs::RawPacks;
use runners::RawRunners;

/// Why a configuration was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not TOML, an unknown field or a wrong type.
    #[error("`{file}`: {message}")]
    Shape {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A rule between fields.
    #[error("{0}")]
    Rule(String),
}

/// A hospital, or a department with its own data, keys, plugins, log and turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id, which is also the name of its folder.
    pub id: TenantId,
    /// Its name, for people. Default: the id.
    pub name: String,
    /// Its turns: so many invocations of it run at one time, whatever others do. By default an equal part of what the
    /// shares that are named leave of the host's `concurrent`.
    pub concurrent: usize,
    /// The most that its database may hold, in bytes. Default: no bound but the disk.
    pub store_bytes: Option<u64>,
}

/// Files of a TLS identity.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain, PEM.
    pub certificate: Vec<u8>,
    /// The private key, PEM.
    pub key: Vec<u8>,
}

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// Where CDS Hooks calls are answered.
    pub listen: SocketAddr,
    /// The URL that clients call, for the JWT's `aud`.
    pub base_url: String,
    /// Where administrators call.
    pub admin_socket: PathBuf,
    /// User ids that may administer, besides root and the host's own.
    pub admins: Vec<u32>,
    /// The name in the logs' checkpoints: each tenant's log is this, `/` and the tenant.
    pub log_origin: String,
    /// TLS; without it the host listens on loopback only.
    pub tls: Option<TlsFiles>,
    /// The tenants, at least one. Default: `main`, with all turns.
    pub tenants: Vec<Tenant>,
    /// The clients.
    pub clients: Vec<Client>,
    /// Origins of browser-based clients.
    pub cors_origins: Vec<String>,
    /// A service's time to answer.
    pub deadline: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Invocations at once, of all tenants together.
    pub concurrent: usize,
    /// Services whose failures the hospital wants answered with no cards, in writing.
    pub empty_on_failure: Vec<ServiceId>,
    /// The most bits that a plugin could tell beside its cards in one call. A grant that lets out more is refused. Default: 8.
    pub undeclared_bits: u32,
    /// Whether answers leave at fixed times after the call and not when they are ready. Default: yes.
    pub latency_buckets: bool,
    /// The hospital's own label rules, beside the shipped ones. Default: none.
    pub label_rules: Option<String>,
    /// How confidential a row is that no rule knows. Default: restricted.
    pub unclassified: Confidentiality,
    /// How consents are read. Default: nothing without a consent that permits it.
    pub consent: ConsentSettings,
    /// How data packs are fetched. Default: none is, whatever was granted.
    pub packs: Option<Packs>,
    /// How the processes that hold plugins are kept. Default: no layer of their jail may be missing.
    pub runners: WallSettings,
    /// The host's words.
    pub words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    data: PathBuf,
    listen: SocketAddr,
    base_url: String,
    admin_socket: Option<PathBuf>,
    #[serde(default)]
    admins: Vec<u32>,
    #[serde(default = "default_origin")]
    log_origin: String,
    tls: Option<RawTls>,
    #[serde(default)]
    tenant: Vec<RawTenant>,
    #[serde(default)]
    client: Vec<RawClient>,
    #[serde(default)]
    cors_origins: Vec<String>,
    #[serde(default = "default_deadline")]
    deadline_ms: u64,
    #[serde(default = "default_connections")]
    connections: usize,
    #[serde(default = "default_concurrent")]
    concurrent: usize,
    #[serde(default)]
    empty_on_failure: Vec<ServiceId>,
    #[serde(default = "default_undeclared")]
    undeclared_bits: u32,
    #[serde(default = "default_buckets")]
    latency_buckets: bool,
    label_rules: Option<PathBuf>,
    #[serde(default = "default_unclassified")]
    unclassified: Confidentiality,
    #[serde(default)]
    consent: ConsentSettings,
    packs: Option<RawPacks>,
    #[serde(default)]
    runners: RawRunners,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTls {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawTenant {
    id: TenantId,
    name: Option<String>,
    concurrent: Option<usize>,
    store_mib: Option<u64>,
}

fn default_origin() -> String {
    "cordon.example/log".to_owned()
}

fn default_unclassified() -> Confidentiality {
    Confidentiality::Restricted
}

fn default_deadline() -> u64 {
    500
}

fn default_undeclared() -> u32 {
    cordon_core::disclosure::MOST_UNDECLARED / 1_000
}

fn default_buckets() -> bool {
    true
}

fn default_connections() -> usize {
    1_024
}

fn default_concurrent() -> usize {
    64
}

impl Config {
    /// What this host does with the time that a run took.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let deadline = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
        if self.latency_buckets { Latency::Buckets } else { Latency::Exact { deadline } }
    }

    /// Reads a configuration file and the files it names.
    ///
    /// # Errors
    /// [`ConfigError`] names the file or the field.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = text(path)?;
        let shape = |message: String| ConfigError::Shape { file: path.display().to_string(), message };
        let raw: Raw = toml::from_str(&text).map_err(|error| shape(located(&text, &error)))?;
        raw.check(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }

    /// The label rules: the shipped ones and the hospital's.
    ///
    /// # Errors
    /// [`ConfigError::Rule`] says what is wrong with the hospital's file.
    pub fn labels(&self) -> Result<Arc<LabelRules>, ConfigError> {
        let rules = LabelRules::with_hospital(self.label_rules.as_deref(), self.unclassified);
        rules.map(Arc::new).map_err(|error| {
            let syntax = std::error::Error::source(&error).map(ToString::to_string);
            let because = syntax.map(|syntax| format!(": {}", syntax.lines().collect::<Vec<_>>().join(" ")));
            ConfigError::Rule(format!("label-rules: {error}{}", because.unwrap_or_default()))
        })
    }

    /// The tenant that is meant: the one that is named, or the only one.
    ///
    /// # Errors
    /// [`ConfigError::Rule`] if there is no such tenant, or several and none is named.
    pub fn tenant(&self, named: Option<&TenantId>) -> Result<&Tenant, ConfigError> {
        match (named, self.tenants.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(ConfigError::Rule("there are several tenants: say which with --tenant".to_owned())),
            (Some(named), tenants) => tenants.iter().find(|tenant| tenant.id == *named).ok_or_else(|| unknown(named)),
        }
    }
}

fn unknown(tenant: &TenantId) -> ConfigError {
    ConfigError::Rule(format!("there is no tenant `{tenant}`: add a [[tenant]] with this id"))
}

/// What is wrong, in one line, with the line it is on.
fn located(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', " ");
    match error.span().and_then(|span| text.as_bytes().get(..span.start)) {
        Some(before) => format!("line {}: {message}", before.split(|byte| *byte == b'\n').count()),
        None => message,
    }
}

impl RawTls {
    fn read(self, folder: &Path) -> Result<TlsFiles, ConfigError> {
        Ok(TlsFiles { certificate: read(&folder.join(self.certificate))?, key: read(&folder.join(self.key))? })
    }
}

impl Raw {
    fn check(self, folder: &Path) -> Result<Config, ConfigError> {
        let tls = self.tls.map(|files| files.read(folder)).transpose()?;
        if tls.is_none() && !self.listen.ip().is_loopback() {
            return Err(ConfigError::Rule(format!(
                "listen = \"{}\" needs [tls]: plain HTTP is for loopback only",
                self.listen
            )));
        }
        let fits = self.base_url.starts_with(if tls.is_some() { "https://" } else { "http://" });
        if !fits || self.base_url.ends_with('/') {
            return Err(ConfigError::Rule(
                "base-url starts with http:// (https:// with [tls]) and has no final slash".to_owned(),
            ));
        }
        if !(50..=10_000).contains(&self.deadline_ms) {
            return Err(ConfigError::Rule("deadline-ms: 50 to 10000".to_owned()));
        }
        if self.concurrent == 0 || self.connections == 0 {
            return Err(ConfigError::Rule("concurrent and connections: at least 1".to_owned()));
        }
        let label_rules = self.label_rules.as_ref().map(|file| text(&folder.join(file))).transpose()?;
        let packs = self.packs.map(|packs| packs.check(folder)).transpose()?;
        let data = folder.join(self.data);
        let clients = self.client.into_iter().map(|client| client.check(folder)).collect::<Result<Vec<_>, _>>()?;
        let mut issuers = BTreeSet::new();
        if let Some(twice) = clients.iter().find(|client| !issuers.insert(&client.issuer)) {
            // One of them would win silently, and with it its tenant and its keys.
            return Err(ConfigError::Rule(format!("two [[client]] entries have the issuer `{}`", twice.issuer)));
        }
        let tenants = tenants(self.tenant, self.concurrent)?;
        let known: BTreeSet<&TenantId> = tenants.iter().map(|tenant| &tenant.id).collect();
        if let Some(stray) = clients.iter().find(|client| !known.contains(&client.tenant)) {
            return Err(unknown(&stray.tenant));
        }
        Ok(Config {
            admin_socket: self.admin_socket.map_or_else(|| data.join("admin.sock"), |path| folder.join(path)),
            data,
            listen: self.listen,
            base_url: self.base_url,
            admins: self.admins,
            log_origin: self.log_origin,
            tls,
            tenants,
            clients,
            cors_origins: self.cors_origins,
            deadline: Duration::from_millis(self.deadline_ms),
            connections: self.connections,
            concurrent: self.concurrent,
            empty_on_failure: self.empty_on_failure,
            undeclared_bits: self.undeclared_bits,
            latency_buckets: self.latency_buckets,
            label_rules,
            unclassified: self.unclassified,
            consent: self.consent,
            packs,
            runners: self.runners.check()?,
            words: Words::default(),
        })
    }
}

/// Divides the host's turns: whoever names a share has it, the others have equal parts of the rest. Nobody has none, and
/// nobody's share is made of another's.
fn tenants(listed: Vec<RawTenant>, turns: usize) -> Result<Vec<Tenant>, ConfigError> {
    let main = || Ok(RawTenant { id: main_tenant()?, name: None, concurrent: None, store_mib: None });
    let listed = if listed.is_empty() { vec![main()?] } else { listed };
    let mut ids = BTreeSet::new();
    if let Some(twice) = listed.iter().find(|tenant| !ids.insert(&tenant.id)) {
        return Err(ConfigError::Rule(format!("two [[tenant]] entries have the id `{}`", twice.id)));
    }
    let named: usize = listed.iter().filter_map(|tenant| tenant.concurrent).fold(0, usize::saturating_add);
    let others = listed.iter().filter(|tenant| tenant.concurrent.is_none()).count();
    let few = "concurrent: fewer turns than the tenants' shares need, which are at least 1 each";
    let rest = turns.checked_sub(named).ok_or_else(|| ConfigError::Rule(few.to_owned()))?;
    let part = rest.checked_div(others).unwrap_or(rest);
    let share = |tenant: RawTenant| match tenant.concurrent.unwrap_or(part) {
        0 => Err(ConfigError::Rule(few.to_owned())),
        concurrent => Ok(Tenant {
            name: tenant.name.unwrap_or_else(|| tenant.id.to_string()),
            id: tenant.id,
            concurrent,
            store_bytes: tenant.store_mib.map(|mib| mib.saturating_mul(1 << 20)),
        }),
    };
    listed.into_iter().map(share).collect()
}

/// The tenant of a host that names none.
fn main_tenant() -> Result<TenantId, ConfigError> {
    TenantId::new("main").map_err(|error| ConfigError::Rule(error.to_string()))
}

fn text(path: &Path) -> Result<String, ConfigError> {
    let shape = |_| ConfigError::Shape { file: path.display().to_string(), message: "not UTF-8".to_owned() };
    String::from_utf8(read(path)?).map_err(shape)
}

/// Reads a file through a directory handle.
///
/// # Errors
/// [`ConfigError::Read`] names the file.
pub fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let failed = |source| ConfigError::Read { file: path.display().to_string(), source };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| failed(std::io::ErrorKind::InvalidInput.into()))?;
    Dir::open_ambient_dir(folder, ambient_authority()).and_then(|dir| dir.read(name)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(config: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
        dir.write("keys.json", b"{}").unwrap();
        dir.write("cordon.toml", config).unwrap();
        Config::read(&folder.path().join("cordon.toml"))
    }

    const HOST: &str = "data = \"data\"\nlisten = \"127.0.0.1:0\"\nbase-url = \"http://127.0.0.1:1\"\n";

    fn client(issuer: &str, tenant: &str) -> String {
        format!("[[client]]\nissuer = \"{issuer}\"\ntenant = \"{tenant}\"\njwks = \"keys.json\"\n")
    }

    fn shares(config: &str) -> Option<Vec<(String, usize)>> {
        let config = written(config).ok()?;
        Some(config.tenants.iter().map(|tenant| (tenant.id.to_string(), tenant.concurrent)).collect())
    }

    #[test]
    fn one_issuer_is_one_tenants() {
        let tenants = "[[tenant]]\nid = \"a\"\n[[tenant]]\nid = \"b\"\n";
        let two = |other: &str| {
            written(&format!("{HOST}{tenants}{}{}", client("https://a.example", "a"), client(other, "b")))
        };
        assert_eq!(two("https://b.example").unwrap().clients.len(), 2);
        assert!(matches!(two("https://a.example"), Err(ConfigError::Rule(_))));
    }

    #[test]
    fn a_client_names_a_tenant_that_is_there() {
        let of = |tenant: &str| written(&format!("{HOST}{}", client("https://a.example", tenant)));
        assert_eq!(of("main").unwrap().tenants.len(), 1);
        assert!(matches!(of("other"), Err(ConfigError::Rule(_))));
        let named = format!("{HOST}[[tenant]]\nid = \"a\"\n{}", client("https://a.example", "main"));
        assert!(matches!(written(&named), Err(ConfigError::Rule(_))));
    }

    #[test]
    fn a_tenant_is_named_once_and_its_name_is_no_path() {
        let two = |other: &str| written(&format!("{HOST}[[tenant]]\nid = \"a\"\n[[tenant]]\nid = \"{other}\"\n"));
        assert!(two("b").is_ok());
        for wrong in ["a", "../b", "b/c", ".", "", "B", "-b", "b.c"] {
            assert!(two(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn packs_are_fetched_only_with_roots_and_from_origins_that_can_be_dialled() {
        let root = rcgen::generate_simple_self_signed(["packs.example".to_owned()]).unwrap().cert.pem();
        let with = |pem: &str, more: &str| {
            let folder = tempfile::tempdir().unwrap();
            let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
            dir.write("roots.pem", pem).unwrap();
            dir.write("cordon.toml", format!("{HOST}[packs]\nroots = \"roots.pem\"\n{more}")).unwrap();
            Config::read(&folder.path().join("cordon.toml")).map(|config| config.packs.unwrap())
        };
        assert!(written(HOST).unwrap().packs.is_none());
        assert!(written(&format!("{HOST}[packs]\n")).is_err());
        assert!(with("", "").is_err());
        assert!(with(&root, "private-origins = [\"http://mirror.example\"]").is_err());
        assert!(with(&root, "private-origins = [\"https://mirror.example/packs\"]").is_err());
        let packs =
            with(&root, "private-origins = [\"https://10.0.0.7:8443\"]\nown-addresses = [\"192.0.2.1\"]").unwrap();
        assert_eq!((packs.roots.len(), packs.private_origins.len(), packs.own_addresses.len()), (1, 1, 1));
    }

    #[test]
    fn turns_are_divided_and_nobody_has_none() {
        let two = |turns: usize, one: &str, other: &str| {
            shares(&format!(
                "concurrent = {turns}\n{HOST}[[tenant]]\nid = \"a\"\n{one}\n[[tenant]]\nid = \"b\"\n{other}"
            ))
        };
        let as_shares = |a, b| Some(vec![("a".to_owned(), a), ("b".to_owned(), b)]);
        assert_eq!(shares(HOST), Some(vec![("main".to_owned(), 64)]));
        assert_eq!(two(64, "", ""), as_shares(32, 32));
        assert_eq!(two(64, "concurrent = 48", ""), as_shares(48, 16));
        assert_eq!(two(9, "concurrent = 3", "concurrent = 4"), as_shares(3, 4));
        assert_eq!(two(9, "concurrent = 5", "concurrent = 5"), None);
        assert_eq!(two(9, "concurrent = 9", ""), None);
        assert_eq!(two(9, "concurrent = 0", ""), None);
        assert_eq!(two(1, "", ""), None);
    }

    #[test]
    fn among_several_tenants_one_must_be_named() {
        let two = written(&format!("{HOST}[[tenant]]\nid = \"a\"\n[[tenant]]\nid = \"b\"\n")).unwrap();
        let (a, c) = (TenantId::new("a").unwrap(), TenantId::new("c").unwrap());
        assert!(two.tenant(None).is_err());
        assert_eq!(two.tenant(Some(&a)).unwrap().id, a);
        assert!(two.tenant(Some(&c)).is_err());
        assert_eq!(written(HOST).unwrap().tenant(None).unwrap().id.as_str(), "main");
    }
}

//! Code that was generated stays: a host that starts again loads it, and one of another engine finds it prepared.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use cordon_core::ids::{Digest, PluginId, TenantId};
use cordon_core::limits::LimitClass;
use cordon_core::manifest::Manifest;
use cordon_core::ports::Runner as _;
use cordon_runtime::{Code, Engine, EngineError, Wit};
use cordon_store::{CodeFiles, CodeName, KeyError, OpenError, Reader, Store, StoreError};
use cordon_trust::verify::verify;
use cordon_wall::{CodeKey, CodeOf, CompileError, Components, InsertError, Program, Wall, WallError};
use serde::Serialize;

use crate::clock;
use crate::config::Config;
use crate::hospital::{Background, Hospital, trusted};

/// A wall, and the code that was generated for it.
pub(crate) struct KeptComponents {
    wall: Arc<Wall>,
    files: CodeFiles,
    key: CodeKey,
    profile: String,
}

impl KeptComponents {
    pub(crate) fn new(wall: Arc<Wall>, files: CodeFiles, key: [u8; 32]) -> Self {
        let profile = wall.engine();
        Self { wall, files, key: CodeKey::new(key), profile }
    }

    /// Forgets what other engines left behind, a month after.
    pub(crate) fn prune(&self) {
        const MONTH: Duration = Duration::from_secs(30 * 24 * 3_600);
        let before = SystemTime::from(clock::now()).checked_sub(MONTH);
        match before.map(|before| self.files.prune(&self.profile, before)) {
            Some(Ok(removed)) => tracing::debug!(removed, "code of former engines removed"),
            Some(Err(error)) => tracing::warn!(%error, "code of former engines was not removed"),
            None => {}
        }
    }

    fn name(&self, component: Digest, class: LimitClass) -> CodeName<'_> {
        CodeName { component, class, profile: &self.profile }
    }

    fn find(&self, component: &Digest, manifest: &Manifest) -> Option<Code> {
        let class = manifest.limits.class;
        let wit = Wit::ALL.into_iter().find(|wit| wit.as_str() == manifest.wit)?;
        let kept = match self.files.get(&self.name(*component, class)) {
            Ok(kept) => kept?,
            Err(error) => {
                tracing::error!(%component, %error, "kept code could not be read: it is generated again");
                return None;
            }
        };
        let of = CodeOf { component: *component, class, wit, wasi: manifest.wasi, profile: &self.profile };
        let opened = self.key.open(&of, &kept);
        if opened.is_none() {
            tracing::error!(%component, "kept code is not this host's: it is generated again");
        }
        opened
    }
}

impl Components for KeptComponents {
    fn compile(&self, component: &[u8], manifest: &Manifest) -> Result<Code, CompileError> {
        self.wall.compile(component, manifest)
    }

    fn restore(&self, component: &Digest, manifest: &Manifest) -> bool {
        self.find(component, manifest).is_some_and(|code| self.wall.insert(&code).is_ok())
    }

    fn insert(&self, code: &Code) -> Result<(), InsertError> {
        self.wall.insert(code)?;
        let name = self.name(code.digest(), code.class());
        let kept = self.key.seal(code, &self.profile).map(|sealed| self.files.put(&name, &sealed));
        if let Some(Err(error)) = kept {
            // It runs all the same, and is generated again after the next start.
            tracing::warn!(component = %code.digest(), %error, "generated code could not be kept");
        }
        Ok(())
    }

    fn contains(&self, digest: &Digest, class: LimitClass) -> bool {
        self.wall.contains(digest, class)
    }
}

/// How often it is looked for plugins without code, and how long after a compiler could not be started.
const LOOK: Duration = Duration::from_secs(1);
const PAUSE: u32 = 30;

/// Compiles plugins that have no code, one after the other, in a thread of its own, while the others answer.
pub(crate) fn start(hospital: Arc<Hospital>, stopped: Arc<AtomicBool>) -> std::io::Result<JoinHandle<()>> {
    let compiling = move || {
        while !stopped.load(Ordering::Relaxed) {
            let looks = match hospital.compile_next() {
                Background::Done => continue,
                Background::Nothing => 1,
                Background::Failed => PAUSE,
            };
            (0..looks).take_while(|_| !stopped.load(Ordering::Relaxed)).for_each(|_| std::thread::park_timeout(LOOK));
        }
    };
    std::thread::Builder::new().name("compiling".to_owned()).spawn(compiling)
}

/// Why nothing was prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// There is no key to authenticate code with.
    #[error("no host was started on this data directory yet: there is nothing to prepare")]
    NoHost,
    /// The data directory, or a store in it.
    #[error("the data directory cannot be read")]
    Open(#[from] OpenError),
    /// The key.
    #[error("the key of generated code")]
    Key(#[from] KeyError),
    /// A store.
    #[error("a store cannot be read")]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The compiler's jail.
    #[error("[runners]")]
    Wall(#[from] WallError),
}

/// One plugin, prepared or not.
#[derive(Debug, Clone, Serialize)]
pub struct Prepared {
    /// Whose.
    pub tenant: TenantId,
    /// The plugin.
    pub plugin: PluginId,
    /// The version in use.
    pub version: String,
    /// Why there is no code; `None`: there is.
    pub refused: Option<String>,
}

/// Generates the code that this program needs for what is installed, beside a host that runs or not. That host's own code
/// stays: the next one to start has what it needs.
///
/// # Errors
/// [`PrepareError`].
pub fn prepare(config: &Config) -> Result<Vec<Prepared>, PrepareError> {
    let files = CodeFiles::open(&config.data)?;
    let key = files.key()?.ok_or(PrepareError::NoHost)?;
    let wall = Arc::new(Wall::start(Program::this(), Engine::new()?, config.runners.clone())?);
    let components = KeptComponents::new(wall, files, key);
    let mut all = Vec::new();
    for tenant in &config.tenants {
        let store = Store::open_read_only(&config.data, &tenant.id)?;
        for plugin in store.installed(&tenant.id)? {
            let refused = prepare_one(&components, &store, &plugin).err();
            let version = plugin.version.to_string();
            all.push(Prepared { tenant: tenant.id.clone(), plugin: plugin.plugin, version, refused });
        }
    }
    Ok(all)
}

fn prepare_one(components: &KeptComponents, store: &Reader, plugin: &cordon_store::StoredPlugin) -> Result<(), String> {
    let unread = |_| "the store cannot be read".to_owned();
    let bytes = store.component(store.tenant(), &plugin.component).map_err(unread)?;
    let bytes = bytes.ok_or_else(|| "its component is missing".to_owned())?;
    let keys = trusted(store).map_err(|_| "the trusted keys cannot be read".to_owned())?;
    let verified = verify(&plugin.envelope, &bytes, &keys).map_err(|error| error.to_string())?;
    let manifest = verified.manifest();
    if components.restore(&plugin.component, manifest) {
        return Ok(());
    }
    let code = components.compile(&bytes, manifest).map_err(|error| error.to_string())?;
    components.insert(&code).map_err(|error| error.to_string())
}

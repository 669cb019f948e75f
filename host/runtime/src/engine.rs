//! The engine: how guests are compiled and what they are linked with.

use std::hash::{DefaultHasher, Hash, Hasher};

use cordon_core::limits::{LimitClass, Limits, Wasi};
use cordon_core::manifest::Manifest;
use wasmparser::WasmFeatures;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OperatorCost, OptLevel, PoolingAllocationConfig, Store, Strategy,
    WasmBacktraceDetails,
};

use crate::bindings::{v0_2, v0_3};
use crate::code::{Code, LoadError};
use crate::contract::Wit;
use crate::features::ALLOWED;
use crate::gate::{self, ComponentError, Inspection, reason};
use crate::host::State;
use crate::plugins::{Compiled, Linked};
use crate::wasi;

/// The engine could not be made: this build cannot run plugins on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the engine could not be made: {0}")]
pub struct EngineError(String);

/// Compiles components, and loads what was compiled. Cheap to clone; every clone is the same engine.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    /// The contract alone.
    strict: Linkers,
    /// The contract and a WASI that holds nothing.
    still: Linkers,
}

/// One linker for each version: nothing of another one is there to be found.
#[derive(Clone)]
struct Linkers {
    v0_3: Linker<State>,
    v0_2: Linker<State>,
}

impl Linkers {
    fn new(engine: &wasmtime::Engine) -> wasmtime::Result<Self> {
        let (mut newest, mut before) = (Linker::new(engine), Linker::new(engine));
        v0_3::CdsService::add_to_linker::<_, HasSelf<State>>(&mut newest, |state| state)?;
        v0_2::CdsService::add_to_linker::<_, HasSelf<State>>(&mut before, |state| state)?;
        Ok(Self { v0_3: newest, v0_2: before })
    }

    fn with_wasi(mut self) -> wasmtime::Result<Self> {
        wasi::link(&mut self.v0_3)?;
        wasi::link(&mut self.v0_2)?;
        Ok(self)
    }
}

impl Engine {
    /// The stack a guest may use, on the thread that runs it.
    pub const STACK: usize = 512 << 10;

    /// The one engine profile there is.
    ///
    /// # Errors
    /// [`EngineError`] when this build cannot generate code for this machine.
    pub fn new() -> Result<Self, EngineError> {
        Self::with(InstanceAllocationStrategy::OnDemand)
    }

    /// The same profile, for a process that runs one invocation of this class at a time: the next instance gets the place
    /// of the one before, cleared. A second one beside it is a trap. Code of either engine is code of the other.
    ///
    /// # Errors
    /// As [`Engine::new`]; also when there is no room for the place.
    pub fn pooled(class: LimitClass) -> Result<Self, EngineError> {
        Self::with(InstanceAllocationStrategy::Pooling(pool(class)))
    }

    fn with(places: InstanceAllocationStrategy) -> Result<Self, EngineError> {
        let failed = |error: wasmtime::Error| EngineError(error.to_string());
        let mut config = config().map_err(failed)?;
        config.allocation_strategy(places);
        let engine = wasmtime::Engine::new(&config).map_err(failed)?;
        // Nothing else is ever linked: what is not in the world does not exist.
        let strict = Linkers::new(&engine).map_err(failed)?;
        let still = strict.clone().with_wasi().map_err(failed)?;
        Ok(Self { engine, strict, still })
    }

    /// Says what a component is made of, or why it is refused. No code is generated.
    ///
    /// # Errors
    /// [`ComponentError`]: what the class or the contract does not admit.
    pub fn check(&self, component: &[u8], class: LimitClass) -> Result<Inspection, ComponentError> {
        gate::check(component, class, None)
    }

    /// As [`Engine::check`], for the manifest it comes with: in its class, of its version and with what it asks for.
    ///
    /// # Errors
    /// As [`Engine::check`]; [`ComponentError::OtherVersion`].
    pub fn check_for(&self, component: &[u8], manifest: &Manifest) -> Result<Inspection, ComponentError> {
        Self::check_version(component, manifest.limits.class, manifest.wasi, manifest.wit)
    }

    /// Checks a component, generates its code in memory and links it with its version of the contract.
    ///
    /// # Errors
    /// [`ComponentError`], as [`Engine::check`]; also when its imports or exports do not have the contract's types.
    pub fn compile(&self, component: &[u8], class: LimitClass) -> Result<Compiled, ComponentError> {
        let inspection = self.check(component, class)?;
        self.generate(component, class, &inspection)
    }

    /// As [`Engine::compile`], for the manifest it comes with: in its class and of its version.
    ///
    /// # Errors
    /// As [`Engine::compile`]; [`ComponentError::OtherVersion`] before any code is generated.
    pub fn compile_for(&self, component: &[u8], manifest: &Manifest) -> Result<Compiled, ComponentError> {
        let inspection = self.check_for(component, manifest)?;
        self.generate(component, manifest.limits.class, &inspection)
    }

    /// As [`Engine::compile`], as bytes that another process of this engine can load.
    ///
    /// # Errors
    /// As [`Engine::compile`].
    pub fn precompile(&self, component: &[u8], class: LimitClass) -> Result<Code, ComponentError> {
        Code::of(&self.compile(component, class)?).map_err(|error| ComponentError::Compile { reason: reason(error) })
    }

    /// As [`Engine::compile_for`], as bytes that another process of this engine can load.
    ///
    /// # Errors
    /// As [`Engine::compile_for`].
    pub fn precompile_for(&self, component: &[u8], manifest: &Manifest) -> Result<Code, ComponentError> {
        Code::of(&self.compile_for(component, manifest)?)
            .map_err(|error| ComponentError::Compile { reason: reason(error) })
    }

    /// Checks a component whose manifest names this version of the contract, and generates its code as bytes. Nothing of it
    /// is made executable or linked here: a process that may do neither can do this. [`Engine::load`] links it.
    ///
    /// # Errors
    /// As [`Engine::compile_for`], but for [`ComponentError::Mismatch`].
    pub fn emit(
        &self,
        component: &[u8],
        class: LimitClass,
        wasi: Option<Wasi>,
        wit: &str,
    ) -> Result<Code, ComponentError> {
        let inspection = Self::check_version(component, class, wasi, wit)?;
        let bytes = self.engine.precompile_component(component);
        let bytes = bytes.map_err(|error| ComponentError::Compile { reason: reason(error) })?;
        Ok(Code::trusted(inspection.digest, class, inspection.wit, bytes).with_wasi(wasi))
    }

    fn check_version(
        component: &[u8],
        class: LimitClass,
        wasi: Option<Wasi>,
        wit: &str,
    ) -> Result<Inspection, ComponentError> {
        let inspection = gate::check(component, class, wasi)?;
        if inspection.wit.as_str() == wit {
            return Ok(inspection);
        }
        Err(ComponentError::OtherVersion { made: inspection.wit, named: reason(wit).into() })
    }

    /// Links code that [`Engine::precompile_for`] made. It is run as it is: whoever calls this knows where it comes from.
    ///
    /// # Errors
    /// [`LoadError`] when it is of another engine, another profile or no code at all.
    pub fn load(&self, code: &Code) -> Result<Compiled, LoadError> {
        let component = code.component(&self.engine)?;
        let linked = self.link(&component, code.wit).map_err(|error| LoadError::Link(reason(error)))?;
        // Images of memories are made now: a process in its jail can make none.
        component.initialize_copy_on_write_image().map_err(LoadError::of)?;
        Ok(Compiled { digest: code.digest, class: code.class, wit: code.wit, linked, component })
    }

    /// What generated code depends on besides the component: the engine's version, the profile and the target. Code of
    /// another profile is not loaded, and a replay under another one is no evidence.
    #[must_use]
    pub fn profile(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        format!("wasmtime-48-{:016x}", hasher.finish())
    }

    fn generate(&self, bytes: &[u8], class: LimitClass, seen: &Inspection) -> Result<Compiled, ComponentError> {
        let component = Component::from_binary(&self.engine, bytes)
            .map_err(|error| ComponentError::Compile { reason: reason(error) })?;
        let linked = self.link(&component, seen.wit);
        let linked = linked.map_err(|error| ComponentError::Mismatch { reason: reason(error) })?;
        Ok(Compiled { digest: seen.digest, class, wit: seen.wit, linked, component })
    }

    /// A component has imports of the second profile only if it was admitted with them.
    fn link(&self, component: &Component, wit: Wit) -> wasmtime::Result<Linked> {
        let world = component.component_type();
        let still = wasi::asked(world.imports(&self.engine).map(|(name, _)| name));
        let linkers = if still { &self.still } else { &self.strict };
        match wit {
            Wit::V0_3 => linkers.v0_3.instantiate_pre(component).and_then(v0_3::CdsServicePre::new).map(Linked::V0_3),
            Wit::V0_2 => linkers.v0_2.instantiate_pre(component).and_then(v0_2::CdsServicePre::new).map(Linked::V0_2),
        }
    }

    pub(crate) fn store(&self, state: State) -> Store<State> {
        Store::new(&self.engine, state)
    }
}

/// Prints no details: they are this page.
impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

/// The profile. Fuel is the only meter: it cuts a run off at the same instruction every time. The wall clock ends the
/// process that a run is in, and is not asked in here. A replay is only evidence under the same profile: stack exhaustion depends on the optimisation level.
pub(crate) fn config() -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // Compiling in parallel, core dumps and async are not even compiled in.
    config.strategy(Strategy::Cranelift).cranelift_opt_level(OptLevel::Speed);
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        // A named target takes no features from the machine's processor: the same code everywhere.
        config.target("x86_64-unknown-linux-gnu")?;
    }
    config.wasm_features(WasmFeatures::all(), false).wasm_features(ALLOWED, true);
    config.shared_memory(false).concurrency_support(false);
    config.cranelift_nan_canonicalization(true).max_wasm_stack(Engine::STACK);
    config.consume_fuel(true).operator_cost(costs());
    config.wasm_backtrace_max_frames(None).wasm_backtrace_details(WasmBacktraceDetails::Disable).debug_info(false);
    Ok(config)
}

/// Room for one instance. Whatever the class admits fits: the limits of a run are the meter's, and it is asked first.
/// decisions/0017 says what each of these figures is for.
fn pool(class: LimitClass) -> PoolingAllocationConfig {
    /// The most memories of one module that the validator admits.
    const MEMORIES: u32 = 100;
    /// What is cleared by writing: the SDK's stack of 128 KiB, data and a heap. What lies above goes back to the kernel.
    const WRITTEN: usize = 512 << 10;
    let most = Limits::of(class);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(1).total_core_instances(most.core_instances).total_stacks(1);
    pool.total_memories(most.memories).max_memories_per_module(MEMORIES);
    pool.total_tables(most.tables).max_tables_per_module(most.tables);
    pool.table_elements(usize::try_from(most.table_elements).unwrap_or(usize::MAX));
    pool.max_core_instance_size(1 << 30).max_component_instance_size(1 << 30);
    pool.linear_memory_keep_resident(WRITTEN).table_keep_resident(16 << 10);
    // The place that was used last is used next, whatever the component.
    pool.max_unused_warm_slots(0);
    // Nothing waits to be cleared; and a page that was swapped out does not pass for one that was not written.
    pool.decommit_batch_size(1).pagemap_scan(Enabled::No);
    pool
}

/// One unit for each instruction and for each byte or element of a bulk operation, which is the default; and a price for
/// growing, which has none. A page is 64 KiB that the host has to zero.
fn costs() -> OperatorCost {
    let mut costs = OperatorCost::new();
    costs.variable.memory_grow_per_page = 255;
    costs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_not_taken_for_clean_on_the_kernels_word() {
        for class in [LimitClass::Compiled, LimitClass::Interpreted] {
            let pool = format!("{:?}", pool(class));
            assert!(pool.contains("pagemap_scan: No"), "{pool}");
            assert!(pool.contains("decommit_batch_size: 1,"), "{pool}");
        }
    }

    #[test]
    fn what_a_runner_runs_is_what_is_kept() {
        let profile = Engine::new().unwrap().profile();
        for class in [LimitClass::Compiled, LimitClass::Interpreted] {
            assert_eq!(Engine::pooled(class).unwrap().profile(), profile);
        }
    }
}

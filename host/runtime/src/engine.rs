//! The engine: how guests are compiled and what they are linked with.

use std::time::Duration;

use cordon_core::limits::LimitClass;
use cordon_core::manifest::Manifest;
use wasmparser::WasmFeatures;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, InstanceAllocationStrategy, OperatorCost, OptLevel, Store, Strategy, WasmBacktraceDetails};

use crate::bindings::{v0_1, v0_2};
use crate::contract::Wit;
use crate::features::ALLOWED;
use crate::gate::{self, ComponentError, Inspection, reason};
use crate::host::State;
use crate::plugins::{Compiled, Linked};

/// How often the host calls [`Engine::tick`]. A run's budget counts in whole ticks, rounded down.
pub const TICK: Duration = Duration::from_millis(10);

/// The engine could not be made: this build cannot run plugins on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the engine could not be made: {0}")]
pub struct EngineError(String);

/// Compiles components. Cheap to clone; every clone is the same engine with the same clock.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    /// One linker for each version: nothing of another one is there to be found.
    v0_2: Linker<State>,
    v0_1: Linker<State>,
}

impl Engine {
    /// The stack a guest may use, on the thread that runs it.
    pub const STACK: usize = 512 << 10;

    /// The one engine profile there is.
    ///
    /// # Errors
    /// [`EngineError`] when this build cannot generate code for this machine.
    pub fn new() -> Result<Self, EngineError> {
        let failed = |error: wasmtime::Error| EngineError(error.to_string());
        let engine = wasmtime::Engine::new(&config().map_err(failed)?).map_err(failed)?;
        // Nothing else is ever linked: what is not in the world does not exist.
        let (mut newest, mut before) = (Linker::new(&engine), Linker::new(&engine));
        v0_2::CdsService::add_to_linker::<_, HasSelf<State>>(&mut newest, |state| state).map_err(failed)?;
        v0_1::CdsService::add_to_linker::<_, HasSelf<State>>(&mut before, |state| state).map_err(failed)?;
        Ok(Self { engine, v0_2: newest, v0_1: before })
    }

    /// Moves the clock that ends runs by one [`TICK`]. Somebody has to call this: the engine reads no clock itself.
    pub fn tick(&self) {
        self.engine.increment_epoch();
    }

    /// Says what a component is made of, or why it is refused. No code is generated.
    ///
    /// # Errors
    /// [`ComponentError`]: what the class or the contract does not admit.
    pub fn check(&self, component: &[u8], class: LimitClass) -> Result<Inspection, ComponentError> {
        gate::check(component, class)
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
        let class = manifest.limits.class;
        let inspection = self.check(component, class)?;
        if inspection.wit.as_str() != manifest.wit {
            return Err(ComponentError::OtherVersion { made: inspection.wit, named: manifest.wit });
        }
        self.generate(component, class, &inspection)
    }

    fn generate(&self, bytes: &[u8], class: LimitClass, seen: &Inspection) -> Result<Compiled, ComponentError> {
        let failed = |error: wasmtime::Error| ComponentError::Compile { reason: reason(error) };
        let mismatch = |error: wasmtime::Error| ComponentError::Mismatch { reason: reason(error) };
        let component = Component::from_binary(&self.engine, bytes).map_err(failed)?;
        let linked = match seen.wit {
            Wit::V0_2 => self.v0_2.instantiate_pre(&component).and_then(v0_2::CdsServicePre::new).map(Linked::V0_2),
            Wit::V0_1 => self.v0_1.instantiate_pre(&component).and_then(v0_1::CdsServicePre::new).map(Linked::V0_1),
        };
        Ok(Compiled { digest: seen.digest, class, linked: linked.map_err(mismatch)? })
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

/// The profile. A replay is only evidence under the same profile: stack exhaustion depends on the optimisation level.
pub(crate) fn config() -> wasmtime::Result<Config> {
    let mut config = Config::new();
    // Compiling in parallel, pooled memories with their page scan, core dumps and async are not even compiled in.
    config.strategy(Strategy::Cranelift).cranelift_opt_level(OptLevel::Speed);
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        // A named target takes no features from the machine's processor: the same code everywhere.
        config.target("x86_64-unknown-linux-gnu")?;
    }
    config.wasm_features(WasmFeatures::all(), false).wasm_features(ALLOWED, true);
    config.shared_memory(false).concurrency_support(false);
    config.cranelift_nan_canonicalization(true).max_wasm_stack(Engine::STACK);
    config.consume_fuel(true).operator_cost(costs()).epoch_interruption(true);
    config.wasm_backtrace_max_frames(None).wasm_backtrace_details(WasmBacktraceDetails::Disable).debug_info(false);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Ok(config)
}

/// One unit for each instruction and for each byte or element of a bulk operation, which is the default; and a price for
/// growing, which has none. A page is 64 KiB that the host has to zero.
fn costs() -> OperatorCost {
    let mut costs = OperatorCost::new();
    costs.variable.memory_grow_per_page = 255;
    costs
}

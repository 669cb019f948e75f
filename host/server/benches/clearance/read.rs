//! A plugin's read through the contract against a read of a bare handle, and against a copy of the bytes.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use cordon_core::ids::{Coins, Digest, NeedName, PluginId, ServiceId, TenantId};
use cordon_core::limits::{LimitClass, Limits};
use cordon_core::manifest::Hook;
use cordon_core::message::{RunEnd, RunMessage};
use cordon_core::ports::Runner as _;
use cordon_core::view::{Rows, View};
use cordon_runtime::{Engine, LocalRunner, Plugins};
use wasmtime::component::{Component, Linker, Resource, ResourceTable, ResourceType};
use wasmtime::{Config, Store};

use crate::turns::{Ratio, medians};

/// Reads of one run.
const READS: u32 = 2_000;
/// Rows of a filtered record, and reads of all of them in one run.
const ROWS: usize = 1_000;
const SWEEPS: u32 = 20;

/// A row of 1,000 bytes.
fn row() -> Arc<str> {
    let text = format!(r#"{{"resourceType":"Observation","id":"r1","status":"final","note":"{}"}}"#, "x".repeat(933));
    Arc::from(text)
}

/// A read of 1 kB: the contract's against the bare handle's. Both have their loop in the guest, and a run of no reads is taken off.
pub(crate) fn one_row() -> anyhow::Result<Vec<Ratio>> {
    let row = row();
    anyhow::ensure!(row.len() == 1_000, "the row has {} bytes", row.len());
    let (checked, idle) = (Checked::new(READS, 1, vec![row.clone()])?, Checked::new(0, 1, vec![row.clone()])?);
    let (bare, bare_idle) = (Bare::new(READS, &row)?, Bare::new(0, &row)?);
    let [checked, idle, bare, bare_idle] =
        medians(200, [&mut || checked.run(), &mut || idle.run(), &mut || bare.run(), &mut || bare_idle.run()])?;
    Ok(vec![Ratio { name: "read/1-kB", ratio: (checked - idle) / (bare - bare_idle), limit: 2.0 }])
}

/// A read of all rows of a view: into the guest, and only put together on the host; against a copy of the bytes.
pub(crate) fn many_rows() -> anyhow::Result<Vec<Ratio>> {
    let rows: Vec<Arc<str>> = (0..ROWS).map(|_| Arc::from(row().as_ref())).collect();
    let limit = u32::try_from(ROWS)?;
    let (guest, idle) = (Checked::new(SWEEPS, limit, rows.clone())?, Checked::new(0, limit, rows.clone())?);
    let view = Rows::of(View::new(NeedName::new("labs")?, &rows));
    let bytes = rows.concat();
    let (mut spliced, mut copied) = (String::with_capacity(bytes.len()), vec![0_u8; bytes.len()]);
    let mut splice = || {
        for _ in 0..SWEEPS {
            spliced.clear();
            black_box(&view).read(0, limit).for_each(|row| spliced.push_str(row));
            black_box(&spliced);
        }
        Ok(())
    };
    let mut copy = || {
        for _ in 0..SWEEPS {
            copied.copy_from_slice(black_box(bytes.as_bytes()));
            black_box(&copied);
        }
        Ok(())
    };
    let [guest, idle, splice, copy] = medians(100, [&mut || guest.run(), &mut || idle.run(), &mut splice, &mut copy])?;
    Ok(vec![
        Ratio { name: "filtered/splice", ratio: splice / copy, limit: 1.5 },
        Ratio { name: "filtered/into-guest", ratio: (guest - idle) / copy, limit: 1.5 },
    ])
}

/// The host's own runner, with a plugin that reads.
struct Checked {
    runner: LocalRunner,
    component: Digest,
    view: View,
}

impl Checked {
    fn new(times: u32, rows: u32, view: Vec<Arc<str>>) -> anyhow::Result<Self> {
        let text = include_str!("checked.wat").replace("TIMES", &times.to_string()).replace("ROWS", &rows.to_string());
        let (engine, plugins) = (Engine::new()?, Arc::new(Plugins::default()));
        let compiled = engine.compile(&wat::parse_str(text)?, LimitClass::Compiled)?;
        let component = compiled.digest();
        plugins.insert(compiled);
        Ok(Self { runner: LocalRunner::new(engine, plugins), component, view: View::new(NeedName::new("labs")?, view) })
    }

    fn run(&self) -> anyhow::Result<()> {
        let much = 1 << 50;
        let reply = self.runner.run(RunMessage {
            tenant: TenantId::new("bench")?,
            plugin: PluginId::new("org.example.bench")?,
            component: self.component,
            // So that a run holds many reads.
            limits: Limits { fuel: much, transfer: much, ..Limits::of(LimitClass::Compiled) },
            hook: Hook::PatientView,
            service: ServiceId::new("bench")?,
            now: cordon_ward::DEFAULT_NOW,
            locale: "en".to_owned(),
            views: vec![self.view.clone()],
            cells: BTreeMap::new(),
            packs: BTreeMap::new(),
            budget: Duration::from_secs(3_600),
            coins: Coins::new([0; 32]),
        })?;
        anyhow::ensure!(matches!(reply.end, RunEnd::Answered(_)), "the plugin ended with {:?}", reply.end);
        Ok(())
    }
}

/// What stands behind the bare handle.
struct Bytes(Arc<[u8]>);

/// The same engine without fuel, deadline and checks.
struct Bare {
    store: std::cell::RefCell<Store<ResourceTable>>,
    run: wasmtime::component::TypedFunc<(Resource<Bytes>,), ()>,
    bytes: Arc<[u8]>,
}

impl Bare {
    fn new(times: u32, row: &str) -> anyhow::Result<Self> {
        let component = wat::parse_str(include_str!("bare.wat").replace("TIMES", &times.to_string()))?;
        Self::of(&component, Arc::from(row.as_bytes())).map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    fn of(component: &[u8], bytes: Arc<[u8]>) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.concurrency_support(false);
        let engine = wasmtime::Engine::new(&config)?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::<ResourceTable>::new(&engine);
        let mut bare = linker.instance("bare")?;
        bare.resource("handle", ResourceType::host::<Bytes>(), |mut table, rep| {
            table.data_mut().delete(Resource::<Bytes>::new_own(rep))?;
            Ok(())
        })?;
        bare.func_wrap("[method]handle.get", |table, (handle,): (Resource<Bytes>,)| {
            Ok((Arc::clone(&table.data().get(&handle)?.0),))
        })?;
        let mut store = Store::new(&engine, ResourceTable::new());
        let run = linker.instantiate(&mut store, &component)?.get_typed_func(&mut store, "run")?;
        Ok(Self { store: store.into(), run, bytes })
    }

    fn run(&self) -> anyhow::Result<()> {
        let mut store = self.store.borrow_mut();
        let handle = store.data_mut().push(Bytes(Arc::clone(&self.bytes))).context("the table")?;
        self.run.call(&mut *store, (handle,)).map_err(|error| anyhow::anyhow!("{error:#}"))
    }
}

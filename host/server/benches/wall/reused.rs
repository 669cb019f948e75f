//! The same component in an instance that is used again and again: what no host may do, and what a fresh one is compared with.

use std::collections::BTreeMap;

use anyhow::Context as _;
use cordon_core::manifest::WIT;
use cordon_core::message::RunMessage;
use wasmtime::component::{
    Component, ComponentExportIndex, Instance, Linker, Resource, ResourceTable, ResourceType, Val,
};
use wasmtime::{Config, Store, StoreContextMut};

struct Call;
struct View(Vec<String>);
struct Pack(Vec<u8>);

/// What the host functions read: no meter, no limits.
struct State {
    table: ResourceTable,
    views: BTreeMap<String, Vec<String>>,
    packs: BTreeMap<String, Vec<u8>>,
}

/// An instance, and the function to call.
pub(crate) struct Reused {
    store: Store<State>,
    instance: Instance,
    evaluate: ComponentExportIndex,
}

impl Reused {
    pub(crate) fn new(component: &[u8], message: &RunMessage) -> anyhow::Result<Self> {
        Self::of(component, message).map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    fn of(component: &[u8], message: &RunMessage) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.concurrency_support(false).consume_fuel(true).cranelift_nan_canonicalization(true);
        let engine = wasmtime::Engine::new(&config)?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::<State>::new(&engine);
        linker.allow_shadowing(true);
        linker.define_unknown_imports_as_traps(&component)?;
        link(&mut linker, &message.now.to_string())?;
        let views = message
            .views
            .iter()
            .map(|view| (view.need().as_str().to_owned(), view.rows().map(str::to_owned).collect()));
        let packs = message.packs.iter().map(|(name, pack)| (name.as_str().to_owned(), pack.bytes.clone()));
        let state = State { table: ResourceTable::new(), views: views.collect(), packs: packs.collect() };
        let mut store = Store::new(&engine, state);
        store.set_fuel(u64::MAX)?;
        let instance = linker.instantiate(&mut store, &component)?;
        let version = WIT.first().and_then(|wit| wit.split_once('@')).map_or("", |(_, version)| version);
        let interface = instance.get_export_index(&mut store, None, &format!("cordon:clinical/cds@{version}"));
        let evaluate = instance.get_export_index(&mut store, interface.as_ref(), "evaluate");
        let evaluate = evaluate.context("evaluate").map_err(|error| wasmtime::Error::msg(error.to_string()))?;
        Ok(Self { store, instance, evaluate })
    }

    pub(crate) fn run(&mut self) -> anyhow::Result<()> {
        self.once().map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    fn once(&mut self) -> wasmtime::Result<()> {
        let call = self.store.data_mut().table.push(Call)?;
        let call = call.try_into_resource_any(&mut self.store)?;
        let function = self.instance.get_func(&mut self.store, self.evaluate);
        let function = function.ok_or_else(|| wasmtime::Error::msg("evaluate"))?;
        let mut results = [Val::Bool(false)];
        function.call(&mut self.store, &[Val::Resource(call)], &mut results)?;
        if matches!(&results, [Val::Result(Ok(_))]) {
            return Ok(());
        }
        Err(wasmtime::Error::msg(format!("the plugin ended with {results:?}")))
    }
}

fn link(linker: &mut Linker<State>, now: &str) -> wasmtime::Result<()> {
    let version = WIT.first().and_then(|wit| wit.split_once('@')).map_or("", |(_, version)| version);
    let mut calls = linker.instance(&format!("cordon:clinical/calls@{version}"))?;
    calls.resource("call", ResourceType::host::<Call>(), |mut store: StoreContextMut<'_, State>, rep| {
        store.data_mut().table.delete(Resource::<Call>::new_own(rep))?;
        Ok(())
    })?;
    calls.resource("view", ResourceType::host::<View>(), |_, _| Ok(()))?;
    calls.resource("pack", ResourceType::host::<Pack>(), |_, _| Ok(()))?;
    for (name, text) in [("hook", "order-select"), ("service", "renal-dosing"), ("now", now), ("locale", "en")] {
        let text = text.to_owned();
        calls.func_wrap(&format!("[method]call.{name}"), move |_, (_,): (Resource<Call>,)| Ok((text.clone(),)))?;
    }
    calls.func_wrap("[method]call.view", |mut store, (_, need): (Resource<Call>, String)| {
        let state: &mut State = store.data_mut();
        let Some(rows) = state.views.get(&need).cloned() else { return Ok((None,)) };
        Ok((Some(state.table.push(View(rows))?),))
    })?;
    calls.func_wrap("[method]call.pack", |mut store, (_, name): (Resource<Call>, String)| {
        let state: &mut State = store.data_mut();
        let Some(bytes) = state.packs.get(&name).cloned() else { return Ok((None,)) };
        Ok((Some(state.table.push(Pack(bytes))?),))
    })?;
    link_packs(linker, version)?;
    let mut records = linker.instance(&format!("cordon:clinical/records@{version}"))?;
    records.resource("view", ResourceType::host::<View>(), |mut store: StoreContextMut<'_, State>, rep| {
        store.data_mut().table.delete(Resource::<View>::new_own(rep))?;
        Ok(())
    })?;
    records.func_wrap("[method]view.len", |store, (view,): (Resource<View>,)| {
        let state: &State = store.data();
        Ok((u32::try_from(state.table.get(&view)?.0.len()).unwrap_or(u32::MAX),))
    })?;
    records.func_wrap("[method]view.read", |store, (view, offset, limit): (Resource<View>, u32, u32)| {
        let state: &State = store.data();
        let rows = &state.table.get(&view)?.0;
        let taken = rows.iter().skip(usize::try_from(offset)?).take(usize::try_from(limit)?);
        Ok((taken.cloned().collect::<Vec<_>>(),))
    })
}

fn link_packs(linker: &mut Linker<State>, version: &str) -> wasmtime::Result<()> {
    let mut kept = linker.instance(&format!("cordon:clinical/kept@{version}"))?;
    kept.resource("pack", ResourceType::host::<Pack>(), |mut store: StoreContextMut<'_, State>, rep| {
        store.data_mut().table.delete(Resource::<Pack>::new_own(rep))?;
        Ok(())
    })?;
    kept.func_wrap("[method]pack.len", |store, (pack,): (Resource<Pack>,)| {
        let state: &State = store.data();
        Ok((u32::try_from(state.table.get(&pack)?.0.len()).unwrap_or(u32::MAX),))
    })?;
    kept.func_wrap("[method]pack.read", |store, (pack, offset, limit): (Resource<Pack>, u32, u32)| {
        let state: &State = store.data();
        let bytes = &state.table.get(&pack)?.0;
        let taken = bytes.iter().skip(usize::try_from(offset)?).take(usize::try_from(limit)?);
        Ok((taken.copied().collect::<Vec<_>>(),))
    })
}

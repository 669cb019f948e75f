//! The functions a guest can call. Each resolves a handle, slices a view, converts, and is paid for first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cordon_core::message::RunMessage;
use cordon_core::view::{Coding, Selection, View};
use wasmtime::component::{Resource, ResourceTable, ResourceTableError};

use crate::bindings::cordon::clinical::{advice, calls, records};
use crate::meter::{Meter, Stop};

/// What a `view` handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings name it as `pub`")]
pub struct ViewHandle(Arc<View>);

/// What the `call` handle stands for: the state's one call.
#[expect(unreachable_pub, reason = "the generated bindings name it as `pub`")]
pub struct CallHandle;

/// How many needs asked for in vain are remembered.
const MOST_UNMET: usize = 16;

/// All that one store holds.
pub(crate) struct State {
    hook: &'static str,
    service: String,
    now: String,
    locale: String,
    views: BTreeMap<String, Arc<View>>,
    table: ResourceTable,
    pub(crate) meter: Meter,
    /// Needs asked for in vain, a few: a guest may ask for any number.
    pub(crate) unmet: BTreeSet<String>,
}

impl State {
    pub(crate) fn new(message: RunMessage) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(message.limits.handles).unwrap_or(usize::MAX));
        let named = |view: View| (view.need().as_str().to_owned(), Arc::new(view));
        Self {
            hook: message.hook.as_str(),
            service: message.service.into(),
            now: message.now.to_string(),
            locale: message.locale,
            views: message.views.into_iter().map(named).collect(),
            table,
            meter: Meter::new(message.limits),
            unmet: BTreeSet::new(),
        }
    }

    /// The one handle a plugin is given.
    pub(crate) fn call(&mut self) -> wasmtime::Result<Resource<CallHandle>> {
        Ok(self.table.push(CallHandle).map_err(full)?)
    }

    fn text(&mut self, text: String) -> wasmtime::Result<String> {
        self.meter.call()?;
        self.meter.transfer(size(text.len()))?;
        Ok(text)
    }

    fn view(&self, handle: &Resource<ViewHandle>) -> wasmtime::Result<Arc<View>> {
        Ok(self.table.get(handle).map_err(full)?.0.clone())
    }

    fn hand_out(&mut self, view: Arc<View>) -> wasmtime::Result<Resource<ViewHandle>> {
        Ok(self.table.push(ViewHandle(view)).map_err(full)?)
    }
}

impl records::Host for State {}

impl records::HostView for State {
    fn need(&mut self, view: Resource<ViewHandle>) -> wasmtime::Result<String> {
        let need = self.view(&view)?.need().as_str().to_owned();
        self.text(need)
    }

    fn len(&mut self, view: Resource<ViewHandle>) -> wasmtime::Result<u32> {
        self.meter.call()?;
        Ok(u32::try_from(self.view(&view)?.rows().len()).unwrap_or(u32::MAX))
    }

    fn read(&mut self, view: Resource<ViewHandle>, offset: u32, limit: u32) -> wasmtime::Result<Vec<String>> {
        self.meter.call()?;
        let view = self.view(&view)?;
        let rows = view.read(offset, limit);
        self.meter.transfer(bytes(rows))?;
        Ok(rows.iter().map(|row| row.as_ref().to_owned()).collect())
    }

    fn narrow(&mut self, view: Resource<ViewHandle>, by: records::Selection) -> wasmtime::Result<Resource<ViewHandle>> {
        self.meter.call()?;
        let view = self.view(&view)?;
        let by = selection(by);
        self.meter.transfer(weight(&by))?;
        let entries = by.codes.len().saturating_add(by.statuses.len());
        self.meter.selection(bytes(view.rows()), size(view.rows().len()), size(entries))?;
        self.hand_out(Arc::new(view.narrow(&by)))
    }

    fn drop(&mut self, view: Resource<ViewHandle>) -> wasmtime::Result<()> {
        self.meter.call()?;
        self.table.delete(view).map_err(full)?;
        Ok(())
    }
}

impl calls::Host for State {}

impl calls::HostCall for State {
    fn hook(&mut self, _: Resource<CallHandle>) -> wasmtime::Result<String> {
        self.text(self.hook.to_owned())
    }

    fn service(&mut self, _: Resource<CallHandle>) -> wasmtime::Result<String> {
        self.text(self.service.clone())
    }

    fn now(&mut self, _: Resource<CallHandle>) -> wasmtime::Result<String> {
        self.text(self.now.clone())
    }

    fn locale(&mut self, _: Resource<CallHandle>) -> wasmtime::Result<String> {
        self.text(self.locale.clone())
    }

    fn view(&mut self, _: Resource<CallHandle>, need: String) -> wasmtime::Result<Option<Resource<ViewHandle>>> {
        self.meter.call()?;
        self.meter.transfer(size(need.len()))?;
        let Some(view) = self.views.get(&need).cloned() else {
            if self.unmet.len() < MOST_UNMET {
                self.unmet.insert(need);
            }
            return Ok(None);
        };
        self.hand_out(view).map(Some)
    }

    fn drop(&mut self, call: Resource<CallHandle>) -> wasmtime::Result<()> {
        self.meter.call()?;
        self.table.delete(call).map_err(full)?;
        Ok(())
    }
}

impl advice::Host for State {}

/// A guest cannot name a handle it does not hold, so every other fault of the table is the host's.
fn full(error: ResourceTableError) -> Stop {
    match error {
        ResourceTableError::Full => Stop::Handles,
        ResourceTableError::NotPresent | ResourceTableError::WrongType | ResourceTableError::HasChildren => Stop::Host,
    }
}

fn selection(by: records::Selection) -> Selection {
    Selection {
        codes: by.codes.into_iter().map(|coding| Coding { system: coding.system, code: coding.code }).collect(),
        category: by.category,
        since: by.since,
        until: by.until,
        statuses: by.statuses,
    }
}

/// The bytes of a selection's texts.
fn weight(by: &Selection) -> u64 {
    let codes = by.codes.iter().flat_map(|coding| [&coding.system, &coding.code]);
    let single = [&by.category, &by.since, &by.until].into_iter().flatten();
    size(codes.chain(single).chain(&by.statuses).map(String::len).sum())
}

fn bytes(rows: &[Arc<str>]) -> u64 {
    size(rows.iter().map(|row| row.len()).sum())
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

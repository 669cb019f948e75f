//! What a guest can call, whatever version of the contract it is made for: one kernel. Each function is paid for first,
//! resolves a handle, slices what stands behind it, and converts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cordon_core::ids::EntryName;
use cordon_core::manifest::MOST_ARGUMENTS;
use cordon_core::message::{CellGiven, PackData, RunMessage, Said};
use cordon_core::release::MOST_NOTES;
use cordon_core::view::{Column, ColumnProblem, Rows, Selection, View};
use wasmtime::component::{Resource, ResourceTable, ResourceTableError};

use crate::meter::{Meter, Stop};
use crate::wasi::Still;

/// What a `view` handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings name it as `pub`")]
pub struct ViewHandle(Rows);

/// What a `cell` handle stands for: the state's cell of this name, which all its handles share.
#[expect(unreachable_pub, reason = "the generated bindings name it as `pub`")]
pub struct CellHandle(EntryName);

/// What a `pack` handle stands for.
#[expect(unreachable_pub, reason = "the generated bindings name it as `pub`")]
pub struct PackHandle(Arc<PackData>);

/// What the `call` handle stands for: the state's one call.
#[expect(unreachable_pub, reason = "the generated bindings name it as `pub`")]
pub struct CallHandle;

/// How many names asked for in vain are remembered, of each kind.
const MOST_UNMET: usize = 16;

/// A cell as the run sees it.
struct CellState {
    size: u32,
    bytes: Option<Vec<u8>>,
    written: bool,
}

impl CellState {
    fn new(given: CellGiven) -> Self {
        Self { size: given.size, bytes: given.held.map(|held| held.bytes), written: false }
    }
}

/// All that one store holds.
pub(crate) struct State {
    hook: &'static str,
    service: String,
    now: String,
    locale: String,
    views: BTreeMap<String, View>,
    cells: BTreeMap<EntryName, CellState>,
    packs: BTreeMap<EntryName, Arc<PackData>>,
    notes: Vec<Said>,
    table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) still: Still,
    /// Needs asked for in vain, a few: a guest may ask for any number.
    pub(crate) unmet: BTreeSet<String>,
    /// Cells and packs asked for in vain, a few.
    pub(crate) unkept: BTreeSet<String>,
}

impl State {
    pub(crate) fn new(message: RunMessage) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(message.limits.handles).unwrap_or(usize::MAX));
        let named = |view: View| (view.need().as_str().to_owned(), view);
        Self {
            hook: message.hook.as_str(),
            service: message.service.into(),
            now: message.now.to_string(),
            locale: message.locale,
            views: message.views.into_iter().map(named).collect(),
            cells: message.cells.into_iter().map(|(name, given)| (name, CellState::new(given))).collect(),
            packs: message.packs,
            notes: Vec::new(),
            table,
            meter: Meter::new(message.limits),
            still: Still::new(message.now, message.coins),
            unmet: BTreeSet::new(),
            unkept: BTreeSet::new(),
        }
    }

    /// The one handle a plugin is given.
    pub(crate) fn call(&mut self) -> wasmtime::Result<Resource<CallHandle>> {
        self.hand_out(CallHandle)
    }

    /// What was noted.
    pub(crate) fn notes(&self) -> &[Said] {
        &self.notes
    }

    /// What the written cells hold.
    pub(crate) fn written(&self) -> BTreeMap<EntryName, Option<Vec<u8>>> {
        let written = self.cells.iter().filter(|(_, cell)| cell.written);
        written.map(|(name, cell)| (name.clone(), cell.bytes.clone())).collect()
    }

    fn text(&mut self, text: String) -> wasmtime::Result<String> {
        self.meter.call()?;
        self.meter.transfer(size(text.len()))?;
        Ok(text)
    }

    pub(crate) fn hand_out<T: Send + 'static>(&mut self, entry: T) -> wasmtime::Result<Resource<T>> {
        Ok(self.table.push(entry).map_err(full)?)
    }

    /// Drops a handle.
    pub(crate) fn release<T: 'static>(&mut self, handle: Resource<T>) -> wasmtime::Result<()> {
        self.meter.call()?;
        self.table.delete(handle).map_err(full)?;
        Ok(())
    }
}

/// `call`.
impl State {
    pub(crate) fn call_hook(&mut self) -> wasmtime::Result<String> {
        self.text(self.hook.to_owned())
    }

    pub(crate) fn call_service(&mut self) -> wasmtime::Result<String> {
        self.text(self.service.clone())
    }

    pub(crate) fn call_now(&mut self) -> wasmtime::Result<String> {
        self.text(self.now.clone())
    }

    pub(crate) fn call_locale(&mut self) -> wasmtime::Result<String> {
        self.text(self.locale.clone())
    }

    pub(crate) fn call_view(&mut self, need: String) -> wasmtime::Result<Option<Resource<ViewHandle>>> {
        let need = self.text(need)?;
        let Some(view) = self.views.get(&need).cloned() else {
            remember(&mut self.unmet, need);
            return Ok(None);
        };
        self.hand_out(ViewHandle(Rows::of(view))).map(Some)
    }

    pub(crate) fn call_cell(&mut self, name: String) -> wasmtime::Result<Option<Resource<CellHandle>>> {
        let name = self.text(name)?;
        match EntryName::new(name.as_str()).ok().filter(|name| self.cells.contains_key(name)) {
            Some(cell) => self.hand_out(CellHandle(cell)).map(Some),
            None => {
                remember(&mut self.unkept, name);
                Ok(None)
            }
        }
    }

    pub(crate) fn call_pack(&mut self, name: String) -> wasmtime::Result<Option<Resource<PackHandle>>> {
        let name = self.text(name)?;
        match EntryName::new(name.as_str()).ok().and_then(|name| self.packs.get(&name).cloned()) {
            Some(pack) => self.hand_out(PackHandle(pack)).map(Some),
            None => {
                remember(&mut self.unkept, name);
                Ok(None)
            }
        }
    }

    /// Whether the manifest lists the note is decided where it leaves; here it is only kept from growing.
    pub(crate) fn call_note(&mut self, event: u32, arguments: Vec<u32>) -> wasmtime::Result<()> {
        self.meter.call()?;
        self.meter.transfer(size(arguments.len().saturating_add(1)).saturating_mul(4))?;
        if arguments.len() > MOST_ARGUMENTS || self.notes.len() >= MOST_NOTES {
            return Err(Stop::Transfer.into());
        }
        self.notes.push(Said { event, arguments });
        Ok(())
    }
}

/// `view`.
impl State {
    fn view(&self, handle: &Resource<ViewHandle>) -> wasmtime::Result<Rows> {
        Ok(self.table.get(handle).map_err(full)?.0.clone())
    }

    pub(crate) fn view_need(&mut self, view: &Resource<ViewHandle>) -> wasmtime::Result<String> {
        let need = self.view(view)?.need().as_str().to_owned();
        self.text(need)
    }

    pub(crate) fn view_len(&mut self, view: &Resource<ViewHandle>) -> wasmtime::Result<u32> {
        self.meter.call()?;
        Ok(u32::try_from(self.view(view)?.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn view_read(
        &mut self,
        view: &Resource<ViewHandle>,
        offset: u32,
        limit: u32,
    ) -> wasmtime::Result<Vec<String>> {
        self.meter.call()?;
        let view = self.view(view)?;
        let rows = view.read(offset, limit);
        self.meter.transfer(size(rows.clone().map(str::len).sum()))?;
        Ok(rows.map(str::to_owned).collect())
    }

    pub(crate) fn view_narrow(
        &mut self,
        view: &Resource<ViewHandle>,
        by: Selection,
    ) -> wasmtime::Result<Resource<ViewHandle>> {
        self.meter.call()?;
        let view = self.view(view)?;
        self.meter.transfer(weight(&by))?;
        let entries = by.codes.len().saturating_add(by.statuses.len());
        self.meter.selection(size(view.bytes()), size(view.len()), size(entries))?;
        self.hand_out(ViewHandle(view.narrow(&by)))
    }

    pub(crate) fn view_table(
        &mut self,
        view: &Resource<ViewHandle>,
        columns: &[String],
    ) -> wasmtime::Result<Result<Vec<Column>, ColumnProblem>> {
        self.meter.call()?;
        let view = self.view(view)?;
        self.meter.transfer(size(columns.iter().map(String::len).sum()))?;
        self.meter.selection(size(view.bytes()), size(view.len()), size(columns.len()))?;
        let table = view.table(columns);
        self.meter.transfer(table.iter().flatten().map(column).sum())?;
        Ok(table)
    }
}

/// `cell`.
impl State {
    fn cell(&mut self, handle: &Resource<CellHandle>) -> wasmtime::Result<&mut CellState> {
        let name = &self.table.get(handle).map_err(full)?.0;
        Ok(self.cells.get_mut(name).ok_or(Stop::Host)?)
    }

    pub(crate) fn cell_size(&mut self, cell: &Resource<CellHandle>) -> wasmtime::Result<u32> {
        self.meter.call()?;
        Ok(self.cell(cell)?.size)
    }

    pub(crate) fn cell_read(&mut self, cell: &Resource<CellHandle>) -> wasmtime::Result<Option<Vec<u8>>> {
        self.meter.call()?;
        let held = self.cell(cell)?.bytes.clone();
        self.meter.transfer(size(held.as_ref().map_or(0, Vec::len)))?;
        Ok(held)
    }

    pub(crate) fn cell_write(&mut self, cell: &Resource<CellHandle>, bytes: Vec<u8>) -> wasmtime::Result<()> {
        self.meter.call()?;
        self.meter.transfer(size(bytes.len()))?;
        let cell = self.cell(cell)?;
        if size(bytes.len()) > u64::from(cell.size) {
            return Err(Stop::Transfer.into());
        }
        cell.bytes = Some(bytes);
        cell.written = true;
        Ok(())
    }

    pub(crate) fn cell_clear(&mut self, cell: &Resource<CellHandle>) -> wasmtime::Result<()> {
        self.meter.call()?;
        let cell = self.cell(cell)?;
        cell.bytes = None;
        cell.written = true;
        Ok(())
    }
}

/// `pack`.
impl State {
    fn pack(&self, handle: &Resource<PackHandle>) -> wasmtime::Result<Arc<PackData>> {
        Ok(self.table.get(handle).map_err(full)?.0.clone())
    }

    pub(crate) fn pack_version(&mut self, pack: &Resource<PackHandle>) -> wasmtime::Result<String> {
        let version = self.pack(pack)?.version.clone();
        self.text(version)
    }

    pub(crate) fn pack_len(&mut self, pack: &Resource<PackHandle>) -> wasmtime::Result<u32> {
        self.meter.call()?;
        Ok(u32::try_from(self.pack(pack)?.bytes.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn pack_read(
        &mut self,
        pack: &Resource<PackHandle>,
        offset: u32,
        limit: u32,
    ) -> wasmtime::Result<Vec<u8>> {
        self.meter.call()?;
        let pack = self.pack(pack)?;
        let index = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let rest = pack.bytes.get(index(offset)..).unwrap_or_default();
        let piece = rest.get(..index(limit)).unwrap_or(rest);
        self.meter.transfer(size(piece.len()))?;
        Ok(piece.to_vec())
    }
}

fn remember(unmet: &mut BTreeSet<String>, name: String) {
    if unmet.len() < MOST_UNMET {
        unmet.insert(name);
    }
}

/// A guest cannot name a handle it does not hold, so every other fault of the table is the host's.
fn full(error: ResourceTableError) -> Stop {
    match error {
        ResourceTableError::Full => Stop::Handles,
        ResourceTableError::NotPresent | ResourceTableError::WrongType | ResourceTableError::HasChildren => Stop::Host,
    }
}

/// The bytes of a selection's texts.
fn weight(by: &Selection) -> u64 {
    let codes = by.codes.iter().flat_map(|coding| [&coding.system, &coding.code]);
    let single = [&by.category, &by.since, &by.until].into_iter().flatten();
    size(codes.chain(single).chain(&by.statuses).map(String::len).sum())
}

/// The bytes of a column as the contract's binary form has them: 16 for a number that may be absent, 8 for a place, 12 for a
/// text that may be absent and its bytes, 16 for a coding and its bytes.
fn column(column: &Column) -> u64 {
    match column {
        Column::Numbers(cells) | Column::Instants(cells) => size(cells.len()).saturating_mul(16),
        Column::Texts(cells) => size(cells.iter().map(|cell| 12 + cell.as_ref().map_or(0, String::len)).sum()),
        Column::Codes(codes) => {
            let named = codes.dictionary.iter().map(|coding| 16 + coding.system.len() + coding.code.len());
            size(named.sum::<usize>() + codes.cells.len() * 8)
        }
    }
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

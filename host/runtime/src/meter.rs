//! What one run may still use: memory, tables, bytes moved, and fuel for the work the host does on its behalf.

use cordon_core::limits::Limits;
use wasmtime::ResourceLimiter;

/// Fuel for one call of a host function, before any work in it. One unit of fuel is about one wasm instruction; a call
/// across the boundary and back was measured at 150 to 300 ns.
const CALL: u64 = 200;

/// Fuel for each byte copied across the boundary, as `memory.copy` is priced.
const BYTE_MOVED: u64 = 1;

/// Fuel for each byte of a row that `narrow` or `table` reads.
const BYTE_PARSED: u64 = 10;

/// Fuel for comparing one row with one entry of a selection, and for one cell of a table.
const COMPARISON: u64 = 20;

/// How many single transfers a run may move in all.
pub(crate) const TRANSFERS: u64 = 4;

/// Why the host stopped a guest. The text goes nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("out of fuel in host work")]
    Fuel,
    #[error("memory or table limit")]
    Memory,
    #[error("handle limit")]
    Handles,
    #[error("transfer limit")]
    Transfer,
    #[error("the host has no memory left")]
    Host,
}

/// The counters of one run.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    charged: u64,
    moved: u64,
    memory: u64,
    table_elements: u64,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, charged: 0, moved: 0, memory: 0, table_elements: 0 }
    }

    /// Fuel charged for host work so far. It is not taken out of the guest's fuel while it runs: the run is over when
    /// either is used up, and [`crate::runner`] adds the two at the end, so a run never does more than twice its fuel.
    pub(crate) fn charged(&self) -> u64 {
        self.charged
    }

    /// Bytes of memory, all memories together, as far as they grew.
    pub(crate) fn memory(&self) -> u64 {
        self.memory
    }

    /// One call of a host function.
    pub(crate) fn call(&mut self) -> Result<(), Stop> {
        self.charge(CALL)
    }

    /// One transfer across the boundary, in either direction.
    pub(crate) fn transfer(&mut self, bytes: u64) -> Result<(), Stop> {
        self.moved = self.moved.saturating_add(bytes);
        if bytes > self.limits.transfer || self.moved > self.limits.transfer.saturating_mul(TRANSFERS) {
            return Err(Stop::Transfer);
        }
        self.charge(bytes.saturating_mul(BYTE_MOVED))
    }

    /// Parsing `bytes` of rows, and comparing each of `rows` with `entries`, or making so many columns of them.
    pub(crate) fn selection(&mut self, bytes: u64, rows: u64, entries: u64) -> Result<(), Stop> {
        let parsing = bytes.saturating_mul(BYTE_PARSED);
        let comparing = rows.saturating_mul(entries.saturating_add(1)).saturating_mul(COMPARISON);
        self.charge(parsing.saturating_add(comparing))
    }

    fn charge(&mut self, fuel: u64) -> Result<(), Stop> {
        self.charged = self.charged.saturating_add(fuel);
        if self.charged > self.limits.fuel { Err(Stop::Fuel) } else { Ok(()) }
    }
}

/// The sum over all memories and over all tables counts. Growing beyond it ends the run: a guest that is told "no" would
/// trap anyway, only with a less exact reason.
impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        grow(&mut self.memory, self.limits.memory, current, desired, maximum)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Host.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        grow(&mut self.table_elements, self.limits.table_elements, current, desired, maximum)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Host.into())
    }

    fn instances(&self) -> usize {
        size(self.limits.core_instances)
    }

    fn tables(&self) -> usize {
        size(self.limits.tables)
    }

    fn memories(&self) -> usize {
        size(self.limits.memories)
    }
}

/// The limit goes first: the maximum may be that of the place instead of the guest's own, and where a run takes place must
/// not be seen in it.
fn grow(used: &mut u64, most: u64, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
    let more = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
    let after = used.saturating_add(more);
    if after > most {
        return Err(Stop::Memory.into());
    }
    if maximum.is_some_and(|maximum| desired > maximum) {
        return Ok(false);
    }
    *used = after;
    Ok(true)
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use cordon_core::limits::LimitClass;

    use super::*;

    fn meter() -> Meter {
        Meter::new(Limits { fuel: 1_000, transfer: 100, memory: 3 << 16, ..Limits::of(LimitClass::Compiled) })
    }

    #[test]
    fn one_transfer_and_all_transfers_have_a_limit() {
        assert_eq!(meter().transfer(101), Err(Stop::Transfer));
        let mut meter = meter();
        assert!((0..4).all(|_| meter.transfer(100) == Ok(())));
        assert_eq!(meter.transfer(1), Err(Stop::Transfer));
    }

    #[test]
    fn host_work_uses_up_fuel() {
        let mut meter = meter();
        assert!((0..5).all(|_| meter.call() == Ok(())));
        assert_eq!(meter.call(), Err(Stop::Fuel));
        assert_eq!(self::meter().selection(u64::MAX, u64::MAX, u64::MAX), Err(Stop::Fuel));
    }

    #[test]
    fn all_memories_together_have_one_limit() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 1 << 16, None).unwrap());
        assert!(!meter.memory_growing(1 << 16, 2 << 16, Some(1 << 16)).unwrap());
        assert!(meter.memory_growing(0, 2 << 16, None).unwrap());
        let error = meter.memory_growing(0, 1 << 16, None).unwrap_err();
        assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Memory));
    }
}

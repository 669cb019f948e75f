//! `gather`: declared needs become views. Every row is checked again, whoever sent it; what may not be seen is absent
//! before anything is counted, ordered, limited or linked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cordon_fhir::reference::Reference;

use crate::clearance::Clearance;
use crate::dates::Shift;
use crate::fault::out;
use crate::ids::{EntryName, NeedName};
use crate::label::Labels;
use crate::manifest::Source;
use crate::message::{CellGiven, PackData};
use crate::ports::{Kept, KeptError, Records, Unobtainable};
use crate::record::NeedCounts;
use crate::shelf::{Shelf, Sources};
use crate::view::View;

/// Views, and the clearance they were made under. Prints counts: the rest is the patient's.
#[must_use]
pub struct Views {
    clearance: Clearance,
    views: Vec<View>,
    counts: BTreeMap<NeedName, NeedCounts>,
    drafts: BTreeMap<String, Reference>,
    /// Of each view, which resources its rows are.
    origins: Vec<Vec<Option<Reference>>>,
    /// How far the patient's dates were moved, if they were.
    shift: Option<Shift>,
    /// Cells and packs.
    kept: KeptGiven,
}

/// What the host keeps for the plugin, as one call gets it.
#[derive(Debug, Clone, Default)]
pub struct KeptGiven {
    cells: BTreeMap<EntryName, CellGiven>,
    packs: BTreeMap<EntryName, Arc<PackData>>,
}

impl KeptGiven {
    /// The granted cells.
    #[must_use]
    pub fn cells(&self) -> &BTreeMap<EntryName, CellGiven> {
        &self.cells
    }

    /// The granted data packs.
    #[must_use]
    pub fn packs(&self) -> &BTreeMap<EntryName, Arc<PackData>> {
        &self.packs
    }

    /// Reads the granted cells under the key of the clearance, and the granted packs.
    fn read(clearance: &Clearance, from: &dyn Kept) -> Result<Self, NotKept> {
        let call = clearance.call();
        let (manifest, powers) = (&call.installed.manifest, &call.installed.powers);
        let asked = manifest.cells.values().filter(|cell| powers.cells.contains(&cell.name));
        let sizes: BTreeMap<_, _> = asked.map(|cell| (cell.name.clone(), cell.size.bytes())).collect();
        let mut held = if sizes.is_empty() { BTreeMap::new() } else { from.cells(clearance.key())? };
        let given = |(name, size): (EntryName, u32)| {
            let held = held.remove(&name).filter(|held| held.bytes.len() <= usize::try_from(size).unwrap_or(0));
            (name, CellGiven { size, held })
        };
        let cells = sizes.into_iter().map(given).collect();
        let mut packs = BTreeMap::new();
        for name in manifest.packs.keys().filter(|name| powers.packs.contains_key(*name)) {
            let pack = from.pack(&call.tenant, &manifest.id, name)?.ok_or_else(|| NotKept::Never(name.clone()))?;
            packs.insert(name.clone(), pack);
        }
        Ok(Self { cells, packs })
    }
}

/// Why what is kept could not be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// It could not be read.
    #[error(transparent)]
    Unreadable(#[from] KeptError),
    /// The pack never came.
    #[error("data pack `{0}` never came")]
    Never(EntryName),
}

impl Views {
    /// The clearance they were made under.
    pub fn clearance(&self) -> &Clearance {
        &self.clearance
    }

    /// One view per granted need, in the order of their names.
    #[must_use]
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// Rows given and dropped, for the record.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<NeedName, NeedCounts> {
        &self.counts
    }

    /// How far the patient's dates were moved for this plugin, if they were.
    pub(crate) fn shift(&self) -> Option<Shift> {
        self.shift
    }

    /// The draft order a minted id stands for.
    pub(crate) fn draft(&self, minted: &str) -> Option<&Reference> {
        self.drafts.get(minted)
    }

    /// The views with what their rows stand for.
    pub(crate) fn origins(&self) -> impl Iterator<Item = (&View, &[Option<Reference>])> {
        self.views.iter().zip(self.origins.iter().map(Vec::as_slice))
    }

    /// The same views with what the host keeps for the plugin.
    ///
    /// # Errors
    /// Hands the views back when it is not there.
    pub fn with_kept(mut self, from: &dyn Kept) -> Result<Self, Box<(Self, NotKept)>> {
        match KeptGiven::read(&self.clearance, from) {
            Ok(kept) => {
                self.kept = kept;
                Ok(self)
            }
            Err(error) => Err(Box::new((self, error))),
        }
    }

    /// What the host keeps for the plugin.
    #[must_use]
    pub fn kept(&self) -> &KeptGiven {
        &self.kept
    }

    pub(crate) fn into_parts(self) -> (Clearance, BTreeMap<NeedName, NeedCounts>) {
        (self.clearance, self.counts)
    }
}

impl fmt::Debug for Views {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clearance, views, counts, drafts: _, origins: _, shift: _, kept } = self;
        let mut printed = f.debug_struct("Views");
        printed
            .field("clearance", clearance)
            .field("views", views)
            .field("counts", counts)
            .field("kept", kept)
            .finish_non_exhaustive()
    }
}

/// How gathering ended.
#[must_use]
#[derive(Debug)]
pub enum Gathered {
    /// The guest may run.
    Ready(Views),
    /// Something was withheld on a need that says `abstain`: the guest is not run.
    Withheld(Views),
    /// A need could not be obtained: a state of the call, never of one need.
    Unobtainable(Clearance, Unobtainable),
}

/// Obtains every granted need.
pub fn gather(clearance: Clearance, records: &dyn Records, labels: &dyn Labels) -> Gathered {
    let mut shelves = Vec::new();
    let shift = Shift::of(clearance.call(), records);
    for cleared in clearance.needs().values() {
        match Shelf::fill(&clearance, cleared, shift.clone(), Sources { records, labels }) {
            Ok(shelf) => shelves.push(shelf),
            Err(unobtainable) => return Gathered::Unobtainable(clearance, unobtainable),
        }
    }
    let withheld = shelves.iter().any(|shelf| shelf.cleared().abstains() && shelf.withholds());
    let minted = mint(&shelves);
    let drafts = drafts(&shelves, &minted);
    let there = |shelf: &&Shelf<'_>| !(out!(ViewMissing) && shelf.cleared().denied());
    let views = shelves.iter().filter(there).map(|shelf| shelf.view(&minted)).collect();
    let counts = shelves.iter().map(|shelf| (shelf.cleared().need().name.clone(), shelf.counts().clone())).collect();
    let origins = shelves.iter().map(|shelf| shelf.origins().map(|origin| origin.cloned()).collect()).collect();
    let views = Views {
        views,
        counts,
        drafts,
        origins,
        shift: shift.unwrap_or_default(),
        kept: KeptGiven::default(),
        clearance,
    };
    if withheld { Gathered::Withheld(views) } else { Gathered::Ready(views) }
}

/// Ids for the rows in view, counted in the order of the views: they mean nothing elsewhere and say nothing of what is
/// not in view.
fn mint(shelves: &[Shelf<'_>]) -> BTreeMap<Reference, String> {
    let mut minted = BTreeMap::new();
    for reference in shelves.iter().flat_map(|shelf| shelf.origins().flatten()) {
        let next = match reference {
            kept if out!(IdKept) => kept.id.clone(),
            _ if out!(CountFirst) => {
                let dropped: usize = shelves.iter().map(|shelf| shelf.counts().all()).sum();
                format!("r{}", minted.len().saturating_add(dropped))
            }
            _ => format!("r{}", minted.len().saturating_add(1)),
        };
        minted.entry(reference.clone()).or_insert(next);
    }
    minted
}

/// The draft orders in view by minted id, so that a suggestion to delete one can be restored at the sink.
fn drafts(shelves: &[Shelf<'_>], minted: &BTreeMap<Reference, String>) -> BTreeMap<String, Reference> {
    let context = shelves.iter().filter(|shelf| match shelf.cleared().need().source {
        Source::Record(_) | Source::Encounter | Source::User => false,
        Source::DraftOrders | Source::Selections => true,
    });
    let references = context.flat_map(|shelf| shelf.origins().flatten());
    references.filter_map(|reference| Some((minted.get(reference)?.clone(), reference.clone()))).collect()
}

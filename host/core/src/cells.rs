//! State cells: what a plugin keeps from one call to the next, and who can ever read it again.
//!
//! A cell belongs to one tenant, plugin, patient, purpose *and clearance*: what was written under one clearance is not there
//! under another, so a narrower view never reads what a wider one kept. It is read before the run, compared and set when the
//! record is sealed, and has one of four sizes whatever it holds. The loser of two runs at once keeps nothing, nor does a run
//! that was admitted before its cells were shredded; its answer stands.

use std::collections::BTreeMap;
use std::fmt;

use crate::call::{HookCall, Purpose, UserRight};
use crate::clearance::Cleared;
use crate::fault::out;
use crate::ids::{Digest, EntryName, NeedName, PatientId, PluginId, TenantId};

/// Whose cells. Prints the plugin and the clearance: the patient is not for logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellKey {
    /// Whose data.
    pub tenant: TenantId,
    /// Which plugin's.
    pub plugin: PluginId,
    /// About whom.
    pub patient: PatientId,
    /// Made for what.
    pub purpose: Purpose,
    /// Made under which clearance.
    pub clearance: Digest,
}

impl fmt::Debug for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_struct("CellKey");
        printed.field("plugin", &self.plugin).field("clearance", &self.clearance).finish_non_exhaustive()
    }
}

impl CellKey {
    /// The cells of a call under what was cleared for it.
    pub(crate) fn of(call: &HookCall, needs: &BTreeMap<NeedName, Cleared>) -> Self {
        Self {
            tenant: call.tenant.clone(),
            plugin: call.installed.manifest.id.clone(),
            patient: call.patient.clone(),
            purpose: call.purpose,
            clearance: if out!(ClearanceNotInKey) { Digest::of(b"") } else { clearance(call, needs) },
        }
    }
}

/// The digest of all that decides what a call may see. Whoever differs in any of it has other cells: that two clearances
/// which show the same are told apart costs a plugin its memory, and nobody else anything.
fn clearance(call: &HookCall, needs: &BTreeMap<NeedName, Cleared>) -> Digest {
    let manifest = &call.installed.manifest;
    // Cells are found by this: it is the digest of its parts' digests, and each part is said in these very words.
    let mut parts = Digest::said(format_args!("{}", manifest.version)).hex();
    let mut say = |part: fmt::Arguments<'_>| parts.push_str(&Digest::said(part).hex());
    // Static texts of the signed manifest: what a need asks for is part of what may be seen.
    say(format_args!("{:?}", manifest.cards.mode));
    for (name, cleared) in needs {
        say(format_args!("{name} {:?} {}", cleared.need(), cleared.fingerprint()));
    }
    match &call.right {
        UserRight::Scopes(scopes) => say(format_args!("right {scopes:?}")),
        // Nothing is verified of the user but the name: what one user's client sent is not for another.
        UserRight::Unverified => say(format_args!("user {} {:?}", call.issuer, call.user)),
    }
    Digest::of(parts.as_bytes())
}

/// What a cell holds. Prints its version.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// Grows with every write.
    pub version: u64,
    /// The plugin's own bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("version", &self.version).finish_non_exhaustive()
    }
}

/// One write, released. It is done with the record, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellWrite {
    /// Whose.
    pub key: CellKey,
    /// Which.
    pub name: EntryName,
    /// The version that the run read: `None` if there was nothing. Another one is there now: nothing is written.
    pub read: Option<u64>,
    /// The shreds that were counted before the call was admitted ([`crate::ports::Kept::shreds`]). This key's cells were
    /// shredded since: nothing is written.
    pub since: u64,
    /// The size to pad to.
    pub size: u32,
    /// What it holds from now on; `None` empties it.
    pub bytes: Option<Vec<u8>>,
}

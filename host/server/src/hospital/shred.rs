//! What a change of grant or policy does to the cells of calls that began before it.

use cordon_store::Whose;

use super::{Hospital, Undone, stored};
use crate::admin::protocol::{Act, Request};

impl Hospital {
    /// The change is durable, and its cells are gone, a moment before it is in force; a call of that moment is still decided
    /// by what was before. Now that no more such call begins, what they write is dropped too.
    pub(super) fn shred_once_more(&self, request: &Request) -> Result<(), Undone> {
        let whose = if let Act::Grant { plugin, .. } = &request.act {
            Whose::Plugin(plugin)
        } else if let Act::PolicySet { .. } = &request.act {
            Whose::All
        } else {
            return Ok(());
        };
        self.store(&request.tenant)?.shred_cells(&request.tenant, whose).map_err(stored)
    }
}

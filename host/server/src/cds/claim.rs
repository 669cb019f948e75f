//! What a call is for and in which roles its user acts: configured for the client, or claimed by its signed token and
//! allowed by configuration. Nothing of the body, of a header or of a plugin is asked.

use std::collections::BTreeSet;

use cordon_core::call::Purpose;
use cordon_core::ids::Role;
use cordon_core::manifest::Hook;

use super::state::IssuerSettings;
use crate::fault::out;
use crate::jwt::{ClaimError, Claimed};

/// Why a call in the name of its claims is refused. For the operator's log: no code of the claim is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAllowed {
    /// The claim cannot be used.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A purpose that the hospital did not list for this client.
    #[error("the client may not claim the purpose {}", .0.code())]
    Purpose(Purpose),
}

/// The claimed purpose if there is one and the client may claim it, else the configured one. A claim of what is configured
/// anyhow changes nothing and needs no leave.
pub(super) fn purpose(claimed: &Claimed, hook: Hook, settings: &IssuerSettings) -> Result<Purpose, NotAllowed> {
    let configured = settings.purposes.get(&hook).copied().unwrap_or_default();
    let Some(purpose) = claimed.purpose()?.filter(|purpose| *purpose != configured) else {
        // Glass is broken by somebody, at one time: no configuration does it for every call.
        let whole = configured != Purpose::BreakGlass;
        return if whole { Ok(configured) } else { Err(NotAllowed::Purpose(configured)) };
    };
    let glass = purpose != Purpose::BreakGlass || settings.break_glass;
    let may = settings.claimed_purposes.contains(&purpose) && glass;
    if may || out!(ClaimUnconfigured) { Ok(purpose) } else { Err(NotAllowed::Purpose(purpose)) }
}

/// The configured roles, and of the claimed ones those that the client may claim.
pub(super) fn roles(claimed: &Claimed, settings: &IssuerSettings) -> Result<BTreeSet<Role>, NotAllowed> {
    let admitted =
        |role: &Role| out!(ClaimUnconfigured) || settings.claimed_roles.iter().any(|pattern| pattern.admits(role));
    Ok(settings.roles.iter().cloned().chain(claimed.roles()?.into_iter().filter(admitted)).collect())
}

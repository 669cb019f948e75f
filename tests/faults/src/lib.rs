//! Checks that a test can take out, one at a time, to see that something then leaks.
//!
//! A room asks [`out`] only when it is built with its feature `faults`, and only `tests/ni` switches that on: no other build,
//! and no release, contains this crate (`cargo xtask rooms` holds that). Even then nothing is taken out until a test says so.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// One check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Fault {
            $($(#[$doc])* $name,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

faults! {
    /// `gather`: rows of other patients are kept.
    ForeignKept,
    /// `gather`: what a source sends is not held against the need's scope again.
    NeedUnchecked,
    /// `clearance`: the grant's narrower scope is not applied.
    GrantIgnored,
    /// `clearance`: the grant's purposes are not looked at.
    PurposeIgnored,
    /// `policy`: labels are not looked at.
    LabelIgnored,
    /// `policy`: consents are not looked at.
    ConsentIgnored,
    /// `policy`: decisions of one set of facts are kept for every other.
    FactsShared,
    /// `gather`: drafts and selections pass without a clearance.
    DraftsUnchecked,
    /// `gather`: `newest` counts rows before the clearance.
    LimitFirst,
    /// `gather`: a withheld row hides a visible one of the same id.
    DuplicateFirst,
    /// `gather`: ids count dropped rows too.
    CountFirst,
    /// `gather`: rows keep the ids of their source.
    IdKept,
    /// `gather`: references lead to rows that are not in view.
    Dangling,
    /// `gather`: a denied need has no view instead of an empty one.
    ViewMissing,
    /// `gather`: a denied need asks its source, and fails with it.
    DeniedAsks,
    /// `gather`: an incomplete prefetch passes for all there is.
    TruncatedTrusted,
    /// `gather`: the order of rows follows what they do not show.
    OrderByHidden,
    /// `elements`: elements that are not listed are kept.
    ElementsKept,
    /// `elements`: narrative, contained resources and extensions are kept.
    UnboundedKept,
    /// `elements`: free text inside a listed element is kept without its name.
    TextKept,
    /// `fhir`: a scope with an unknown parameter is read as if it were not there.
    UnknownParameterIgnored,
    /// `server`: discovery asks for what was not granted.
    GrantOverasked,
    /// `server`: a client may claim any purpose and any role.
    ClaimUnconfigured,
    /// `server`: a token's claims are read whoever signed it.
    SignatureIgnored,
    /// `server`: a token that was made for another endpoint is good.
    AudienceIgnored,
    /// `server`: a token that was spent is good again.
    TokenReused,
    /// `server`, `store`: the tenant is not looked at: not when a store is chosen, not by the store, not in its search. Each
    /// of the three would do alone.
    TenantIgnored,
    /// `store`: a waiting connection goes to whichever tenant asks next.
    ConnectionShared,
    /// `connect`: the addresses of a name are not looked at.
    AddressUnchecked,
    /// `connect`: a name is resolved again for the connection.
    ResolvedAgain,
    /// `connect`: a redirect is followed.
    RedirectFollowed,
    /// `clearance`: a plugin that writes free text sees restricted rows.
    CeilingIgnored,
    /// `cells`: what was kept under one clearance is read under another.
    ClearanceNotInKey,
    /// `slots`: a number is printed as the plugin gave it.
    SlotUnbounded,
    /// `release`: a link leads where the publisher says, whatever was granted.
    LinkUngranted,
    /// `release`: cells are written larger than they are.
    CellUnbounded,
    /// `release`: notes that the manifest does not list are kept.
    NoteUnlisted,
    /// `release`: a proposal holds what was not granted by name.
    LibertyUngranted,
    /// `release`: system actions leave without a grant.
    ActionUngranted,
    /// `release`: text and order of cards are the plugin's in templated mode too.
    TemplateIgnored,
    /// `release`: an id that the plugin gives leaves as it is.
    IdChosen,
    /// `profile`: text leaves as the plugin wrote it.
    ProfileOff,
    /// `release`: a link tells an app of the publisher's what a card says.
    AppContextSent,
    /// `release`: a link may be opened without a click.
    AutolaunchKept,
    /// `release`: what was struck out of a diagnosis stays in it.
    StrikeIgnored,
    /// `trust`: a pack's bytes are not held against its signature.
    PackBytesUnchecked,
    /// `trust`: an older pack follows a newer one.
    PackOlderTaken,
    /// `store`: cells stay when a grant, the policy or a Consent changes.
    ShredSkipped,
    /// `server`: a failure says which one it was.
    OutcomeFine,
    /// `server`: an answer leaves when it is ready.
    EdgeSkipped,
    /// `server`: what a caller wrote becomes a label of a figure.
    SeriesUnlisted,
    /// `server`: a line of the log holds whatever field it was given.
    FieldUnlisted,
    /// `server`: failures of one plugin stop another.
    BreakerShared,
    /// `server`: a support bundle holds the whole configuration and the private parts of records.
    BundleUnlisted,
    /// `server`: a support bundle holds exact counts.
    CountsSmall,
    /// `wall`: kept code is run whoever made it.
    CodeTagIgnored,
    /// `wall`: kept code is run as whatever it is filed under.
    CodeUnbound,
}

/// Nothing, in [`TAKEN`].
const NONE: u8 = u8::MAX;

static TAKEN: AtomicU8 = AtomicU8::new(NONE);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Whether a test took this check out.
#[must_use]
pub fn out(fault: Fault) -> bool {
    TAKEN.load(Ordering::Relaxed) == fault as u8
}

/// While it lives, what was taken out is out, in this process.
#[must_use]
pub struct Without(
    #[expect(dead_code, reason = "held, so that two tests do not take out at once")] MutexGuard<'static, ()>,
);

/// Takes a check out, or none.
pub fn without(fault: Option<Fault>) -> Without {
    let held = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    TAKEN.store(fault.map_or(NONE, |fault| fault as u8), Ordering::Relaxed);
    Without(held)
}

impl Drop for Without {
    fn drop(&mut self) {
        TAKEN.store(NONE, Ordering::Relaxed);
    }
}

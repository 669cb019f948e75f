//! The one clock of this room: it measures how long a process takes, and nothing that a plugin can see.

use std::time::Instant;

/// Now.
#[expect(clippy::disallowed_methods, reason = "whoever kills a process at its deadline has to know the time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

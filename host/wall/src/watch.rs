//! Calls that take long take it from what the others leave.

use std::time::Duration;

use cordon_core::limits::LimitClass;
use rustix::process::{Pid, setpriority_process};

/// The last place in the order of processes.
const LAST: i32 = 19;

/// Looks at one call of one process.
pub(crate) struct Watch {
    process: u32,
    quick: Duration,
    /// The processor time at the first look.
    first: Option<Duration>,
    /// Whether the process had to give way. It cannot take that back.
    pub(crate) gave_way: bool,
}

impl Watch {
    pub(crate) fn new(process: u32, class: LimitClass) -> Self {
        Self { process, quick: quick(class), first: None, gave_way: false }
    }

    /// Has the process give way once it took too much processor time, and says whether to look again. Time that a busy
    /// machine did not give it does not count: honest calls would wait for ever behind others. Most calls are over before the
    /// first look.
    pub(crate) fn look(&mut self) -> bool {
        let Some(spent) = spent(self.process) else { return false };
        let first = *self.first.get_or_insert(spent);
        self.gave_way = spent.saturating_sub(first) >= self.quick;
        if self.gave_way {
            give_way(self.process);
        }
        !self.gave_way
    }
}

/// What an honest call needs: some hundred microseconds, with an interpreter some ten milliseconds. So often it is looked at.
pub(crate) fn quick(class: LimitClass) -> Duration {
    match class {
        LimitClass::Compiled => Duration::from_millis(10),
        LimitClass::Interpreted => Duration::from_millis(100),
    }
}

/// The processor time that a process has had: the first figure of its `schedstat`, in nanoseconds (the kernel's
/// sched-stats.rst). A kernel without has no such file, and then nobody gives way.
#[expect(clippy::disallowed_methods, reason = "the kernel shows processes as files")]
fn spent(process: u32) -> Option<Duration> {
    let figures = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    figures.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn give_way(process: u32) {
    let process = process.try_into().ok().and_then(Pid::from_raw);
    if process.is_none_or(|process| setpriority_process(Some(process), LAST).is_err()) {
        tracing::debug!("a runner did not give way");
    }
}

//! The filter of system calls: a list, and the arguments that the calls on it may have.
//!
//! Two filters stand on each other, and the stricter answer counts. The first answers "not permitted" to what is not on the
//! list; the second kills for it. A few calls that the C library makes of itself, and can do without, are killed for by
//! neither: the first still refuses them. They are `open` and its kin, which `free` and a panic try.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op,
    SeccompCondition as Condition, SeccompFilter, SeccompRule as Rule, TargetArch, apply_filter,
};

const ARCHITECTURE: TargetArch = TargetArch::x86_64;

/// What a runner does: it talks on its socket, moves memory about, handles its own traps, and ends.
const ALLOWED: [i64; 20] = [
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_write,
    libc::SYS_close,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_brk,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getrandom,
    libc::SYS_sched_yield,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_read,
    libc::SYS_fstat,
];

/// What the C library and the standard library try of themselves, and can do without.
const QUIET: [i64; 11] = [
    libc::SYS_open,
    libc::SYS_openat,
    libc::SYS_statx,
    libc::SYS_newfstatat,
    libc::SYS_stat,
    libc::SYS_readlink,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_access,
    libc::SYS_ioctl,
    libc::SYS_sched_getaffinity,
];

const ADVICE: [i32; 6] = [
    libc::MADV_DONTNEED,
    libc::MADV_NORMAL,
    libc::MADV_FREE,
    libc::MADV_HUGEPAGE,
    libc::MADV_NOHUGEPAGE,
    libc::MADV_WILLNEED,
];

const FUTEX: [i32; 6] = [
    libc::FUTEX_WAIT,
    libc::FUTEX_WAKE,
    libc::FUTEX_REQUEUE,
    libc::FUTEX_CMP_REQUEUE,
    libc::FUTEX_WAIT_BITSET,
    libc::FUTEX_WAKE_BITSET,
];

/// Why a filter could not be set.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilterError {
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Apply(#[from] seccompiler::Error),
}

/// From now on, what is not on the list is not permitted.
pub(super) fn refuse() -> Result<(), FilterError> {
    let mut rules = rules(&[])?;
    // The way to the second filter, which does not have it any more.
    rules.insert(libc::SYS_prctl, vec![only(0, libc::PR_SET_NO_NEW_PRIVS)?]);
    rules.insert(libc::SYS_seccomp, vec![only(0, libc::SECCOMP_SET_MODE_FILTER.cast_signed())?]);
    apply(rules, SeccompAction::Errno(libc::EPERM.unsigned_abs()))
}

/// From now on, what is not on the list kills.
pub(super) fn kill() -> Result<(), FilterError> {
    apply(rules(&QUIET)?, SeccompAction::KillProcess)
}

type Rules = BTreeMap<i64, Vec<Rule>>;

fn apply(rules: Rules, otherwise: SeccompAction) -> Result<(), FilterError> {
    let filter = SeccompFilter::new(rules, otherwise, SeccompAction::Allow, ARCHITECTURE)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter(&program)?)
}

fn rules(more: &[i64]) -> Result<Rules, BackendError> {
    let whole = ALLOWED.iter().chain(more).map(|call| (*call, Vec::new()));
    let mut rules = whole.collect::<Rules>();
    // The code of the one component is loaded: from here on no page becomes code. Memory that is shared, or that grows by
    // itself, is not counted by the limit on memory, so there is none.
    let none_of = |argument, forbidden| Condition::new(argument, Len::Dword, Op::MaskedEq(bits(forbidden)), 0);
    let uncounted = libc::MAP_SHARED | libc::MAP_GROWSDOWN | libc::MAP_HUGETLB;
    rules.insert(libc::SYS_mmap, vec![Rule::new(vec![none_of(2, libc::PROT_EXEC)?, none_of(3, uncounted)?])?]);
    rules.insert(libc::SYS_mprotect, vec![Rule::new(vec![none_of(2, libc::PROT_EXEC)?])?]);
    // The machine's own clocks only: the others are those of processes, of any process.
    let clocks = Condition::new(0, Len::Dword, Op::Le, bits(libc::CLOCK_TAI))?;
    rules.insert(libc::SYS_clock_gettime, vec![Rule::new(vec![clocks])?]);
    let advice = |advice: &i32| only(2, *advice);
    rules.insert(libc::SYS_madvise, ADVICE.iter().map(advice).collect::<Result<_, _>>()?);
    // Private ones only: runners of one component map the same file, and must not meet in it.
    let command = bits(!libc::FUTEX_CLOCK_REALTIME) & u64::from(u32::MAX);
    let private = |of: &i32| bits(*of | libc::FUTEX_PRIVATE_FLAG);
    let futex = |of: &i32| Rule::new(vec![Condition::new(1, Len::Dword, Op::MaskedEq(command), private(of))?]);
    rules.insert(libc::SYS_futex, FUTEX.iter().map(futex).collect::<Result<_, _>>()?);
    rules.insert(libc::SYS_tgkill, vec![only(0, std::process::id().cast_signed())?]);
    Ok(rules)
}

/// The call, if this argument of it is this number.
fn only(argument: u8, number: i32) -> Result<Rule, BackendError> {
    Rule::new(vec![Condition::new(argument, Len::Dword, Op::Eq, bits(number))?])
}

fn bits(number: i32) -> u64 {
    u64::from(number.cast_unsigned())
}

//! Taking a process's powers away, in the one order that works. What is gone does not come back.

mod filter;
mod probe;
mod root;

use std::os::fd::{AsFd, RawFd};

use caps::{CapSet, CapsHashSet};
use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, dup2_stdin, dup2_stdout, geteuid, setgroups, setresgid, setresuid};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

use crate::layer::{Layer, Layers};

/// Who a runner is, when the broker is root: nobody.
const NOBODY: u32 = 65_534;

/// What a process may not do any more succeeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JailError {
    /// What was tried.
    #[error("`{0}` works in the jail")]
    Open(&'static str),
    /// The last step.
    #[error("the filter of system calls could not be set: {0}")]
    Seal(String),
}

/// Closes every descriptor but 0 to 2 and the socket: whatever was inherited by mistake. What the process opens after this
/// is its own.
fn close_others(socket: RawFd) -> Result<(), String> {
    let listed = std::fs::read_dir("/proc/self/fd").map_err(|error| format!("/proc/self/fd: {error}"))?;
    let open = listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RawFd>().ok()).collect::<Vec<_>>();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2 && *descriptor != socket) {
        // The one that listed them is among them, and closed already.
        noted(nix::unistd::close(descriptor));
    }
    Ok(())
}

/// What a process in the jail may use up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Bytes of writable memory.
    pub(crate) memory: u64,
    /// Seconds of processor time in all, if it does one thing only.
    pub(crate) seconds: Option<u64>,
}

/// The first half of the way in: what stands in it, and whether there is a root directory of its own to come.
pub(crate) struct Withdrawn {
    layers: Layers,
    closed: Result<(), String>,
    alone: bool,
}

/// Leaves the broker's user, the machine's namespaces and its network, before code is taken up: whoever could have the
/// compiler in its jail make what it likes finds nothing here. The process must have one thread.
pub(crate) fn withdraw(socket: RawFd) -> Result<Withdrawn, JailError> {
    let mut layers = Layers::default();
    let closed = close_others(socket);
    drop_user();
    if geteuid().is_root() {
        return Err(JailError::Open("be root"));
    }
    // Who changed its user is not dumpable, and its own user map would belong to root.
    noted(prctl::set_dumpable(true));
    let namespaces = root::namespaces();
    let alone = namespaces.is_ok();
    layers.note(Layer::Namespaces, namespaces);
    layers.note(Layer::NoNewPrivileges, named("no_new_privs", prctl::set_no_new_privs()));
    noted(prctl::set_pdeathsig(Signal::SIGKILL));
    Ok(Withdrawn { layers, closed, alone })
}

/// Goes into the jail for good. Then it tries what it must not be able to do.
pub(crate) fn enter(withdrawn: Withdrawn, allowance: Allowance) -> Result<Layers, JailError> {
    let Withdrawn { mut layers, closed, alone } = withdrawn;
    layers.note(Layer::Descriptors, closed.and_then(|()| nothing_standard()));
    // Without namespaces of its own, it would be the machine's root directory that goes.
    let empty = if alone { root::empty() } else { Err("there are no namespaces for it".to_owned()) };
    layers.note(Layer::EmptyRoot, empty);
    layers.note(Layer::Capabilities, capabilities());
    layers.note(Layer::Landlock, landlock());
    // A Landlock rule set is a descriptor until it is in force.
    layers.note(Layer::Limits, limits(allowance));
    layers.note(Layer::Undumpable, named("dumpable", prctl::set_dumpable(false)));
    // The first filter answers "not permitted", so that one can try and live. The second one, on top of it, kills.
    filter::refuse().map_err(|error| JailError::Seal(error.to_string()))?;
    if let Some(open) = probe::first_open() {
        return Err(JailError::Open(open));
    }
    filter::kill().map_err(|error| JailError::Seal(error.to_string()))?;
    layers.note(Layer::Seccomp, Ok(()));
    Ok(layers)
}

/// Lets no other process of its user look at this one from here on, before the jail closes.
pub(crate) fn hide() {
    noted(prctl::set_dumpable(false));
}

/// Closes a descriptor of its own.
pub(crate) fn close(descriptor: RawFd) {
    noted(nix::unistd::close(descriptor));
}

/// Gives way to everything else on the machine.
pub(crate) fn give_way() {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let set = |policy| set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    if set(idle).is_err() {
        // Then at least behind the others.
        drop(set(ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other)));
    }
}

/// Does what the filter kills for. Whoever comes back from here is not in the jail.
pub(crate) fn offend() -> bool {
    probe::socket()
}

/// From here on no crash of this process leaves an image of its memory behind: patients' data may stand in it.
///
/// # Errors
/// The kernel's own text.
pub fn no_core_dumps() -> Result<(), String> {
    named("core", setrlimit(Resource::RLIMIT_CORE, 0, 0))
}

fn named<T>(step: &str, done: Result<T, impl std::fmt::Display>) -> Result<(), String> {
    done.map(drop).map_err(|error| format!("{step}: {error}"))
}

/// A step that makes a later one possible, which then says itself that it failed.
fn noted<T, E>(step: Result<T, E>) {
    drop(step);
}

/// 0 to 2 become `/dev/null`, which 2 is from the start.
fn nothing_standard() -> Result<(), String> {
    let null = std::io::stderr();
    named("stdin", dup2_stdin(null.as_fd()))?;
    named("stdout", dup2_stdout(null.as_fd()))
}

/// Another user than the broker's, where the broker may choose one. Without, the broker is not dumpable itself.
fn drop_user() {
    if !geteuid().is_root() {
        return;
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    noted(setgroups(&[]));
    noted(setresgid(gid, gid, gid));
    noted(setresuid(uid, uid, uid));
}

/// What the kernel counts for a process without files, children and locked memory. Reserved address space is free: the
/// engine reserves far more than it uses; what can be written to is not.
fn limits(allowance: Allowance) -> Result<(), String> {
    let none = [
        (Resource::RLIMIT_CORE, "core"),
        (Resource::RLIMIT_FSIZE, "file size"),
        (Resource::RLIMIT_NOFILE, "descriptors"),
        (Resource::RLIMIT_NPROC, "processes"),
        (Resource::RLIMIT_MEMLOCK, "locked memory"),
        (Resource::RLIMIT_MSGQUEUE, "message queues"),
        (Resource::RLIMIT_RTPRIO, "priority"),
    ];
    for (resource, name) in none {
        named(name, setrlimit(resource, 0, 0))?;
    }
    if let Some(seconds) = allowance.seconds {
        named("processor time", setrlimit(Resource::RLIMIT_CPU, seconds, seconds))?;
    }
    named("memory", setrlimit(Resource::RLIMIT_DATA, allowance.memory, allowance.memory))
}

fn capabilities() -> Result<(), String> {
    // The bounding set can only be emptied by who may, and is no matter to who gains nothing by `exec`.
    for capability in caps::all() {
        if caps::drop(None, CapSet::Bounding, capability).is_err() {
            break;
        }
    }
    noted(caps::clear(None, CapSet::Ambient));
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        named("capabilities", caps::set(None, set, &CapsHashSet::new()))?;
    }
    Ok(())
}

/// Everything that this kernel can deny, and nothing allowed.
fn landlock() -> Result<(), String> {
    let newest = ABI::V7;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(newest)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(newest)))
        .and_then(Ruleset::create);
    let status = ruleset.and_then(landlock::RulesetCreated::restrict_self).map_err(|error| error.to_string())?;
    match status.ruleset {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => Err("this kernel has only a part of it".to_owned()),
        RulesetStatus::NotEnforced => Err("this kernel has none".to_owned()),
    }
}

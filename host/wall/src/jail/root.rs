//! Namespaces with nothing in them, and a root directory with nothing in it.

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, getegid, geteuid, pivot_root};

use super::{named, noted};

/// Where a new root is put together: it exists wherever there are processes.
const PLACE: &str = "/proc";

/// Leaves the namespaces of the machine. No network is in the new one, not even loopback is up.
pub(super) fn namespaces() -> Result<(), String> {
    let (uid, gid) = (geteuid(), getegid());
    let flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    named("unshare", unshare(flags))?;
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("{uid} {uid} 1"))?;
    write("/proc/self/gid_map", &format!("{gid} {gid} 1"))?;
    // No namespace inside of this one. Older kernels have no such figure.
    drop(write("/proc/sys/user/max_user_namespaces", "0"));
    Ok(())
}

/// Changes the root directory for an empty, read-only one.
pub(super) fn empty() -> Result<(), String> {
    let none = None::<&str>;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    named("private mounts", mount(none, "/", none, private, none))?;
    let closed = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    named("tmpfs", mount(Some("none"), PLACE, Some("tmpfs"), closed, Some("size=4k,mode=0")))?;
    named("chdir", chdir(PLACE))?;
    // The old root is put over the new one, and taken away: no directory is needed for it.
    named("pivot_root", pivot_root(".", "."))?;
    named("umount", umount2(".", MntFlags::MNT_DETACH))?;
    noted(chdir("/"));
    let read_only = closed | MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    match mount(none, "/", none, read_only, none) {
        // Nobody can write into a directory of mode 0 without capabilities: read-only is a second lock.
        Ok(()) | Err(Errno::EPERM) => Ok(()),
        Err(errno) => Err(format!("read-only: {errno}")),
    }
}

#[expect(clippy::disallowed_methods, reason = "the kernel's own switches of this process are files")]
fn write(path: &str, text: &str) -> Result<(), String> {
    named(path, std::fs::write(path, text))
}

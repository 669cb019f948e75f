//! What a process in the jail tries of itself before it serves. Every one of these must fail. What it takes native code to
//! try is in the escape drill.

use std::io::{IoSlice, IoSliceMut};

use nix::sched::{CloneFlags, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::prctl;
use nix::sys::ptrace;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::kill;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::{Pid, Uid, getppid, pipe, setuid};

/// What is tried, and whether it works.
type Attempt = (&'static str, fn() -> bool);

/// The first thing that works although it must not.
pub(super) fn first_open() -> Option<&'static str> {
    let tried: [Attempt; 18] = [
        ("open a socket", socket),
        ("open a UDP socket", || opens(AddressFamily::Inet, SockType::Datagram)),
        ("open a local socket", || opens(AddressFamily::Unix, SockType::Stream)),
        ("ask the kernel by netlink", || opens(AddressFamily::Netlink, SockType::Raw)),
        ("make a pair of sockets", || {
            socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::empty()).is_ok()
        }),
        ("read a file", || reads("/etc/passwd")),
        ("read its own environment", || reads("/proc/self/environ")),
        ("list the root directory", || std::fs::read_dir("/").is_ok()),
        ("read the broker's memory", reads_broker),
        ("write the broker's memory", writes_broker),
        ("trace the broker", || ptrace::seize(getppid(), ptrace::Options::empty()).is_ok()),
        ("signal the broker", || kill(getppid(), None).is_ok()),
        ("signal every process", || kill(Pid::from_raw(-1), None).is_ok()),
        ("start a program", || std::process::Command::new("/proc/self/exe").arg("--version").status().is_ok()),
        ("start a thread", || std::thread::Builder::new().spawn(|| ()).is_ok()),
        ("make a file in memory", || memfd_create(c"x", MFdFlags::empty()).is_ok() || pipe().is_ok()),
        ("get powers back", || setuid(Uid::from_raw(0)).is_ok() || unshare(CloneFlags::CLONE_NEWUSER).is_ok()),
        ("lift its limits", || setrlimit(Resource::RLIMIT_NOFILE, 64, 64).is_ok() || prctl::set_dumpable(true).is_ok()),
    ];
    tried.into_iter().find(|(_, works)| works()).map(|(what, _)| what)
}

/// Opens an internet socket.
pub(super) fn socket() -> bool {
    opens(AddressFamily::Inet, SockType::Stream)
}

fn opens(family: AddressFamily, kind: SockType) -> bool {
    nix::sys::socket::socket(family, kind, SockFlag::empty(), None).is_ok()
}

#[expect(clippy::disallowed_methods, reason = "it is tried because it must fail")]
fn reads(path: &str) -> bool {
    std::fs::read(path).is_ok() || std::fs::metadata(path).is_ok()
}

/// Where a program that is not position-independent would start; which address it is does not matter to a refusal.
const SOMEWHERE: RemoteIoVec = RemoteIoVec { base: 0x40_0000, len: 8 };

fn reads_broker() -> bool {
    let mut bytes = [0; 8];
    process_vm_readv(getppid(), &mut [IoSliceMut::new(&mut bytes)], &[SOMEWHERE]).is_ok()
        || reads(&format!("/proc/{}/mem", getppid()))
}

fn writes_broker() -> bool {
    process_vm_writev(getppid(), &[IoSlice::new(&[0; 8])], &[SOMEWHERE]).is_ok()
}

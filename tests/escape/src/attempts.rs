//! What native code tries. Every attempt says whether it worked; most do not come back, because the filter kills.
#![expect(unsafe_code, reason = "this is what somebody does who got native code to run; it is in no host")]
#![expect(clippy::print_stdout, reason = "outside of the jail the outcome is printed")]

use std::process::ExitCode;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{c_int, c_long, c_void, syscall};

type Attempt = (&'static str, fn() -> bool);

fn works(result: c_long) -> bool {
    result >= 0
}

macro_rules! call {
    ($number:expr $(, $argument:expr)*) => {
        // SAFETY: at worst the process dies, which is one of the outcomes that are looked for.
        works(unsafe { syscall($number $(, $argument)*) })
    };
}

const PASSWD: *const i8 = c"/etc/passwd".as_ptr();

/// The broker. To ask for it in the jail would kill before anything is tried.
static PARENT: AtomicI32 = AtomicI32::new(0);

/// Remembers the broker, outside of the jail.
pub(crate) fn remember_parent() {
    // SAFETY: asks for a number.
    PARENT.store(unsafe { libc::getppid() }, Ordering::Relaxed);
}

fn parent() -> c_int {
    PARENT.load(Ordering::Relaxed)
}

fn address(port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: 2,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    }
}

/// Sends a datagram to loopback.
fn datagram() -> bool {
    let to = address(9);
    // SAFETY: `to` lives as long as the call.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
        libc::sendto(socket, c"x".as_ptr().cast(), 1, 0, (&raw const to).cast(), 16) == 1
    }
}

/// The broker's socket has no address; a datagram on it with one is no way out either.
fn sends_elsewhere() -> bool {
    let to = address(9);
    // SAFETY: as above. Every descriptor is tried.
    (0..64).any(|socket| unsafe { libc::sendto(socket, c"x".as_ptr().cast(), 1, 0, (&raw const to).cast(), 16) } == 1)
}

fn maps(protection: c_int) -> bool {
    // SAFETY: asks for a new page.
    unsafe {
        libc::mmap(null_mut(), 4096, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) != libc::MAP_FAILED
    }
}

fn protects() -> bool {
    // SAFETY: changes a page of its own.
    unsafe {
        let page = libc::mmap(null_mut(), 4096, 3, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
        libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_EXEC) == 0
    }
}

/// Descriptors that can be read besides the socket: files of the hospital, another's memory.
fn reads_descriptors() -> bool {
    let mut bytes = [0_u8; 16];
    // SAFETY: the buffer is as long as said. `pread` fails on a socket and would be killed for; `read` on it would wait.
    (0..1_024).any(|descriptor| unsafe {
        let mut stat = std::mem::zeroed::<libc::stat>();
        let open = libc::fstat(descriptor, &raw mut stat) == 0;
        // Its own code is one, without a name.
        let file = stat.st_mode & libc::S_IFMT == libc::S_IFREG && stat.st_nlink > 0;
        open && file && libc::read(descriptor, bytes.as_mut_ptr().cast::<c_void>(), 16) > 0
    })
}

#[cfg(target_arch = "x86_64")]
fn old_gate() -> bool {
    let mut number: i64 = 20; // getpid of 32-bit programs
    // SAFETY: the gate changes the one register.
    unsafe { std::arch::asm!("int 0x80", inlateout("rax") number) };
    number > 0
}

/// Programs: whoever can start one prints that it did.
fn executes() -> bool {
    let program = c"/bin/echo".as_ptr();
    let arguments = [program, c"worked".as_ptr(), std::ptr::null()];
    let nothing = [std::ptr::null::<i8>()];
    // SAFETY: the lists end with a null. It does not come back if it works.
    call!(libc::SYS_execve, program, arguments.as_ptr(), nothing.as_ptr())
}

fn forks() -> bool {
    // SAFETY: the child ends at once.
    let child = unsafe { syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    if child == 0 {
        // SAFETY: ends the child.
        unsafe { libc::_exit(0) }
    }
    works(child)
}

fn reads_parent() -> bool {
    let mut bytes = [0_u8; 16];
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: 16 };
    let remote = libc::iovec { iov_base: OPEN_HOW.as_ptr().cast_mut().cast(), iov_len: 16 };
    // Of itself, outside of the jail: the same call and the same right.
    // SAFETY: both point to 16 bytes.
    call!(
        libc::SYS_process_vm_readv,
        std::process::id(),
        &raw const local,
        1_usize,
        &raw const remote,
        1_usize,
        0_usize
    )
}

fn passes_a_descriptor() -> bool {
    // SAFETY: a message without a buffer.
    unsafe {
        let message = std::mem::zeroed::<libc::msghdr>();
        (0..64).any(|socket| libc::sendmsg(socket, &raw const message, 0) >= 0)
    }
}

/// All attempts. The names are service ids.
const ATTEMPTS: [Attempt; 58] = [
    ("tcp", || call!(libc::SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0)),
    ("udp", datagram),
    ("ipv6", || call!(libc::SYS_socket, libc::AF_INET6, libc::SOCK_STREAM, 0)),
    ("local-socket", || call!(libc::SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0)),
    ("netlink", || call!(libc::SYS_socket, libc::AF_NETLINK, libc::SOCK_RAW, 0)),
    ("socket-pair", || {
        let mut pair = [0; 2];
        call!(libc::SYS_socketpair, libc::AF_UNIX, libc::SOCK_STREAM, 0, pair.as_mut_ptr())
    }),
    ("sends-elsewhere", sends_elsewhere),
    ("passes-a-descriptor", passes_a_descriptor),
    ("open", || call!(libc::SYS_openat, libc::AT_FDCWD, PASSWD, 0)),
    ("open2", || call!(libc::SYS_openat2, libc::AT_FDCWD, PASSWD, &raw const OPEN_HOW, 24)),
    ("create", || {
        call!(libc::SYS_openat, libc::AT_FDCWD, c"/tmp/cordon-escape".as_ptr(), libc::O_CREAT | libc::O_RDWR, 0o600)
    }),
    ("stat", || call!(libc::SYS_access, PASSWD, 0)),
    ("list", || call!(libc::SYS_openat, libc::AT_FDCWD, c"/".as_ptr(), libc::O_DIRECTORY)),
    ("own-environment", || call!(libc::SYS_openat, libc::AT_FDCWD, c"/proc/self/environ".as_ptr(), 0)),
    ("own-memory", || call!(libc::SYS_openat, libc::AT_FDCWD, c"/proc/self/mem".as_ptr(), libc::O_RDWR)),
    ("unlink", || call!(libc::SYS_unlink, c"/tmp/cordon-escape".as_ptr())),
    ("execute", executes),
    ("execute-at", || call!(libc::SYS_execveat, -1, c"/bin/echo".as_ptr(), &raw const ECHO.0, null_mut::<c_void>(), 0)),
    ("fork", forks),
    ("clone3", || call!(libc::SYS_clone3, null_mut::<c_void>(), 0)),
    ("thread-address", || call!(libc::SYS_set_tid_address, null_mut::<c_void>())),
    ("trace-me", || call!(libc::SYS_ptrace, libc::PTRACE_TRACEME, 0, 0, 0)),
    ("trace-the-broker", || call!(libc::SYS_ptrace, libc::PTRACE_SEIZE, parent(), 0, 0)),
    ("read-memory", reads_parent),
    ("signal", || call!(libc::SYS_kill, parent(), 0)),
    ("signal-a-thread", || call!(libc::SYS_tgkill, parent(), parent(), 0)),
    ("pidfd", || call!(libc::SYS_pidfd_open, parent(), 0)),
    ("steal-a-descriptor", || call!(libc::SYS_pidfd_getfd, 0, 0, 0)),
    ("shared-memory", || call!(libc::SYS_shmget, libc::IPC_PRIVATE, 4096, 0o600)),
    ("message-queue", || call!(libc::SYS_msgget, libc::IPC_PRIVATE, 0o600)),
    ("semaphore", || call!(libc::SYS_semget, libc::IPC_PRIVATE, 1, 0o600)),
    ("memory-file", || call!(libc::SYS_memfd_create, c"x".as_ptr(), 0)),
    ("io-uring", || call!(libc::SYS_io_uring_setup, 1, [0_u8; 120].as_mut_ptr())),
    ("bpf", || call!(libc::SYS_bpf, 0, BPF.as_ptr(), 72)),
    ("perf", || call!(libc::SYS_perf_event_open, PERF.as_ptr(), 0, -1, -1, 0)),
    ("userfaultfd", || call!(libc::SYS_userfaultfd, 1)),
    ("mount", || {
        call!(libc::SYS_mount, c"none".as_ptr(), c"/".as_ptr(), null_mut::<i8>(), libc::MS_REC | libc::MS_PRIVATE, 0)
    }),
    ("unshare", || call!(libc::SYS_unshare, libc::CLONE_NEWUTS)),
    ("setns", || call!(libc::SYS_setns, 0, 0)),
    ("key", || call!(libc::SYS_add_key, c"user".as_ptr(), c"x".as_ptr(), c"y".as_ptr(), 1, -2)),
    ("dumpable", || call!(libc::SYS_prctl, libc::PR_SET_DUMPABLE, 1, 0, 0, 0)),
    ("root", || call!(libc::SYS_setresuid, 0, 0, 0)),
    ("chroot", || call!(libc::SYS_chroot, c"/".as_ptr())),
    ("write-and-execute", || maps(libc::PROT_WRITE | libc::PROT_EXEC)),
    ("new-code", || maps(libc::PROT_READ | libc::PROT_EXEC)),
    ("page-to-code", protects),
    ("limits", || {
        call!(
            libc::SYS_prlimit64,
            0,
            libc::RLIMIT_NOFILE,
            null_mut::<c_void>(),
            &raw mut *Box::leak(Box::new([0_u64; 2]))
        )
    }),
    ("priority", || call!(libc::SYS_setpriority, libc::PRIO_PROCESS, 0, -1)),
    ("scheduler", || call!(libc::SYS_sched_setscheduler, 0, libc::SCHED_OTHER, [0].as_ptr())),
    ("affinity", || call!(libc::SYS_sched_setaffinity, 0, 8, [u64::MAX].as_ptr())),
    ("personality", || call!(libc::SYS_personality, 0xffff_ffff_u64)),
    ("inotify", || call!(libc::SYS_inotify_init1, 0)),
    ("timer", || call!(libc::SYS_timerfd_create, libc::CLOCK_MONOTONIC, 0)),
    ("pipe", || call!(libc::SYS_pipe2, [0; 2].as_mut_ptr(), 0)),
    ("copy-a-descriptor", || call!(libc::SYS_dup, 0)),
    ("read-descriptors", reads_descriptors),
    ("filter-off", || call!(libc::SYS_seccomp, 0, 0, 0)),
    ("old-gate", old_gate),
];

static OPEN_HOW: [u64; 3] = [0; 3];
static BPF: [u32; 18] = [2, 4, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
static PERF: [u64; 16] = [1 | 112 << 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

struct Arguments([*const i8; 3]);
// SAFETY: the texts are constants.
unsafe impl Sync for Arguments {}
static ECHO: Arguments = Arguments([c"echo".as_ptr(), c"worked".as_ptr(), std::ptr::null()]);

/// Tries one, and says how it went.
pub(crate) fn attempt(name: &str) -> &'static str {
    match ATTEMPTS.iter().find(|(known, _)| *known == name) {
        Some((_, works)) if works() => "worked",
        Some(_) => "refused",
        None => "unknown",
    }
}

/// Tries one in a process without a jail.
pub(crate) fn freely(name: &str) -> ExitCode {
    println!("{}", attempt(name));
    ExitCode::SUCCESS
}

/// Prints the names of all.
pub(crate) fn names() -> ExitCode {
    ATTEMPTS.iter().for_each(|(name, _)| println!("{name}"));
    ExitCode::SUCCESS
}

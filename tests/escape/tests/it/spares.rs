//! Processes that wait for a component: what they are, and what becomes of them.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use cordon_core::ids::{PluginId, TenantId};
use cordon_core::message::{RunEnd, RunMessage};
use cordon_core::ports::Runner as _;
use cordon_wall::{Wall, WallSettings};

use crate::room::{children, walled};

/// A wall with so many that wait: the first start asks for them.
fn waited(spares: usize) -> (Wall, RunMessage) {
    let (wall, asked) = walled("reads_the_labs", WallSettings { spares, ..WallSettings::default() });
    assert!(wall.spares().is_empty());
    assert!(wall.run(asked.clone()).is_ok());
    assert!(std::iter::repeat_with(|| wall.spares().len()).any(|ready| ready == spares));
    (wall, asked)
}

#[test]
fn plugins_of_the_same_bytes_have_a_process_each_and_a_start_takes_one_that_waits() {
    let (wall, asked) = waited(2);
    let (spares, first) = (wall.spares(), wall.waiting());
    let other = RunMessage { plugin: PluginId::new("org.example.other").unwrap(), ..asked.clone() };
    let reply = wall.run(other).unwrap();
    assert!(matches!(reply.end, RunEnd::Answered(_)), "{reply:?}");
    assert_eq!(wall.run(asked).unwrap(), reply);
    let second = wall.waiting().into_iter().filter(|pid| !first.contains(pid)).collect::<Vec<_>>();
    assert!(second.len() == 1 && spares.contains(&second[0]), "{second:?} of {spares:?}");
    assert!(std::iter::repeat_with(|| wall.spares().len()).any(|ready| ready == 2), "another one comes");
    assert!(!wall.spares().contains(&second[0]));
}

#[test]
fn one_that_waits_is_nobody_has_no_network_and_cannot_be_looked_at() {
    let (wall, _) = waited(1);
    let spare = wall.spares()[0];
    let of = |pid: u32, what: &str| PathBuf::from(format!("/proc/{pid}/{what}"));
    for namespace in ["user", "net", "mnt", "ipc", "uts", "cgroup"] {
        let inside = |pid| std::fs::read_link(of(pid, &format!("ns/{namespace}"))).unwrap();
        assert_ne!(inside(spare), inside(std::process::id()), "{namespace}");
    }
    let status = std::fs::read_to_string(of(spare, "status")).unwrap();
    let is = |line: &str| status.lines().any(|found| found == line);
    assert!(is("NoNewPrivs:\t1") && is("Uid:\t65534\t65534\t65534\t65534"), "{status}");
    // What is not dumpable belongs to root (proc_pid(5)): nobody of its own user may trace it.
    assert_eq!(std::fs::metadata(of(spare, "mem")).unwrap().uid(), 0);
    let open =
        std::fs::read_dir(of(spare, "fd")).unwrap().map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap());
    let foreign = |path: &PathBuf| !path.starts_with("/dev/null") && !path.to_string_lossy().starts_with("socket:");
    assert_eq!(open.filter(foreign).collect::<Vec<_>>(), Vec::<PathBuf>::new());
    assert_eq!(std::fs::read(of(spare, "environ")).unwrap(), b"");
}

#[test]
fn one_that_dies_while_it_waits_takes_no_call_with_it() {
    let (wall, asked) = waited(2);
    for spare in wall.spares() {
        assert!(Command::new("kill").args(["-9", &spare.to_string()]).status().unwrap().success());
        let state = || std::fs::read_to_string(format!("/proc/{spare}/stat")).unwrap();
        assert!(std::iter::repeat_with(state).any(|stat| stat.contains(") Z ")));
    }
    let other = RunMessage { tenant: TenantId::new("zz").unwrap(), ..asked };
    assert!(wall.run(other).is_ok());
}

#[test]
fn those_that_stand_still_take_no_call_with_them() {
    let (wall, asked) = waited(2);
    for spare in wall.spares() {
        assert!(Command::new("kill").args(["-STOP", &spare.to_string()]).status().unwrap().success());
    }
    let other = RunMessage { tenant: TenantId::new("zz").unwrap(), budget: Duration::from_secs(8), ..asked };
    assert!(wall.run(other).is_ok());
}

#[test]
fn with_the_wall_they_end() {
    let (wall, _) = waited(2);
    drop(wall);
    assert!(children().is_empty());
}

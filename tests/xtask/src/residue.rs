//! Does a run leave anything for the next one in the same place? A hundred thousand pairs of a run that fills and a run that
//! looks; half of them while another process takes memory away.

use std::process::{Child, ExitStatus};
use std::time::Duration;

use anyhow::Context as _;

use crate::{setup, sh};

/// The one test, which takes the number of pairs from this variable.
const TEST: &str = "package(cordon-runtime) and test(a_run_finds_nothing_of_the_one_before_in_the_same_place)";
const PAIRS: &str = "CORDON_RESIDUE_PAIRS";

/// Runs so many pairs, half of them while this process takes so many MiB.
pub(crate) fn run(pairs: u32, mebibytes: usize) -> anyhow::Result<()> {
    setup::guest_target()?;
    setup::nextest()?;
    let half = pairs.div_ceil(2);
    sh::say(&format!("{half} pairs"));
    passed(start(half)?.wait().context("the test")?)?;
    sh::say(&format!("{half} pairs beside a process of {mebibytes} MiB"));
    passed(beside(start(half)?, mebibytes)?)
}

fn start(pairs: u32) -> anyhow::Result<Child> {
    // With every package, so that the libraries beneath are those of the tests.
    let arguments = ["nextest", "run", "--workspace", "--test", "it", "--no-capture", "-E", TEST];
    sh::command(&sh::root(), "cargo", &arguments).env(PAIRS, pairs.to_string()).spawn().context("cargo nextest")
}

fn passed(status: ExitStatus) -> anyhow::Result<()> {
    anyhow::ensure!(status.success(), "something was left behind");
    Ok(())
}

/// Holds memory and writes to all of it again and again, until the test is over.
fn beside(mut test: Child, mebibytes: usize) -> anyhow::Result<ExitStatus> {
    let mut taken = vec![0_u8; mebibytes << 20];
    loop {
        for page in taken.chunks_mut(4_096) {
            if let Some(first) = page.first_mut() {
                *first = first.wrapping_add(1);
            }
        }
        if let Some(status) = test.try_wait().context("the test")? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

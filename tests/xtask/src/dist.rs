//! The release binary, and the benchmarks.

use std::io::Write as _;

use anyhow::Context;
use serde_json::{Value, json};

use crate::{setup, sh};

/// Builds `dist/cordon` and, beside it, `dist/cordon-prove`, and prints their SHA-256.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = sh::root().join("dist");
    std::fs::create_dir_all(&folder).context("dist")?;
    // One after the other: built together, the daemon would get what only the prover asks of their common libraries.
    for program in ["cordon", "cordon-prove"] {
        sh::run("cargo", &["build", "--release", "--locked", "--package", program])?;
        std::fs::copy(sh::root().join("target/release").join(program), folder.join(program))
            .context("copy the binary")?;
    }
    sh::run("sha256sum", &["dist/cordon", "dist/cordon-prove"])
}

/// Runs the benchmarks: one call, what its clearance and its wall cost, and a call of Extism's. What they print last is one
/// JSON object each; with `json` they become one, and the rest is left out.
pub(crate) fn bench(json: bool) -> anyhow::Result<()> {
    setup::guest_target()?;
    setup::python()?;
    sh::say(
        "the last benchmark builds a plugin for Extism and installs Extism's library (PyPI) into target/extism-library",
    );
    // With every package, so that the libraries beneath are those of the tests.
    let benches = ["call", "clearance", "wall", "extism"];
    let arguments: Vec<_> =
        ["bench", "--workspace"].into_iter().chain(benches.into_iter().flat_map(|name| ["--bench", name])).collect();
    if !json {
        let status = sh::command(&sh::root(), "cargo", &arguments).status().context("cargo bench")?;
        anyhow::ensure!(status.success(), "the benchmark failed");
        return Ok(());
    }
    let out = String::from_utf8(sh::output("cargo", &arguments)?).context("the benchmarks' output")?;
    writeln!(std::io::stdout(), "{}", merged(&out)?).context("standard output")
}

/// The results of every benchmark in this output, as one object.
fn merged(out: &str) -> anyhow::Result<Value> {
    let printed = out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let results: Vec<Value> = printed.filter_map(|one| one.get("results")?.as_array().cloned()).flatten().collect();
    anyhow::ensure!(!results.is_empty(), "the benchmarks printed nothing");
    Ok(json!({ "results": results }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_two_benchmarks_become_one_object() {
        let out = "a table\n{\"results\":[{\"name\":\"a\"}]}\n7\n{\"results\":[{\"name\":\"b\",\"at_least\":5.0}]}\n";
        assert_eq!(merged(out).unwrap(), json!({ "results": [{ "name": "a" }, { "name": "b", "at_least": 5.0 }] }));
        assert!(merged("a table\n").is_err());
    }
}

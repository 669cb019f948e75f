//! The benchmarks: what they print, what is kept of it, and the charts.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::chart::{self, AXES};
use crate::{setup, sh};

/// Every saved run, one a line, oldest first.
const HISTORY: &str = "docs/performance/history.jsonl";

/// One saved run.
#[derive(Serialize, Deserialize)]
struct Saved {
    date: String,
    commit: String,
    /// Of the minute before: a busy machine makes each hand-over between threads dear.
    load_average: f64,
    ratios: BTreeMap<String, f64>,
}

/// Runs the benchmarks: one call, what its clearance and its wall cost, and a call of Extism's. What they print last is one
/// JSON object each; with `json` they become one, and the rest is left out. With `save` their ratios are kept and drawn.
pub(crate) fn run(json: bool, save: bool) -> anyhow::Result<()> {
    setup::guest_target()?;
    setup::python()?;
    sh::say(
        "the last benchmark builds a plugin for Extism and installs Extism's library (PyPI) into target/extism-library",
    );
    // With every package, so that the libraries beneath are those of the tests.
    let benches = ["call", "clearance", "wall", "extism"].into_iter().flat_map(|name| ["--bench", name]);
    let arguments: Vec<_> = ["bench", "--workspace"].into_iter().chain(benches).collect();
    if save {
        // Built first: a compiler leaves no quiet machine behind it.
        sh::run("cargo", &[&arguments[..], &["--no-run"]].concat())?;
    }
    if !json && !save {
        let status = sh::command(&sh::root(), "cargo", &arguments).status().context("cargo bench")?;
        ensure!(status.success(), "the benchmark failed");
        return Ok(());
    }
    let load_average = load_average()?;
    let out = String::from_utf8(sh::output("cargo", &arguments)?).context("the benchmarks' output")?;
    let merged = merged(&out)?;
    if save {
        let ratios = ratios(&merged)?;
        keep(&Saved { date: said("date", &["-u", "+%F"])?, commit: commit()?, load_average, ratios })?;
    }
    let mut to = std::io::stdout().lock();
    if json { writeln!(to, "{merged}") } else { write!(to, "{out}") }.context("standard output")
}

/// The results of every benchmark in this output, as one object.
fn merged(out: &str) -> anyhow::Result<Value> {
    let printed = out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let results: Vec<Value> = printed.filter_map(|one| one.get("results")?.as_array().cloned()).flatten().collect();
    ensure!(!results.is_empty(), "the benchmarks printed nothing");
    Ok(json!({ "results": results }))
}

/// Each ratio by its name, to four digits.
fn ratios(merged: &Value) -> anyhow::Result<BTreeMap<String, f64>> {
    let results = merged.get("results").and_then(Value::as_array).context("no results")?;
    let one = |result: &Value| {
        let name = result.get("name")?.as_str()?.to_owned();
        Some((name, format!("{:.3e}", result.get("ratio")?.as_f64()?).parse().ok()?))
    };
    results.iter().map(|result| one(result).with_context(|| format!("no ratio: {result}"))).collect()
}

fn said(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    Ok(String::from_utf8(sh::output(program, arguments)?)?.trim().to_owned())
}

/// What was measured: the commit, and whether something is not committed yet.
fn commit() -> anyhow::Result<String> {
    said("git", &["describe", "--always", "--dirty", "--exclude=*"])
}

fn load_average() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").context("/proc/loadavg")?;
    text.split(' ').next().and_then(|number| number.parse().ok()).context("/proc/loadavg")
}

fn keep(run: &Saved) -> anyhow::Result<()> {
    let path = sh::root().join(HISTORY);
    std::fs::create_dir_all(path.parent().context("a folder")?)?;
    let mut history = std::fs::File::options().create(true).append(true).open(&path).context(HISTORY)?;
    writeln!(history, "{}", serde_json::to_string(run)?)?;
    draw()
}

/// Draws each axis of the newest saved run.
pub(crate) fn draw() -> anyhow::Result<()> {
    let Some(charts) = charts()? else { anyhow::bail!("{HISTORY} holds no run: `cargo xtask bench --save`") };
    for (path, drawn) in charts {
        std::fs::write(sh::root().join(&path), drawn).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Charts that are not what the newest saved run draws: their numbers would be from nowhere.
pub(crate) fn wrong_charts() -> anyhow::Result<Vec<String>> {
    let differs = |(path, drawn): (PathBuf, String)| {
        let there = std::fs::read_to_string(sh::root().join(&path)).is_ok_and(|there| there == drawn);
        (!there).then(|| format!("{} is not of the newest run: `cargo xtask charts`", path.display()))
    };
    Ok(charts()?.unwrap_or_default().into_iter().filter_map(differs).collect())
}

/// Where each chart is, and what it shows; `None` without a saved run.
fn charts() -> anyhow::Result<Option<Vec<(PathBuf, String)>>> {
    let Ok(history) = std::fs::read_to_string(sh::root().join(HISTORY)) else { return Ok(None) };
    let Some(newest) = history.lines().last() else { return Ok(None) };
    let run: Saved = serde_json::from_str(newest).context(HISTORY)?;
    let place = |axis: &chart::Axis| PathBuf::from(format!("docs/performance/{}.svg", axis.file));
    let drawn = AXES.iter().map(|axis| Ok((place(axis), axis.draw(&run.ratios)?)));
    drawn.collect::<anyhow::Result<_>>().map(Some)
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

    #[test]
    fn a_result_without_a_number_is_not_kept() {
        let run = |ratio| ratios(&json!({ "results": [{ "name": "a", "ratio": ratio }] }));
        assert!(run(json!(null)).is_err());
        assert_eq!(run(json!(0.109_541_057_9)).unwrap(), [("a".to_owned(), 0.1095)].into());
        assert_eq!(run(json!(1234.56)).unwrap(), [("a".to_owned(), 1235.0)].into());
    }
}

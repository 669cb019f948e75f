//! `test`: the project's own tests natively, then every case as a component under production limits.

use std::fmt;
use std::path::Path;

use cap_std::fs::Dir;
use cordon_testkit::{Case, CaseError, CaseReport, Desk, DeskError, Verdict};
use cordon_trust::schema::check_pack;
use serde::Serialize;

use crate::build::{BuildError, Built, Made, make};
use crate::cargo::CargoError;
use crate::check::{RefusedError, refused};
use crate::files::{FileError, open};
use crate::interpreted::{self, ToolError};
use crate::language::Language;
use crate::tools::Tools;

/// Why nothing was tested.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The plugin does not build.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Cargo does not run.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// Node.js or Python does not run.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// No host would install it.
    #[error(transparent)]
    Refused(#[from] RefusedError),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// There is no case.
    #[error("cases/ holds no .json file: a plugin without a case is not tested as a component")]
    NoCases,
}

/// What the project's own tests said.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Native {
    /// Whether all passed.
    pub verdict: Verdict,
    /// What was printed; empty if all passed.
    pub output: String,
}

/// A tested plugin.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestReport {
    /// Whether everything passed.
    pub verdict: Verdict,
    /// The component that was tested.
    pub built: Built,
    /// The native tests.
    pub native: Native,
    /// The cases, by file name.
    pub cases: Vec<CaseReport>,
}

impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.native.verdict {
            Verdict::Passed => writeln!(f, "pass native tests")?,
            Verdict::Failed => writeln!(f, "FAIL native tests\n{}", self.native.output)?,
        }
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        write!(
            f,
            "{} {}: {}",
            self.built.plugin,
            self.built.version,
            match self.verdict {
                Verdict::Passed => "passed",
                Verdict::Failed => "FAILED",
            }
        )
    }
}

/// Builds and tests the project in this folder.
///
/// # Errors
/// [`TestError`] when something could not be tested; what failed is in the report.
pub fn test(folder: &Path, tools: &Tools) -> Result<TestReport, TestError> {
    let made = make(folder, tools)?;
    let native = native(match Language::of(folder)? {
        Language::Rust => tools.cargo_test(folder)?,
        script @ (Language::JavaScript | Language::Python) => interpreted::test(folder, script)?,
    });
    let cases = run_cases(folder, &made)?;
    let failed = native.verdict == Verdict::Failed || cases.iter().any(|case| case.verdict == Verdict::Failed);
    let verdict = if failed { Verdict::Failed } else { Verdict::Passed };
    Ok(TestReport { verdict, built: made.built, native, cases })
}

fn native((passed, output): (bool, String)) -> Native {
    if passed {
        Native { verdict: Verdict::Passed, output: String::new() }
    } else {
        Native { verdict: Verdict::Failed, output }
    }
}

fn run_cases(folder: &Path, made: &Made) -> Result<Vec<CaseReport>, TestError> {
    let desk = Desk::new(&made.bytes, &made.text).map_err(|error| match error {
        DeskError::Component(error) => TestError::Refused(refused(error, &made.text)),
        other @ (DeskError::Manifest(_)
        | DeskError::Grant(_)
        | DeskError::Engine(_)
        | DeskError::Ledger(_)
        | DeskError::Name(_)) => TestError::Desk(other),
    })?;
    let place = folder.join("cases");
    let cases = open(&place)?;
    let names = names(&cases).map_err(FileError::of("list", &place))?;
    if names.is_empty() {
        return Err(TestError::NoCases);
    }
    names.iter().map(|name| run_case(&desk, &cases, &place, name)).collect()
}

fn names(cases: &Dir) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in cases.entries()? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| name.ends_with(".json")));
    }
    names.sort();
    Ok(names)
}

fn run_case(desk: &Desk, cases: &Dir, place: &Path, name: &str) -> Result<CaseReport, TestError> {
    let text = cases.read_to_string(name).map_err(FileError::of("read", place.join(name)))?;
    match Case::parse(&text, &|beside| cases.read_to_string(beside).ok()) {
        Ok(case) => match misfit(desk, &case) {
            Some(error) => Ok(CaseReport::unreadable(name, &error)),
            None => Ok(desk.run(name, &case)?),
        },
        Err(error) => Ok(CaseReport::unreadable(name, &error)),
    }
}

/// A pack of the case that no host would take in: it breaks the manifest's schema, or is too large.
fn misfit(desk: &Desk, case: &Case) -> Option<CaseError> {
    case.packs().iter().find_map(|(name, contents)| {
        let pack = desk.manifest().packs.get(name)?;
        let bytes = contents.to_string().into_bytes();
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > pack.most_bytes {
            return Some(CaseError::Packs(format!("`{name}` has more than {} bytes", pack.most_bytes)));
        }
        check_pack(&pack.schema, &bytes).err().map(|error| CaseError::Packs(format!("`{name}`: {error}")))
    })
}

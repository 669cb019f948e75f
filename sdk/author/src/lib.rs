//! The author's verbs: from an empty folder to a signed plugin, on the author's desk.
//!
//! [`new_project`] → [`build`] → [`test`] → [`inspect`] → [`new_key`] → [`sign`], and [`pack_sign`] for what
//! the plugin reads. Each gives a report that scripts can read
//! (`serde`) and people can read (`Display`), or an error that says how to mend it. What a host would refuse is refused
//! here first: nothing is signed that could not be installed. Files are opened below the folder that was named; the only
//! programs started are those of the plugin's [`Language`], and coins come from the caller.
#![forbid(unsafe_code)]

mod files;
mod lines;

mod project;
mod template;

mod build;
mod cargo;
mod check;
mod interpreted;
mod language;
mod sources;
mod test;
mod tools;

mod inspect;
mod reach;
mod words;

mod key;
mod pack;
mod sign;

pub use build::{BuildError, Built, build};
pub use cargo::CargoError;
pub use check::RefusedError;
pub use cordon_testkit::Verdict;
pub use files::FileError;
pub use inspect::{About, InspectError, Inspection, NeedLine, ServiceLine, inspect};
pub use interpreted::ToolError;
pub use key::{KeyFileError, NewKey, new_key};
pub use language::Language;
pub use pack::{PackNotes, PackSignError, SignedPack, pack_sign};
pub use project::{NewError, Project, new_project};
pub use reach::{Keeps, Sinks};
pub use sign::{Package, SignError, sign};
pub use test::{Native, TestError, TestReport, test};
pub use tools::Tools;

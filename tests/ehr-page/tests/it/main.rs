//! The cards of the gate in a real browser, and what the same cards would do without it.
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "a test locks the folder that it installs into")]

#[cfg(test)]
mod browser;
#[cfg(test)]
mod cards;

//! The store against real files.
#![expect(
    clippy::disallowed_methods,
    reason = "tests damage files from outside, and start themselves in another process"
)]

// What stands behind `cfg(test)` counts as test code for clippy, helper functions too.
#[cfg(test)]
mod bench;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod files;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod load;
#[cfg(test)]
mod log;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod port;
#[cfg(test)]
mod received;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod shared_data;
#[cfg(test)]
mod tenants;

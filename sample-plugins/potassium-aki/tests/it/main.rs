//! The plugin as a host calls it, and the decision that it makes.

#[cfg(test)]
mod calls;
mod cards;
mod decision;
#[cfg(test)]
mod manifest;
mod memory;
mod rows;

//! The plugin as a host calls it: rows in, cards out.

mod allergies;
#[cfg(test)]
mod calls;
mod doses;
mod pairs;
mod unchecked;

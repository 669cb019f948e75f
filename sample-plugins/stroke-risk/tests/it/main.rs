//! The plugin as a host calls it: rows in, cards out.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod manifest;
mod problems;
mod scores;

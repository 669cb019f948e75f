//! The wall from both sides.

#[cfg(test)]
mod room;
#[cfg(test)]
mod wall;

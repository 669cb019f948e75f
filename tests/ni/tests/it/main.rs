//! Pairs of worlds that may not be told apart, and the checks that keep it so.

#[cfg(all(test, feature = "faults"))]
mod faults;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod threats;

//! Pairs of worlds that may not be told apart, and the checks that keep it so.

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod channels;
#[cfg(test)]
mod clearance_threats;
#[cfg(test)]
mod code_threats;
#[cfg(test)]
mod door;
#[cfg(test)]
mod door_threats;
#[cfg(all(test, feature = "faults"))]
mod faults;
#[cfg(test)]
mod gate_threats;
#[cfg(test)]
mod host_threats;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod sinks;
#[cfg(test)]
mod threats;
#[cfg(test)]
mod twins;

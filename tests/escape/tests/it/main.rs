//! The wall from both sides.

#![expect(clippy::disallowed_methods, reason = "the kernel shows processes as files")]

#[cfg(test)]
mod bombs;
#[cfg(test)]
mod compile;
#[cfg(test)]
mod escape;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod residue;
#[cfg(test)]
mod room;
#[cfg(test)]
mod spares;
#[cfg(test)]
mod supervision;
#[cfg(test)]
mod wall;

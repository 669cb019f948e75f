//! The wall from both sides.

#[cfg(test)]
mod escape;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod residue;
#[cfg(test)]
mod room;
#[cfg(test)]
mod wall;

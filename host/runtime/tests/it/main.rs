//! The room against real components: guests built from `tests/guests`, and WAT where a few lines say it better.

#[cfg(test)]
mod gate;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod handmade;
#[cfg(test)]
mod interpreted;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod pooled;
#[cfg(test)]
mod residue;
#[cfg(test)]
mod room;
#[cfg(test)]
mod wasi;

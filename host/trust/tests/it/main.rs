//! The room against what it is given: keys made on the spot, envelopes broken one claim at a time.

#[cfg(test)]
mod claimed;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod published_vectors;
#[cfg(test)]
mod publisher;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod trusted;

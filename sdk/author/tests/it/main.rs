//! The author's verbs, run for real: a project is made, built, tested, inspected, signed and verified.

#[cfg(test)]
mod desk;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod workshop;

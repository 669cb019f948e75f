//! The desk against real components: guests built from `tests/guests`.

#[cfg(test)]
mod desk;
#[cfg(test)]
mod diagnosis;
#[cfg(test)]
mod example;
#[cfg(test)]
mod kept;

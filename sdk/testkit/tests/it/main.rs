//! The desk against real components: guests built from `tests/guests`.

#[cfg(test)]
mod desk;
#[cfg(test)]
mod diagnosis;

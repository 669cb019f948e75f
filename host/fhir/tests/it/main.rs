//! What the room promises, as tables and laws.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod coins;
#[cfg(test)]
mod compartment;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod recogniser;
#[cfg(test)]
mod scope_laws;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod search;
#[cfg(test)]
mod smart;
#[cfg(test)]
mod strict;
#[cfg(test)]
mod threats;

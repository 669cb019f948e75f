//! The hospital's policy, through the public door of the room.

#[cfg(test)]
mod ask;
#[cfg(test)]
mod default_policy;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod failing_policies;
#[cfg(test)]
mod files;
#[cfg(test)]
mod hospital;

//! The hospital's policy, through the public door of the room.

#[cfg(test)]
mod ask;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod consent_conditions;
#[cfg(test)]
mod consent_examples;
#[cfg(test)]
mod consent_laws;
#[cfg(test)]
mod consent_occasion;
#[cfg(test)]
mod consent_worlds;
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

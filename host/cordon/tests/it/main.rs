//! The one binary, from outside: real files, a real host, real HTTP.

#![expect(clippy::disallowed_methods, reason = "tests write fixtures, wait for their hosts and read what these left")]

#[cfg(test)]
mod clearance;
#[cfg(test)]
mod clinical;
#[cfg(test)]
mod ehr;
#[cfg(test)]
mod hospital;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod install;
#[cfg(test)]
mod kept_code;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod live;
#[cfg(test)]
mod outside;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod verbs;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;

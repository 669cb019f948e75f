//! The server over real sockets, with the other rooms behind fakes of their ports.

// What stands behind `cfg(test)` counts as test code for clippy, helper functions too.
#[cfg(test)]
mod cds_claims;
#[cfg(test)]
mod cds_client;
#[cfg(test)]
mod cds_edge;
#[cfg(test)]
mod cds_feedback;
#[cfg(test)]
mod cds_host;
#[cfg(test)]
mod cds_hostile;
#[cfg(test)]
mod cds_keys;
#[cfg(test)]
mod cds_leave;
#[cfg(test)]
mod cds_prefetch;
#[cfg(test)]
mod cds_rows;
#[cfg(test)]
mod cds_spec_examples;
#[cfg(test)]
mod cds_tokens;
#[cfg(test)]
mod cds_wire;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod requirements;
#[cfg(test)]
mod tenants;

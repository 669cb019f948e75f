//! CDS Hooks 2.0 over HTTP: discovery, service call, feedback.

pub mod state;

pub use state::{CdsSettings, CdsState, Clock, CoinSource, IssuerSettings, KnownCards, Services, Unavailable};

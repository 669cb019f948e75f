//! Who calls: the signed token of a CDS client (CDS Hooks 2.0, trusting CDS clients).
//!
//! Keys are pinned per issuer. Nothing a token says makes this host fetch anything, and nothing but the pinned key says
//! how a token is checked.

mod claims;
mod endpoint;
mod trust;
mod verify;

pub use claims::{ClaimError, Claimed};
pub use endpoint::Endpoint;
pub use trust::{Alg, ClientTrust, IssuerTrust, JwksError};
pub use verify::{Client, MAX_LIFETIME, NonceError, Nonces, SKEW, Spent, TokenRefusal, VerifyError, verify};

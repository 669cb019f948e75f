//! Tokens that were spent: a `jti` is good once for its issuer until the token expires (CDS Hooks 2.0, trusting CDS
//! clients; RFC 7519 section 4.1.7), also across a restart.

use cordon_core::ids::{Issuer, TenantId};
use jiff::Timestamp;
use rusqlite::params;

use crate::error::StoreError;
use crate::store::Store;

/// A spent token is remembered so much longer than it is valid: a clock that is set back by less does not revive it.
const GRACE_SECONDS: i64 = 300;

/// Each call sweeps at most so many old tokens, so that no call pays for all of them.
const SWEEP: u32 = 16;

/// Whether a token was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Spent {
    /// Never: it is spent now, durably.
    Fresh,
    /// It was: refuse it.
    Again,
}

impl Store {
    /// Spends a token.
    ///
    /// # Errors
    /// The store failed; then the token must be taken as spent.
    pub fn spend(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        jti: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Spent, StoreError> {
        self.own(tenant)?;
        let kept_until = expires_at.as_second().saturating_add(GRACE_SECONDS);
        self.write(|c| {
            let sweep = "DELETE FROM nonce WHERE (tenant, issuer, jti) IN
                         (SELECT tenant, issuer, jti FROM nonce WHERE kept_until < ?1 ORDER BY kept_until LIMIT ?2)";
            c.prepare_cached(sweep)?.execute(params![now.as_second(), SWEEP])?;
            let spend = "INSERT INTO nonce (tenant, issuer, jti, kept_until) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT DO UPDATE SET kept_until = excluded.kept_until WHERE nonce.kept_until < ?5";
            let values = params![tenant.as_str(), issuer.as_str(), jti, kept_until, now.as_second()];
            let changed = c.prepare_cached(spend)?.execute(values)?;
            Ok(if changed == 1 { Spent::Fresh } else { Spent::Again })
        })
    }
}

//! Tokens that were spent: a `jti` is good once for its issuer until the token expires (CDS Hooks 2.0, trusting CDS
//! clients; RFC 7519 section 4.1.7), also across a restart.
//!
//! A token is spent in memory when it comes, and durably in the transaction of the next record, which the call it came
//! with leaves before its answer: one flush of the disk for both. A call that no record was left of had no answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cordon_core::ids::{Issuer, TenantId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::StoreError;
use crate::store::Store;

/// A spent token is remembered so much longer than it is valid: a clock that is set back by less does not revive it.
const GRACE_SECONDS: i64 = 300;

/// The most tokens that wait for a record: far more than calls run at a time.
const MOST_SPENDING: usize = 65_536;

/// Each token that becomes durable sweeps at most so many old ones, so that no call pays for all of them.
const SWEEP: u32 = 16;

/// Whether a token was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Spent {
    /// Never: it is spent now.
    Fresh,
    /// It was: refuse it.
    Again,
}

/// Until when a token is remembered, and since when it is spent: seconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Kept {
    until: i64,
    now: i64,
}

/// Tokens that are spent and not yet durable.
#[derive(Debug, Default)]
pub(crate) struct Spending(Mutex<BTreeMap<(Issuer, String), Kept>>);

impl Spending {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Issuer, String), Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is not yet durable, as a part of a record's transaction.
    pub(crate) fn write(&self, c: &Connection, tenant: &TenantId) -> Result<Written, StoreError> {
        let spent = self.lock().clone();
        // By the earliest clock among them: what is remembered for one of them is not forgotten for another.
        if let Some(now) = spent.values().map(|kept| kept.now).min() {
            let sweep = "DELETE FROM nonce WHERE (tenant, issuer, jti) IN
                         (SELECT tenant, issuer, jti FROM nonce WHERE kept_until < ?1 ORDER BY kept_until LIMIT ?2)";
            let most = u32::try_from(spent.len()).unwrap_or(u32::MAX).saturating_mul(SWEEP);
            c.prepare_cached(sweep)?.execute(params![now, most])?;
        }
        for ((issuer, jti), Kept { until, now: _ }) in &spent {
            let spend = "INSERT INTO nonce (tenant, issuer, jti, kept_until) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT DO UPDATE SET kept_until = excluded.kept_until";
            c.prepare_cached(spend)?.execute(params![tenant.as_str(), issuer.as_str(), jti, until])?;
        }
        Ok(Written(spent.into_keys().collect()))
    }

    /// Forgets what has become durable.
    pub(crate) fn durable(&self, written: &Written) {
        self.lock().retain(|token, _| written.0.binary_search(token).is_err());
    }
}

/// What one transaction wrote.
pub(crate) struct Written(Vec<(Issuer, String)>);

impl Store {
    /// Spends a token. It is durable at the latest with the next record ([`Store::append`]).
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
        let (until, now) = (expires_at.as_second().saturating_add(GRACE_SECONDS), now.as_second());
        // Held over both looks: a token that becomes durable in between is seen in one of them.
        let mut spending = self.spending.lock();
        let token = (issuer.clone(), jti.to_owned());
        if spending.get(&token).is_some_and(|kept| kept.until >= now) {
            return Ok(Spent::Again);
        }
        if spending.len() >= MOST_SPENDING {
            // The log has taken no record for long: nobody gets an answer, and nothing more is remembered.
            spending.retain(|_, kept| kept.until >= now);
            return Err(StoreError::Full);
        }
        let known = self.read(|c| {
            let known = "SELECT 1 FROM nonce WHERE tenant = ?1 AND issuer = ?2 AND jti = ?3 AND kept_until >= ?4";
            let values = params![tenant.as_str(), issuer.as_str(), jti, now];
            Ok::<_, StoreError>(c.prepare_cached(known)?.query_row(values, |_| Ok(())).optional()?)
        })?;
        if known.is_some() {
            return Ok(Spent::Again);
        }
        spending.insert(token, Kept { until, now });
        Ok(Spent::Fresh)
    }

    /// Makes every token durable that was spent before, for an answer that leaves no record.
    ///
    /// # Errors
    /// The store failed; then they are as spent as before.
    pub fn settle_tokens(&self) -> Result<(), StoreError> {
        let written = self.write(|c| self.spending.write(c, self.tenant()))?;
        self.spending.durable(&written);
        Ok(())
    }
}

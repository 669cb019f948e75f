//! Those who are no administrators and reach the socket all the same. What they try is recorded, but they do not fill the log:
//! of each so many attempts in a minute, and then how many more there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cordon_core::ids::TenantId;
use cordon_core::record::{AdminAction, Event, Private, Record};
use jiff::{SignedDuration, Timestamp};

use super::Hospital;
use super::named::named_unread;
use crate::admin::Admin;
use crate::admin::protocol::{Reply, Request};
use crate::clock;

/// So many attempts of one user are recorded one by one, for one tenant and in one minute.
pub(crate) const RECORDED: u64 = 10;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Their attempts of the last minute.
#[derive(Default)]
pub(super) struct Strangers(Mutex<BTreeMap<(TenantId, String), Attempts>>);

struct Attempts {
    since: Timestamp,
    count: u64,
}

impl Attempts {
    fn unrecorded(&self) -> u64 {
        self.count.saturating_sub(RECORDED)
    }
}

/// Attempts that were only counted.
struct Counted {
    tenant: TenantId,
    who: String,
    more: u64,
}

impl Strangers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(TenantId, String), Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt, and says whether it is recorded by itself.
    fn attempt(&self, tenant: &TenantId, who: &Admin, now: Timestamp) -> bool {
        let mut all = self.lock();
        let attempts =
            all.entry((tenant.clone(), who.as_str().to_owned())).or_insert(Attempts { since: now, count: 0 });
        attempts.count = attempts.count.saturating_add(1);
        attempts.count <= RECORDED
    }

    /// What of the minutes that are over by now was only counted. They are forgotten. A clock that was set back ends them too.
    fn over(&self, now: Timestamp) -> Vec<Counted> {
        let over = |attempts: &Attempts| !(SignedDuration::ZERO..MINUTE).contains(&now.duration_since(attempts.since));
        let ended = self.lock().extract_if(.., |_, attempts| over(attempts)).collect::<Vec<_>>();
        let counted = ended.into_iter().map(|((tenant, who), ended)| Counted { tenant, who, more: ended.unrecorded() });
        counted.filter(|counted| counted.more > 0).collect()
    }
}

impl Hospital {
    /// Refuses somebody who is no administrator, and records it. Of what was sent nothing is decoded.
    pub(crate) fn turn_away(&self, admin: &Admin, request: &Request) -> Reply {
        let message = "this user may not administer the host: see `admins` in its configuration".to_owned();
        let refused = Reply::Refused { kind: "not-an-administrator".to_owned(), message: message.clone() };
        if self.stores.of(&request.tenant).is_none() {
            // It is in no log: there is none. Nor is it said which tenants there are.
            tracing::warn!("somebody who is no administrator tried an act for a tenant that this host does not have");
            return refused;
        }
        let now = clock::now();
        self.record_counted(now);
        if !self.strangers.attempt(&request.tenant, admin, now) {
            return refused;
        }
        match self.record(admin, request, named_unread(&request.act), Some(message)) {
            Ok(()) => refused,
            Err(_) => Reply::Failed { message: "the record could not be written".to_owned() },
        }
    }

    /// Records how many attempts were only counted in the minutes that are over.
    pub(crate) fn record_counted(&self, now: Timestamp) {
        for Counted { tenant, who, more } in self.strangers.over(now) {
            let refused = Some(format!("this user may not administer the host: {more} more attempts within a minute"));
            let event = Event::Admin { action: AdminAction::Look { what: "refused".to_owned() }, refused };
            let private = Private { admin: Some(who), ..Private::default() };
            let record = Record { tenant, at: clock::now(), event, private };
            if self.ledger.append(&record, cordon_core::ports::Effects::none()).is_err() {
                tracing::error!(tenant = %record.tenant, more, "attempts at the admin socket could not be recorded");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_stranger_so_many_attempts_are_recorded_and_the_others_counted_once() {
        let (strangers, now) = (Strangers::default(), Timestamp::UNIX_EPOCH);
        let ward = TenantId::new("ward").unwrap();
        let (one, other) = (Admin::of(65_534), Admin::of(65_533));
        let recorded = (0..RECORDED + 3).filter(|_| strangers.attempt(&ward, &one, now)).count();
        assert_eq!(u64::try_from(recorded).unwrap(), RECORDED);
        assert!(strangers.attempt(&ward, &other, now), "another user");
        let early = now.saturating_add(SignedDuration::from_secs(59)).unwrap();
        assert!(strangers.over(early).is_empty() && !strangers.attempt(&ward, &one, early));
        let later = now.saturating_add(MINUTE).unwrap();
        let counted: Vec<_> = strangers.over(later).into_iter().map(|counted| (counted.who, counted.more)).collect();
        assert_eq!(counted, [(one.as_str().to_owned(), 4)]);
        assert!(strangers.over(later).is_empty() && strangers.attempt(&ward, &one, later), "a new minute");
    }
}

//! Conditions have three values, and a provision has several possible outcomes.
//!
//! What cannot be evaluated may hold or not. A row is shown only if every reading of what cannot be evaluated shows it. So
//! an unevaluable condition counts as met on a deny and as not met on a permit, and an exception inside is never lost.

use super::settings::Effect;

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Met,
    Unmet,
    Unknown,
}

impl Truth {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Met } else { Self::Unmet }
    }

    /// All of them hold; of none, yes.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::Met, |sum, part| match (sum, part) {
            (Self::Unmet, _) | (_, Self::Unmet) => Self::Unmet,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Met, Self::Met) => Self::Met,
        })
    }

    /// One of them holds; of none, no.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::Unmet, |sum, part| match (sum, part) {
            (Self::Met, _) | (_, Self::Met) => Self::Met,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Unmet, Self::Unmet) => Self::Unmet,
        })
    }

    /// What they all say. Where they differ it is not known whether one is enough.
    pub(super) fn agreed(parts: impl IntoIterator<Item = Self>) -> Self {
        let differ = |a, b| if a == b { a } else { Self::Unknown };
        parts.into_iter().reduce(differ).unwrap_or(Self::Unknown)
    }
}

/// What a provision may come to for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// It may not apply.
    pub(super) none: bool,
    /// It may permit.
    pub(super) permit: bool,
    /// It may deny.
    pub(super) deny: bool,
}

impl Outcomes {
    pub(super) const NONE: Self = Self { none: true, permit: false, deny: false };

    /// What a provision of this effect comes to when it applies: an exception overrides it, and of the exceptions at one depth
    /// a deny beats a permit. Without an effect that can be read it may be either.
    pub(super) fn under(effect: Option<Effect>, exceptions: &[Self]) -> Self {
        let untouched = exceptions.iter().all(|one| one.none);
        let undenied = exceptions.iter().all(|one| one.none || one.permit);
        let denied = exceptions.iter().any(|one| one.deny);
        let permitted = exceptions.iter().any(|one| one.permit);
        Self {
            none: false,
            permit: undenied && (permitted || (untouched && effect != Some(Effect::Deny))),
            deny: denied || (untouched && effect != Some(Effect::Permit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERMIT: Outcomes = Outcomes { none: false, permit: true, deny: false };
    const DENY: Outcomes = Outcomes { none: false, permit: false, deny: true };

    #[test]
    fn deny_beats_permit_at_one_depth() {
        assert_eq!(Outcomes::under(Some(Effect::Permit), &[PERMIT, DENY]), DENY);
        assert_eq!(Outcomes::under(Some(Effect::Deny), &[DENY, PERMIT]), DENY);
    }

    #[test]
    fn an_exception_overrides_both_ways() {
        assert_eq!(Outcomes::under(Some(Effect::Permit), &[DENY]), DENY);
        assert_eq!(Outcomes::under(Some(Effect::Deny), &[PERMIT, Outcomes::NONE]), PERMIT);
        assert_eq!(Outcomes::under(Some(Effect::Deny), &[Outcomes::NONE]), DENY);
        assert_eq!(Outcomes::under(Some(Effect::Permit), &[]), PERMIT);
    }

    #[test]
    fn what_may_or_may_not_apply_leaves_both_open() {
        let maybe_permit = Outcomes { none: true, ..PERMIT };
        let maybe_deny = Outcomes { none: true, ..DENY };
        assert!(Outcomes::under(Some(Effect::Deny), &[maybe_permit]).deny);
        assert!(Outcomes::under(Some(Effect::Permit), &[maybe_deny]).deny);
        assert!(!Outcomes::under(Some(Effect::Permit), &[maybe_permit]).deny);
    }

    #[test]
    fn unknown_is_kept_until_another_part_settles_it() {
        use Truth::{Met, Unknown, Unmet};
        assert_eq!(Truth::all([Met, Unknown]), Unknown);
        assert_eq!(Truth::all([Unknown, Unmet]), Unmet);
        assert_eq!(Truth::any([Unmet, Unknown]), Unknown);
        assert_eq!(Truth::any([Unknown, Met]), Met);
        assert_eq!(Truth::agreed([Met, Unmet]), Unknown);
        assert_eq!(Truth::agreed([Unmet, Unmet]), Unmet);
        assert_eq!(Truth::agreed([]), Unknown);
    }
}

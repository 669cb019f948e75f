//! The check: from orders and allergies to what was found and what was not checked.

use crate::dose::{Against, Dose};
use crate::orders::{Named, Order, Stage};
use crate::table::{Effect, PAIRS, Pair, Substance, speaks_against};

/// Something found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// The draft orders that take part: what each orders there, and its id.
    pub drafts: Vec<(Substance, Option<String>)>,
    /// What active orders order there.
    pub active: Vec<Substance>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A pair; for simvastatin with the dose that stands worst to its limit.
    Pair(&'static Pair, Dose, Against),
    /// A draft orders what a recorded allergy speaks against.
    Allergy {
        /// What is recorded.
        recorded: Substance,
    },
}

impl Finding {
    /// Whether a label forbids it, or an allergy speaks against it. The other rules ask for care.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        match self.kind {
            Kind::Pair(_, _, against) => against == Against::Above,
            Kind::Allergy { .. } => true,
        }
    }
}

/// What was not checked, because it is not in the table or cannot be read: codes, and how many without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotChecked {
    /// Codes that the table does not hold.
    pub codes: Vec<String>,
    /// How many have no readable code.
    pub unreadable: usize,
}

impl NotChecked {
    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.codes.len() + self.unreadable
    }

    fn of<'a>(all: impl Iterator<Item = &'a Named>) -> Self {
        let mut not_checked = Self::default();
        for named in all {
            match named {
                Named::Listed(_) => {}
                Named::Unlisted(code) => not_checked.codes.push(code.clone()),
                Named::Unreadable => not_checked.unreadable += 1,
            }
        }
        not_checked
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checked {
    /// What was found: what a label forbids first.
    pub findings: Vec<Finding>,
    /// Draft orders.
    pub drafts: NotChecked,
    /// Active orders. Empty if no draft could be checked: then nothing was.
    pub active: NotChecked,
    /// Recorded allergies, likewise.
    pub allergies: NotChecked,
}

/// Checks drafts against each other, against active orders and against allergies.
#[must_use]
pub fn check(orders: &[Order], allergies: &[Named]) -> Checked {
    let mut findings: Vec<Finding> = speaking_against(orders, allergies);
    findings.extend(PAIRS.iter().filter_map(|pair| find(pair, orders)));
    findings.sort_by_key(|finding| !finding.is_critical());
    let of = |stage: Stage| orders.iter().filter(move |order| order.stage == stage).map(|order| &order.named);
    let some_checked = of(Stage::Draft).any(|named| matches!(named, Named::Listed(_)));
    let others = |all: NotChecked| if some_checked { all } else { NotChecked::default() };
    Checked {
        findings,
        drafts: NotChecked::of(of(Stage::Draft)),
        active: others(NotChecked::of(of(Stage::Active))),
        allergies: others(NotChecked::of(allergies.iter())),
    }
}

/// A pair needs two orders, of which one is a draft.
fn find(pair: &'static Pair, orders: &[Order]) -> Option<Finding> {
    let [a, b] = pair.between;
    let mut finding = Finding { kind: Kind::Pair(pair, Dose::Unknown, Against::Open), drafts: vec![], active: vec![] };
    let mut worst: Option<(Against, Dose)> = None;
    for (at, order) in orders.iter().enumerate() {
        for (own, other) in [(a, b), (b, a)] {
            let partner = |(index, partner): (usize, &Order)| {
                index != at && partner.holds(other) && (order.stage == Stage::Draft || partner.stage == Stage::Draft)
            };
            if !order.holds(own) || !orders.iter().enumerate().any(partner) {
                continue;
            }
            match order.stage {
                Stage::Draft => finding.drafts.push((own, order.id.clone())),
                Stage::Active if finding.active.contains(&own) => {}
                Stage::Active => finding.active.push(own),
            }
            if let (Effect::SimvastatinLimit(limit), Substance::Simvastatin) = (pair.effect, own) {
                let stands = (order.simvastatin.against(limit), order.simvastatin);
                worst = if worst.is_some_and(|(held, _)| held >= stands.0) { worst } else { Some(stands) };
            }
        }
    }
    // The first is the one to remove: of simvastatin's pairs simvastatin.
    finding.drafts.sort_by_key(|(substance, _)| *substance != a);
    match (pair.effect, worst) {
        _ if finding.drafts.is_empty() => None,
        (Effect::SimvastatinLimit(_), Some((Against::Within, _)) | None) => None,
        (Effect::SimvastatinLimit(_), Some((against, dose))) => {
            finding.kind = Kind::Pair(pair, dose, against);
            Some(finding)
        }
        (Effect::DigoxinRises | Effect::Bleeding | Effect::InrRises, _) => Some(finding),
    }
}

/// One finding for each recorded substance.
fn speaking_against(orders: &[Order], allergies: &[Named]) -> Vec<Finding> {
    let mut recorded: Vec<Substance> = allergies.iter().flat_map(listed).collect();
    recorded.sort_unstable();
    recorded.dedup();
    let drafts = || orders.iter().filter(|order| order.stage == Stage::Draft);
    let finding = |recorded: Substance| {
        let against = drafts().flat_map(|order| {
            let ordered = listed(&order.named).filter(move |ordered| speaks_against(recorded, *ordered));
            ordered.map(|ordered| (ordered, order.id.clone()))
        });
        let drafts: Vec<_> = against.collect();
        (!drafts.is_empty()).then_some(Finding { kind: Kind::Allergy { recorded }, drafts, active: vec![] })
    };
    recorded.into_iter().filter_map(finding).collect()
}

fn listed(named: &Named) -> impl Iterator<Item = Substance> + '_ {
    let listed: &[Substance] = match named {
        Named::Listed(listed) => listed,
        Named::Unlisted(_) | Named::Unreadable => &[],
    };
    listed.iter().copied()
}

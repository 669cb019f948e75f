//! Pairs over every sink: cards, notes, cells, the public record and the transcript, and what one call leaves in a cell for
//! the next. The first of the two calls may see more than the second; then the second shows nothing of that.

use std::collections::BTreeMap;
use std::ops::Range;

use cordon_core::call::{HookCall, Purpose, UserRight};
use cordon_core::grant::Grant;
use cordon_core::ids::{Digest, PatientId, PluginId, Role};
use cordon_core::manifest::CardMode;
use cordon_core::message::RunMessage;
use cordon_faults::without;
use cordon_fhir::scope::ScopeSet;
use cordon_ni::cells::Cells;
use cordon_ni::generate::tenant;
use cordon_ni::hide::Hidden;
use cordon_ni::hostile::{Hostile, tells_all, ways_out};
use cordon_ni::kept::OTHER;
use cordon_ni::run::{Observed, policy, run_call};
use cordon_ni::world::World;

use crate::pairs::{Pair, pair};

/// How the first call differs from the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    /// Not at all: it leaves its cells to the second.
    Same,
    /// Its user has more roles.
    Roles,
    /// More was granted.
    Grant,
    /// The patient had not spoken yet.
    Consent,
    /// The plugin's cards were signed; now they are free text.
    Mode,
    /// It was for another purpose.
    Purpose,
    /// Its user may read more.
    Right,
    /// It was about another patient.
    Patient,
    /// It was another hospital's.
    Tenant,
    /// It was to another plugin.
    Plugin,
}

impl Before {
    const ALL: [Self; 10] = [
        Self::Same,
        Self::Roles,
        Self::Grant,
        Self::Consent,
        Self::Mode,
        Self::Purpose,
        Self::Right,
        Self::Patient,
        Self::Tenant,
        Self::Plugin,
    ];

    /// Whether it tells what it should of this pair. Pairs of a purpose that was not granted may leave out what the client
    /// sends; a caller who may not read it in the record is then told that it is missing, which is the caller's own doing.
    fn applies(self, pair: &Pair) -> bool {
        self != Self::Right || pair.hidden != Hidden::Purpose
    }

    /// Whether what is hidden in this way from the second call may show in the first.
    fn shows(self, hidden: Hidden) -> bool {
        match self {
            Self::Roles | Self::Mode => matches!(hidden, Hidden::Label | Hidden::Context),
            Self::Grant => hidden == Hidden::Scope,
            Self::Consent => hidden == Hidden::Consent,
            Self::Patient => hidden == Hidden::Patient,
            Self::Tenant => hidden == Hidden::Tenant,
            Self::Same | Self::Purpose | Self::Right | Self::Plugin => true,
        }
    }

    /// The worlds of the first and the second call.
    fn worlds(self, world: &World) -> [World; 2] {
        let (mut first, mut second) = (world.clone(), world.clone());
        match self {
            Self::Same | Self::Right | Self::Patient | Self::Tenant => {}
            Self::Roles => {
                [&mut first, &mut second].into_iter().for_each(review);
                all_roles(&mut first);
            }
            Self::Grant => first.grant = Grant { powers: world.grant.powers.clone(), ..Grant::whole(&first.manifest) },
            Self::Consent => first.stored.retain(|(_, row)| row["resourceType"] != "Consent"),
            Self::Mode => {
                for world in [&mut first, &mut second] {
                    review(world);
                    all_roles(world);
                }
                first.manifest.cards.mode = CardMode::Templated;
                second.manifest.cards.mode = CardMode::Text;
            }
            Self::Purpose => {
                let treated = second.purpose == Purpose::Treatment;
                first.purpose = if treated { Purpose::EmergencyTreatment } else { Purpose::Treatment };
            }
            Self::Plugin => first.manifest.id = PluginId::new("org.example.other").unwrap(),
        }
        [first, second]
    }

    /// The calls of these worlds.
    fn calls(self, worlds: &[World; 2]) -> [HookCall; 2] {
        let [mut first, mut second] = worlds.each_ref().map(|world| world.call(Digest::of(b"in memory")).unwrap());
        match self {
            Self::Right => second.right = UserRight::Scopes(ScopeSet::parse("user/Patient.rs")),
            Self::Patient => first.patient = PatientId::new("q").unwrap(),
            Self::Tenant => first.tenant = tenant(OTHER),
            Self::Same | Self::Roles | Self::Grant | Self::Consent | Self::Mode | Self::Purpose | Self::Plugin => {}
        }
        [first, second]
    }
}

/// Its publisher was reviewed for restricted rows.
fn review(world: &mut World) {
    world.manifest.id = PluginId::new("com.example.reviewed.tells").unwrap();
}

fn all_roles(world: &mut World) {
    let all = ["restricted-records", "hiv-care", "psychiatry", "addiction-care"];
    world.roles.extend(all.into_iter().map(|role| Role::new(role).unwrap()));
}

/// What two calls show, one after the other, with the same cells.
fn two_calls(before: Before, world: &World) -> [Observed; 2] {
    let cells = Cells::default();
    let worlds = before.worlds(world);
    let calls = before.calls(&worlds);
    let mut seen = worlds.iter().zip(calls).map(|(world, call)| {
        let mode = world.manifest.cards.mode;
        let hostile = Hostile(|message: &RunMessage| tells_all(message, mode));
        run_call(call, &policy(world), world, &hostile, &cells).unwrap()
    });
    [seen.next().unwrap(), seen.next().unwrap()]
}

/// The pair with every way out.
fn armed(mut pair: Pair) -> Pair {
    ways_out(&mut pair.one);
    ways_out(&mut pair.other);
    pair
}

/// The next pair from this seed on whose hidden part may show in the first call, without needs that abstain: what those
/// declare to show is another test's.
fn pair_for(before: Before, seed: u64) -> Pair {
    let mut pairs = (0_u64..).map(|round| pair((seed + round * 10_000) * 5 + 1));
    armed(pairs.find(|pair| before.applies(pair) && before.shows(pair.hidden)).unwrap())
}

/// What a comparison of a pair came to.
#[derive(Debug, Default)]
struct Count {
    pairs: usize,
    /// In which the first call saw what the second may not, and left something of it in a cell.
    carried: usize,
}

/// Whether the second call tells the pair apart; where the calls are the same, the first neither.
fn differs(before: Before, pair: &Pair, count: &mut Count) -> bool {
    let [first, second] = two_calls(before, &pair.one);
    let [other_first, other_second] = two_calls(before, &pair.other);
    count.pairs += 1;
    count.carried += usize::from(first.written != other_first.written);
    second != other_second || (before == Before::Same && first != other_first)
}

/// The first seed whose pair can be told apart.
#[cfg(feature = "faults")]
pub(crate) fn told_apart(seeds: Range<u64>) -> Option<u64> {
    seeds.into_iter().find(|seed| {
        Before::ALL.into_iter().any(|before| differs(before, &pair_for(before, *seed), &mut Count::default()))
    })
}

fn identical(seeds: Range<u64>) {
    let _whole = without(None);
    let mut counts: BTreeMap<Before, Count> = BTreeMap::new();
    for seed in seeds {
        let before = Before::ALL[usize::try_from(seed % 10).unwrap()];
        let pair = pair_for(before, seed);
        let count = counts.entry(before).or_default();
        assert!(!differs(before, &pair, count), "seed {seed}, {before:?}, hidden by {:?}", pair.hidden);
    }
    // Ways in which the first call really sees more; without them the pairs would be about nothing.
    for wider in [Before::Roles, Before::Grant, Before::Consent, Before::Mode, Before::Patient, Before::Tenant] {
        assert!(counts[&wider].carried >= 5, "{counts:?}");
    }
    assert!(counts.values().all(|count| count.pairs >= 250), "{counts:?}");
}

// Four quarters of 10,000 pairs, so that they run beside each other.
#[test]
fn no_sink_shows_what_is_hidden_in_the_first_2500_pairs() {
    identical(0..2_500);
}

#[test]
fn no_sink_shows_what_is_hidden_in_the_second_2500_pairs() {
    identical(2_500..5_000);
}

#[test]
fn no_sink_shows_what_is_hidden_in_the_third_2500_pairs() {
    identical(5_000..7_500);
}

#[test]
fn no_sink_shows_what_is_hidden_in_the_fourth_2500_pairs() {
    identical(7_500..10_000);
}

/// Without this, pairs in which nothing leaves by these sinks would pass for proof.
#[test]
fn everything_that_can_leave_does() {
    let _whole = without(None);
    let seen: Vec<Observed> =
        (0..100).flat_map(|seed| two_calls(Before::Same, &pair_for(Before::Same, seed).one)).collect();
    let most = |what: &str, of: fn(&Observed) -> bool| {
        let found = seen.iter().filter(|seen| of(seen)).count();
        assert!(found >= 15, "{what} in {found} of {}", seen.len());
    };
    most("a card", |seen| !seen.issued.is_empty());
    most("a note", |seen| !seen.notes.is_empty());
    most("a write", |seen| !seen.written.is_empty());
    most("a transcript", |seen| seen.transcript.is_some());
    most("a cell that is read", |seen| seen.written.iter().any(|write| write.read.is_some()));
}

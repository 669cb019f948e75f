//! The evaluator against the definition, written out: a row is shown if it is shown in every world, where a world settles
//! whatever cannot be evaluated. No partial evaluation, no shared code; the truth of each condition is written by hand.

use cordon_core::call::Purpose;
use cordon_core::label::{Confidentiality, Label, Sensitivity};
use cordon_core::ports::RowRule;
use cordon_policy::consent::{ConsentSettings, Effect, Outside};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::consent::{
    ACT_CODE, ACT_REASON, CONFIDENTIALITY, CONSENT_ACTION, consent, creatinine, for_purpose, labelled, open, rule, with,
};

/// Whether a condition holds in a world: always, never, or as a coin falls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Holds {
    Always,
    Never,
    Coin,
}
use Holds::{Always, Coin, Never};

fn when(holds: bool) -> Holds {
    if holds { Always } else { Never }
}

/// One question: a row by number, a purpose, an action.
#[derive(Debug, Clone, Copy)]
struct Ask {
    row: usize,
    purpose: Purpose,
    action: &'static str,
}

/// Row 0 is a creatinine of 2025, row 1 one of 2020 marked HIV, row 2 a restricted condition, row 3 nothing anybody can read.
fn rows() -> [(Value, Label); 4] {
    let old = with(with(creatinine(), "id", json!("o2")), "effectiveDateTime", json!("2020-05-05"));
    let condition =
        json!({"resourceType": "Condition", "id": "c1", "code": {"coding": [{"system": "s", "code": "c"}]}});
    [
        (creatinine(), Label::NORMAL),
        (old, labelled(Confidentiality::Restricted, &[Sensitivity::Hiv])),
        (condition, labelled(Confidentiality::Restricted, &[])),
        (json!({"resourceType": "Observation"}), Label::UNCLASSIFIED),
    ]
}

type Truth = fn(Ask, Effect) -> Holds;

/// Every condition there is in these tests: its member, its value, and when it holds.
fn pool() -> Vec<(&'static str, Value, Truth)> {
    let reason = |code: &str| json!([{"system": ACT_REASON, "code": code}]);
    let label = |system: &str, code: &str| json!([{"system": system, "code": code}]);
    let class = |code: &str| json!([{"system": "http://hl7.org/fhir/resource-types", "code": code}]);
    let instance = |meaning: &str, text: &str| json!([{"meaning": meaning, "reference": {"reference": text}}]);
    let code = |code: &str| json!([{"coding": [{"system": "http://loinc.org", "code": code}]}]);
    vec![
        ("purpose", reason("TREAT"), |a, _| when(a.purpose != Purpose::Research)),
        ("purpose", reason("HRESCH"), |a, _| when(a.purpose == Purpose::Research)),
        ("purpose", reason("BTG"), |a, _| when(a.purpose == Purpose::BreakGlass)),
        ("purpose", reason("COC"), |_, _| Coin),
        ("purpose", json!("TREAT"), |_, _| Coin),
        ("action", json!([{"coding": [{"system": CONSENT_ACTION, "code": "use"}]}]), |a, _| when(a.action == "use")),
        ("period", json!({"start": "2026"}), |_, _| Always),
        ("period", json!({"end": "2025"}), |_, _| Never),
        ("period", json!({"end": "?"}), |_, _| Coin),
        ("actor", json!([{"role": {"text": "anybody"}}]), |_, _| Coin),
        ("class", class("Observation"), |a, _| when(a.row != 2)),
        ("class", class("Condition"), |a, _| when(a.row == 2)),
        ("class", label("http://local", "x"), |_, _| Coin),
        ("code", code("2160-0"), |a, _| if a.row == 3 { Coin } else { when(a.row < 2) }),
        ("code", code("1-1"), |a, _| if a.row == 3 { Coin } else { Never }),
        ("securityLabel", label(ACT_CODE, "HIV"), |a, _| match a.row {
            1 => Always,
            3 => Coin,
            _ => Never,
        }),
        ("securityLabel", label(CONFIDENTIALITY, "R"), |a, effect| when(effect == Effect::Permit || a.row > 0)),
        ("securityLabel", label(CONFIDENTIALITY, "N"), |a, effect| when(effect == Effect::Deny || a.row == 0)),
        ("dataPeriod", json!({"start": "2025", "end": "2025"}), |a, _| if a.row > 1 { Coin } else { when(a.row == 0) }),
        ("dataPeriod", json!({"start": "2020-05-05", "end": "2020-05-05"}), |a, _| {
            if a.row > 1 { Coin } else { when(a.row == 1) }
        }),
        ("data", instance("instance", "Observation/o1"), |a, _| if a.row == 3 { Coin } else { when(a.row == 0) }),
        ("data", instance("authoredby", "Practitioner/dr"), |_, _| Coin),
    ]
}

/// A provision as a plan: what it says (`None`: something no one can read) and which conditions of the pool it has.
#[derive(Debug, Clone)]
struct Plan {
    effect: Option<Effect>,
    conditions: Vec<usize>,
    exceptions: Vec<Plan>,
}

impl Plan {
    fn json(&self) -> Value {
        let mut members = Map::new();
        let code = match self.effect {
            Some(Effect::Permit) => "permit",
            Some(Effect::Deny) => "deny",
            None => "perhaps",
        };
        members.insert("type".to_owned(), json!(code));
        for index in self.distinct() {
            let (name, value, _) = pool().swap_remove(index);
            members.insert(name.to_owned(), value);
        }
        if !self.exceptions.is_empty() {
            members.insert("provision".to_owned(), self.exceptions.iter().map(Self::json).collect());
        }
        Value::Object(members)
    }

    /// The conditions, one for each member: the last one wins, as in the JSON.
    fn distinct(&self) -> Vec<usize> {
        let pool = pool();
        let name = |index: usize| pool[index].0;
        let later = |at: usize| self.conditions[at + 1..].iter().any(|other| name(*other) == name(self.conditions[at]));
        (0..self.conditions.len()).filter(|at| !later(*at)).map(|at| self.conditions[at]).collect()
    }

    fn decide(&self, ask: Ask, world: &mut World) -> Option<Effect> {
        let Some(effect) = self.effect else {
            let (applies, permits) = (world.toss(), world.toss());
            return applies.then_some(if permits { Effect::Permit } else { Effect::Deny });
        };
        let pool = pool();
        let mut applies = true;
        for index in self.distinct() {
            applies &= match pool[index].2(ask, effect) {
                Always => true,
                Never => false,
                Coin => world.toss(),
            };
        }
        let exceptions: Vec<_> = self.exceptions.iter().filter_map(|one| one.decide(ask, world)).collect();
        applies.then(|| overridden(effect, &exceptions))
    }

    fn is_over(&self) -> bool {
        self.distinct().contains(&7)
    }
}

fn overridden(effect: Effect, exceptions: &[Effect]) -> Effect {
    if exceptions.contains(&Effect::Deny) {
        Effect::Deny
    } else if exceptions.contains(&Effect::Permit) {
        Effect::Permit
    } else {
        effect
    }
}

/// How the coins fall.
struct World {
    coins: u32,
    tossed: u32,
}

impl World {
    fn toss(&mut self) -> bool {
        let coin = self.coins >> self.tossed & 1 == 1;
        self.tossed += 1;
        coin
    }
}

const MOST_COINS: u32 = 14;

/// The definition. `None` when there are more worlds than a test should visit.
fn shown(plans: &[Plan], ask: Ask, settings: &ConsentSettings) -> Option<bool> {
    let limited = plans.iter().any(|plan| plan.effect == Some(Effect::Permit) && !plan.is_over());
    let otherwise = if limited && settings.outside == Outside::Denied { Effect::Deny } else { settings.no_consent };
    let mut coins = 0;
    loop {
        let mut world = World { coins, tossed: 0 };
        let decided: Vec<_> = plans.iter().filter_map(|plan| plan.decide(ask, &mut world)).collect();
        if world.tossed > MOST_COINS {
            return None;
        }
        if overridden(otherwise, &decided) == Effect::Deny {
            return Some(false);
        }
        coins += 1;
        if coins >> world.tossed > 0 {
            return Some(true);
        }
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let effect = prop_oneof![10 => Just(Some(Effect::Permit)), 10 => Just(Some(Effect::Deny)), 1 => Just(None)];
    let conditions = prop::collection::vec(0..pool().len(), 0..3);
    let leaf = (effect.clone(), conditions.clone()).prop_map(|(effect, conditions)| Plan {
        effect,
        conditions,
        exceptions: Vec::new(),
    });
    leaf.prop_recursive(3, 12, 3, move |inner| {
        (effect.clone(), conditions.clone(), prop::collection::vec(inner, 0..3))
            .prop_map(|(effect, conditions, exceptions)| Plan { effect, conditions, exceptions })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn a_row_is_shown_exactly_if_every_world_shows_it(
        plans in prop::collection::vec(plan(), 0..3),
        purpose in prop::sample::select(vec![Purpose::Treatment, Purpose::BreakGlass, Purpose::Research]),
        permits in any::<bool>(),
        limits in any::<bool>(),
    ) {
        let no_consent = if permits { Effect::Permit } else { Effect::Deny };
        let outside = if limits { Outside::Denied } else { Outside::NoConsent };
        let settings = ConsentSettings { no_consent, outside, ..open() };
        let consents: Vec<Value> = plans.iter().map(|plan| consent(plan.json())).collect();
        let rule = rule(&consents, &for_purpose(purpose), &settings);
        for (number, (row, label)) in rows().iter().enumerate() {
            let ask = |action| Ask { row: number, purpose, action };
            let expected = ["access", "use"].map(|action| shown(&plans, ask(action), &settings));
            let admits = rule.admits(row, *label);
            prop_assert_eq!(admits, rule.explain(row, *label).is_empty());
            if let [Some(access), Some(usage)] = expected {
                prop_assert_eq!(admits, access && usage, "row {} of {:?}", number, &plans);
            }
        }
    }
}

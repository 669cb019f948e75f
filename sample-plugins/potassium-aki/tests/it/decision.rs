//! The limits, as tables.

use potassium_aki::decide::{Analyte, Band, Finding, Labs, Stage, Why, decide};
use potassium_aki::drugs::Drugs;
use potassium_aki::results::{Bound, Measured, PassedOver, Series};

use crate::calls::now;

const ON: Drugs = Drugs { sparing: true, unreadable: 0 };
const NO_DRUG: Drugs = Drugs { sparing: false, unreadable: 0 };
const HOUR: i64 = 3_600;

/// An exact result so many seconds before the call, with a row id of its own.
fn measured(value: f64, ago: i64) -> Measured {
    Measured { row: format!("{value}/{ago}"), value, bound: Bound::Exact, at: now() - ago, timed: true }
}

/// A series from values and seconds before the call, newest first.
fn series(results: &[(f64, i64)]) -> Series {
    let measured = |(value, ago): &(f64, i64)| measured(*value, *ago);
    Series { results: results.iter().map(measured).collect(), passed_over: None }
}

fn labs(potassium: &[(f64, i64)], creatinine: &[(f64, i64)]) -> Labs {
    Labs { potassium: series(potassium), creatinine: series(creatinine), now: now() }
}

/// A steady creatinine.
const STEADY: [(f64, i64); 2] = [(1.0, HOUR), (1.0, 24 * HOUR)];

fn findings(labs: &Labs, drugs: Drugs) -> Vec<Finding> {
    decide(labs, &drugs, None).0
}

#[test]
fn potassium_is_graded_by_the_bands_of_the_guideline() {
    let rows = [
        (5.4, None),
        (5.49, None),
        (5.5, Some(Band::Mild)),
        (5.9, Some(Band::Mild)),
        (5.99, Some(Band::Mild)),
        (6.0, Some(Band::Moderate)),
        (6.4, Some(Band::Moderate)),
        (6.49, Some(Band::Moderate)),
        (6.5, Some(Band::Severe)),
        (9.0, Some(Band::Severe)),
    ];
    for (value, expected) in rows {
        assert_eq!(Band::of(value), expected, "{value}");
        let said = findings(&labs(&[(value, HOUR)], &STEADY), NO_DRUG);
        let finding = |band| Finding::Potassium { band, result: measured(value, HOUR), newer: None };
        assert_eq!(said, expected.map(finding).into_iter().collect::<Vec<_>>(), "{value}");
    }
}

#[test]
fn a_rise_counts_from_0_5_within_48_hours_under_a_sparing_drug() {
    let rises = |from: f64, to: f64, span: i64, drugs| {
        let said = findings(&labs(&[(to, HOUR), (from, HOUR + span)], &STEADY), drugs);
        said.iter().any(|finding| matches!(finding, Finding::Rise { .. }))
    };
    assert!(rises(4.6, 5.1, 48 * HOUR, ON));
    assert!(!rises(4.6, 5.1, 48 * HOUR + 1, ON));
    assert!(!rises(4.6, 5.0, 24 * HOUR, ON));
    assert!(!rises(4.6, 5.1, 24 * HOUR, NO_DRUG));
    assert!(!rises(5.1, 4.6, 24 * HOUR, ON));
    assert!(rises(4.6, 5.1, 24 * HOUR, Drugs { sparing: false, unreadable: 1 }));
    for tenths in 30..60 {
        let from = f64::from(tenths) / 10.0;
        assert!(rises(from, f64::from(tenths + 5) / 10.0, HOUR, ON), "{from}");
    }
}

#[test]
fn the_lowest_of_48_hours_is_where_a_rise_begins() {
    let said = findings(&labs(&[(5.0, HOUR), (4.9, 2 * HOUR), (4.4, 40 * HOUR), (3.0, 60 * HOUR)], &STEADY), ON);
    let [Finding::Rise { change, .. }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((change.from.value, change.to.value, change.hours), (4.4, 5.0, 39));
}

#[test]
fn kidney_injury_is_0_3_within_48_hours_or_1_5_times_within_7_days() {
    let stage = |from: f64, to: f64, span: i64| {
        let said = findings(&labs(&[(4.2, HOUR)], &[(to, HOUR), (from, HOUR + span)]), NO_DRUG);
        said.iter().find_map(|finding| match finding {
            Finding::Kidney { stage, .. } => Some(*stage),
            Finding::Potassium { .. } | Finding::Rise { .. } | Finding::NotComputed { .. } => None,
        })
    };
    let rows = [
        (1.0, 1.29, 48 * HOUR, None),
        (1.0, 1.3, 48 * HOUR, Some(Stage::One)),
        (0.9, 1.2, 48 * HOUR, Some(Stage::One)),
        (1.0, 1.3, 48 * HOUR + 1, None),
        (1.0, 1.49, 168 * HOUR, None),
        (0.8, 1.2, 168 * HOUR, Some(Stage::One)),
        (1.0, 1.5, 168 * HOUR, Some(Stage::One)),
        (1.0, 1.99, 168 * HOUR, Some(Stage::One)),
        (1.0, 2.0, 168 * HOUR, Some(Stage::Two)),
        (1.0, 2.99, 168 * HOUR, Some(Stage::Two)),
        (1.0, 3.0, 168 * HOUR, Some(Stage::Three)),
        (3.7, 4.0, 48 * HOUR, Some(Stage::Three)),
        (3.9, 4.1, 48 * HOUR, None),
        (1.5, 1.0, 24 * HOUR, None),
    ];
    for (from, to, span, expected) in rows {
        assert_eq!(stage(from, to, span), expected, "{from} {to} {span}");
    }
    // 26.5 µmol/L, as KDIGO writes it beside 0.3 mg/dL.
    assert_eq!(stage(88.4 / 88.4, 114.9 / 88.4, 24 * HOUR), Some(Stage::One));
    assert_eq!(stage(88.4 / 88.4, 114.8 / 88.4, 24 * HOUR), None);
}

#[test]
fn a_creatinine_older_than_7_days_is_no_baseline() {
    let said = findings(&labs(&[(4.2, HOUR)], &[(3.0, HOUR), (1.0, 169 * HOUR + 1)]), NO_DRUG);
    assert_eq!(said, [Finding::NotComputed { analyte: Analyte::Creatinine, why: Why::NothingEarlier }]);
}

#[test]
fn a_bound_is_used_only_for_what_it_proves() {
    let of = |value, bound| {
        let mut labs = labs(&[(value, HOUR), (4.0, 2 * HOUR)], &STEADY);
        labs.potassium.results[0].bound = bound;
        findings(&labs, ON)
    };
    let above = |band, value| {
        let result = Measured { bound: Bound::Above, ..measured(value, HOUR) };
        vec![Finding::Potassium { band, result, newer: None }]
    };
    let open = vec![Finding::NotComputed { analyte: Analyte::Potassium, why: Why::Bound }];
    assert_eq!(of(7.0, Bound::Above), above(Band::Severe, 7.0));
    assert_eq!(of(6.0, Bound::Above), above(Band::Moderate, 6.0));
    assert_eq!(of(5.0, Bound::Above), open);
    assert_eq!(of(5.5, Bound::Below), vec![]);
    assert_eq!(of(6.0, Bound::Below), open);
    let mut kidney = labs(&[(4.2, HOUR)], &[(15.0, HOUR), (1.0, 2 * HOUR)]);
    kidney.creatinine.results[0].bound = Bound::Above;
    assert_eq!(findings(&kidney, ON), [Finding::NotComputed { analyte: Analyte::Creatinine, why: Why::Bound }]);
}

#[test]
fn a_bound_is_never_where_a_change_begins() {
    let mut labs = labs(&[(5.0, HOUR), (4.0, 2 * HOUR)], &[(1.4, HOUR), (0.5, 2 * HOUR), (1.3, 3 * HOUR)]);
    labs.potassium.results[1].bound = Bound::Below;
    labs.creatinine.results[1].bound = Bound::Below;
    assert_eq!(findings(&labs, ON), []);
}

#[test]
fn a_stale_result_is_not_used() {
    let week = 7 * 24 * HOUR;
    let said = findings(&labs(&[(6.6, week + 1)], &[(3.0, week + 1), (1.0, week + HOUR)]), ON);
    let stale = |analyte| Finding::NotComputed { analyte, why: Why::Stale };
    assert_eq!(said, [stale(Analyte::Potassium), stale(Analyte::Creatinine)]);
    assert!(matches!(findings(&labs(&[(6.6, week)], &STEADY), ON)[..], [Finding::Potassium { .. }]));
}

#[test]
fn a_day_without_a_time_can_be_graded_but_has_no_trend() {
    let mut labs = labs(&[(6.1, HOUR), (4.0, 2 * HOUR)], &[(3.0, HOUR), (1.0, 2 * HOUR)]);
    labs.potassium.results[0].timed = false;
    labs.creatinine.results[0].timed = false;
    let result = Measured { timed: false, ..measured(6.1, HOUR) };
    let graded = Finding::Potassium { band: Band::Moderate, result, newer: None };
    assert_eq!(findings(&labs, ON), [graded, Finding::NotComputed { analyte: Analyte::Creatinine, why: Why::NoTime }]);
}

#[test]
fn a_newer_result_that_does_not_count_leaves_a_normal_one_open_and_a_raised_one_said() {
    let newer = Some((Some(now()), PassedOver::Preliminary));
    let mut normal = labs(&[(4.2, HOUR)], &STEADY);
    (normal.potassium.passed_over, normal.creatinine.passed_over) = (newer, newer);
    let open = |analyte| Finding::NotComputed { analyte, why: Why::PassedOver(PassedOver::Preliminary) };
    assert_eq!(findings(&normal, ON), [open(Analyte::Potassium), open(Analyte::Creatinine)]);
    let mut raised = labs(&[(6.7, HOUR)], &STEADY);
    raised.potassium.passed_over = newer;
    let said =
        Finding::Potassium { band: Band::Severe, result: measured(6.7, HOUR), newer: Some(PassedOver::Preliminary) };
    assert_eq!(findings(&raised, ON), [said]);
}

#[test]
fn an_older_result_that_does_not_count_and_one_that_was_withdrawn_change_nothing() {
    let mut older = labs(&[(4.2, HOUR)], &STEADY);
    older.potassium.passed_over = Some((Some(now() - 2 * HOUR), PassedOver::Haemolysed));
    assert_eq!(findings(&older, ON), []);
    for why in [PassedOver::Withdrawn, PassedOver::Future] {
        older.potassium.passed_over = Some((Some(now()), why));
        assert_eq!(findings(&older, ON), [], "{why:?}");
    }
}

#[test]
fn the_highest_alert_comes_first_and_what_is_open_last() {
    let said = findings(&labs(&[(5.6, HOUR), (5.0, 2 * HOUR)], &[(3.1, HOUR), (1.0, 2 * HOUR)]), ON);
    assert!(matches!(said[..], [Finding::Kidney { .. }, Finding::Potassium { .. }, Finding::Rise { .. }]), "{said:?}");
    let said = findings(&labs(&[(5.6, HOUR)], &[]), ON);
    assert!(matches!(said[..], [Finding::Potassium { .. }, Finding::NotComputed { .. }]), "{said:?}");
}

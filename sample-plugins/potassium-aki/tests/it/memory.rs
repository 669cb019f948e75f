//! What was shown is not repeated.

use potassium_aki::alert::{LastAlert, REPEAT_AFTER, Shown};
use potassium_aki::decide::{Finding, Labs, decide};
use potassium_aki::drugs::Drugs;
use potassium_aki::results::{Bound, Measured, Series};

use crate::calls::now;

const ON: Drugs = Drugs { sparing: true, unreadable: 0 };

fn measured(value: f64, at: i64) -> Measured {
    Measured { row: at.to_string(), value, bound: Bound::Exact, at, timed: true }
}

fn series(results: &[(f64, i64)]) -> Series {
    let measured = |(value, at): &(f64, i64)| measured(*value, *at);
    Series { results: results.iter().map(measured).collect(), passed_over: None }
}

/// Potassium 6.1 after 5.4, creatinine 1.6 after 1.0, seen `later` seconds after the first call.
fn labs(later: i64) -> Labs {
    let (new, old) = (now() - 3_600, now() - 7_200);
    Labs {
        potassium: series(&[(6.1, new), (5.4, old)]),
        creatinine: series(&[(1.6, new), (1.0, old)]),
        now: now() + later,
    }
}

#[test]
fn every_alert_is_remembered_and_the_second_look_is_silent() {
    let (first, last) = decide(&labs(0), &ON, None);
    assert_eq!(first.len(), 3, "{first:?}");
    let shown = |level| Some(Shown { level, result: now() - 3_600, at: now() });
    assert_eq!(last, Some(LastAlert { potassium: shown(2), rise: shown(1), kidney: shown(1) }));
    let (second, after) = decide(&labs(60), &ON, last);
    assert_eq!((second, after), (vec![], last));
}

#[test]
fn after_twelve_hours_the_alert_is_shown_again() {
    let (_, last) = decide(&labs(0), &ON, None);
    assert!(decide(&labs(REPEAT_AFTER - 1), &ON, last).0.is_empty());
    let (again, after) = decide(&labs(REPEAT_AFTER), &ON, last);
    assert_eq!(again.len(), 3);
    assert_eq!(after.and_then(|last| last.potassium).map(|shown| shown.at), Some(now() + REPEAT_AFTER));
}

#[test]
fn another_result_is_news_even_at_the_same_level() {
    let (_, last) = decide(&labs(0), &ON, None);
    let mut next = labs(600);
    next.potassium.results.insert(0, measured(6.2, now() + 300));
    let (said, _) = decide(&next, &ON, last);
    assert!(matches!(said[..], [Finding::Potassium { .. }, Finding::Rise { .. }]), "{said:?}");
}

#[test]
fn a_higher_level_of_the_same_moment_is_news() {
    let (_, last) = decide(&labs(0), &ON, None);
    let mut corrected = labs(600);
    corrected.creatinine.results[0].value = 3.2;
    let (said, after) = decide(&corrected, &ON, last);
    assert!(matches!(said[..], [Finding::Kidney { .. }]), "{said:?}");
    assert_eq!(after.and_then(|last| last.kidney).map(|shown| shown.level), Some(3));
}

#[test]
fn severe_potassium_is_never_silenced() {
    let mut severe = labs(0);
    severe.potassium.results[0].value = 6.5;
    let (_, last) = decide(&severe, &ON, None);
    let (said, _) = decide(&severe, &ON, last);
    assert!(matches!(said[..], [Finding::Potassium { .. }]), "{said:?}");
}

#[test]
fn what_is_over_is_forgotten_and_what_is_open_is_never_silenced() {
    let (_, last) = decide(&labs(0), &ON, None);
    let calm = Labs { potassium: series(&[(4.2, now())]), creatinine: series(&[]), now: now() };
    let (said, after) = decide(&calm, &ON, last);
    assert!(matches!(said[..], [Finding::NotComputed { .. }]), "{said:?}");
    assert_eq!(after, None);
    let (again, _) = decide(&calm, &ON, after);
    assert_eq!(again, said);
}

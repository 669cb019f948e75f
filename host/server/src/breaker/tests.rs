use super::*;

fn key() -> CellKey {
    CellKey {
        tenant: TenantId::new("ward").unwrap(),
        plugin: PluginId::new("org.example.renal").unwrap(),
        patient: PatientId::new("p").unwrap(),
        purpose: Purpose::Treatment,
        clearance: Digest::of(b"wide"),
    }
}

/// The key of the n-th other patient.
fn of(n: usize) -> CellKey {
    CellKey { patient: PatientId::new(format!("p{n}")).unwrap(), ..key() }
}

/// Whoever may not hear of what happens under [`key`].
fn others() -> Vec<CellKey> {
    vec![
        CellKey { tenant: TenantId::new("other").unwrap(), ..key() },
        CellKey { plugin: PluginId::new("org.example.other").unwrap(), ..key() },
        CellKey { patient: PatientId::new("q").unwrap(), ..key() },
        CellKey { purpose: Purpose::Research, ..key() },
        CellKey { clearance: Digest::of(b"narrow"), ..key() },
    ]
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn fail(seen: &mut Seen, key: &CellKey, second: i64) -> Spread {
    seen.ended(key, at(second), true)
}

fn failed_thrice() -> Seen {
    let mut seen = Seen::default();
    (0..3).for_each(|second| assert_eq!(fail(&mut seen, &key(), second), Spread::Key));
    seen
}

#[test]
fn a_key_that_fails_three_times_in_ten_minutes_is_suspended_for_ten() {
    let mut seen = Seen::default();
    fail(&mut seen, &key(), 0);
    fail(&mut seen, &key(), 1);
    assert!(seen.admits(&key(), at(2)));
    fail(&mut seen, &key(), 599);
    assert!(!seen.admits(&key(), at(600)));
    assert!(!seen.admits(&key(), at(599 + 599)));
    assert!(seen.admits(&key(), at(599 + 600)));
}

#[test]
fn failures_further_apart_suspend_nothing() {
    let mut seen = Seen::default();
    for round in 0..10 {
        fail(&mut seen, &key(), round * 301);
        assert!(seen.admits(&key(), at(round * 301 + 1)));
    }
}

#[test]
fn no_other_patient_purpose_clearance_plugin_or_tenant_notices() {
    let mut seen = failed_thrice();
    for second in 3..100 {
        fail(&mut seen, &key(), second);
    }
    assert!(!seen.admits(&key(), at(100)));
    for other in others() {
        assert!(seen.admits(&other, at(100)), "{other:?}");
    }
}

#[test]
fn after_a_suspension_one_call_tries_and_its_end_decides() {
    let mut seen = failed_thrice();
    assert!(seen.admits(&key(), at(700)));
    assert!(!seen.admits(&key(), at(701)));
    fail(&mut seen, &key(), 700);
    assert!(!seen.admits(&key(), at(1299)));
    assert!(seen.admits(&key(), at(1300)));
    seen.ended(&key(), at(1300), false);
    assert!(seen.admits(&key(), at(1301)));
    fail(&mut seen, &key(), 1302);
    assert!(seen.admits(&key(), at(1303)));
}

#[test]
fn a_run_that_began_before_a_suspension_does_not_end_it() {
    let mut seen = failed_thrice();
    seen.ended(&key(), at(1), false);
    assert!(!seen.admits(&key(), at(4)));
}

#[test]
fn seven_failing_patients_stop_nobody_else_and_the_eighth_stops_the_plugin_of_this_tenant() {
    let mut seen = Seen::default();
    for n in 0..7 {
        (0..5).for_each(|second| assert_eq!(fail(&mut seen, &of(n), second), Spread::Key));
    }
    assert!(seen.admits(&key(), at(5)));
    assert_eq!(fail(&mut seen, &of(7), 6), Spread::Many);
    assert!(!seen.admits(&key(), at(7)));
    assert!(others()[..2].iter().all(|other| seen.admits(other, at(7))));
    assert!(!seen.admits(&key(), at(6 + 599)));
    assert!(seen.admits(&key(), at(6 + 600)));
}

#[test]
fn patients_that_fail_one_after_the_other_over_hours_stop_nobody() {
    let mut seen = Seen::default();
    for n in 0..100_usize {
        assert_eq!(fail(&mut seen, &of(n), i64::try_from(n).unwrap() * 90), Spread::Key);
    }
}

#[test]
fn a_patient_has_600_runs_an_hour_and_no_other_patient_plugin_or_tenant_pays() {
    let mut seen = Seen::default();
    assert_eq!((0..700).filter(|second| seen.admits(&key(), at(*second))).count(), 600);
    let narrow = CellKey { clearance: Digest::of(b"narrow"), ..key() };
    assert!(!seen.admits(&narrow, at(700)));
    for other in others().iter().take(3) {
        assert!(seen.admits(other, at(700)));
    }
    assert!(!seen.admits(&key(), at(3_599)));
    assert!(seen.admits(&key(), at(3_600)));
}

#[test]
fn a_clock_that_is_set_back_stops_nobody_for_longer() {
    let mut seen = failed_thrice();
    assert!(!seen.admits(&key(), at(-500)));
    assert!(seen.admits(&key(), at(-86_400)));
}

#[test]
fn memory_is_bounded_and_the_oldest_is_forgotten() {
    let mut seen = Seen::default();
    for n in 0..=MOST_KEYS {
        // Far enough apart that they are never many at one time.
        let second = i64::try_from(n).unwrap() * 100;
        for _ in 0..3 {
            fail(&mut seen, &of(n), second);
        }
        assert!(!seen.admits(&of(n), at(second)));
    }
    let plugin = seen.0.values_mut().next().unwrap();
    assert!(plugin.keys.peek(&under(&of(0))).is_none());
    assert!(plugin.keys.peek(&under(&of(1))).is_some());
}

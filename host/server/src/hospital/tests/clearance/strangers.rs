//! What others than administrators leave in the log.

use super::*;
use crate::hospital::strangers::RECORDED;

/// The longest private part of such a record.
const LITTLE: usize = 4 << 10;

/// A request with a reason of a mebibyte.
fn long(act: Act) -> Request {
    Request { tenant: tenant(), reason: Some("\u{1}".repeat(1 << 20)), act }
}

impl Ward {
    fn records(&self) -> usize {
        self.book.0.lock().unwrap().len()
    }

    fn private(&self) -> usize {
        serde_json::to_vec(&self.last().private).unwrap().len()
    }
}

#[test]
fn a_long_reason_is_recorded_in_part_whoever_says_it() {
    let ward = Ward::new(Effect::Deny);
    let admin = Admin::of(0);
    for act in [Act::List, Act::Disable { plugin: plugin("labs") }, Act::View(asked())] {
        let (before, request) = (ward.records(), long(act));
        ward.hospital.turn_away(&admin, &request);
        assert!(ward.private() < LITTLE, "{}", ward.private());
        ward.hospital.act(&admin, &request);
        assert!(ward.private() < LITTLE, "{}", ward.private());
        assert_eq!(ward.records(), before + 2);
    }
    let spaces =
        Request { reason: Some(format!("{}x", " ".repeat(500))), ..long(Act::Disable { plugin: plugin("labs") }) };
    assert!(matches!(ward.hospital.act(&admin, &spaces), Reply::Refused { kind, .. } if kind == "no-reason"));
}

#[test]
fn a_file_that_a_stranger_sends_is_not_decoded() {
    let ward = Ward::new(Effect::Deny);
    let install = |component: &str| Act::Install { component: component.to_owned(), envelope: String::new() };
    let actions = ["AAAA", "BBBB"].map(|file| {
        let request = Request { tenant: tenant(), reason: None, act: install(file) };
        ward.hospital.turn_away(&Admin::of(65_534), &request);
        ward.last().event
    });
    assert_eq!(actions[0], actions[1]);
}

#[test]
fn what_a_stranger_tries_again_and_again_is_recorded_so_often_and_then_counted() {
    let ward = Ward::new(Effect::Deny);
    let (before, request) = (ward.records(), Request { tenant: tenant(), reason: None, act: Act::List });
    for _ in 0..RECORDED + 5 {
        let reply = ward.hospital.turn_away(&Admin::of(65_534), &request);
        assert!(matches!(&reply, Reply::Refused { kind, .. } if kind == "not-an-administrator"), "{reply:?}");
    }
    assert_eq!(ward.records() - before, usize::try_from(RECORDED).unwrap());
    ward.hospital.record_counted(jiff::Timestamp::MAX);
    ward.hospital.record_counted(jiff::Timestamp::MAX);
    assert_eq!(ward.records() - before, usize::try_from(RECORDED).unwrap() + 1);
    let Event::Admin { refused: Some(refused), .. } = ward.last().event else { panic!("no refusal") };
    assert!(refused.contains("5 more attempts"), "{refused}");
    assert_eq!(ward.last().private.admin.as_deref(), Some(Admin::of(65_534).as_str()));
}

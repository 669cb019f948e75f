//! A file that is loaded while the host answers.

use std::ops::ControlFlow;

use cordon_core::call::HookCall;
use cordon_core::cells::{CellKey, CellWrite};
use cordon_core::invoke::{Ports, invoke};
use cordon_core::message::{Answer, RunEnd, RunMessage, RunReply};
use cordon_core::ports::{NoBreaker, NoDeadline, Runner, RunnerError};
use cordon_core::record::{LoadEnd, Outcome};
use cordon_core::words::Words;
use cordon_store::{CellPut, LogBatch, LogLeaf, Progress};

use super::*;

impl Ward {
    /// Loads a file as an administrator does.
    fn load(&self, reason: Option<&str>, text: &str) -> Reply {
        let bytes = u64::try_from(text.len()).unwrap();
        let request =
            Request { tenant: tenant(), reason: reason.map(str::to_owned), act: Act::Load { bytes, older: false } };
        let admin = Admin::of(0);
        let mut file = match self.hospital.receive(&admin, &request, bytes) {
            Ok(file) => file,
            Err(reply) => return reply,
        };
        file.push(text.as_bytes()).unwrap();
        self.hospital.load_file(&admin, &request, file, &mut |_| ControlFlow::Continue(()))
    }

    /// The two newest records.
    fn newest(&self) -> [Record; 2] {
        let book = self.book.0.lock().unwrap();
        book.last_chunk().unwrap().clone()
    }

    /// The ports of a call, but for one that runs.
    fn ports<'a>(&'a self, stores: &'a Stores, labels: &'a LabelRules, words: &'a Words) -> Ports<'a> {
        Ports {
            policy: &self.hospital,
            records: stores,
            labels,
            runner: &Nobody,
            ledger: self.book.as_ref(),
            kept: &self.hospital,
            breaker: &NoBreaker,
            words,
            latency: Latency::Buckets,
            deadline: &NoDeadline,
        }
    }

    fn call(&self) -> HookCall {
        let view = super::asked();
        let installed = self.hospital.installed(&tenant()).unwrap().remove(0);
        let service = installed.manifest.services[0].clone();
        self.hospital.as_if_called(&tenant(), &view, installed, service).unwrap()
    }
}

/// How a load is recorded that began at the book's one index.
fn loaded(ended: LoadEnd, kept: u64, unchanged: u64) -> Event {
    let action = AdminAction::Loaded { load: LeafIndex(0), ended, kept, unchanged, refused: 0 };
    Event::Admin { action, refused: None }
}

/// Runs nothing.
struct Nobody;

impl Runner for Nobody {
    fn run(&self, _: RunMessage) -> Result<RunReply, RunnerError> {
        Err(RunnerError("nobody runs"))
    }
}

fn withdrawn() -> String {
    super::consent("inactive", "OPTIN").to_string()
}

#[test]
fn rd_06_what_a_loaded_consent_says_holds_from_the_next_call_on_and_is_recorded() {
    let ward = Ward::new(Effect::Deny);
    ward.consent("active", "OPTIN");
    assert_eq!(ward.seen(|_| {}), ["creatinine"]);
    let Reply::Done(report) = ward.load(Some("the patient asked"), &withdrawn()) else { panic!("not loaded") };
    assert_eq!((&report["types"]["Consent"]["replaced"], &report["refused"]), (&json!(1), &json!(0)));
    let [began, ended] = ward.newest();
    assert_eq!(began.event, Event::Admin { action: AdminAction::Load { older: false }, refused: None });
    assert_eq!(
        began.private.file,
        Some(Digest::of(withdrawn().as_bytes())),
        "what a digest of can be guessed is private"
    );
    assert_eq!(began.private.reason.as_deref(), Some("the patient asked"));
    assert!(began.private.admin.is_some() && began.private.patient.is_none());
    assert_eq!(ended.event, loaded(LoadEnd::Complete, 1, 0));
    assert!(ward.seen(|_| {}).is_empty(), "withdrawn");
}

#[test]
fn of_a_file_that_was_not_read_to_its_end_or_withheld_it_is_recorded_that_it_is_incomplete() {
    let ward = Ward::new(Effect::Deny);
    let searchset = r#"{"resourceType":"Bundle","type":"searchset","entry":[]}"#;
    let cut_off = r#"{"resourceType":"Bundle","type":"collection","entry":["#;
    let nobodys = "{\"resourceType\":\"Patient\",\"id\":\"y\"}\n{\"resourceType\":\"Consent\",\"id\":\"y\"}";
    for (text, refused) in [(searchset, 1), (cut_off, 1), (nobodys, 2)] {
        assert!(matches!(ward.load(Some("test"), text), Reply::Done(_)));
        let action =
            AdminAction::Loaded { load: LeafIndex(0), ended: LoadEnd::Incomplete, kept: 0, unchanged: 0, refused };
        assert_eq!(ward.last().event, Event::Admin { action, refused: None }, "{text}");
    }
}

#[test]
fn a_load_without_a_reason_or_without_a_record_changes_nothing() {
    let ward = Ward::new(Effect::Deny);
    ward.consent("active", "OPTIN");
    let refused = ward.load(None, &withdrawn());
    assert!(matches!(&refused, Reply::Refused { kind, .. } if kind == "no-reason"), "{refused:?}");
    let refused = ward.last().event;
    assert!(matches!(refused, Event::Admin { action: AdminAction::Load { older: false }, refused: Some(_) }));
    ward.book.1.store(true, Ordering::Relaxed);
    assert!(matches!(ward.load(Some("test"), &withdrawn()), Reply::Failed { .. }));
    ward.book.1.store(false, Ordering::Relaxed);
    assert_eq!(ward.seen(|_| {}), ["creatinine"]);
}

#[test]
fn a_load_that_nobody_hears_of_stops_after_the_batch_that_it_keeps() {
    let ward = Ward::new(Effect::Deny);
    let request =
        Request { tenant: tenant(), reason: Some("test".to_owned()), act: Act::Load { bytes: 0, older: false } };
    let admin = Admin::of(0);
    let text: String = (0..600).map(|n| format!("{{\"resourceType\":\"Patient\",\"id\":\"x{n}\"}}\n")).collect();
    let mut file = ward.hospital.receive(&admin, &request, u64::try_from(text.len()).unwrap()).unwrap();
    file.push(text.as_bytes()).unwrap();
    let mut gone = |so_far: Progress| match so_far.accepted {
        0 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let reply = ward.hospital.load_file(&admin, &request, file, &mut gone);
    assert!(matches!(&reply, Reply::Failed { message } if message.contains("stopped")), "{reply:?}");
    assert_eq!(ward.last().event, loaded(LoadEnd::Stopped, 512, 0));
    let counts = ward.store.counts(&tenant()).unwrap();
    assert_eq!(counts.iter().find(|(kind, _)| kind == "Patient"), Some(&("Patient".to_owned(), 512)));
}

/// Hears of a withdrawal while it runs, and counts the rows that it was given.
struct Meanwhile<'a>(&'a Ward);

impl Runner for Meanwhile<'_> {
    fn run(&self, message: RunMessage) -> Result<RunReply, RunnerError> {
        let reply = self.0.load(Some("test"), &withdrawn());
        assert!(matches!(reply, Reply::Done(_)), "{reply:?}");
        assert_eq!(message.views[0].rows().len(), 1);
        Ok(RunReply::new(RunEnd::Answered(Answer::default()), 0))
    }
}

#[test]
fn a_call_that_was_admitted_before_a_withdrawal_ends_as_it_was_decided_and_the_next_one_does_not() {
    let ward = Ward::new(Effect::Deny);
    ward.consent("active", "OPTIN");
    let stores = Stores::from_iter([Arc::clone(&ward.store)]);
    let (labels, words) = (LabelRules::shipped().unwrap(), Words::default());
    let ports = Ports { runner: &Meanwhile(&ward), ..ward.ports(&stores, &labels, &words) };
    assert_eq!(invoke(ward.call(), ports).unwrap().outcome, Outcome::Answered);
    assert!(ward.seen(|_| {}).is_empty(), "withdrawn");
}

/// Answers, and sets another policy while it runs.
struct Resets<'a>(&'a Ward);

impl Runner for Resets<'_> {
    fn run(&self, _: RunMessage) -> Result<RunReply, RunnerError> {
        done(&self.0.hospital, super::set(&super::without("care")));
        Ok(RunReply::new(RunEnd::Answered(Answer::default()), 0))
    }
}

#[test]
fn the_record_of_a_call_names_the_policy_and_the_label_rules_that_it_was_admitted_under() {
    let ward = Ward::new(Effect::Permit);
    done(&ward.hospital, super::set(&super::open_to_hiv()));
    let (labels, words) = (LabelRules::shipped().unwrap(), Words::default());
    let stores = Stores::from_iter([Arc::clone(&ward.store)]);
    let ports = Ports { runner: &Resets(&ward), ..ward.ports(&stores, &labels, &words) };
    assert_eq!(invoke(ward.call(), ports).unwrap().outcome, Outcome::Answered);
    let Event::Invocation { policy, labels: by, .. } = ward.last().event else { panic!("not a call") };
    assert_eq!((policy, by, ward.epoch()), (Some(2), Some(labels.version()), 3));
}

#[test]
fn cells_that_were_written_under_a_withdrawn_consent_are_shredded() {
    let ward = Ward::new(Effect::Deny);
    let key = CellKey {
        tenant: tenant(),
        plugin: plugin("labs"),
        patient: PatientId::new("p").unwrap(),
        purpose: Purpose::Treatment,
        clearance: Digest::of(b"wide"),
    };
    let name = cordon_core::ids::EntryName::new("last").unwrap();
    let since = ward.store.shreds(&tenant()).unwrap();
    let write = CellWrite { key: key.clone(), name, read: None, since, size: 64, bytes: Some(b"seen".to_vec()) };
    let leaf = LogLeaf { bytes: vec![0], private: vec![0] };
    let cells = vec![CellPut { leaf: LeafIndex(0), write }];
    ward.store.append(&LogBatch { leaves: vec![leaf], cells, ..LogBatch::at(LeafIndex(0)) }).unwrap();
    ward.load(Some("test"), &observation("other", "2160-0", "Creatinine").to_string());
    assert_eq!(ward.store.cells(&key).unwrap().len(), 1, "another row is no reason");
    ward.load(Some("test"), &withdrawn());
    assert!(ward.store.cells(&key).unwrap().is_empty());
}

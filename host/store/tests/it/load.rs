//! Loading files.

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::process::Command;

use cordon_fhir::reference::Reference;
use cordon_store::load::{Place, Why};
use cordon_store::{LoadReport, MAX_RESOURCE, Older, Progress, RecordStore, ResourceError, load};

use crate::bench::{Bench, tenant, visit};

pub(crate) fn load_text(bench: &Bench, text: &str) -> LoadReport {
    load_from(bench, &mut text.as_bytes())
}

fn load_from(bench: &Bench, input: &mut dyn BufRead) -> LoadReport {
    load(bench, &tenant("ward"), input, "file", Older::Refused, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn refusals(report: &LoadReport) -> Vec<(u64, Option<u64>, String)> {
    let row = |Place { line, entry }, why: Why| (line, entry, why.to_string());
    report.refusals.iter().map(|refused| row(refused.place, refused.why)).collect()
}

fn get(bench: &Bench, name: &str) -> Option<String> {
    let bytes = bench.get(&tenant("ward"), &Reference::parse(name).unwrap()).unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn a_bad_line_is_refused_with_its_place_and_the_others_are_kept() {
    let bench = Bench::new();
    let text = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\r\n\n{\"resourceType\":\"Patient\",\"id\":\"Zebra\"\n\
        {\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Zebra\",\"id\":\"b\"}\n{\"id\":\"c\",\"id\":\"d\"}\n7\n\
        {\"resourceType\":\"Bundle\",\"id\":\"e\"}\n{\"resourceType\":\"Patient\",\"id\":\"f\"}";
    let report = load_text(&bench, text);
    let expected = [
        (3, "ends too early at line 1 column 38 of the resource"),
        (4, "no valid id"),
        (5, "unknown resource type"),
        (6, "duplicate key at line 1 column 14 of the resource"),
        (7, "unknown resource type"),
        (8, "unknown resource type"),
    ];
    assert_eq!(refusals(&report), expected.map(|(line, why)| (line, None, why.to_owned())));
    assert_eq!((report.total().new, report.refused), (2, 6));
    assert_eq!(get(&bench, "Patient/a").unwrap(), "{\"resourceType\":\"Patient\",\"id\":\"a\"}");
    assert!(!format!("{report:?}").contains("Zebra"));
}

#[test]
fn a_line_that_is_too_long_is_skipped_without_being_held() {
    let bench = Bench::new();
    let head = "{\"resourceType\":\"Patient\",\"id\":\"a\",\"x\":\"".as_bytes();
    let tail = "\"}\n{\"resourceType\":\"Patient\",\"id\":\"b\"}".as_bytes();
    let long = head.chain(std::io::repeat(b'x').take(3 * MAX_RESOURCE as u64)).chain(tail);
    let report = load_from(&bench, &mut BufReader::new(long));
    assert_eq!(report.refusals[0].why, Why::Resource(ResourceError::TooLarge));
    assert_eq!((report.refused, report.total().new), (1, 1));
}

#[test]
fn loading_again_changes_nothing() {
    let bench = Bench::new();
    let text = "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\",\"id\":\"b\"}\n";
    assert_eq!(load_text(&bench, text).total().new, 2);
    let again = load_text(&bench, &text.replace("\"b\"", "\"b\",\"active\":true"));
    assert_eq!((again.types["Patient"].unchanged, again.types["Patient"].replaced), (1, 1));
}

#[test]
fn refusals_beyond_the_limit_are_counted() {
    let report = load_text(&Bench::new(), &"x\n".repeat(1_500));
    assert_eq!((report.refusals.len(), report.refused), (1_000, 1_500));
}

#[test]
fn a_single_resource_may_take_many_lines() {
    let bench = Bench::new();
    let text = "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"a\"\n}\n";
    assert_eq!(load_text(&bench, text).total().new, 1);
    assert_eq!(get(&bench, "Patient/a").unwrap(), text);
    assert_eq!(
        refusals(&load_text(&bench, &text.replace("Patient", "Zebra"))),
        [(1, None, "unknown resource type".to_owned())]
    );
    assert_eq!(load_text(&bench, &text.repeat(2)).refused, 1);
}

#[test]
fn an_empty_file_is_an_empty_report() {
    let report = load_text(&Bench::new(), "");
    assert_eq!((report.total().total(), report.refused), (0, 0));
}

const BUNDLE: &str = r#"{
  "entry": [
    {"fullUrl": "urn:uuid:o-1", "request": {"method": "POST", "url": "Observation"},
     "resource": {"resourceType": "Observation", "status": "final", "subject": {"reference": "urn:uuid:u-1"},
      "valueQuantity": {"value": 1.50}, "performer": [{"reference": "urn:uuid:gone"}]}},
    {"fullUrl": "urn:uuid:x", "request": {"method": "DELETE", "url": "Patient/1"}},
    {"fullUrl": "urn:uuid:y"},
    {"resource": {"resourceType": "Patient"}},
    "text",
    {"fullUrl": "urn:uuid:u-1", "resource": {"resourceType": "Patient", "id": "p"}},
    {"fullUrl": "urn:uuid:u-1",
     "resource": {"resourceType": "Patient", "id": "q"}}
  ],
  "type": "transaction",
  "resourceType": "Bundle"
}"#;

#[test]
fn a_bad_entry_is_refused_with_its_place_and_the_others_are_kept() {
    let bench = Bench::new();
    let report = load_text(&bench, BUNDLE);
    let mut found = refusals(&report);
    found.sort();
    let expected = [
        (6, 2, "the entry does not create or update"),
        (7, 3, "the entry has no resource"),
        (8, 4, "no valid id"),
        (9, 5, "malformed entry"),
        (11, 7, "an earlier entry has the same fullUrl"),
    ];
    assert_eq!(found, expected.map(|(line, entry, why)| (line, Some(entry), why.to_owned())));
    assert_eq!((report.total().new, report.unresolved, report.complete), (2, 1, true));
    assert!(get(&bench, "Patient/q").is_none());
}

#[test]
fn an_entry_with_a_condition_is_refused() {
    let conditions = [
        r#""ifNoneExist":"identifier=1""#,
        r#""ifMatch":"1""#,
        r#""ifNoneMatch":"*""#,
        r#""ifModifiedSince":"2026-11-22T12:00:00Z""#,
        r#""url":"Patient?identifier=1""#,
    ];
    for condition in conditions {
        let entry =
            format!(r#"{{"request":{{"method":"PUT",{condition}}},"resource":{{"resourceType":"Patient","id":"a"}}}}"#);
        let report =
            load_text(&Bench::new(), &format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{entry}]}}"#));
        assert_eq!((report.refusals[0].why, report.total().total()), (Why::Conditional, 0), "{condition}");
    }
}

#[test]
fn references_between_entries_are_resolved_and_every_other_byte_stays() {
    let bench = Bench::new();
    load_text(&bench, BUNDLE);
    let kept = get(&bench, "Observation/o-1").unwrap();
    assert!(kept.starts_with(
        r#"{"id":"o-1","resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p"}"#
    ));
    assert!(kept.ends_with("{\"value\": 1.50}, \"performer\": [{\"reference\": \"urn:uuid:gone\"}]}"));
    assert_eq!(visit(&**bench, &tenant("ward"), "p", "patient/Observation.rs", 9), ["Observation/o-1"]);
}

#[test]
fn a_bundle_of_another_type_is_not_loaded() {
    for kind in ["searchset", "history", "document", "batch-response"] {
        let report = load_text(&Bench::new(), &BUNDLE.replace("transaction", kind));
        assert_eq!(
            refusals(&report).last().unwrap().2,
            "not a transaction or collection Bundle; nothing of it was loaded"
        );
        assert_eq!((report.total().total(), report.complete), (0, false));
    }
    assert_eq!(load_text(&Bench::new(), &BUNDLE.replace("transaction", "collection")).total().new, 2);
}

#[test]
fn of_a_bundle_that_breaks_off_only_the_consents_are_kept() {
    let patient = r#"{"resource":{"resourceType":"Patient","id":"a"}}"#;
    let consent = r#"{"resource":{"resourceType":"Consent","id":"c","patient":{"reference":"Patient/a"}}}"#;
    let whole = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{patient},{consent}"#);
    let rows = [
        ("", "the file ends too early"),
        ("]", "the file ends too early"),
        (",\n]}", "not JSON from here on; the rest of the file was not read"),
        (" x", "not JSON from here on; the rest of the file was not read"),
        ("],\"entry\":[]}", "not JSON from here on; the rest of the file was not read"),
        ("]}\n{}", "something follows the Bundle"),
    ];
    for (rest, why) in rows {
        let bench = Bench::new();
        let report = load_text(&bench, &format!("{whole}{rest}"));
        assert_eq!(report.refusals[0].why.to_string(), why, "{rest}");
        assert_eq!((report.refusals[1].why, report.refused, report.complete), (Why::Withheld, 2, false), "{rest}");
        assert_eq!(report.refusals[1].place, Place { line: 1, entry: Some(1) });
        assert!(get(&bench, "Patient/a").is_none() && get(&bench, "Consent/c").is_some(), "{rest}");
    }
}

#[test]
fn an_entry_that_is_too_large_ends_the_reading() {
    let bench = Bench::new();
    let head = r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"a"}},{"x":""#;
    let long = head.as_bytes().chain(std::io::repeat(b'x').take(40 * 1024 * 1024));
    let report = load_from(&bench, &mut BufReader::new(long));
    assert_eq!((report.refusals[0].why, report.complete), (Why::TooLarge, false));
    assert!(get(&bench, "Patient/a").is_none(), "nobody knows what followed");
}

const ENTRIES: &str = "CORDON_TEST_ENTRIES";

/// One Bundle whose entries all refer to its last, made while it is read: only the loader can hold it. On its own a small
/// one; the test below says how large.
#[test]
fn a_bundle_made_while_it_is_read() {
    let bench = Bench::new();
    let entries = std::env::var(ENTRIES).map_or(80, |entries| entries.parse().unwrap());
    let filler = "x".repeat(6_000);
    let entry = |n: u64| {
        format!(
            "{{\"fullUrl\":\"urn:uuid:{n}\",\"resource\":{{\"resourceType\":\"Basic\",\"id\":\"{n}\",\
             \"subject\":{{\"reference\":\"urn:uuid:p\"}},\"implicitRules\":\"{filler}\"}}}},\n"
        )
    };
    let head = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[\n".to_owned();
    let last = "{\"fullUrl\":\"urn:uuid:p\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"}}]}".to_owned();
    let pieces = [head].into_iter().chain((0..entries).map(entry)).chain([last]);
    let mut seen = Progress::default();
    let before = peak_memory();
    let mut input = BufReader::new(Pieces { pieces, rest: Vec::new() });
    let mut progress = |progress| {
        seen = progress;
        ControlFlow::Continue(())
    };
    let report = load(&bench, &tenant("ward"), &mut input, "made", Older::Refused, &mut progress).unwrap();
    assert_eq!((report.total().new, report.refused, report.unresolved), (entries + 1, 0, 0));
    assert_eq!(seen.accepted, entries + 1);
    println!("\nread {} grown {}", seen.bytes, peak_memory() - before);
}

/// In a process of its own, so that no other test's memory is measured.
#[test]
fn a_bundle_of_50_megabytes_is_loaded_in_little_memory() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "load::a_bundle_made_while_it_is_read", "--nocapture"])
        .env(ENTRIES, "8000")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("read ")).unwrap();
    let (read, grown) = line.split_once(" grown ").unwrap();
    assert!(read.parse::<u64>().unwrap() > 48_000_000, "{line}");
    assert!(grown.parse::<u64>().unwrap() < 32_000_000, "{line}");
}

/// The most memory this process ever had, in bytes (proc(5), VmHWM).
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

struct Pieces<I> {
    pieces: I,
    rest: Vec<u8>,
}

impl<I: Iterator<Item = String>> Read for Pieces<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.pieces.next().unwrap_or_default().into_bytes();
        }
        let count = self.rest.as_slice().read(buffer)?;
        self.rest.drain(..count);
        Ok(count)
    }
}

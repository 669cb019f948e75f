//! Same options, same bytes.

use cordon_ward::{WardError, WardOptions, ward};
use jiff::Timestamp;

use crate::patients;

fn bytes(options: &WardOptions) -> Vec<u8> {
    let mut out = Vec::new();
    ward(options, &mut out).unwrap();
    out
}

#[test]
fn a_now_no_patient_can_live_at_is_refused() {
    let options = WardOptions { now: Timestamp::MAX, ..WardOptions::new(7, 1) };
    assert!(matches!(ward(&options, &mut Vec::new()), Err(WardError::Now { .. })));
}

#[test]
fn a_writer_that_refuses_is_an_error() {
    let mut full: &mut [u8] = &mut [0; 100];
    assert!(matches!(ward(&WardOptions::new(7, 1), &mut full), Err(WardError::Write(_))));
}

#[test]
fn the_same_options_give_the_same_bytes() {
    assert_eq!(bytes(&WardOptions::new(7, 150)), bytes(&WardOptions::new(7, 150)));
}

#[test]
fn another_seed_or_another_now_gives_other_bytes() {
    let seven = bytes(&WardOptions::new(7, 3));
    assert_ne!(seven, bytes(&WardOptions::new(8, 3)));
    assert_ne!(seven, bytes(&WardOptions { now: Timestamp::constant(1_700_000_000, 0), ..WardOptions::new(7, 3) }));
}

#[test]
fn a_patient_does_not_depend_on_how_many_are_asked() {
    assert!(patients(130).eq(patients(260).take(130)));
    assert!(bytes(&WardOptions::new(7, 260)).starts_with(&bytes(&WardOptions::new(7, 130))));
}

#[test]
fn no_patients_give_no_bytes() {
    assert!(bytes(&WardOptions::new(7, 0)).is_empty());
}

#[test]
fn the_patient_comes_first_and_every_line_is_one_resource() {
    let text = String::from_utf8(bytes(&WardOptions::new(7, 2))).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let patients: Vec<usize> = (0..rows.len()).filter(|n| rows[*n]["resourceType"] == "Patient").collect();
    assert_eq!(patients[0], 0);
    assert_eq!(rows[0]["id"], "ward7-p0001");
    assert_eq!(rows[patients[1]]["id"], "ward7-p0002");
    assert!(text.ends_with('\n'));
}

#[test]
fn the_bytes_of_seed_seven_stay_as_they_were_released() {
    let text = String::from_utf8(bytes(&WardOptions::new(7, 1))).unwrap();
    let line = |id: &str| text.lines().find(|line| line.contains(&format!("\"id\":\"{id}\""))).unwrap();
    assert_eq!(
        line("ward7-p0001"),
        r#"{"birthDate":"1959-09-26","gender":"female","id":"ward7-p0001","meta":{"tag":[{"code":"HTEST","display":"test health data","system":"http://terminology.hl7.org/CodeSystem/v3-ActReason"}]},"name":[{"family":"Ward-0001","given":["Synthetic"],"use":"official"}],"resourceType":"Patient"}"#
    );
    let creatinine = line("ward7-p0001-creatinine-6");
    assert!(creatinine.contains(r#""effectiveDateTime":"2026-05-16T07:48:00Z""#));
    assert!(creatinine.ends_with(r#""unit":"mg/dL","value":0.75}}"#));
    let air = line("ward7-p0001-oxygen-3");
    assert!(air.contains(r#""code":"3151-8""#) && air.contains(r#""effectiveDateTime":"2026-06-01T07:07:00Z""#));
    assert!(air.ends_with(r#""unit":"L/min","value":0}}"#));
}

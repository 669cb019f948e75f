//! Reading takes time in proportion to what is read: the largest manifest that an envelope can hold is no attack.

use std::sync::mpsc;
use std::time::Duration;

use cordon_core::manifest::Manifest;
use cordon_trust::dsse::MAX_ENVELOPE;

/// Base64 in JSON: three quarters of an envelope are its payload.
const MOST: usize = MAX_ENVELOPE / 4 * 3;

/// Far more than linear work takes, far less than quadratic: 10^11 steps.
const PATIENCE: Duration = Duration::from_secs(30);

const GOOD: &str = include_str!("../../../../../sample-plugins/renal-dosing/plugin.toml");

fn reads_in_time(what: &str, text: String) {
    let (done, wait) = mpsc::channel();
    let reader = std::thread::Builder::new().stack_size(2 << 20);
    reader.spawn(move || done.send(Manifest::parse(&text).is_ok())).unwrap();
    assert!(wait.recv_timeout(PATIENCE).is_ok(), "{what}");
}

#[test]
fn a_manifest_that_repeats_one_thing_is_read_in_time() {
    for piece in [
        "[",
        "[[",
        "a.",
        "{a=",
        "\"",
        "'''",
        "a=1\n",
        "[a]\n",
        "[[a]]\n",
        "[a.b.c]\n",
        "#\n",
        "\\",
        "\u{1}",
        "\"\\u",
        "\n",
        "[[service]]\n",
        "[[need]]\nname = \"a\"\n",
        "x = [[[[",
        "elements = [\"a\", ",
        "1979-05-27T",
        "0x",
        "1_",
    ] {
        reads_in_time(piece, piece.repeat(MOST / piece.len()));
        reads_in_time(piece, format!("{GOOD}\n{}", piece.repeat((MOST - GOOD.len()) / piece.len() - 1)));
    }
}

#[test]
fn a_manifest_of_very_many_entries_is_read_in_time() {
    let entries = |entry: &dyn Fn(usize) -> String| (0..4_000).map(entry).collect::<String>();
    let reason =
        |n: usize| format!("[[override-reason]]\nname = \"r{n}\"\ncode = \"c\"\nsystem = \"s\"\ndisplay = \"D\"\n");
    let service = |n: usize| format!("[[service]]\nid = \"s{n}\"\nhook = \"patient-view\"\ndescription = \"D\"\n");
    let codes = (0..1_000).map(|n| format!("http://loinc.org|{n}")).collect::<Vec<_>>().join(",");
    let need = format!(
        "[[need]]\nname = \"many\"\nscope = \"patient/Observation.rs?code={codes}\"\nelements = [\"code\"]\nwhy = \"w\"\n"
    );
    for more in [entries(&reason), entries(&service), need] {
        reads_in_time("entries", format!("{GOOD}\n{more}"));
    }
}

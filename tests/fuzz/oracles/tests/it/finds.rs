//! Each oracle against what it is there to find: a check that cannot fail is none.

use std::collections::BTreeSet;

use cordon_core::disclosure::{Disclosure, Latency, disclosure};
use cordon_core::grant::Powers;
use cordon_core::manifest::Manifest;
use cordon_fuzz::card::{as_a_card, characters, inert};
use cordon_fuzz::disclosure::{grows, tells};
use cordon_fuzz::manifest::plain_url;
use cordon_fuzz::reader::{blocks, forbidden, keeps_footer, seen};
use cordon_fuzz::skeleton::order_for;
use cordon_fuzz::template::is_filled;
use cordon_fuzz::{ORACLES, Seen, envelope};
use serde_json::{Value, json};

#[test]
fn readers_find_what_loads_or_leads_somewhere() {
    for text in [
        "[a](/x)",
        "![a](/x)",
        "[a]\n\n[a]: /x",
        "<https://evil.example>",
        "www.evil.example",
        "a@evil.example",
        "<b>x</b>",
        "<!-- x -->",
        "[^1]\n\n[^1]: x",
        "# a",
        "a\n---",
        "> a",
        "---",
        "- [ ] a",
        "$a$",
        "~~a~~",
        "---\na: b\n---\n",
    ] {
        assert_ne!(forbidden(text), BTreeSet::new(), "{text:?}");
    }
    assert_eq!(forbidden("**a** *b* `c`\n\n- d\n  1. e\n\n| f |\n| --- |\n| g |\n\n```\nh\n```"), BTreeSet::new());
}

#[test]
fn a_block_that_would_take_the_footer_in_is_found() {
    for open in ["```\nx", "<script>", "<!--", "~~~"] {
        assert!(!keeps_footer(open, "Footer."), "{open:?}");
    }
    assert!(keeps_footer("- a", "Footer.") && keeps_footer("| a |\n| --- |", "Footer."));
}

#[test]
fn an_address_is_found_across_emphasis_and_not_across_blocks() {
    for address in ["*evil*.example", "**a**@b", "`www`.x", "<*img*", "javascript:**x**"] {
        assert!(inert(&seen(address)).is_err(), "{address:?} shows {:?}", seen(address));
    }
    // The first item's text is followed by a list in the same item, with no end of a block between.
    for apart in ["- a@\n  - b", "- a.\n  1. b", "a@\n\nb", "| a@ | b |\n| --- | --- |", "- a:\n  - /\n- /"] {
        assert_eq!(inert(&seen(apart)), Ok(()), "{apart:?} shows {:?}", seen(apart));
    }
}

#[test]
fn characters_that_nobody_sees_and_addresses_are_found() {
    for hidden in
        ["a\u{34f}b", "a\u{3164}b", "a\u{202e}b", "a\u{ad}b", "a\u{a0}b", "a\tb", "a\u{e0041}b", "e\u{301}", " a"]
    {
        assert!(characters(hidden).is_err(), "{hidden:?}");
    }
    for address in ["http://x", "//x", "evil.example", "www.x", "a@b", "<img", "&lt;", "javascript:x", "</p"] {
        assert!(inert(address).is_err(), "{address}");
    }
    assert_eq!(inert("eGFR 44 mL/min/1.73 m², a < b, R&D, 12:30"), Ok(()));
    assert!(as_a_card(&"a".repeat(20_000)).is_err());
}

#[test]
fn an_address_with_room_for_data_is_found() {
    for url in
        ["http://a.b/", "https://a.b/?d", "https://a.b/#d", "https://u@a.b/", "https://u:p@a.b/", "https://", "x"]
    {
        assert!(plain_url(url).is_err(), "{url}");
    }
    assert_eq!(plain_url("https://a.b:8443/c/d_e~f"), Ok(()));
}

fn broken_order(change: impl FnOnce(&mut Value)) -> String {
    let mut order = json!({
        "resourceType": "ServiceRequest", "status": "draft", "intent": "proposal", "id": "i", "priority": "routine",
        "subject": {"reference": "Patient/p"}, "occurrenceDateTime": "2021-06-01", "code": {"text": "Creatinine"},
        "requester": {"reference": "Practitioner/d"}, "patientInstruction": "Drink.",
    });
    assert_eq!(order_for(&order, "i", "p"), Ok(()));
    change(&mut order);
    order_for(&order, "i", "p").unwrap_err().sentence.to_owned()
}

#[test]
fn an_order_that_says_more_than_an_order_is_found() {
    let set = |name: &'static str, value: Value| broken_order(move |order| order[name] = value);
    for (name, value) in [
        ("status", json!("active")),
        ("intent", json!("order")),
        ("id", json!("j")),
        ("resourceType", json!("Task")),
        ("subject", json!({"reference": "Patient/q"})),
        ("subject", json!({"reference": "Patient/p", "display": "x"})),
        ("extension", json!([{"url": "x"}])),
        ("identifier", json!([{"value": "x"}])),
        ("text", json!({"div": "x"})),
        ("_status", json!({"id": "x"})),
        ("note", json!([{"text": "x"}])),
        ("code", json!({"text": "see https://x"})),
        ("code", json!({"text": "a\u{3164}b"})),
        ("code", json!({})),
        ("priority", Value::Null),
        ("priority", json!(" a")),
        ("occurrenceDateTime", json!("2021-13")),
        ("requester", json!({"reference": "https://x/Practitioner/d"})),
        ("requester", json!({"reference": "Practitioner/d", "display": "x"})),
        ("patientInstruction", json!("")),
    ] {
        assert!(!set(name, value.clone()).is_empty(), "{name}: {value}");
    }
}

#[test]
fn a_value_that_is_not_the_slots_or_moved_its_template_is_found() {
    let filled = |text: &str| is_filled("eGFR {a}: {b}", &[("a", &[">60", ">60.0"]), ("b", &["low"])], text);
    for wrong in ["eGFR 60: low", "eGFR >60: high", "eGFR >60: low.", "eGFR >60:", "eGFR > 6: low", "low: eGFR >60"] {
        assert!(!filled(wrong), "{wrong}");
    }
    // A space more lets no reader take it for an address.
    assert!(filled("eGFR >60: low") && filled("eGFR >60.0: low") && filled("eGFR > 60 : low"));
    assert_ne!(blocks("a: - b"), blocks("a:\n- b"));
    assert_ne!(blocks("> 60"), blocks("\\>60"));
    assert_eq!(blocks("**a**"), blocks("a"));
}

#[test]
fn a_reviewer_who_is_told_too_little_is_found() {
    let manifest = Manifest::parse(include_str!("../../data/all.toml")).unwrap();
    let powers = |system_actions: &[&str]| Powers {
        system_actions: system_actions.iter().map(ToString::to_string).collect(),
        external_link: true,
        ..Powers::usual(&manifest)
    };
    let (less, more) = (powers(&[]), powers(&["ServiceRequest"]));
    let told = disclosure(&manifest, &more, Latency::Buckets);
    let broken = |change: &dyn Fn(&mut Disclosure)| {
        let mut told = told.clone();
        change(&mut told);
        tells(&told, &manifest, &more, Latency::Buckets).is_err()
    };
    assert!(!broken(&|_| ()));
    for sink in [0, 1, 2, 3] {
        assert!(broken(&|told| told.declared[sink].bits = told.declared[sink].bits.map(|bits| bits / 2)), "{sink}");
        assert!(broken(&|told| told.declared[sink].bits = None), "{sink}");
        assert!(broken(&|told| told.declared[sink].content.push("a\u{1b}[2Jb".to_owned())), "{sink}");
    }
    assert!(broken(&|told| _ = told.declared.pop()));
    assert!(broken(&|told| told.millibits -= 1));
    assert!(broken(&|told| told.publisher_bits = 0));
    let smaller = disclosure(&manifest, &less, Latency::Buckets);
    assert!(grows(&smaller, &told).is_ok() && grows(&told, &smaller).is_err());
}

#[test]
fn every_oracle_refuses_noise_and_the_signed_envelope_is_accepted() {
    for (name, oracle) in ORACLES.into_iter().filter(|(name, _)| *name != "card") {
        assert_eq!(oracle(b"\xf0noise"), Ok(Seen::Refused), "{name}");
    }
    assert_eq!(envelope::envelope(&envelope::signed()), Ok(Seen::Accepted));
}

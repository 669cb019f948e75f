//! Texts to try the profile with: words, Markdown and hostile Unicode, put together at random.

use proptest::prelude::*;

/// Mostly ASCII, as honest texts are; or anything, for the paths that honest texts never take.
pub(super) fn text() -> impl Strategy<Value = String> {
    let honest = prop_oneof![6 => "[a-zA-Z0-9 ]{1,8}", 3 => mark(), 1 => other()];
    let hostile = prop_oneof![1 => "[a-z]{1,3}", 3 => mark(), 4 => other()];
    let joined = |pieces: Vec<String>| pieces.concat();
    prop_oneof![
        prop::collection::vec(honest, 0..30).prop_map(joined),
        prop::collection::vec(hostile, 0..30).prop_map(joined),
        "\\PC{0,40}",
    ]
}

/// What Markdown, HTML or an address is made of.
fn mark() -> impl Strategy<Value = String> {
    let marks = vec![
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "\r\n",
        "\r",
        "*",
        "**",
        "_",
        "`",
        "``",
        "```",
        "~~~",
        "\\",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "!",
        "|",
        "-",
        "- ",
        "1. ",
        "2)",
        "+",
        "#",
        "=",
        ":",
        ".",
        "..",
        "@",
        "/",
        "//",
        "&",
        ";",
        "&lt",
        "&#6",
        "{",
        "}",
        "{{",
        "![",
        "](",
        "www",
        "www.",
        "1.2.3.4",
        "12:30",
        "evil.com",
        "|---|\n",
        "| a | b |\n",
        "\u{7f}",
    ];
    prop::sample::select(marks).prop_map(str::to_owned)
}

/// What Unicode says something of: composed and not, marks, white space, ignorable, hidden, of no modern script.
fn other() -> impl Strategy<Value = String> {
    let others = vec![
        "ß",
        "µ",
        "é",
        "e\u{301}",
        "\u{301}",
        "\u{323}\u{301}",
        "\u{301}\u{323}",
        "q\u{302}\u{303}\u{304}",
        "≥",
        "–",
        "²",
        "K",
        "Å",
        "中",
        "각",
        "\u{1100}\u{1161}",
        "\u{11a8}",
        "\u{20dd}",
        "\u{9b0}\u{9bc}",
        "\u{958}",
        "🙂",
        "\u{a0}",
        "\u{2003}",
        "\u{ad}",
        "\u{200b}",
        "\u{200d}",
        "\u{fe0f}",
        "\u{34f}",
        "\u{202e}",
        "\u{61c}",
        "\u{85}",
        "\u{2028}",
        "\u{e000}",
        "\u{378}",
        "\u{13000}",
        "\u{ffff}",
        "\u{0}",
        "\u{e0041}",
        "\u{f900}",
        "\u{1d15e}",
        "\u{345}",
        "ﬁ",
        "İ",
    ];
    prop::sample::select(others).prop_map(str::to_owned)
}

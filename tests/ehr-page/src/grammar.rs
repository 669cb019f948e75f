//! Generated cards: Markdown, HTML and Unicode put together by a grammar, then damaged. The same seed gives the same cards.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::attacks::{attacks, mark};
use crate::card::Written;

/// More bytes than this are refused unread: see `cordon_core::profile::MOST_DETAIL`.
const MOST_TEXT: usize = 3_000;
/// Short enough for a summary after the profile put its spaces in.
const MOST_LINE: usize = 90;
/// Short enough for a label.
const MOST_LABEL: usize = 50;

const WORDS: &[&str] = &[
    "eGFR",
    "44",
    "<30",
    "mL/min/1.73 m²",
    "K⁺",
    "6.1",
    "≥5.4",
    "12:30",
    "01.02.2021",
    "e.g.",
    "t.i.d.",
    "Metformin",
    "R&D",
    "größer",
    "中",
    "пример",
    "e\u{301}",
    "🙂",
    "a",
    "B",
    "5",
    "www",
    "http",
    "img",
    "x",
    "Ⅳ",
    "µg",
    "(max.)",
    "\"quoted\"",
];
const SCHEMES: &[&str] = &[
    "http://",
    "https://",
    "HTTP://",
    "//",
    "ftp://",
    "javascript:",
    "JavaScript&colon;",
    "data:image/png,",
    "mailto:",
    "tel:",
    "www.",
    "xmpp:",
    "\\\\\\\\",
    "http:\\/\\/",
    "&#104;ttp://",
    "file:///",
    "/",
    "#",
    "?",
];
const HOSTS: &[&str] = &[
    "evil.example/",
    "evil.com/",
    "1.2.3.4/",
    "[::1]/",
    "a@evil.com",
    "evil&period;com/",
    "пример.рф/",
    "xn--e1a.com/",
];
const TAGS: &[&str] = &[
    "<img src=U>",
    "<img src=\"U\" onerror=\"fetch('U')\">",
    "<a href=U>",
    "</a>",
    "<script>",
    "</script>",
    "<style>@import 'U';</style>",
    "<svg onload=\"fetch('U')\">",
    "<svg><image href=U /></svg>",
    "<iframe src=U></iframe>",
    "<div style=\"background:url(U)\">",
    "</div>",
    "<!-- U -->",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "<!x U>",
    "<details open ontoggle=\"fetch('U')\">",
    "<b>",
    "</p>",
    "<table background=U>",
    "<video poster=U>",
    "<object data=U>",
    "<base href=U>",
    "<math><mi xlink:href=U>x</mi></math>",
    "<textarea>",
    "<img\nsrc=U\n>",
    "<template>",
    "<input type=image src=U>",
    "<U>",
    "<link rel=preload as=image href=U>",
    "<plaintext>",
    "<pre>",
];
const SOUP: &[&str] = &[
    "*",
    "**",
    "***",
    "_",
    "__",
    "`",
    "``",
    "```",
    "~~~",
    "~~",
    "\\",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "!",
    "![",
    "](",
    "][",
    "]:",
    "|",
    "-",
    "+",
    "#",
    "=",
    ":",
    ".",
    "@",
    "/",
    "//",
    "&",
    ";",
    "$",
    "$$",
    "^",
    "~",
    "{",
    "}",
    "\"",
    "'",
    "%",
    "1.",
    "2)",
    "- ",
    "> ",
    "    ",
    "\t",
    " ",
    "  \n",
    "\\\n",
    "\n",
    "\n\n",
    "\n---\n",
    "\n===\n",
    "&#",
    "&lt;",
    "&#60;",
    "&#x3c;",
    "&nbsp;",
    "&amp;",
    "&#x301;",
    "[^1]",
    "[x]: U\n",
    "[^1]: U\n",
    "|---|---|\n",
    "[ ] ",
    "\u{301}",
    "\u{338}",
    "\u{ad}",
    "\u{200b}",
    "&shy;",
    "\u{fe0f}",
    "＜",
    "＞",
    "！",
    "］",
];
const INFO: &[&str] =
    &["", "json", "html", "\"><img src=U>", "{onclick=x}", "math", "mermaid", "x y z", "&lt;img&gt;", "\\<"];

/// An endless row of cards. Where one can be refused for an invisible character alone, few hold one.
pub struct Cards {
    coins: ChaCha20Rng,
    number: usize,
    corpus: Vec<String>,
    mark: String,
}

impl Cards {
    /// The cards of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let corpus = attacks().into_iter().map(|attack| attack.written.detail).collect();
        Self { coins: ChaCha20Rng::seed_from_u64(seed), number: 0, corpus, mark: String::new() }
    }
}

impl Iterator for Cards {
    type Item = Written;

    fn next(&mut self) -> Option<Written> {
        let id = format!("generated {}", self.number);
        // Apart from the corpus's marks.
        self.mark = mark(self.number.saturating_add(1_000_000));
        self.number = self.number.saturating_add(1);
        let honest = Written::honest(&id, &self.mark);
        let detail = self.text();
        let summary = self.line(MOST_LINE);
        let label = self.line(MOST_LABEL);
        Some(Written { detail, summary, label, ..honest })
    }
}

impl Cards {
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.coins.next_u64() % end).unwrap_or(0)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let place = self.below(from.len());
        from.get(place).copied().unwrap_or_default()
    }

    fn times(&mut self, most: usize, joined: &str, mut one: impl FnMut(&mut Self) -> String) -> String {
        let count = self.below(most).saturating_add(1);
        (0..count).map(|_| one(self)).collect::<Vec<_>>().join(joined)
    }

    fn text(&mut self) -> String {
        let joined = ["\n\n", "\n\n", "\n"].get(self.below(3)).copied().unwrap_or("\n");
        let text = self.times(5, joined, |cards| cards.block(2));
        let text = self.damaged(text);
        shortened(&text, MOST_TEXT)
    }

    fn line(&mut self, most: usize) -> String {
        let text = self.times(2, " ", |cards| cards.inline(1));
        let text = self.damaged(text).replace('\n', " ");
        // A line without anything to see is refused: no card is made for it.
        format!("{} 5", shortened(&text, most))
    }

    fn block(&mut self, depth: usize) -> String {
        match self.below(12) {
            0 => format!("{} {}", "#".repeat(self.below(7).saturating_add(1)), self.inlines(depth)),
            1 => self.list(depth),
            2 => self.table(depth),
            3 => self.fence(),
            4 => self.inlines(depth).lines().map(|line| format!("> {line}\n")).collect(),
            5 => self.html(),
            6 => format!("[{}]: {} '{}'\n", self.pick(WORDS), self.address(), self.pick(WORDS)),
            7 => format!("[^{0}]\n\n[^{0}]: {1}", self.pick(WORDS), self.inlines(depth)),
            8 => self.times(20, "", |cards| cards.soup()),
            9 => {
                let place = self.below(self.corpus.len());
                self.corpus.get(place).cloned().unwrap_or_default()
            }
            _ => self.inlines(depth),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        let marker = self.pick(&["- ", "* ", "+ ", "1. ", "7) ", "- [ ] ", "- [x] ", "0. "]);
        self.times(4, "\n", |cards| {
            let inner =
                if depth > 0 && cards.below(3) == 0 { cards.block(depth.saturating_sub(1)) } else { cards.inline(1) };
            format!("{marker}{}", inner.replace('\n', "\n   "))
        })
    }

    fn table(&mut self, depth: usize) -> String {
        let columns = self.below(4).saturating_add(1);
        let row = |cards: &mut Self| -> String {
            (0..columns).map(|_| format!("| {} ", cards.inline(depth).replace('\n', " "))).collect::<String>() + "|"
        };
        let head = row(self);
        let ruled = self.pick(&["| --- ", "|:-:", "|-", "| --: "]).repeat(columns);
        format!("{head}\n{ruled}|\n{}", self.times(3, "\n", row))
    }

    fn fence(&mut self) -> String {
        let fence = self.pick(&["```", "~~~", "````", "    ", "``"]);
        let close = if self.below(3) == 0 { "" } else { fence };
        let info = self.pick(INFO);
        let inner = self.times(3, "\n", |cards| cards.inline(1));
        self.filled(&format!("{fence}{info}\n{inner}\n{close}"))
    }

    fn html(&mut self) -> String {
        let tag = self.pick(TAGS);
        let inner = self.inline(1);
        self.filled(&format!("{tag}{inner}"))
    }

    fn soup(&mut self) -> String {
        let piece = if self.below(4) == 0 { self.pick(WORDS) } else { self.pick(SOUP) };
        self.filled(piece)
    }

    fn address(&mut self) -> String {
        format!("{}{}{}", self.pick(SCHEMES), self.pick(HOSTS), self.mark)
    }

    /// With an address wherever the piece asks for one.
    fn filled(&mut self, piece: &str) -> String {
        let address = self.address();
        piece.replace('U', &address)
    }

    fn inlines(&mut self, depth: usize) -> String {
        let joined = self.pick(&[" ", " ", "", "\n", "  \n", "\\\n"]);
        self.times(6, joined, |cards| cards.inline(depth))
    }

    fn inline(&mut self, depth: usize) -> String {
        let inner = if depth > 0 { self.inline(depth.saturating_sub(1)) } else { self.pick(WORDS).to_owned() };
        match self.below(16) {
            0 => format!("![{inner}]({})", self.address()),
            1 => format!("[{inner}]({} \"{}\")", self.address(), self.pick(WORDS)),
            2 => format!("[{inner}][{}]", self.pick(WORDS)),
            3 => format!("![{inner}][]"),
            4 => format!("<{}>", self.address()),
            5 => self.address(),
            6 => self.html(),
            7 => format!("`{inner}`"),
            8 => format!("{0}{inner}{0}", self.pick(&["*", "**", "_", "__", "~~", "***", "~", "==", "$", "^", "``"])),
            9 => format!("{inner}{}", self.soup()),
            10 => format!("\\{inner}"),
            11 => inner.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
            _ => format!("{inner} {}", self.pick(WORDS)),
        }
    }

    /// A text that few grammars make: with a piece put in, taken out, repeated or spelled in another way.
    fn damaged(&mut self, text: String) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..self.below(4) {
            let (from, length) = (self.below(chars.len()), self.below(6));
            let piece: Vec<char> = chars.iter().skip(from).take(length).copied().collect();
            let put: Vec<char> = match self.below(5) {
                0 => Vec::new(),
                1 => [piece.clone(), piece.clone()].concat(),
                2 => {
                    piece.iter().flat_map(|c| format!("&#x{:x};", u32::from(*c)).chars().collect::<Vec<_>>()).collect()
                }
                3 => piece.iter().rev().copied().collect(),
                _ => piece.iter().copied().chain(self.soup().chars()).collect(),
            };
            let tail = chars.split_off(from.min(chars.len()));
            chars.extend(put);
            chars.extend(tail.into_iter().skip(piece.len()));
        }
        chars.into_iter().collect()
    }
}

fn shortened(text: &str, most: usize) -> String {
    text.char_indices().take_while(|(place, c)| place.saturating_add(c.len_utf8()) <= most).map(|(_, c)| c).collect()
}

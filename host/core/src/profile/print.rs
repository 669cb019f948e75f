//! Writes the blocks back as Markdown in which nothing but our own marks is syntax.

use super::inline::{Inline, Run, Style};
use super::read::{Block, Marker, last_at};

/// CommonMark 0.31 section 2.4 lets every ASCII punctuation be escaped. These can be syntax anywhere in a line, in GFM or
/// in a renderer's usual extensions (mathematics, highlights, superscript, attributes, directives).
fn is_syntax(c: char) -> bool {
    matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' | '^' | '{' | '}')
}

/// These are syntax where a line starts: headings, rules, lists, underlines, definitions, front matter.
const LINE_SYNTAX: &str = "#+-=:%!";

/// The blocks as Markdown, without a line end at the end.
pub(super) fn print(blocks: &[Block]) -> String {
    let mut printer = Printer::default();
    for (place, block) in blocks.iter().enumerate() {
        let (before, _) = blocks.split_at_checked(place).unwrap_or_default();
        printer.block(before, block);
    }
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    /// The widths of the markers of the item before and of those above it: an item's text starts at their sum.
    widths: Vec<usize>,
}

impl Printer {
    fn block(&mut self, before: &[Block], block: &Block) {
        match block {
            Block::Item { depth, marker, text } => self.item(before, *depth, *marker, text),
            Block::Paragraph(text) => {
                self.top_level();
                self.lines(text, 0);
            }
            Block::Code(code) => {
                self.top_level();
                let fence = "`".repeat(longest_ticks(code.chars()).max(2).saturating_add(1));
                self.out.push_str(&format!("{fence}\n{code}\n{fence}"));
            }
            Block::Table(rows) => {
                self.top_level();
                self.table(rows);
            }
        }
    }

    fn top_level(&mut self) {
        self.widths.clear();
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
    }

    fn item(&mut self, before: &[Block], depth: usize, marker: Marker, text: &Inline) {
        self.out.push_str(match before.last() {
            None => "",
            Some(Block::Item { depth: above, .. }) if joins(before, *above, depth, marker) => "\n",
            Some(_) => "\n\n",
        });
        let mark = match marker {
            Marker::Bullet => "- ".to_owned(),
            Marker::Number(number) => format!("{number}. "),
        };
        self.widths.truncate(depth);
        let indent: usize = self.widths.iter().sum();
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(&mark);
        self.widths.push(mark.len());
        self.lines(text, indent.saturating_add(mark.len()));
    }

    fn lines(&mut self, text: &Inline, indent: usize) {
        for (place, line) in text.lines().enumerate() {
            if place > 0 {
                self.out.push_str("\\\n");
                self.out.push_str(&" ".repeat(indent));
            }
            print_line(&mut self.out, line, Place::Line);
        }
    }

    fn table(&mut self, rows: &[Vec<Inline>]) {
        for (place, row) in rows.iter().enumerate() {
            if place > 0 {
                self.out.push('\n');
            }
            for cell in row {
                self.out.push_str("| ");
                print_line(&mut self.out, cell.lines().flatten(), Place::Cell);
                self.out.push(' ');
            }
            self.out.push('|');
            if place == 0 {
                self.out.push('\n');
                self.out.push_str(&"| --- ".repeat(row.len()));
                self.out.push('|');
            }
        }
    }
}

/// Whether an item stands on the line after the item before: it goes on with a list, or starts one that may follow a
/// paragraph at once (CommonMark 0.31 section 5.2: a bullet, or the number 1).
fn joins(before: &[Block], above: usize, depth: usize, marker: Marker) -> bool {
    match (last_at(before, depth), marker) {
        (Some(Marker::Bullet), Marker::Bullet) | (Some(Marker::Number(_)), Marker::Number(_)) => true,
        (None, Marker::Bullet | Marker::Number(1)) => depth > above,
        (Some(_) | None, Marker::Bullet | Marker::Number(_)) => false,
    }
}

/// Whether a line stands in a table's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Line,
    Cell,
}

/// One line. A style is dropped where its marks might not be read as marks; the text itself always stays.
fn print_line<'a>(out: &mut String, runs: impl Iterator<Item = Run<'a>>, place: Place) {
    let start = out.len();
    let mut runs = runs.peekable();
    let mut before = Style::Plain;
    while let Some(run) = runs.next() {
        let follows = runs.peek().and_then(|next| next.chars().next());
        let line = out.get(start..).unwrap_or_default();
        let precedes = line.chars().next_back();
        let marked = match run.style {
            Style::Plain => false,
            Style::Code => is_code(run, precedes, follows, place),
            Style::Emphasis | Style::Strong => {
                !matches!(before, Style::Emphasis | Style::Strong) && is_emphasis(run, precedes, follows)
            }
        };
        before = if marked { run.style } else { Style::Plain };
        match before {
            Style::Plain => escape(out, run, At::after(line)),
            Style::Emphasis => between(out, "*", |out| escape(out, run, At::Inside)),
            Style::Strong => between(out, "**", |out| escape(out, run, At::Inside)),
            Style::Code => tick(out, run),
        }
    }
}

fn between(out: &mut String, mark: &str, text: impl FnOnce(&mut String)) {
    out.push_str(mark);
    text(out);
    out.push_str(mark);
}

/// CommonMark 0.31 section 6.2, narrowed to what every renderer agrees on: a mark opens before, and closes after, an
/// ASCII letter or digit; or where the text around it is a space, an end or an ASCII punctuation.
fn is_emphasis(run: Run<'_>, precedes: Option<char>, follows: Option<char>) -> bool {
    let apart = |outside: Option<char>| outside.is_none_or(|c| c.is_whitespace() || c.is_ascii_punctuation());
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (inside(run.chars().next()) || apart(precedes)) && (inside(run.chars().next_back()) || apart(follows))
}

/// A code span with at most single backticks in it cannot be taken for a fence; one with a bar would end a cell.
fn is_code(run: Run<'_>, precedes: Option<char>, follows: Option<char>, place: Place) -> bool {
    let whole = match place {
        Place::Line => true,
        Place::Cell => !run.chars().any(|c| c == '|'),
    };
    whole && longest_ticks(run.chars()) < 2 && precedes != Some('`') && follows != Some('`')
}

fn tick(out: &mut String, code: Run<'_>) {
    match longest_ticks(code.chars()) {
        0 => between(out, "`", |out| out.extend(code.chars())),
        ticks => {
            let fence = "`".repeat(ticks.saturating_add(1));
            out.push_str(&fence);
            between(out, " ", |out| out.extend(code.chars()));
            out.push_str(&fence);
        }
    }
}

fn longest_ticks(code: impl Iterator<Item = char>) -> usize {
    let mut ticks = 0_usize;
    let counted = code.map(|c| {
        ticks = if c == '`' { ticks.saturating_add(1) } else { 0 };
        ticks
    });
    counted.max().unwrap_or(0)
}

/// Adds text with all that could be syntax escaped.
fn escape(out: &mut String, text: Run<'_>, mut place: At) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let syntax = match place {
            At::Start => LINE_SYNTAX.contains(c),
            At::Number => matches!(c, '.' | ')') && chars.peek().is_none_or(|next| next.is_whitespace()),
            At::Inside => false,
        };
        if syntax || is_syntax(c) {
            out.push('\\');
        }
        out.push(c);
        place = match place {
            At::Start | At::Number if c.is_ascii_digit() => At::Number,
            At::Start | At::Number | At::Inside => At::Inside,
        };
    }
}

/// Where in a line a character stands.
#[derive(Debug, Clone, Copy)]
enum At {
    Start,
    /// After nothing but digits: a dot or a bracket and a space would make them a list's marker.
    Number,
    Inside,
}

impl At {
    /// After this part of a line.
    fn after(line: &str) -> Self {
        match (line.is_empty(), line.bytes().all(|c| c.is_ascii_digit())) {
            (true, _) => Self::Start,
            (false, true) => Self::Number,
            (false, false) => Self::Inside,
        }
    }
}

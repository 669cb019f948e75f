//! The detail of a card: Markdown made from plain text, so that nothing in a text can act as markup.

use crate::card::visible;

/// The most bytes of a detail.
pub const MAX_DETAIL_BYTES: usize = 4_096;

/// Builds GitHub-flavoured Markdown out of paragraphs, lists and tables. Every text is escaped: links, images and HTML
/// cannot be made. Texts that a browser might turn into a link by itself are refused by [`crate::Card::detail`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    markdown: String,
    linked: bool,
}

impl Detail {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: impl AsRef<str>) -> Self {
        let text = self.escaped(text.as_ref());
        self.block(&text);
        self
    }

    /// A paragraph in bold, for example over a list.
    #[must_use]
    pub fn heading(mut self, text: impl AsRef<str>) -> Self {
        let text = self.escaped(text.as_ref());
        if !text.is_empty() {
            self.block(&format!("**{text}**"));
        }
        self
    }

    /// A list of points; nothing if there are none.
    #[must_use]
    pub fn list<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, points: I) -> Self {
        let lines: Vec<String> =
            points.into_iter().map(|point| format!("- {}", self.escaped(point.as_ref()))).collect();
        self.block(&lines.join("\n"));
        self
    }

    /// A table of at most 16 columns; nothing if there are no rows.
    #[must_use]
    pub fn table<const N: usize>(mut self, head: [&str; N], rows: &[[String; N]]) -> Self {
        const { assert!(N <= 16, "the host refuses a table of more than 16 columns") };
        if rows.is_empty() {
            return self;
        }
        let mut text = self.table_line(&head);
        text.push_str("\n| ---");
        text.push_str(&" | ---".repeat(N.saturating_sub(1)));
        text.push_str(" |");
        for row in rows {
            text.push('\n');
            text.push_str(&self.table_line(row));
        }
        self.block(&text);
        self
    }

    /// The Markdown.
    #[must_use]
    pub fn markdown(&self) -> &str {
        &self.markdown
    }

    /// Whether a text holds what a browser might make a link of.
    pub(crate) fn has_link(&self) -> bool {
        self.linked
    }

    fn table_line(&mut self, cells: &[impl AsRef<str>]) -> String {
        let cells: Vec<String> = cells.iter().map(|cell| self.escaped(cell.as_ref())).collect();
        format!("| {} |", cells.join(" | "))
    }

    fn block(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.markdown.is_empty() {
            self.markdown.push_str("\n\n");
        }
        self.markdown.push_str(text);
    }

    fn escaped(&mut self, text: &str) -> String {
        let text = visible(text);
        self.linked |= looks_like_link(&text);
        escape(&text)
    }
}

/// Plain text as Markdown that shows exactly this text on one line (CommonMark 0.31, 2.4 backslash escapes).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '!') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    escape_start(out)
}

/// At the start of a line some characters open a heading or a list.
fn escape_start(line: String) -> String {
    if line.starts_with(['#', '-', '+', '=']) {
        return format!("\\{line}");
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line.split_at_checked(digits) {
        Some((number, rest)) if digits > 0 && opens_list(rest) => format!("{number}\\{rest}"),
        Some(_) | None => line,
    }
}

/// Whether this, after digits, makes them the number of a list entry: `.` or `)`, then a space or nothing.
fn opens_list(rest: &str) -> bool {
    rest.strip_prefix(['.', ')']).is_some_and(|text| text.is_empty() || text.starts_with(' '))
}

/// What the autolink extension of GitHub-flavoured Markdown looks for (GFM 0.29, 6.9), and a little more.
fn looks_like_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("://")
        || lower.contains("www.")
        || lower.contains("mailto:")
        || lower.contains("xmpp:")
        || lower.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_shown_not_obeyed() {
        let detail = Detail::new().paragraph("a *b* [c](d) ![e](f) <img> & `g` eGFR < 30");
        assert_eq!(detail.markdown(), r"a \*b\* \[c\](d) \!\[e\](f) \<img\> \& \`g\` eGFR \< 30");
    }

    #[test]
    fn a_text_cannot_open_a_block() {
        for (text, shown) in
            [("# x", r"\# x"), ("- x", r"\- x"), ("12. x", r"12\. x"), ("1) x", r"1\) x"), ("> x", r"\> x")]
        {
            assert_eq!(Detail::new().paragraph(text).markdown(), shown);
        }
        assert_eq!(Detail::new().paragraph("1.75 mg/dL").markdown(), "1.75 mg/dL");
        assert_eq!(Detail::new().paragraph("a\n\n# b").markdown(), "a # b");
    }

    #[test]
    fn lists_and_tables_hold_one_line_per_entry() {
        let detail =
            Detail::new().heading("Used").list(["a\nb", "c|d"]).table(["x", "y"], &[["1".into(), "2|3".into()]]);
        let expected = "**Used**\n\n- a b\n- c\\|d\n\n| x | y |\n| --- | --- |\n| 1 | 2\\|3 |";
        assert_eq!(detail.markdown(), expected);
    }

    #[test]
    fn empty_parts_leave_nothing() {
        assert_eq!(Detail::new().paragraph(" ").list(Vec::<String>::new()).table(["x"], &[]).markdown(), "");
    }

    #[test]
    fn what_a_browser_links_by_itself_is_noticed() {
        for text in ["see https://x.example", "WWW.example.org", "a@b.example"] {
            assert!(Detail::new().paragraph(text).has_link(), "{text}");
        }
        assert!(!Detail::new().paragraph("18/min, 97 %, 2021-06-01T10:00:00Z").has_link());
    }
}

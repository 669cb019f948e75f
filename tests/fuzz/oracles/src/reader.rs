//! Readers of Markdown by other people, with every extension they have: what would they make of a card?

use std::collections::BTreeSet;

use markdown::mdast::Node;
use markdown::{Constructs, ParseOptions};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What a card may not hold, by the names that the readers give it. Empty if every reader agrees that it is harmless.
#[must_use]
pub fn forbidden(text: &str) -> BTreeSet<String> {
    let mut found = by_pulldown(text);
    found.extend(by_micromark(text));
    #[cfg(feature = "comrak")]
    found.extend(comrak::forbidden(text));
    found
}

/// `pulldown-cmark` with all it knows: GFM, footnotes, mathematics, definitions, wiki links, front matter.
fn by_pulldown(text: &str) -> BTreeSet<String> {
    let parser = Parser::new_ext(text, Options::all());
    let defined: Vec<String> = parser.reference_definitions().iter().map(|(name, _)| name.to_owned()).collect();
    parser.filter(|event| !is_allowed(event)).map(|event| format!("{event:?}")).chain(defined).collect()
}

fn is_allowed(event: &Event<'_>) -> bool {
    use Tag::{CodeBlock, Emphasis, Item, List, Paragraph, Strong, Table, TableCell, TableHead, TableRow};
    matches!(event, Event::End(_) | Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak)
        || matches!(event, Event::Start(Paragraph | Emphasis | Strong | List(_) | Item | CodeBlock(_)))
        || matches!(event, Event::Start(Table(_) | TableHead | TableRow | TableCell))
}

/// The micromark grammar in Rust, which `react-markdown` runs in a browser: GFM, mathematics, front matter.
fn by_micromark(text: &str) -> BTreeSet<String> {
    let constructs = Constructs { frontmatter: true, math_flow: true, math_text: true, ..Constructs::gfm() };
    let options = ParseOptions { constructs, ..ParseOptions::gfm() };
    let mut found = BTreeSet::new();
    match markdown::to_mdast(text, &options) {
        Ok(root) => collect(&root, &mut found),
        Err(message) => _ = found.insert(message.to_string()),
    }
    found
}

fn collect(node: &Node, found: &mut BTreeSet<String>) {
    let allowed = matches!(
        node,
        Node::Root(_)
            | Node::Paragraph(_)
            | Node::Text(_)
            | Node::Break(_)
            | Node::Emphasis(_)
            | Node::Strong(_)
            | Node::InlineCode(_)
            | Node::Code(_)
            | Node::List(_)
            | Node::Table(_)
            | Node::TableRow(_)
            | Node::TableCell(_)
    ) || matches!(node, Node::ListItem(item) if item.checked.is_none());
    if !allowed {
        found.insert(format!("{node:?}"));
    }
    node.children().into_iter().flatten().for_each(|child| collect(child, found));
}

/// What a clinician reads, without the marks: one line for each block. A block inside another starts a line, and a mark
/// inside a line does not end it: who looks for addresses in the text of a page finds them across emphasis.
#[must_use]
pub fn seen(text: &str) -> String {
    let shown = |event| match event {
        Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => text.to_string(),
        Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => text.to_string(),
        Event::Start(tag) => border(is_inline(&tag.to_end())).to_owned(),
        Event::End(tag) => border(is_inline(&tag)).to_owned(),
        Event::SoftBreak | Event::HardBreak | Event::Rule => "\n".to_owned(),
        Event::TaskListMarker(_) => String::new(),
    };
    Parser::new_ext(text, Options::ENABLE_TABLES).map(shown).collect()
}

/// The blocks of a text in their order, without what stands in them and how it is set.
#[must_use]
pub fn blocks(text: &str) -> Vec<String> {
    let is_block = |event: &Event<'_>| {
        matches!(event, Event::Start(tag) if !is_inline(&tag.to_end()))
            || matches!(event, Event::End(tag) if !is_inline(tag))
    };
    Parser::new_ext(text, Options::ENABLE_TABLES).filter(is_block).map(|event| format!("{event:?}")).collect()
}

const fn border(inline: bool) -> &'static str {
    if inline { "" } else { "\n" }
}

fn is_inline(tag: &TagEnd) -> bool {
    use TagEnd::{Emphasis, Image, Link, Strikethrough, Strong, Subscript, Superscript};
    matches!(tag, Emphasis | Strong | Strikethrough | Subscript | Superscript | Link | Image)
}

/// Whether a reader sees, under the text and a rule, this footer as a paragraph of its own, and only one rule.
#[must_use]
pub fn keeps_footer(text: &str, footer: &str) -> bool {
    let whole = format!("{text}\n\n---\n\n{footer}");
    let Ok(Node::Root(root)) = markdown::to_mdast(&whole, &ParseOptions::gfm()) else { return false };
    let is_footer = |node: &Node| matches!(node, Node::Paragraph(_)) && node.to_string() == footer;
    let by_micromark = matches!(root.children.as_slice(),
        [.., Node::ThematicBreak(_), last] if is_footer(last));
    let rules = Parser::new_ext(&whole, Options::all()).filter(|event| *event == Event::Rule).count();
    let html = |event: &Event<'_>| matches!(event, Event::Start(Tag::Heading { .. }));
    by_micromark && rules == 1 && !Parser::new_ext(&whole, Options::all()).any(|event| html(&event))
}

#[cfg(feature = "comrak")]
mod comrak {
    //! A port of GitHub's cmark, with every extension but one: what it reads as
    //! mathematics, `\[x\]`, is CommonMark's own way to write brackets.

    use std::collections::BTreeSet;

    use comrak::nodes::NodeValue;
    use comrak::{Arena, Options, parse_document};

    pub(super) fn forbidden(text: &str) -> BTreeSet<String> {
        let arena = Arena::new();
        let root = parse_document(&arena, text, &options());
        let allowed = |value: &NodeValue| {
            use NodeValue::{
                Code, CodeBlock, Document, Emph, Item, LineBreak, List, Paragraph, SoftBreak, Strong, Table, TableCell,
                TableRow, Text,
            };
            // Marks of its own for emphasis, and those that it shows as the characters they are.
            let marked = matches!(value, NodeValue::Highlight | NodeValue::Insert | NodeValue::EscapedTag(_));
            marked
                || matches!(value, Document | Paragraph | Text(_) | SoftBreak | LineBreak | Code(_) | Emph | Strong)
                || matches!(value, List(_) | Item(_) | CodeBlock(_) | Table(_) | TableRow(_) | TableCell)
        };
        let nodes = root.descendants().map(|node| node.data.borrow().value.clone());
        nodes.filter(|value| !allowed(value)).map(|value| format!("{value:?}")).collect()
    }

    fn options() -> Options<'static> {
        let mut options = Options::default();
        let on = &mut options.extension;
        on.strikethrough = true;
        on.table = true;
        on.autolink = true;
        on.tasklist = true;
        on.superscript = true;
        on.footnotes = true;
        on.inline_footnotes = true;
        on.description_lists = true;
        on.front_matter_delimiter = Some("---".to_owned());
        on.multiline_block_quotes = true;
        on.alerts = true;
        on.math_dollars = true;
        on.wikilinks_title_after_pipe = true;
        on.underline = true;
        on.subscript = true;
        on.spoiler = true;
        on.highlight = true;
        on.insert = true;
        options.parse.relaxed_tasklist_matching = true;
        options.parse.tasklist_in_table = true;
        options.parse.relaxed_autolinks = true;
        options
    }
}

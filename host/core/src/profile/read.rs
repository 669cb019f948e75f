//! Reads Markdown into the few things a card may show.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::inline::{Inline, Style};
use super::{MOST_COLUMNS, ProfileError, Values, inert};

/// How deep lists may nest; deeper items are shown at this depth.
const MOST_DEPTH: usize = 4;
/// CommonMark 0.31 section 5.2: a list number has at most nine digits.
const MOST_NUMBER: u64 = 999_999_999;
const WHAT: &str = "detail";

/// What stands before an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    Number(u64),
}

/// One block. The document is a flat sequence: neighbouring items are a list, and their depths its nesting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(Inline),
    Item { depth: usize, marker: Marker, text: Inline },
    Code(String),
    Table(Vec<Vec<Inline>>),
}

impl Block {
    /// With texts in the place of names in braces: they are characters here, whatever Markdown would make of them.
    pub(super) fn filled(self, by: &mut Values<'_>) -> Result<Self, ProfileError> {
        let mut put = |text: Inline| {
            let filled = text.filled(by).ok_or(ProfileError::Slot("template"))?;
            filled.normal().ok_or(ProfileError::Character(WHAT))
        };
        Ok(match self {
            Self::Paragraph(text) => Self::Paragraph(put(text)?),
            Self::Item { depth, marker, text } => Self::Item { depth, marker, text: put(text)? },
            Self::Table(rows) => {
                let row = |row: Vec<Inline>| row.into_iter().map(&mut put).collect::<Result<Vec<_>, _>>();
                Self::Table(rows.into_iter().map(row).collect::<Result<_, _>>()?)
            }
            Self::Code(code) => {
                let mut text = Inline::default();
                text.push(&code, Style::Code);
                let filled = text.filled(by).ok_or(ProfileError::Slot("template"))?.text();
                Self::Code(inert::code(&filled).ok_or(ProfileError::Character(WHAT))?)
            }
        })
    }
}

/// Reads a source that [`super::characters::prepared`] made. Nothing here calls itself, so depth costs no stack.
pub(super) fn read(source: &str) -> Result<Vec<Block>, ProfileError> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(source, Options::ENABLE_TABLES) {
        reader.event(event)?;
    }
    reader.flush()?;
    Ok(reader.blocks)
}

/// A list that is being read, and the block that its current item became.
#[derive(Debug)]
struct List {
    marker: Marker,
    shown: Option<usize>,
}

#[derive(Debug, Default)]
struct Reader {
    blocks: Vec<Block>,
    lists: Vec<List>,
    text: Inline,
    strong: usize,
    emphasis: usize,
    code: Option<String>,
    rows: Vec<Vec<Inline>>,
    cells: Vec<Inline>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), ProfileError> {
        match event {
            Event::Start(tag) => self.start(&tag)?,
            Event::End(tag) => self.end(tag)?,
            Event::Text(text) => self.words(&text),
            Event::Code(text) => self.text.push(&text.replace('\n', " "), Style::Code),
            Event::Html(text) | Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.words(&text.replace('\n', " "));
            }
            Event::SoftBreak => self.text.push(" ", Style::Plain),
            Event::HardBreak => self.text.push("\n", Style::Plain),
            Event::Rule => self.flush()?,
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), ProfileError> {
        match tag {
            Tag::Emphasis => self.emphasis = self.emphasis.saturating_add(1),
            Tag::Strong => self.strong = self.strong.saturating_add(1),
            Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {}
            Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell => self.flush()?,
            Tag::Heading { .. } => {
                self.flush()?;
                self.strong = self.strong.saturating_add(1);
            }
            Tag::List(first) => {
                self.flush()?;
                self.lists.push(List { marker: first.map_or(Marker::Bullet, Marker::Number), shown: None });
            }
            Tag::CodeBlock(_) => {
                self.flush()?;
                self.code = Some(String::new());
            }
            Tag::Paragraph
            | Tag::BlockQuote(_)
            | Tag::HtmlBlock
            | Tag::Item
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => self.flush()?,
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) -> Result<(), ProfileError> {
        match tag {
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link | TagEnd::Image | TagEnd::Strikethrough | TagEnd::Superscript | TagEnd::Subscript => {}
            TagEnd::TableCell => self.end_cell()?,
            TagEnd::TableHead | TagEnd::TableRow => self.end_row(),
            TagEnd::Table => self.end_table()?,
            TagEnd::Heading(_) => {
                self.flush()?;
                self.strong = self.strong.saturating_sub(1);
            }
            TagEnd::Item => {
                self.flush()?;
                self.end_item();
            }
            TagEnd::List(_) => {
                self.flush()?;
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.end_code()?,
            TagEnd::Paragraph
            | TagEnd::BlockQuote(_)
            | TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::MetadataBlock(_) => self.flush()?,
        }
        Ok(())
    }

    fn words(&mut self, text: &str) {
        let style = match (self.strong, self.emphasis) {
            (0, 0) => Style::Plain,
            (0, _) => Style::Emphasis,
            (_, _) => Style::Strong,
        };
        match &mut self.code {
            Some(code) => code.push_str(text),
            None => self.text.push(text, style),
        }
    }

    /// Ends the text that is being read: a paragraph, an item, or one more line of an item.
    fn flush(&mut self) -> Result<(), ProfileError> {
        let text = self.take()?;
        if text.is_empty() {
            return Ok(());
        }
        let (last, next) = (self.blocks.len().checked_sub(1), self.blocks.len());
        let depth = self.lists.iter().rev().skip(1).filter(|list| list.shown.is_some()).count();
        match (self.lists.last_mut(), self.blocks.last_mut()) {
            (None, _) => self.blocks.push(Block::Paragraph(text)),
            (Some(list), Some(Block::Item { text: shown, .. })) if list.shown.is_some() && list.shown == last => {
                shown.push("\n", Style::Plain);
                shown.append(text);
            }
            (Some(list), _) if list.shown.is_some() => self.blocks.push(Block::Paragraph(text)),
            (Some(list), _) => {
                list.shown = Some(next);
                let marker = list.marker;
                self.item(depth, marker, text);
            }
        }
        Ok(())
    }

    /// The text read so far, in its one form.
    fn take(&mut self) -> Result<Inline, ProfileError> {
        std::mem::take(&mut self.text).normal().ok_or(ProfileError::Character(WHAT))
    }

    /// Adds an item, no deeper than one below the item before it. A number that does not go on counting would be
    /// shown as another number: such an item is shown as a paragraph with its number.
    fn item(&mut self, depth: usize, marker: Marker, text: Inline) {
        let below = match self.blocks.last() {
            Some(Block::Item { depth, .. }) => depth.saturating_add(1),
            Some(Block::Paragraph(_) | Block::Code(_) | Block::Table(_)) | None => 0,
        };
        let depth = depth.min(below).min(MOST_DEPTH);
        match (last_at(&self.blocks, depth), marker) {
            (Some(Marker::Number(last)), Marker::Number(own)) if last.checked_add(1) != Some(own) => {
                self.numbered_paragraph(own, text);
            }
            (_, Marker::Number(own)) if own > MOST_NUMBER => self.numbered_paragraph(own, text),
            _ => self.blocks.push(Block::Item { depth, marker, text }),
        }
    }

    fn numbered_paragraph(&mut self, number: u64, text: Inline) {
        let mut numbered = Inline::default();
        numbered.push(&format!("{number}. "), Style::Plain);
        numbered.append(text);
        self.blocks.push(Block::Paragraph(numbered));
    }

    fn end_item(&mut self) {
        if let Some(list) = self.lists.last_mut() {
            list.shown = None;
            list.marker = match list.marker {
                Marker::Bullet => Marker::Bullet,
                Marker::Number(number) => Marker::Number(number.saturating_add(1)),
            };
        }
    }

    fn end_cell(&mut self) -> Result<(), ProfileError> {
        self.text = std::mem::take(&mut self.text).on_one_line();
        let cell = self.take()?;
        self.cells.push(cell);
        Ok(())
    }

    fn end_row(&mut self) {
        let mut row = std::mem::take(&mut self.cells);
        // The parser fills rows up to the header's length; the header itself says the number of columns.
        while !self.rows.is_empty() && row.last().is_some_and(Inline::is_empty) {
            row.pop();
        }
        if !row.is_empty() {
            self.rows.push(row);
        }
    }

    fn end_table(&mut self) -> Result<(), ProfileError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.first().is_some_and(|head| head.len() > MOST_COLUMNS) {
            return Err(ProfileError::TooMany("table columns"));
        }
        if rows.iter().flatten().any(|cell| !cell.is_empty()) {
            self.blocks.push(Block::Table(rows));
        }
        Ok(())
    }

    fn end_code(&mut self) -> Result<(), ProfileError> {
        let code = self.code.take().unwrap_or_default();
        let code = inert::code(&code).ok_or(ProfileError::Character(WHAT))?;
        if !code.is_empty() {
            self.blocks.push(Block::Code(code));
        }
        Ok(())
    }
}

/// The marker that an item at this depth would follow in its list.
pub(super) fn last_at(blocks: &[Block], depth: usize) -> Option<Marker> {
    let items = blocks.iter().rev().map_while(|block| match block {
        Block::Item { depth, marker, .. } => Some((*depth, *marker)),
        Block::Paragraph(_) | Block::Code(_) | Block::Table(_) => None,
    });
    let (at, marker) = items.into_iter().find(|(at, _)| *at <= depth)?;
    (at == depth).then_some(marker)
}

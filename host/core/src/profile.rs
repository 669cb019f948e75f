//! The card profile: what a plugin may write on a card.
//!
//! The screen that shows a card is a browser with a network, so a text that a renderer turns into a link, an image or a
//! tag is a way out. No list of bad texts is kept: what a plugin wrote is *read* into a small model (`read`) that has no
//! place for links, images or HTML, and *printed* again (`print`) with every character escaped that could be syntax.
//! A text is let out only if reading and printing it once more changes nothing.
//!
//! Three rules hold for every text, in a line, a table or a code block:
//!
//! - characters nobody sees are taken out if Unicode calls them ignorable, and else refused (`characters`);
//! - Unicode normalisation form C, one space where there were several, none at the ends;
//! - pairs of characters that start a tag, a link or an address get one plain space between them (`inert`), so that
//!   even a renderer which takes the text for the wrong language loads nothing. The text stays readable: `eGFR <30` is
//!   unchanged, `<img` becomes `< img`, `http://evil.example` becomes `http: / /evil. example`.

mod characters;
mod inert;
mod inline;
#[cfg(test)]
mod pieces;
mod print;
mod read;

use inline::{Inline, Style};

/// Why a card was refused. What the plugin wrote is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// More than the profile has room for.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// Nothing where something is needed.
    #[error("no {0}")]
    Empty(&'static str),
    /// The same twice.
    #[error("repeated {0}")]
    Repeated(&'static str),
    /// Not in the manifest, or not in view.
    #[error("{0} is not listed")]
    Unlisted(&'static str),
    /// Longer than the profile allows.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A character that no card may hold.
    #[error("{0} holds a character that a card may not hold")]
    Character(&'static str),
    /// A slot that is not there, or a value that it does not take.
    #[error("not what the manifest's slots take: {0}")]
    Slot(&'static str),
    /// Something that the hospital did not grant.
    #[error("{0} is not granted")]
    NotGranted(&'static str),
    /// Markdown that does not read the same after it was printed.
    #[error("{0} has no fixed form")]
    Unstable(&'static str),
}

/// The most bytes of a card's detail, as the plugin wrote it.
pub const MOST_DETAIL: usize = 4_096;
/// The most bytes of a card's detail after escaping.
pub const MOST_PRINTED: usize = 3 * MOST_DETAIL;
/// The most columns of a table: a renderer fills every row up to the header, so columns times rows must stay small.
pub const MOST_COLUMNS: usize = 16;
/// How often a text may change before it is called unstable. Honest texts need one pass and one that proves it.
const MOST_PASSES: usize = 4;
const WHAT: &str = "detail";

/// The text for a name in braces.
type Values<'a> = dyn FnMut(&str) -> Option<String> + 'a;

/// One line of plain text, at most `most` characters as it leaves.
///
/// It is meant to be shown as plain text, and inert if it is taken for Markdown or HTML. The same line comes back if it
/// is given again.
///
/// # Errors
/// [`ProfileError::Character`] also for a line break, [`ProfileError::Empty`], [`ProfileError::TooLong`].
pub fn line(text: &str, most: usize) -> Result<String, ProfileError> {
    const WHAT: &str = "text";
    // Before any work: what is taken out below costs time as well.
    if text.len() > MOST_DETAIL {
        return Err(ProfileError::TooLong(WHAT));
    }
    if text.contains('\n') {
        return Err(ProfileError::Character(WHAT));
    }
    let mut inline = Inline::default();
    inline.push(text, Style::Plain);
    let line = inline.normal().ok_or(ProfileError::Character(WHAT))?.text();
    if line.is_empty() {
        return Err(ProfileError::Empty(WHAT));
    }
    if line.chars().count() > most {
        return Err(ProfileError::TooLong(WHAT));
    }
    Ok(line)
}

/// Markdown of paragraphs, emphasis, lists, tables and code, in the one form this printer writes. Empty if nothing of
/// the text may be shown.
///
/// Of headings, quotes and nested emphasis the text stays, of links and images the words, of HTML its source as plain
/// text: nothing a clinician should have read vanishes. The address of a link, rules and definitions are dropped.
/// The result is a fixed point: it comes back unchanged if it is given again.
///
/// # Errors
/// [`ProfileError`]: too long, a character that no card may hold, or more columns than a table may have.
pub fn markdown(text: &str) -> Result<String, ProfileError> {
    if text.len() > MOST_DETAIL {
        return Err(ProfileError::TooLong(WHAT));
    }
    settled(text)
}

/// Repeats reading and printing until nothing changes.
fn settled(text: &str) -> Result<String, ProfileError> {
    let mut text = characters::prepared(text).ok_or(ProfileError::Character(WHAT))?;
    for _ in 0..MOST_PASSES {
        let printed = print::print(&read::read(&text)?);
        if printed.len() > MOST_PRINTED {
            return Err(ProfileError::TooLong(WHAT));
        }
        // What was prepared is prepared: this pass was the proof.
        if printed == text {
            return Ok(text);
        }
        let prepared = characters::prepared(&printed).ok_or(ProfileError::Character(WHAT))?;
        if prepared == text {
            return Ok(text);
        }
        text = prepared;
    }
    Err(ProfileError::Unstable(WHAT))
}

/// Whether Markdown with names in braces is in the one form as it stands: what a reviewer reads is what is shown.
pub(crate) fn is_settled(template: &str) -> bool {
    // The printer escapes braces outside code.
    markdown(template).is_ok_and(|printed| printed.replace("\\{", "{").replace("\\}", "}") == template)
}

/// Markdown with texts in the place of names in braces, as [`markdown`] prints it.
///
/// The texts are put in after the Markdown was read, so nothing in them is a mark: `>60` stays `>60` at the start of a
/// line, where Markdown has a quote, and `5*10` stays `5*10`.
///
/// # Errors
/// [`ProfileError`]: as [`markdown`], or a brace without a known name.
pub(crate) fn filled(template: &str, by: &mut Values<'_>) -> Result<String, ProfileError> {
    let source = characters::prepared(template).ok_or(ProfileError::Character(WHAT))?;
    let blocks = read::read(&source)?.into_iter().map(|block| block.filled(by)).collect::<Result<Vec<_>, _>>()?;
    settled(&print::print(&blocks))
}

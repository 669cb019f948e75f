//! The card profile: no text of a plugin becomes more than text, whatever renders it.

use std::sync::LazyLock;

use cordon_core::profile::{MOST_DETAIL, MOST_PRINTED, ProfileError, line, markdown};
use regex::Regex;
use unicode_normalization::is_nfc;

use crate::reader::{forbidden, keeps_footer, seen};
use crate::{Broken, Seen, holds};

/// As long as a summary may be (CDS Hooks 2.0, card attributes).
const MOST_LINE: usize = 139;

/// A footer of the host's. Its first word would go on with an item, a row or a quote that was left open.
pub const FOOTER: &str = "Computed by a tool. Not a medical device.";

/// Characters that nobody sees or that turn the order of others (Unicode: DerivedCoreProperties, PropList, UnicodeData).
static HIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    let classes = r"\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{White_Space}";
    Regex::new(&format!("[[{classes}]--[ \\n]]")).expect("a pattern")
});

/// The start of a tag or of a character reference, for whoever takes the text for HTML.
static HTML: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[A-Za-z/!?]|&#?[A-Za-z0-9]+;").expect("a pattern"));

/// What a program that looks for addresses in a text would take for one.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)://|//|\bwww\.|[\p{Alphabetic}\p{N}]\.+\p{Alphabetic}|[^\s]@[^\s]|\b(mailto|javascript|data|tel):\S",
    )
    .expect("a pattern")
});

/// Any bytes as what a plugin wrote: as a detail and as a summary.
///
/// # Errors
/// [`Broken`].
pub fn card(input: &[u8]) -> Result<Seen, Broken> {
    let text = String::from_utf8_lossy(input);
    let summary = summary(&text)?;
    let detail = detail(&text)?;
    Ok(if summary || detail { Seen::Accepted } else { Seen::Refused })
}

fn summary(text: &str) -> Result<bool, Broken> {
    let Ok(printed) = line(text, MOST_LINE) else { return Ok(false) };
    let show = || format!("{text:?} gave {printed:?}");
    holds(line(&printed, MOST_LINE).as_ref() == Ok(&printed), "a line is a fixed point", show)?;
    holds(printed.chars().count() <= MOST_LINE, "a line is at most as long as asked", show)?;
    holds(!printed.is_empty() && !printed.contains('\n'), "a line is one line", show)?;
    characters(&printed)?;
    inert(&printed)?;
    Ok(true)
}

fn detail(text: &str) -> Result<bool, Broken> {
    let printed = match markdown(text) {
        Ok(printed) => printed,
        Err(error) => {
            let known =
                matches!(error, ProfileError::Character(_) | ProfileError::TooLong(_) | ProfileError::TooMany(_));
            return holds(known, "a detail has a fixed form", || format!("{error}: {text:?}")).map(|()| false);
        }
    };
    let again = || printed.len() > MOST_DETAIL || markdown(&printed).as_ref() == Ok(&printed);
    holds(again(), "a detail is a fixed point", || format!("{text:?} gave {printed:?}"))?;
    as_a_card(&printed)?;
    Ok(!printed.is_empty())
}

/// A detail as it leaves.
///
/// # Errors
/// [`Broken`].
pub fn as_a_card(printed: &str) -> Result<(), Broken> {
    let show = || format!("{printed:?}");
    holds(printed.len() <= MOST_PRINTED, "a detail is bounded", show)?;
    characters(printed)?;
    let found = forbidden(printed);
    holds(found.is_empty(), "no reader finds more than text", || format!("{found:?} in {printed:?}"))?;
    inert(&seen(printed))?;
    holds(!HTML.is_match(&printed.replace("\\&", "&")), "no tag begins in the source", show)?;
    holds(keeps_footer(printed, FOOTER), "the footer stays a paragraph of its own", show)
}

/// Text as it leaves, character by character.
///
/// # Errors
/// [`Broken`].
pub fn characters(text: &str) -> Result<(), Broken> {
    let show = || format!("{text:?}");
    holds(!HIDDEN.is_match(text), "every character is seen", show)?;
    holds(is_nfc(text), "a text is in form C", show)?;
    holds(text.trim() == text, "a text has no white space at its ends", show)
}

/// What a reader sees: nothing that a program would take for a tag or an address.
///
/// # Errors
/// [`Broken`].
pub fn inert(seen: &str) -> Result<(), Broken> {
    holds(!HTML.is_match(seen), "no tag begins in what is seen", || format!("{seen:?}"))?;
    holds(!ADDRESS.is_match(seen), "no address stands in what is seen", || format!("{seen:?}"))
}

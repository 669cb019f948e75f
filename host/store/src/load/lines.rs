//! NDJSON: one resource to a line (Bulk Data). Blank lines are skipped; the last line may lack its end.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use serde::Deserialize;

use super::batch::Batch;
use super::spool::Aside;
use super::{LoadError, Place, TELL};
use crate::resource::{MAX_RESOURCE, ResourceError};
use crate::store::Store;

pub(crate) fn load(store: &Store, input: &mut dyn BufRead, batch: &mut Batch<'_>) -> Result<(), LoadError> {
    let mut aside = Aside::new(store)?;
    let (mut bytes, mut last) = (0_u64, Holds::Other);
    for line in 1_u64.. {
        let Some((text, length)) = next(input).map_err(LoadError::Input)? else { break };
        bytes = bytes.saturating_add(length);
        batch.read(bytes);
        let place = Place { line, entry: None };
        if !text.is_empty() {
            last = holds(&text);
            put_aside(&mut aside, batch, place, &text, last)?;
        }
        if line.is_multiple_of(TELL) {
            batch.tell()?;
        }
    }
    if last == Holds::CutOff {
        // Nobody knows what would have followed.
        aside.lack();
        batch.incomplete();
    }
    aside.keep(batch, &|text| Ok((text, 0)))
}

fn put_aside(aside: &mut Aside, batch: &mut Batch<'_>, place: Place, text: &[u8], is: Holds) -> Result<(), LoadError> {
    if text.len() > MAX_RESOURCE {
        if is == Holds::Consent {
            aside.lack();
        }
        return batch.refuse(place, ResourceError::TooLarge.into());
    }
    match is {
        Holds::Consent => aside.consent(place, text),
        Holds::CutOff | Holds::Other => aside.other(place, text),
    }
}

/// One resource that takes many lines.
pub(crate) fn load_one(input: &mut dyn BufRead, batch: &mut Batch<'_>) -> Result<(), LoadError> {
    let most = u64::try_from(MAX_RESOURCE).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    let length = input.take(most).read_to_end(&mut text).map_err(LoadError::Input)?;
    batch.read(u64::try_from(length).unwrap_or(u64::MAX));
    batch.offer(Place { line: 1, entry: None }, text)
}

/// What a text holds, as far as it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A Consent, or something that cannot be read and may be one.
    Consent,
    /// The beginning of something.
    CutOff,
    /// Anything else.
    Other,
}

/// Says what a text would be kept as, if it is kept. A key twice is an error, here and there.
pub(crate) fn holds(text: &[u8]) -> Holds {
    #[derive(Deserialize)]
    struct Named<'t> {
        #[serde(rename = "resourceType", borrow, default)]
        resource_type: Option<Cow<'t, str>>,
    }
    let word = b"Consent".as_slice();
    match serde_json::from_slice::<Named<'_>>(text) {
        Ok(named) if named.resource_type.as_deref() == Some("Consent") => Holds::Consent,
        Ok(_) => Holds::Other,
        Err(_) if text.windows(word.len()).any(|part| part == word) => Holds::Consent,
        Err(error) if error.is_eof() => Holds::CutOff,
        Err(_) => Holds::Other,
    }
}

/// The next line without the blanks around it, and how many bytes it took. Of a line that is too long only so much is kept
/// that it shows.
fn next(input: &mut dyn BufRead) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    let most = u64::try_from(MAX_RESOURCE).unwrap_or(u64::MAX).saturating_add(3);
    let mut text = Vec::new();
    let mut length = (&mut *input).take(most).read_until(b'\n', &mut text)?;
    if length == 0 {
        return Ok(None);
    }
    if length > MAX_RESOURCE && !text.ends_with(b"\n") {
        length = length.saturating_add(input.skip_until(b'\n')?);
    }
    let kept = text.trim_ascii().len();
    if kept < text.len() {
        text = text.trim_ascii().to_vec();
    }
    Ok(Some((text, u64::try_from(length).unwrap_or(u64::MAX))))
}

//! NDJSON: one resource to a line (Bulk Data). Blank lines are skipped; the last line may lack its end.

use std::io::{BufRead, Read};

use super::batch::Batch;
use super::{LoadError, Place};
use crate::resource::{MAX_RESOURCE, ResourceError};

pub(crate) fn load(input: &mut dyn BufRead, batch: &mut Batch<'_>) -> Result<(), LoadError> {
    let mut bytes: u64 = 0;
    for line in 1.. {
        let Some((text, length)) = next(input).map_err(LoadError::Input)? else { break };
        bytes = bytes.saturating_add(length);
        batch.read(bytes);
        let place = Place { line, entry: None };
        if text.len() > MAX_RESOURCE {
            batch.refuse(place, ResourceError::TooLarge.into());
        } else if !text.is_empty() {
            batch.offer(place, text)?;
        }
    }
    Ok(())
}

/// One resource that takes many lines.
pub(crate) fn load_one(input: &mut dyn BufRead, batch: &mut Batch<'_>) -> Result<(), LoadError> {
    let most = u64::try_from(MAX_RESOURCE).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = Vec::new();
    let length = input.take(most).read_to_end(&mut text).map_err(LoadError::Input)?;
    batch.read(u64::try_from(length).unwrap_or(u64::MAX));
    batch.offer(Place { line: 1, entry: None }, text)
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

//! What a run leaves in the hospital: notes for the operators, cells for itself.

use std::collections::BTreeMap;

use super::{Release, Sink};
use crate::cells::CellWrite;
use crate::fault::out;
use crate::gather::Views;
use crate::ids::EntryName;
use crate::message::Said;
use crate::profile::ProfileError;

/// The most notes of one run.
pub const MOST_NOTES: usize = 32;

/// Lets notes into the erasable part of the record: codes that the manifest lists, with its numbers.
///
/// # Errors
/// [`ProfileError`]: the plugin broke the contract, and nothing of the run leaves.
pub fn release_notes(said: &[Said], views: &Views) -> Result<Release<Vec<Said>>, ProfileError> {
    const UNLISTED: ProfileError = ProfileError::Unlisted("note");
    if said.len() > MOST_NOTES {
        return Err(ProfileError::TooMany("notes"));
    }
    let notes = &views.clearance().call().installed.manifest.notes;
    for one in said {
        let listed = notes.get(&one.event).is_some_and(|note| {
            let within = note.arguments.iter().zip(&one.arguments).all(|(argument, given)| *given <= argument.most);
            note.arguments.len() == one.arguments.len() && within
        });
        if !listed && !out!(NoteUnlisted) {
            return Err(UNLISTED);
        }
    }
    Ok(Release::to(Sink::Note, said.to_vec()))
}

/// Lets what a run wrote into its cells. They are written with the record, under the clearance of this run and no other.
///
/// # Errors
/// [`ProfileError`]: the plugin broke the contract, and nothing of the run leaves.
pub fn release_cells(
    written: &BTreeMap<EntryName, Option<Vec<u8>>>,
    views: &Views,
) -> Result<Release<Vec<CellWrite>>, ProfileError> {
    let given = views.kept().cells();
    let write = |(name, bytes): (&EntryName, &Option<Vec<u8>>)| {
        let cell = given.get(name).ok_or(ProfileError::Unlisted("cell"))?;
        let length = bytes.as_ref().map_or(0, Vec::len);
        if length > usize::try_from(cell.size).unwrap_or(0) && !out!(CellUnbounded) {
            return Err(ProfileError::TooLong("cell"));
        }
        Ok(CellWrite {
            key: views.clearance().key().clone(),
            name: name.clone(),
            read: cell.held.as_ref().map(|held| held.version),
            since: views.clearance().shreds(),
            size: cell.size,
            bytes: bytes.clone(),
        })
    };
    Ok(Release::to(Sink::Cell, written.iter().map(write).collect::<Result<_, ProfileError>>()?))
}

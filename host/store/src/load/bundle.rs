//! One Bundle, read twice: first through, collecting which entry has which name, then entry by entry from a file beside
//! the database.

mod spool;
mod stream;

use std::borrow::Cow;
use std::io::BufRead;

use cordon_fhir::reference::Reference;
use cordon_fhir::types::{ResourceType, is_id};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::spool::Spool;
use self::stream::{End, Header};
use super::batch::Batch;
use super::urn::{Targets, id_of, resolve, with_id};
use super::{LoadError, Place, Why};
use crate::store::Store;

/// So many entries are read between two reports of progress.
const TELL: u64 = 256;

/// What this loader looks at in an entry (R4 `Bundle.entry`). A key twice is an error.
#[derive(Deserialize)]
struct Entry<'t> {
    #[serde(rename = "fullUrl", borrow, default)]
    full_url: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    resource: Option<&'t RawValue>,
    #[serde(borrow, default)]
    request: Option<Request<'t>>,
}

#[derive(Deserialize)]
struct Request<'t> {
    #[serde(borrow, default)]
    method: Option<Cow<'t, str>>,
}

/// The name of a resource, if it has one.
#[derive(Deserialize)]
struct Head<'t> {
    #[serde(rename = "resourceType", borrow)]
    resource_type: Cow<'t, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'t, str>>,
}

pub(crate) fn load(store: &Store, input: &mut dyn BufRead, batch: &mut Batch<'_>) -> Result<(), LoadError> {
    let mut spool = Spool::new(store.directory().spool().map_err(LoadError::Spool)?);
    let mut targets = Targets::new();
    let mut failed = None;
    let mut each = |place: Place, text: &str, bytes: u64| {
        let twice = name(text).is_some_and(|(url, target)| !register(&mut targets, url, target));
        if place.entry.is_some_and(|entry| entry % TELL == 0) {
            batch.read(bytes);
            if let Err(error) = batch.tell() {
                failed = Some(error);
                return false;
            }
        }
        if twice {
            batch.refuse(place, Why::DuplicateFullUrl);
            return true;
        }
        spool.write(place, text).map_err(|error| failed = Some(LoadError::Spool(error))).is_ok()
    };
    let (header, end) = stream::read(input, &mut each);
    if let Some(error) = failed {
        return Err(error);
    }
    keep(&header, &mut spool, &targets, batch)?;
    match end {
        End::Whole => Ok(()),
        End::Stopped { place, why } => {
            batch.refuse(place, why);
            Ok(())
        }
        End::Input(error) => Err(LoadError::Input(error)),
    }
}

/// Second time through: everything that was put aside goes into the store.
fn keep(header: &Header, spool: &mut Spool, targets: &Targets, batch: &mut Batch<'_>) -> Result<(), LoadError> {
    if !header.is_loadable() {
        batch.refuse(Place { line: 1, entry: None }, Why::BundleType);
        return Ok(());
    }
    spool.rewind().map_err(LoadError::Spool)?;
    while let Some((place, text)) = spool.read().map_err(LoadError::Spool)? {
        match resource(&text, targets) {
            Ok((text, unresolved)) => {
                batch.unresolved(unresolved);
                batch.offer(place, text.into_bytes())?;
            }
            Err(why) => batch.refuse(place, why),
        }
    }
    Ok(())
}

/// The text to keep of an entry.
fn resource(text: &str, targets: &Targets) -> Result<(String, u64), Why> {
    let entry: Entry<'_> = serde_json::from_str(text).map_err(|_| Why::Entry)?;
    let method = entry.request.as_ref().and_then(|request| request.method.as_deref());
    if method.is_some_and(|method| !["POST", "PUT"].contains(&method)) {
        return Err(Why::Method);
    }
    let whole = entry.resource.ok_or(Why::NoResource)?.get();
    let (resolved, unresolved) = resolve(whole, targets);
    let nameless = serde_json::from_str::<Head<'_>>(whole).is_ok_and(|head| head.id.is_none());
    let id = entry.full_url.as_deref().and_then(id_of).filter(|_| nameless);
    let named = id.and_then(|id| with_id(&resolved, id));
    Ok((named.unwrap_or_else(|| resolved.into_owned()), unresolved))
}

/// By which name an entry can be referred to, and what it is.
fn name(text: &str) -> Option<(String, Reference)> {
    let entry: Entry<'_> = serde_json::from_str(text).ok()?;
    let url = entry.full_url.filter(|url| url.starts_with("urn:"))?;
    let head: Head<'_> = serde_json::from_str(entry.resource?.get()).ok()?;
    let id = head.id.as_deref().or_else(|| id_of(&url)).filter(|id| is_id(id))?.to_owned();
    let resource_type = ResourceType::new(head.resource_type).ok()?;
    Some((url.into_owned(), Reference { resource_type, id }))
}

/// Whether the name was free.
fn register(targets: &mut Targets, url: String, target: Reference) -> bool {
    let free = !targets.contains_key(&url);
    if free {
        targets.insert(url, target);
    }
    free
}

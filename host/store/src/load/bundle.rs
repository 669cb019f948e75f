//! One Bundle, read twice: first through, collecting which entry has which name, then entry by entry from a file beside
//! the database.

mod stream;

use std::borrow::Cow;
use std::io::BufRead;

use cordon_fhir::reference::Reference;
use cordon_fhir::types::{ResourceType, is_id};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use self::stream::End;
use super::batch::Batch;
use super::lines::{Holds, holds};
use super::spool::{Aside, Kept};
use super::urn::{Targets, id_of, resolve, with_id};
use super::{LoadError, Place, TELL, Why};
use crate::store::Store;

/// So much memory may the names of one Bundle take. A ward's Bundle of some 300,000 entries.
const ROOM: usize = 64 << 20;

/// What a name takes beside its text: the tree's share and the target.
const NAME: usize = 200;

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
    #[serde(borrow, default)]
    url: Option<Cow<'t, str>>,
    #[serde(rename = "ifMatch", default)]
    if_match: Option<IgnoredAny>,
    #[serde(rename = "ifNoneMatch", default)]
    if_none_match: Option<IgnoredAny>,
    #[serde(rename = "ifModifiedSince", default)]
    if_modified_since: Option<IgnoredAny>,
    #[serde(rename = "ifNoneExist", default)]
    if_none_exist: Option<IgnoredAny>,
}

impl Request<'_> {
    /// Why it is not done as it asks. A condition that nobody checks must not count as met (R4 http, conditional create and
    /// update).
    fn refusal(&self) -> Option<Why> {
        let conditions = [self.if_match, self.if_none_match, self.if_modified_since, self.if_none_exist];
        let searches = self.url.as_deref().is_some_and(|url| url.contains('?'));
        match self.method.as_deref() {
            Some(method) if !["POST", "PUT"].contains(&method) => Some(Why::Method),
            Some(_) | None => (searches || conditions.iter().any(Option::is_some)).then_some(Why::Conditional),
        }
    }
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
    load_within(store, input, batch, ROOM)
}

fn load_within(store: &Store, input: &mut dyn BufRead, batch: &mut Batch<'_>, room: usize) -> Result<(), LoadError> {
    let mut aside = Aside::new(store)?;
    let mut names = Names { targets: Targets::new(), room };
    let mut first = |place: Place, text: &str, bytes: u64| -> Result<Named, LoadError> {
        if place.entry.is_some_and(|entry| entry.is_multiple_of(TELL)) {
            batch.read(bytes);
            batch.tell()?;
        }
        let named = name(text).map_or(Named::Free, |(url, target)| names.register(url, target));
        match named {
            Named::Twice => {
                if holds_consent(text) {
                    aside.lack();
                }
                batch.refuse(place, Why::DuplicateFullUrl)?;
            }
            Named::Free if holds_consent(text) => aside.consent(place, text.as_bytes())?,
            Named::Free => aside.other(place, text.as_bytes())?,
            Named::Full => {}
        }
        Ok(named)
    };
    let mut last = Ok(Named::Free);
    let (header, end) = stream::read(input, &mut |place, text, bytes| {
        last = first(place, text, bytes);
        matches!(last, Ok(Named::Free | Named::Twice))
    });
    match (last?, end) {
        (Named::Full, _) => return none(batch, Why::Names),
        (_, End::Input(error)) => return Err(LoadError::Input(error)),
        (_, End::Stopped { place, why }) => {
            batch.incomplete();
            aside.lack();
            batch.refuse(place, why)?;
        }
        (_, End::Whole) => {}
    }
    if !header.is_loadable() {
        return none(batch, Why::BundleType);
    }
    aside.keep(batch, &|text| resource(text, &names.targets))
}

/// Refuses all of it.
fn none(batch: &mut Batch<'_>, why: Why) -> Result<(), LoadError> {
    batch.incomplete();
    batch.refuse(Place { line: 1, entry: None }, why)
}

/// The text to keep of an entry.
#[expect(clippy::needless_pass_by_value, reason = "as what is put aside is handed over")]
fn resource(text: Vec<u8>, targets: &Targets) -> Kept {
    let entry: Entry<'_> = serde_json::from_slice(&text).map_err(|_| Why::Entry)?;
    if let Some(why) = entry.request.as_ref().and_then(Request::refusal) {
        return Err(why);
    }
    let whole = entry.resource.ok_or(Why::NoResource)?.get();
    let (resolved, unresolved) = resolve(whole, targets);
    let nameless = serde_json::from_str::<Head<'_>>(whole).is_ok_and(|head| head.id.is_none());
    let id = entry.full_url.as_deref().and_then(id_of).filter(|_| nameless);
    let named = id.and_then(|id| with_id(&resolved, id));
    Ok((named.unwrap_or_else(|| resolved.into_owned()).into_bytes(), unresolved))
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

fn holds_consent(text: &str) -> bool {
    let entry = serde_json::from_str::<Entry<'_>>(text);
    // What stands in an entry that cannot be read is looked for in all of it.
    let resource = entry.map_or(Some(text), |entry| entry.resource.map(RawValue::get));
    resource.is_some_and(|resource| holds(resource.as_bytes()) == Holds::Consent)
}

/// What became of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// Nobody else has it.
    Free,
    /// An earlier entry has it.
    Twice,
    /// There is no room for it.
    Full,
}

/// The names of the entries so far, and how many bytes there still are for more.
struct Names {
    targets: Targets,
    room: usize,
}

impl Names {
    fn register(&mut self, url: String, target: Reference) -> Named {
        if self.targets.contains_key(&url) {
            return Named::Twice;
        }
        let Some(room) = self.room.checked_sub(url.len().saturating_add(NAME)) else { return Named::Full };
        self.room = room;
        self.targets.insert(url, target);
        Named::Free
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use cordon_core::ids::TenantId;

    use super::*;
    use crate::load::order::Older;

    #[test]
    fn a_bundle_with_more_names_than_there_is_room_for_is_not_loaded_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let ward = TenantId::new("ward").unwrap();
        let store = Store::open(folder.path(), &ward).unwrap();
        let entry = |n| format!(r#"{{"fullUrl":"urn:uuid:{n}","resource":{{"resourceType":"Patient","id":"{n}"}}}}"#);
        let entries: Vec<String> = (1..=3).map(entry).collect();
        let text = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","));
        let load = |room| {
            let mut on = |_| ControlFlow::Continue(());
            let mut batch = Batch::new(&store, &ward, store.loads.begin(), "", Older::Refused, &mut on);
            let ended = load_within(&store, &mut text.as_bytes(), &mut batch, room);
            batch.end(ended).report.unwrap()
        };
        let full = load(3 * (NAME + 10) - 1);
        assert_eq!((full.total().total(), full.refused, full.refusals[0].why), (0, 1, Why::Names));
        assert_eq!(load(3 * (NAME + 10)).total().new, 3);
    }
}

//! The manifest: what is accepted can be held to, and what is refused is refused in words that a terminal only shows.

use std::sync::LazyLock;

use cordon_core::grant::{Grant, GrantedNeed};
use cordon_core::limits::Limits;
use cordon_core::manifest::{MOST_NEEDS, Manifest, Need, PATIENT_TOKEN};
use cordon_core::profile::line;
use regex::Regex;
use url::Url;

use crate::skeleton::proposed;
use crate::{Broken, Seen, holds};

/// A path of FHIR element names, as the manifest's reference has it: at most six.
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*){0,5}$").expect("a pattern"));

/// What a terminal would obey or hide.
pub(crate) static ESCAPES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\x{ad}\x{200b}]").expect("a pattern"));

/// Any bytes as a `plugin.toml`.
///
/// # Errors
/// [`Broken`].
pub fn manifest(input: &[u8]) -> Result<Seen, Broken> {
    let Ok(text) = std::str::from_utf8(input) else { return Ok(Seen::Refused) };
    match Manifest::parse(text) {
        Ok(manifest) => {
            accepted(&manifest)?;
            holds(Manifest::parse(text).ok().as_ref() == Some(&manifest), "a text is one manifest", || {
                text.to_owned()
            })?;
            Ok(Seen::Accepted)
        }
        Err(error) => {
            let words = error.to_string();
            holds(!ESCAPES.is_match(&words), "a refusal is one line that a terminal shows", || format!("{words:?}"))?;
            Ok(Seen::Refused)
        }
    }
}

/// A manifest that the host took.
///
/// # Errors
/// [`Broken`].
pub fn accepted(manifest: &Manifest) -> Result<(), Broken> {
    holds(!manifest.services.is_empty(), "a plugin has a service", || format!("{manifest:?}"))?;
    let links = manifest.services.iter().filter_map(|service| service.link.as_ref());
    let urls = links.clone().map(|link| link.url.as_str()).chain(manifest.source.url.as_deref());
    urls.into_iter().try_for_each(plain_url)?;
    let labels = links.map(|link| &link.label).chain([&manifest.source.label]);
    labels
        .chain(manifest.override_reasons.values().map(|reason| &reason.display))
        .try_for_each(|text| unchanged(text))?;
    holds(manifest.needs.len() <= MOST_NEEDS, "a reviewer reads every need", || manifest.needs.len().to_string())?;
    manifest.needs.iter().try_for_each(|(name, own)| {
        holds(*name == own.name, "a need stands under its name", || format!("{own:?}"))?;
        need(own)
    })?;
    manifest.proposals.values().try_for_each(proposed)?;
    limits(&manifest.limits)?;
    grants(manifest)
}

/// An address has no room for data and means the same to every reader (WHATWG URL).
///
/// # Errors
/// [`Broken`].
pub fn plain_url(text: &str) -> Result<(), Broken> {
    let plain = |url: &Url| {
        let bare = url.username().is_empty() && url.password().is_none();
        bare && url.scheme() == "https" && url.query().is_none() && url.fragment().is_none() && url.has_host()
    };
    holds(Url::parse(text).is_ok_and(|url| plain(&url)), "a URL is https and nothing but host and path", || {
        text.to_owned()
    })
}

fn unchanged(text: &str) -> Result<(), Broken> {
    holds(line(text, 120).is_ok_and(|inert| inert == text), "a label is as the card profile writes it", || {
        text.to_owned()
    })
}

fn need(need: &Need) -> Result<(), Broken> {
    let show = || format!("{need:?}");
    let paths = need.elements.paths();
    holds((1..=64).contains(&paths.len()), "a need lists 1 to 64 elements", show)?;
    holds(paths.iter().all(|path| PATH.is_match(path)), "an element is a path", show)?;
    holds(need.newest != Some(0), "newest is at least 1", show)?;
    holds(!need.why.trim().is_empty(), "a need says why", show)?;
    let Some(scope) = need.source.record() else { return Ok(()) };
    let printed = scope.to_string();
    holds(printed.starts_with("patient/") && !printed.contains('*'), "a need is of one patient and one type", show)?;
    holds(scope.search_query(PATIENT_TOKEN).is_some(), "a need can be asked for", show)
}

fn limits(limits: &Limits) -> Result<(), Broken> {
    let most = Limits::of(limits.class);
    let within = limits.fuel <= most.fuel && limits.memory <= most.memory && limits.transfer <= most.transfer;
    holds(within && limits.fuel > 0 && limits.memory > 0, "limits are within their class", || format!("{limits:?}"))
}

/// All that a manifest asks for can be granted, and so can each need as its own scope prints.
fn grants(manifest: &Manifest) -> Result<(), Broken> {
    let show = |grant: &Grant| format!("{:?}", grant.check(manifest));
    let whole = Grant::whole(manifest);
    holds(whole.check(manifest).is_ok(), "the whole can be granted", || show(&whole))?;
    let scoped = manifest.needs.values().filter_map(|need| Some((need, need.source.record()?)));
    for (need, scope) in scoped {
        let mut same = whole.clone();
        same.needs.insert(need.name.clone(), GrantedNeed { within: Some(scope.to_string()) });
        holds(same.check(manifest).is_ok(), "a need is within itself", || show(&same))?;
    }
    Ok(())
}

//! `release`: the one gate. What a run produced becomes cards that may leave, or nothing.
//!
//! Link, source and icon come from the signed manifest, ids from the host's coins, the footer from the hospital. What the
//! plugin wrote passes the card profile; a card that breaks it is a trap, because the plugin broke the contract.

use std::collections::BTreeSet;
use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;
use serde_json::{Value, json};

use crate::gather::Views;
use crate::ids::{Coins, Digest, EntryName, MintedId};
use crate::manifest::{CardSource, Link, Manifest, OverrideReason};
use crate::message::{Advice, Answer, Asked, Indicator, Suggested};
use crate::profile::{ProfileError, line, markdown};
use crate::record::Issued;
use crate::words::Words;

/// The most cards of one answer.
pub const MOST_CARDS: usize = 10;
/// The most suggestions of one card.
pub const MOST_SUGGESTIONS: usize = 4;
/// The most actions of one suggestion.
pub const MOST_ACTIONS: usize = 4;
/// The most override reasons of one card.
pub const MOST_OVERRIDE_REASONS: usize = 8;
/// CDS Hooks 2.0, card attributes: the summary has fewer than 140 characters.
pub const MOST_SUMMARY: usize = 139;

/// Where something leaves to. Adding one breaks every match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// The card on the clinician's screen.
    Card,
}

/// Proof that the payload may leave through its sink. Only this module makes one, and it is spent once.
#[must_use]
#[derive(Debug)]
pub struct Release<T> {
    sink: Sink,
    payload: T,
}

impl<T> Release<T> {
    /// Where it may leave to.
    #[must_use]
    pub fn sink(&self) -> Sink {
        self.sink
    }

    pub(crate) fn payload(&self) -> &T {
        &self.payload
    }

    pub(crate) fn spend(self) -> T {
        self.payload
    }
}

/// The bytes of an answer, and what feedback may later name. Prints their number: a card speaks of a patient.
#[derive(Clone, PartialEq, Eq)]
pub struct Cards {
    /// The CDS Hooks response body.
    pub body: Vec<u8>,
    /// The cards in it.
    pub issued: Vec<Issued>,
}

impl fmt::Debug for Cards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cards").field("bytes", &self.body.len()).field("issued", &self.issued).finish()
    }
}

impl Cards {
    /// The digest of the body.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.body)
    }
}

/// Lets nothing out but the empty answer.
pub fn release_nothing() -> Release<Cards> {
    Release { sink: Sink::Card, payload: Cards { body: br#"{"cards":[]}"#.to_vec(), issued: Vec::new() } }
}

/// The constant card which says that the tool was not run.
pub fn release_not_evaluated(views: &Views, words: &Words) -> Release<Cards> {
    let call = views.clearance().call();
    let mut mint = Mint::new(call.coins);
    let text = |texts: &crate::manifest::Texts| texts.for_locale(&call.locale).to_owned();
    let card = Card {
        uuid: mint.id(),
        summary: text(&words.not_evaluated),
        detail: text(&words.not_evaluated_detail),
        indicator: Indicator::Info,
        source: CardSource { label: text(&words.hospital), url: None, icon: None },
        links: Vec::new(),
        suggestions: Vec::new(),
        selection_behavior: None,
        override_reasons: Vec::new(),
    };
    pack(vec![card], views)
}

/// Lets an answer out as cards.
///
/// # Errors
/// [`ProfileError`]: the plugin broke the card profile, and nothing leaves.
pub fn release(answer: &Answer, views: &Views, words: &Words) -> Result<Release<Cards>, ProfileError> {
    if answer.cards.len() > MOST_CARDS {
        return Err(ProfileError::TooMany("cards"));
    }
    let mut mint = Mint::new(views.clearance().call().coins);
    let cards = answer.cards.iter().map(|advice| card(advice, views, words, &mut mint));
    Ok(pack(cards.collect::<Result<_, _>>()?, views))
}

/// A card as CDS Hooks 2.0 writes it. Members are never null or empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    uuid: MintedId,
    summary: String,
    detail: String,
    indicator: Indicator,
    source: CardSource,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selection_behavior: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    override_reasons: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Suggestion {
    label: String,
    uuid: MintedId,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_recommended: bool,
    actions: Vec<Value>,
}

fn pack(cards: Vec<Card>, views: &Views) -> Release<Cards> {
    let service = &views.clearance().call().service.id;
    let issued = cards.iter().map(|card| Issued { card: card.uuid.clone(), service: service.clone() }).collect();
    let body = json!({ "cards": cards }).to_string().into_bytes();
    Release { sink: Sink::Card, payload: Cards { body, issued } }
}

fn card(advice: &Advice, views: &Views, words: &Words, mint: &mut Mint) -> Result<Card, ProfileError> {
    let call = views.clearance().call();
    let manifest = &call.installed.manifest;
    let detail = detail(advice.detail.as_deref(), &footer(manifest, words, &call.locale))?;
    let uuid = mint.id();
    let suggestions = suggestions(&advice.suggestions, views, mint)?;
    Ok(Card {
        uuid,
        summary: line(&advice.summary, MOST_SUMMARY)?,
        detail,
        indicator: advice.indicator,
        source: manifest.source.clone(),
        links: call.service.link.iter().map(link).collect(),
        selection_behavior: (!suggestions.is_empty()).then_some("at-most-one"),
        suggestions,
        override_reasons: override_reasons(&advice.override_reasons, manifest)?,
    })
}

/// The manifest alone chooses it, so that it is the same under every card.
fn footer(manifest: &Manifest, words: &Words, locale: &str) -> String {
    let footer = words.footer.for_locale(locale);
    if manifest.shifts_dates() {
        format!("{footer} {}", words.dates_shifted.for_locale(locale))
    } else {
        footer.to_owned()
    }
}

/// The plugin's words over the hospital's. The profile closes every block it opens, so after a blank line the rule is a
/// rule (no underline of a heading, no item, no row, no code) and the footer is a paragraph of its own.
fn detail(text: Option<&str>, footer: &str) -> Result<String, ProfileError> {
    let text = markdown(text.unwrap_or_default())?;
    Ok(if text.is_empty() { footer.to_owned() } else { format!("{text}\n\n---\n\n{footer}") })
}

fn link(link: &Link) -> Value {
    json!({ "label": link.label, "url": link.url, "type": "absolute" })
}

fn override_reasons(names: &[String], manifest: &Manifest) -> Result<Vec<Value>, ProfileError> {
    if names.len() > MOST_OVERRIDE_REASONS {
        return Err(ProfileError::TooMany("override reasons"));
    }
    let distinct: BTreeSet<&String> = names.iter().collect();
    if distinct.len() != names.len() {
        return Err(ProfileError::Repeated("override reasons"));
    }
    let coding = |reason: &OverrideReason| json!({ "reason": { "code": reason.code, "system": reason.system, "display": reason.display } });
    let named = |name: &String| {
        let name = EntryName::new(name.as_str()).map_err(|_| ProfileError::Unlisted("override reason"))?;
        manifest.override_reasons.get(&name).map(coding).ok_or(ProfileError::Unlisted("override reason"))
    };
    // CDS Hooks 2.0 lists Coding objects; `reason` is only the feedback's member.
    let inner = |value: Value| value.get("reason").cloned().unwrap_or_default();
    names.iter().map(|name| named(name).map(inner)).collect()
}

fn suggestions(asked: &[Suggested], views: &Views, mint: &mut Mint) -> Result<Vec<Suggestion>, ProfileError> {
    if asked.len() > MOST_SUGGESTIONS {
        return Err(ProfileError::TooMany("suggestions"));
    }
    if asked.iter().filter(|suggestion| suggestion.recommended).count() > 1 {
        return Err(ProfileError::TooMany("recommended suggestions"));
    }
    asked.iter().map(|suggestion| one_suggestion(suggestion, views, mint)).collect()
}

fn one_suggestion(asked: &Suggested, views: &Views, mint: &mut Mint) -> Result<Suggestion, ProfileError> {
    if asked.actions.is_empty() {
        return Err(ProfileError::Empty("suggestion actions"));
    }
    if asked.actions.len() > MOST_ACTIONS {
        return Err(ProfileError::TooMany("suggestion actions"));
    }
    Ok(Suggestion {
        label: line(&asked.label, 80)?,
        uuid: mint.id(),
        is_recommended: asked.recommended,
        actions: asked.actions.iter().map(|action| one_action(action, views, mint)).collect::<Result<_, _>>()?,
    })
}

fn one_action(asked: &Asked, views: &Views, mint: &mut Mint) -> Result<Value, ProfileError> {
    let call = views.clearance().call();
    match asked {
        Asked::Create(name) => {
            let name = EntryName::new(name.as_str()).map_err(|_| ProfileError::Unlisted("proposal"))?;
            let proposal = call.installed.manifest.proposals.get(&name).ok_or(ProfileError::Unlisted("proposal"))?;
            let resource = proposal.fill(&mint.id(), &call.patient);
            Ok(json!({ "type": "create", "description": proposal.description(), "resource": resource }))
        }
        Asked::Delete(minted) => {
            let draft = views.draft(minted).ok_or(ProfileError::Unlisted("draft order"))?;
            Ok(json!({ "type": "delete", "description": "Remove the draft order", "resourceId": draft.to_string() }))
        }
    }
}

/// Ids for what leaves, from the invocation's coins: nothing a plugin chooses is an id.
struct Mint(ChaCha20Rng);

impl Mint {
    fn new(coins: Coins) -> Self {
        Self(ChaCha20Rng::from_seed(coins.seed()))
    }

    fn id(&mut self) -> MintedId {
        let mut bytes = [0_u8; 16];
        self.0.fill_bytes(&mut bytes);
        MintedId::from_random(bytes)
    }
}

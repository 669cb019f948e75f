//! `release`: the one gate. What a run produced becomes cards that may leave, or nothing.
//!
//! Link, source and icon come from the signed manifest, ids from the host's coins, the footer from the hospital. What the
//! plugin wrote passes the card profile; a card that breaks it is a trap, because the plugin broke the contract.

mod diagnosis;
mod kept;

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;
use serde_json::{Value, json};

use crate::fault::out;
use crate::gather::Views;
use crate::ids::{Coins, Digest, EntryName, MintedId};
use crate::manifest::{CardMode, Link, Manifest, OverrideReason, USUAL_CARDS};
use crate::message::{Advice, Answer, Asked, CardText, Filled, Indicator, Suggested};
use crate::profile::{ProfileError, line, markdown};
use crate::proposal::Proposal;
use crate::record::Issued;
use crate::words::Words;

pub use diagnosis::{DiagnosisError, STRUCK, release_diagnosis};
pub use kept::{MOST_NOTES, release_cells, release_notes};

/// The most cards of one answer.
pub const MOST_CARDS: usize = 10;
/// The most suggestions of one card.
pub const MOST_SUGGESTIONS: usize = 4;
/// The most actions of one suggestion.
pub const MOST_ACTIONS: usize = 4;
/// The most characters of a suggestion's label.
pub const MOST_LABEL: usize = 80;
/// The most override reasons of one card.
pub const MOST_OVERRIDE_REASONS: usize = 8;
/// CDS Hooks 2.0, card attributes: the summary has fewer than 140 characters.
pub const MOST_SUMMARY: usize = 139;

/// Where something leaves to. Adding one breaks every match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sink {
    /// The card on the clinician's screen, with its suggestions, reasons and link.
    Card,
    /// What the EHR is told to store without asking anybody.
    SystemAction,
    /// A cell: the plugin itself, in a later call of the same patient, purpose and clearance.
    Cell,
    /// A note: the hospital's operators, in the erasable part of the record.
    Note,
    /// How a call ended, as HTTP tells it, and in which bucket of time.
    Outcome,
    /// Figures of the whole host: `/metrics`, spans and the support bundle.
    Figure,
    /// What a failed run saw, released by hand to a named key.
    Diagnosis,
}

impl Sink {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Card, Self::SystemAction, Self::Cell, Self::Note, Self::Outcome, Self::Figure, Self::Diagnosis];
}

/// Proof that the payload may leave through its sink. Only this module makes one, and it is spent once.
#[must_use]
#[derive(Debug)]
pub struct Release<T> {
    sink: Sink,
    payload: T,
}

impl<T> Release<T> {
    fn to(sink: Sink, payload: T) -> Self {
        Self { sink, payload }
    }

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
    Release::to(Sink::Card, Cards { body: br#"{"cards":[]}"#.to_vec(), issued: Vec::new() })
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
        source: Source { label: text(&words.hospital), url: None, icon: None },
        links: Vec::new(),
        suggestions: Vec::new(),
        selection_behavior: None,
        override_reasons: Vec::new(),
    };
    pack(&Body { cards: vec![card], system_actions: Vec::new() }, views)
}

/// Lets an answer out as cards.
///
/// # Errors
/// [`ProfileError`]: the plugin broke the card profile, and nothing leaves.
pub fn release(answer: &Answer, views: &Views, words: &Words) -> Result<Release<Cards>, ProfileError> {
    let rules = views.clearance().call().installed.manifest.cards;
    if answer.cards.len() > rules.most {
        return Err(ProfileError::TooMany("cards"));
    }
    let mut mint = Mint::new(views.clearance().call().coins);
    let cards = answer.cards.iter().map(|advice| card(advice, views, words, &mut mint));
    let mut cards = cards.collect::<Result<Vec<_>, _>>()?;
    if rules.most > USUAL_CARDS {
        // So many cards in an order of the plugin's own would be a message beside their texts.
        cards.sort_by_cached_key(Card::place);
    }
    let system_actions = system_actions(&answer.system_actions, views, &mut mint)?;
    Ok(pack(&Body { cards, system_actions }, views))
}

/// A card as CDS Hooks 2.0 writes it. Members are never null or empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    uuid: MintedId,
    summary: String,
    detail: String,
    indicator: Indicator,
    source: Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selection_behavior: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    override_reasons: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Value>,
}

impl Card {
    /// Where a card stands among others: most urgent first, then by all that it says, so that only cards which say the same
    /// stand as the plugin gave them. The ids are not among it: they were minted in the plugin's order.
    fn place(&self) -> (Reverse<Indicator>, String) {
        let unnamed = |action: &Value| {
            let mut action = action.clone();
            action.pointer_mut("/resource/id").map(Value::take);
            action
        };
        let suggested = |one: &Suggestion| {
            let actions = one.actions.iter().map(unnamed).collect::<Vec<_>>();
            json!([one.label, one.is_recommended, actions])
        };
        let suggestions: Vec<_> = self.suggestions.iter().map(suggested).collect();
        let reasons = &self.override_reasons;
        (Reverse(self.indicator), json!([self.summary, self.detail, reasons, suggestions]).to_string())
    }
}

/// `card.source`.
#[derive(Debug, Serialize)]
struct Source {
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<String>,
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

/// The response as CDS Hooks 2.0 writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    cards: Vec<Card>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system_actions: Vec<Value>,
}

fn pack(body: &Body, views: &Views) -> Release<Cards> {
    let service = &views.clearance().call().service.id;
    let issued = body.cards.iter().map(|card| Issued { card: card.uuid.clone(), service: service.clone() }).collect();
    // Texts, lists and numbers always are JSON. Were they not, nothing would leave.
    serde_json::to_vec(body).map_or_else(|_| release_nothing(), |body| Release::to(Sink::Card, Cards { body, issued }))
}

fn card(advice: &Advice, views: &Views, words: &Words, mint: &mut Mint) -> Result<Card, ProfileError> {
    let call = views.clearance().call();
    let manifest = &call.installed.manifest;
    let said = said(&advice.text, views)?;
    let detail = detail(&said.detail, &footer(manifest, words, &call.locale));
    let links = call.service.link.iter().filter_map(|told| link(told, views, &said.summary)).collect();
    let uuid = mint.id();
    let suggestions = suggestions(&advice.suggestions, views, words, mint)?;
    Ok(Card {
        uuid,
        summary: if out!(ProfileOff) { said.summary } else { line(&said.summary, MOST_SUMMARY)? },
        detail,
        indicator: said.indicator,
        source: source(views),
        links,
        selection_behavior: (!suggestions.is_empty()).then_some("at-most-one"),
        suggestions,
        override_reasons: override_reasons(&advice.override_reasons, manifest)?,
    })
}

/// The words of one card, whosever they are.
struct SaidText {
    summary: String,
    /// As the card profile prints it.
    detail: String,
    indicator: Indicator,
}

fn said(text: &CardText, views: &Views) -> Result<SaidText, ProfileError> {
    let call = views.clearance().call();
    let manifest = &call.installed.manifest;
    match (text, manifest.cards.mode) {
        (CardText::Free { .. }, CardMode::Templated) if !out!(TemplateIgnored) => {
            Err(ProfileError::Unlisted("free text"))
        }
        (CardText::Free { summary, detail, indicator }, CardMode::Text | CardMode::Templated) => {
            let detail = detail.as_deref().unwrap_or_default();
            let detail = if out!(ProfileOff) { detail.to_owned() } else { markdown(detail)? };
            Ok(SaidText { summary: summary.clone(), detail, indicator: *indicator })
        }
        (CardText::Template(filled), CardMode::Text | CardMode::Templated) => {
            const UNLISTED: ProfileError = ProfileError::Unlisted("template");
            let name = EntryName::new(filled.name.as_str()).map_err(|_| UNLISTED)?;
            let template = manifest.templates.get(&name).ok_or(UNLISTED)?;
            let (summary, detail) = template.fill(filled, &call.locale, views.views())?;
            Ok(SaidText { summary, detail, indicator: template.indicator })
        }
    }
}

/// Label, address and icon are the manifest's, the same on every card.
fn source(views: &Views) -> Source {
    let installed = &views.clearance().call().installed;
    let told = &installed.manifest.source;
    let outside = installed.powers.external_link || out!(LinkUngranted);
    Source {
        label: told.label.clone(),
        url: told.url.clone().filter(|_| outside),
        icon: told.icon.as_ref().and_then(|icon| installed.copies.get(&icon.digest).cloned()),
    }
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
fn detail(text: &str, footer: &str) -> String {
    if text.is_empty() { footer.to_owned() } else { format!("{text}\n\n---\n\n{footer}") }
}

/// The service's link: the hospital's own copy, or where the manifest says if the hospital granted that, or none. No data
/// decides, so it is the same on every card of the service.
///
/// `appContext` and `type: smart` (text for an app of the publisher's) and `autolaunchable` (a request without a click) are
/// never on it.
fn link(told: &Link, views: &Views, said: &str) -> Option<Value> {
    let installed = &views.clearance().call().installed;
    let copy = told.copy.as_ref().and_then(|copy| installed.copies.get(&copy.digest));
    let outside = (installed.powers.external_link || out!(LinkUngranted)).then_some(&told.url);
    let url = copy.or(outside)?;
    if out!(AppContextSent) {
        return Some(json!({ "label": told.label, "url": url, "type": "smart", "appContext": said }));
    }
    if out!(AutolaunchKept) {
        return Some(json!({ "label": told.label, "url": told.url, "type": "absolute", "autolaunchable": true }));
    }
    Some(json!({ "label": told.label, "url": url, "type": "absolute" }))
}

fn override_reasons(names: &[String], manifest: &Manifest) -> Result<Vec<Value>, ProfileError> {
    if names.len() > MOST_OVERRIDE_REASONS {
        return Err(ProfileError::TooMany("override reasons"));
    }
    let distinct: BTreeSet<&String> = names.iter().collect();
    if distinct.len() != names.len() {
        return Err(ProfileError::Repeated("override reasons"));
    }
    let named = |name: &String| {
        let name = EntryName::new(name.as_str()).map_err(|_| ProfileError::Unlisted("override reason"))?;
        manifest.override_reasons.get(&name).ok_or(ProfileError::Unlisted("override reason"))
    };
    // CDS Hooks 2.0: a list of Coding. In the order of their names: an order of the plugin's own would be a message.
    let coding =
        |reason: &OverrideReason| json!({ "code": reason.code, "system": reason.system, "display": reason.display });
    distinct.into_iter().map(|name| named(name).map(coding)).collect()
}

fn suggestions(
    asked: &[Suggested],
    views: &Views,
    words: &Words,
    mint: &mut Mint,
) -> Result<Vec<Suggestion>, ProfileError> {
    if asked.len() > MOST_SUGGESTIONS {
        return Err(ProfileError::TooMany("suggestions"));
    }
    if asked.iter().filter(|suggestion| suggestion.recommended).count() > 1 {
        return Err(ProfileError::TooMany("recommended suggestions"));
    }
    asked.iter().map(|suggestion| one_suggestion(suggestion, views, words, mint)).collect()
}

fn one_suggestion(
    asked: &Suggested,
    views: &Views,
    words: &Words,
    mint: &mut Mint,
) -> Result<Suggestion, ProfileError> {
    let first = asked.actions.first().ok_or(ProfileError::Empty("suggestion actions"))?;
    if asked.actions.len() > MOST_ACTIONS {
        return Err(ProfileError::TooMany("suggestion actions"));
    }
    let manifest = &views.clearance().call().installed.manifest;
    let label = match (&asked.label, manifest.cards.mode) {
        (Some(_), CardMode::Templated) if !out!(TemplateIgnored) => {
            return Err(ProfileError::Unlisted("suggestion label"));
        }
        (Some(label), CardMode::Text | CardMode::Templated) => line(label, MOST_LABEL)?,
        (None, CardMode::Text | CardMode::Templated) => described(first, views, words)?,
    };
    Ok(Suggestion {
        label,
        uuid: mint.id(),
        is_recommended: asked.recommended,
        actions: asked.actions.iter().map(|asked| one_action(asked, views, words, mint)).collect::<Result<_, _>>()?,
    })
}

/// What an action does, in the manifest's or the host's words.
fn described(asked: &Asked, views: &Views, words: &Words) -> Result<String, ProfileError> {
    let locale = &views.clearance().call().locale;
    match asked {
        Asked::Create(filled) => Ok(proposal(filled, views)?.description(locale).to_owned()),
        Asked::Delete(_) => Ok(words.delete_draft.for_locale(locale).to_owned()),
    }
}

fn proposal<'a>(filled: &Filled, views: &'a Views) -> Result<&'a Proposal, ProfileError> {
    const UNLISTED: ProfileError = ProfileError::Unlisted("proposal");
    let installed = &views.clearance().call().installed;
    let name = EntryName::new(filled.name.as_str()).map_err(|_| UNLISTED)?;
    let proposal = installed.manifest.proposals.get(&name).ok_or(UNLISTED)?;
    if proposal.allow().is_subset(&installed.powers.allow) || out!(LibertyUngranted) {
        Ok(proposal)
    } else {
        Err(ProfileError::NotGranted("what the proposal holds"))
    }
}

fn one_action(asked: &Asked, views: &Views, words: &Words, mint: &mut Mint) -> Result<Value, ProfileError> {
    let call = views.clearance().call();
    let description = described(asked, views, words)?;
    match asked {
        Asked::Create(filled) => {
            let resource = proposal(filled, views)?.fill(filled, views.views(), &mint.id(), &call.patient)?;
            Ok(json!({ "type": "create", "description": description, "resource": resource }))
        }
        Asked::Delete(minted) => {
            let draft = views.draft(minted).map(ToString::to_string).or_else(|| out!(IdChosen).then(|| minted.clone()));
            let draft = draft.ok_or(ProfileError::Unlisted("draft order"))?;
            Ok(json!({ "type": "delete", "description": description, "resourceId": draft }))
        }
    }
}

/// What the EHR stores without asking anybody: proposals that say so, of types that the hospital granted.
fn system_actions(asked: &[Asked], views: &Views, mint: &mut Mint) -> Result<Vec<Value>, ProfileError> {
    if asked.len() > MOST_ACTIONS {
        return Err(ProfileError::TooMany("system actions"));
    }
    let call = views.clearance().call();
    let one = |asked: &Asked| match asked {
        Asked::Create(filled) => {
            let proposal = proposal(filled, views)?;
            let granted = call.installed.powers.system_actions.contains(proposal.resource_type());
            if !(proposal.is_system_action() && granted || out!(ActionUngranted)) {
                return Err(ProfileError::NotGranted("system action"));
            }
            let resource = proposal.fill(filled, views.views(), &mint.id(), &call.patient)?;
            let description = proposal.description(&call.locale);
            Ok(json!({ "type": "create", "description": description, "resource": resource }))
        }
        Asked::Delete(_) => Err(ProfileError::NotGranted("system action")),
    };
    asked.iter().map(one).collect()
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

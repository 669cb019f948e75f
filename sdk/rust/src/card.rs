//! Cards. What the card profile of the host takes out of a text is taken out here too, so that a test sees what the
//! clinician will see; what it refuses cannot be built.

use std::fmt;

use crate::{Detail, MAX_DETAIL_BYTES, Proposal, Template};

/// The most characters of a summary (CDS Hooks 2.0: under 140).
pub const MAX_SUMMARY_CHARACTERS: usize = 139;
/// The most characters of a suggestion's label.
pub const MAX_LABEL_CHARACTERS: usize = 80;
/// The most suggestions of a card.
pub const MAX_SUGGESTIONS: usize = 4;
/// The most actions of a suggestion.
pub const MAX_ACTIONS: usize = 4;
/// The most override reasons of a card.
pub const MAX_OVERRIDE_REASONS: usize = 8;

/// How urgent a card is, as in CDS Hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indicator {
    /// Something worth knowing.
    Info,
    /// Something to consider before going on.
    Warning,
    /// Something that needs attention now.
    Critical,
}

/// What accepting a suggestion does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Proposes an order: one of the manifest's `[[proposal]]` entries.
    Create(Proposal),
    /// Proposes to remove the draft order with this id.
    Delete(String),
}

/// Why a card cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardError {
    /// A text that must be there is empty.
    Empty,
    /// A text is too long.
    TooLong,
    /// A text that must be one line of plain text holds a line break, or any text holds a control character, a
    /// direction control or a private character.
    NotOneLine,
    /// A text holds a web or mail address: links belong into the manifest.
    Link,
    /// More suggestions than [`MAX_SUGGESTIONS`], actions than [`MAX_ACTIONS`], reasons than [`MAX_OVERRIDE_REASONS`] or
    /// slots than [`crate::MAX_SLOTS`].
    TooMany,
    /// A slot is filled twice, without a name, or with nothing: no finite number, no code, no row.
    Slot,
    /// A detail for a card whose words are the manifest's.
    Templated,
    /// A second recommended suggestion.
    SecondRecommended,
}

impl fmt::Display for CardError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "a text is empty",
            Self::TooLong => "a text is too long",
            Self::NotOneLine => "a text is not one line of plain text",
            Self::Link => "a text holds an address; links belong into the manifest",
            Self::TooMany => "too many suggestions, actions, override reasons or slots",
            Self::Slot => "a slot is filled twice or with nothing",
            Self::Templated => "a templated card has no words of the plugin's own",
            Self::SecondRecommended => "a second suggestion is recommended",
        })
    }
}

impl std::error::Error for CardError {}

/// One suggestion of a card: a button and at least one action.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    label: Option<String>,
    recommended: bool,
    actions: Vec<Action>,
}

impl Suggestion {
    /// Proposes an order, under a label of the plugin's own: for cards of its own words. A `[[proposal]]` without slots is
    /// its name: `Suggestion::create("Order creatinine", "creatinine")`.
    ///
    /// # Errors
    /// [`CardError`] if the label is not one line of 1 to 80 visible characters, or the proposal has no name or a slot
    /// that is filled with nothing.
    pub fn create(label: impl Into<String>, proposal: impl Into<Proposal>) -> Result<Self, CardError> {
        Self::labeled(label.into(), Action::Create(proposal.into().checked()?))
    }

    /// Proposes an order, under the manifest's description of it: for every card, and the only way on a templated one.
    ///
    /// # Errors
    /// As [`Suggestion::create`].
    pub fn propose(proposal: impl Into<Proposal>) -> Result<Self, CardError> {
        Ok(Self::new(None, Action::Create(proposal.into().checked()?)))
    }

    /// Proposes to remove the draft order with this id, as read from a view of `context.draftOrders`, under a label of the
    /// plugin's own.
    ///
    /// # Errors
    /// As [`Suggestion::create`].
    pub fn delete(label: impl Into<String>, draft_id: &str) -> Result<Self, CardError> {
        Self::labeled(label.into(), Action::Delete(name(draft_id)?))
    }

    /// As [`Suggestion::delete`], under the host's label.
    ///
    /// # Errors
    /// [`CardError::Empty`] if the id is empty.
    pub fn remove(draft_id: &str) -> Result<Self, CardError> {
        Ok(Self::new(None, Action::Delete(name(draft_id)?)))
    }

    /// Accepting also proposes this order.
    ///
    /// # Errors
    /// As [`Suggestion::propose`], and [`CardError::TooMany`] for a fifth action.
    pub fn and_create(mut self, proposal: impl Into<Proposal>) -> Result<Self, CardError> {
        if self.actions.len() >= MAX_ACTIONS {
            return Err(CardError::TooMany);
        }
        self.actions.push(Action::Create(proposal.into().checked()?));
        Ok(self)
    }

    /// The one suggestion that the card recommends.
    #[must_use]
    pub fn recommended(mut self) -> Self {
        self.recommended = true;
        self
    }

    /// The text on the button, empty if it is the manifest's or the host's.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or_default()
    }

    /// Whether the card recommends it.
    #[must_use]
    pub fn is_recommended(&self) -> bool {
        self.recommended
    }

    /// What accepting does, in this order.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    fn labeled(label: String, action: Action) -> Result<Self, CardError> {
        Ok(Self::new(Some(one_line(&label, MAX_LABEL_CHARACTERS)?), action))
    }

    fn new(label: Option<String>, action: Action) -> Self {
        Self { label, recommended: false, actions: vec![action] }
    }
}

/// Whose words a card says.
#[derive(Debug, Clone, PartialEq)]
enum Text {
    Own { summary: String, detail: Option<String>, indicator: Indicator },
    Template(Template),
}

/// One card. Source, link, ids and footer are the host's: they come from the signed manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    text: Text,
    suggestions: Vec<Suggestion>,
    override_reasons: Vec<String>,
}

impl Card {
    /// Something worth knowing.
    ///
    /// # Errors
    /// [`CardError`] if the summary is not one line of 1 to 139 characters.
    pub fn info(summary: impl Into<String>) -> Result<Self, CardError> {
        Self::new(Indicator::Info, summary)
    }

    /// Something to consider before going on.
    ///
    /// # Errors
    /// As [`Card::info`].
    pub fn warning(summary: impl Into<String>) -> Result<Self, CardError> {
        Self::new(Indicator::Warning, summary)
    }

    /// Something that needs attention now.
    ///
    /// # Errors
    /// As [`Card::info`].
    pub fn critical(summary: impl Into<String>) -> Result<Self, CardError> {
        Self::new(Indicator::Critical, summary)
    }

    /// A card of this urgency.
    ///
    /// # Errors
    /// As [`Card::info`].
    pub fn new(indicator: Indicator, summary: impl Into<String>) -> Result<Self, CardError> {
        let summary = one_line(&summary.into(), MAX_SUMMARY_CHARACTERS)?;
        Ok(Self::with(Text::Own { summary, detail: None, indicator }))
    }

    /// A card in the words of the manifest: a `[[template]]`, for `[cards] mode = "templated"`.
    ///
    /// ```
    /// # use cordon_sdk::{Card, CardError, Suggestion, Proposal};
    /// # fn main() -> Result<(), CardError> {
    /// let card = Card::template("reduced").number("egfr", 43.9).code("stage", "g3b").row("value", "r1").card()?;
    /// let card = card.suggest(Suggestion::propose(Proposal::named("repeat").number("days", 14))?)?;
    /// # assert_eq!(card.suggestions().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn template(name: &str) -> Template {
        Template::named(name)
    }

    pub(crate) fn of(template: Template) -> Self {
        Self::with(Text::Template(template))
    }

    fn with(text: Text) -> Self {
        Self { text, suggestions: Vec::new(), override_reasons: Vec::new() }
    }

    /// Sets the detail; an empty one is left out.
    ///
    /// # Errors
    /// [`CardError::Templated`] on a templated card, [`CardError::TooLong`] over 4,096 bytes, [`CardError::Link`] if a text holds a web or mail address,
    /// [`CardError::NotOneLine`] if one holds a direction control or a private character.
    pub fn detail(mut self, detail: Detail) -> Result<Self, CardError> {
        let Text::Own { detail: own, .. } = &mut self.text else { return Err(CardError::Templated) };
        let markdown = detail.markdown();
        if markdown.len() > MAX_DETAIL_BYTES {
            return Err(CardError::TooLong);
        }
        if detail.has_link() {
            return Err(CardError::Link);
        }
        if markdown.chars().any(is_refused) {
            return Err(CardError::NotOneLine);
        }
        *own = (!markdown.is_empty()).then(|| markdown.to_owned());
        Ok(self)
    }

    /// Adds a suggestion.
    ///
    /// # Errors
    /// [`CardError::TooMany`] for a fifth, [`CardError::SecondRecommended`] for a second recommended one.
    pub fn suggest(mut self, suggestion: Suggestion) -> Result<Self, CardError> {
        if self.suggestions.len() >= MAX_SUGGESTIONS {
            return Err(CardError::TooMany);
        }
        if suggestion.recommended && self.suggestions.iter().any(Suggestion::is_recommended) {
            return Err(CardError::SecondRecommended);
        }
        self.suggestions.push(suggestion);
        Ok(self)
    }

    /// Offers the manifest's `[[override-reason]]` with this name; a second time changes nothing.
    ///
    /// # Errors
    /// [`CardError::Empty`] if the name is empty, [`CardError::TooMany`] for a ninth reason.
    pub fn override_reason(mut self, reason: &str) -> Result<Self, CardError> {
        let reason = name(reason)?;
        if self.override_reasons.contains(&reason) {
            return Ok(self);
        }
        if self.override_reasons.len() >= MAX_OVERRIDE_REASONS {
            return Err(CardError::TooMany);
        }
        self.override_reasons.push(reason);
        Ok(self)
    }

    /// The summary; empty if the manifest words it.
    #[must_use]
    pub fn summary(&self) -> &str {
        match &self.text {
            Text::Own { summary, .. } => summary,
            Text::Template(_) => "",
        }
    }

    /// The detail as Markdown, empty if there is none or the manifest words it.
    #[must_use]
    pub fn markdown(&self) -> &str {
        match &self.text {
            Text::Own { detail, .. } => detail.as_deref().unwrap_or_default(),
            Text::Template(_) => "",
        }
    }

    /// How urgent. Of a templated card the manifest says that; here it counts as [`Indicator::Info`].
    #[must_use]
    pub fn indicator(&self) -> Indicator {
        match &self.text {
            Text::Own { indicator, .. } => *indicator,
            Text::Template(_) => Indicator::Info,
        }
    }

    /// The template and what was put into its slots; `None` for a card of the plugin's own words.
    #[must_use]
    pub fn as_template(&self) -> Option<&Template> {
        match &self.text {
            Text::Own { .. } => None,
            Text::Template(template) => Some(template),
        }
    }

    /// The suggestions.
    #[must_use]
    pub fn suggestions(&self) -> &[Suggestion] {
        &self.suggestions
    }

    /// Names of the override reasons on offer.
    #[must_use]
    pub fn override_reasons(&self) -> &[String] {
        &self.override_reasons
    }
}

fn name(text: &str) -> Result<String, CardError> {
    if text.is_empty() { Err(CardError::Empty) } else { Ok(text.to_owned()) }
}

fn one_line(text: &str, most: usize) -> Result<String, CardError> {
    let text = visible(text);
    if text.trim().is_empty() {
        return Err(CardError::Empty);
    }
    if text.chars().count() > most {
        return Err(CardError::TooLong);
    }
    if text.chars().any(|c| c.is_control() || is_refused(c)) {
        return Err(CardError::NotOneLine);
    }
    if Detail::new().paragraph(&text).has_link() {
        return Err(CardError::Link);
    }
    Ok(text)
}

/// The text as the host shows it, without characters that Unicode lets a renderer ignore (soft hyphen, zero width,
/// variation selectors, fillers, tags): a name in a record may hold them. Unicode 16, `Default_Ignorable_Code_Point`
/// without `Bidi_Control`.
pub(crate) fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_ignorable(*c)).collect()
}

fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters that the host refuses, because a reader would not see what the text says: line and paragraph separators,
/// direction controls (Unicode 16, `Bidi_Control`), interlinear annotation, private use.
fn is_refused(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fff9}'..='\u{fffb}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_1_to_139_characters_on_one_line() {
        assert!(Card::info("ü".repeat(139)).is_ok());
        assert_eq!(Card::info("ü".repeat(140)), Err(CardError::TooLong));
        assert_eq!(Card::info(" "), Err(CardError::Empty));
        for text in ["a\nb", "a\u{2028}b", "a\tb"] {
            assert_eq!(Card::info(text), Err(CardError::NotOneLine), "{text:?}");
        }
    }

    #[test]
    fn a_character_that_the_host_refuses_is_refused_in_every_text() {
        for c in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{e000}\u{fff9}\u{f0000}\u{10ffff}".chars() {
            let text = format!("a{c}b");
            assert_eq!(Card::info(text.as_str()), Err(CardError::NotOneLine), "{c:?}");
            assert_eq!(Suggestion::create(text.as_str(), "x"), Err(CardError::NotOneLine), "{c:?}");
            let detail = Detail::new().list([&text]);
            assert_eq!(Card::info("x").unwrap().detail(detail), Err(CardError::NotOneLine), "{c:?}");
        }
    }

    #[test]
    fn a_character_that_the_host_takes_out_is_gone_and_not_counted() {
        let text =
            "Metfor\u{ad}min \u{26a0}\u{fe0f}\u{200b}\u{200d}\u{2060}\u{2065}\u{feff}\u{e0041}\u{e0100}\u{1d173}";
        let card = Card::info(text).unwrap().detail(Detail::new().heading(text)).unwrap();
        assert_eq!((card.summary(), card.markdown()), ("Metformin \u{26a0}", "**Metformin \u{26a0}**"));
        assert!(Card::info(format!("{}{}", "\u{ad}".repeat(9), "a".repeat(139))).is_ok());
        assert_eq!(Card::info("\u{200b} \u{feff}"), Err(CardError::Empty));
        assert_eq!(Card::info("htt\u{ad}p:/\u{200b}/x"), Err(CardError::Link));
        assert_eq!(Suggestion::delete("Re\u{ad}move", "d1").unwrap().label(), "Remove");
    }

    #[test]
    fn an_address_in_a_text_is_refused() {
        assert_eq!(Card::info("see https://x.example"), Err(CardError::Link));
        let detail = Detail::new().paragraph("write to a@b.example");
        assert_eq!(Card::info("x").unwrap().detail(detail), Err(CardError::Link));
    }

    #[test]
    fn a_detail_has_at_most_4096_bytes_and_an_empty_one_is_left_out() {
        let card = || Card::info("x").unwrap();
        assert!(card().detail(Detail::new().paragraph("a".repeat(4_096))).is_ok());
        assert_eq!(card().detail(Detail::new().paragraph("ü".repeat(2_049))), Err(CardError::TooLong));
        assert_eq!(card().detail(Detail::new()).unwrap(), card());
    }

    #[test]
    fn a_card_has_at_most_four_suggestions_and_one_recommended() {
        let suggestion = || Suggestion::delete("Remove", "d1").unwrap();
        let mut card = Card::info("x").unwrap().suggest(suggestion().recommended()).unwrap();
        assert_eq!(card.clone().suggest(suggestion().recommended()), Err(CardError::SecondRecommended));
        for _ in 1..4 {
            card = card.suggest(suggestion()).unwrap();
        }
        assert_eq!(card.suggest(suggestion()), Err(CardError::TooMany));
    }

    #[test]
    fn a_card_has_at_most_eight_override_reasons_and_none_twice() {
        let mut card = Card::info("x").unwrap();
        for name in ["a", "b", "c", "d", "e", "f", "g", "h", "a"] {
            card = card.override_reason(name).unwrap();
        }
        assert_eq!(card.override_reasons().len(), 8);
        assert_eq!(card.override_reason("i"), Err(CardError::TooMany));
    }

    #[test]
    fn a_templated_card_has_no_detail_of_the_plugins_own() {
        let card = Card::template("reduced").card().unwrap();
        assert_eq!(card.detail(Detail::new().paragraph("own words")), Err(CardError::Templated));
    }

    #[test]
    fn a_suggestion_in_the_manifests_words_has_no_label() {
        let repeat = Suggestion::propose(Proposal::named("repeat").number("days", 14)).unwrap();
        assert_eq!(repeat.label(), "");
        assert_eq!(Suggestion::remove("d1").unwrap().actions(), [Action::Delete("d1".to_owned())]);
        assert_eq!(Suggestion::propose(Proposal::named("repeat").number("days", f64::NAN)), Err(CardError::Slot));
    }

    #[test]
    fn a_suggestion_has_at_most_four_actions() {
        let mut suggestion = Suggestion::delete("Replace", "d1").unwrap();
        for _ in 1..4 {
            suggestion = suggestion.and_create("x").unwrap();
        }
        assert_eq!(suggestion.and_create("x"), Err(CardError::TooMany));
    }

    #[test]
    fn a_label_has_at_most_80_characters_and_an_action_a_name() {
        assert!(Suggestion::create("a".repeat(80), "x").is_ok());
        assert_eq!(Suggestion::create("a".repeat(81), "x"), Err(CardError::TooLong));
        assert_eq!(Suggestion::delete("Remove", ""), Err(CardError::Empty));
    }
}

//! A card as its writer wants it, as a host without a gate would pass it on, and as the gate lets it out.

use cordon_core::message::Indicator;
use cordon_core::profile::ProfileError;
use serde_json::{Value, json};

use crate::gate::let_out;

/// The one link that the manifest names.
pub const LINK: &str = "https://example.org/renal";
/// The hospital's footer.
pub const FOOTER: &str = "This tool uses only the data it is allowed to see. The data may be incomplete.";
/// Where the hospital serves the copy of the icon that the manifest pins.
pub const ICON: &str = "https://cordon.hospital.example/copies/icon";
/// Where the manifest's source leads.
pub const ABOUT: &str = "https://example.org/about";

/// A card as its writer wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name in reports.
    pub id: String,
    /// The secret in its texts.
    pub mark: String,
    /// `summary`.
    pub summary: String,
    /// `detail`.
    pub detail: String,
    /// `indicator`.
    pub indicator: Indicator,
    /// A suggestion's `label`.
    pub label: String,
    /// An override reason's `display`.
    pub reason: String,
    /// `source.label`.
    pub source: String,
    /// `source.url`.
    pub source_url: Option<String>,
    /// `source.icon`.
    pub source_icon: Option<String>,
    /// `link.url`.
    pub link: String,
    /// What the record holds, on a signed card that copies it. Such a card has no words of its own.
    pub copied: Option<String>,
}

impl Written {
    /// A card that tries nothing.
    #[must_use]
    pub fn honest(id: &str, mark: &str) -> Self {
        Self {
            id: id.to_owned(),
            mark: mark.to_owned(),
            summary: "eGFR 44 mL/min/1.73 m²".to_owned(),
            detail: "Give **5 mg**.".to_owned(),
            indicator: Indicator::Info,
            label: "Order creatinine".to_owned(),
            reason: "Short course".to_owned(),
            source: "Renal dosing guard".to_owned(),
            source_url: None,
            source_icon: None,
            link: LINK.to_owned(),
            copied: None,
        }
    }

    /// A card with this text wherever a text can stand; where only one line fits, its line feeds are spaces.
    #[must_use]
    pub fn everywhere(id: &str, mark: &str, text: &str) -> Self {
        let line = text.replace('\n', " ");
        Self {
            summary: line.clone(),
            detail: text.to_owned(),
            label: line.clone(),
            reason: line.clone(),
            source: line,
            ..Self::honest(id, mark)
        }
    }

    /// The card's texts one at a time, each on an honest card: the gate refuses a card for the first text it refuses.
    #[must_use]
    pub fn apart(&self) -> [Self; 6] {
        let honest = |what: &str| Self::honest(&format!("{} / {what}", self.id), &self.mark);
        [
            Self { detail: self.detail.clone(), ..honest("detail") },
            Self { summary: self.summary.clone(), ..honest("summary") },
            Self { label: self.label.clone(), ..honest("label") },
            Self { source: self.source.clone(), ..honest("source") },
            Self { reason: self.reason.clone(), ..honest("reason") },
            self.in_the_record(),
        ]
    }

    /// One line for the page: the card as a host without a gate would pass it on.
    #[must_use]
    pub fn ungated(&self) -> Value {
        let members =
            [("label", Some(&self.source)), ("url", self.source_url.as_ref()), ("icon", self.source_icon.as_ref())];
        let source = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))).collect();
        self.shown(&self.summary, &self.detail, &self.label, &self.reason, &Value::Object(source), &self.link)
    }

    /// One line for the page: the card as the gate lets it out ([`crate::gate`]). `link`, `source.url` and `source.icon` have
    /// no way in: a card takes them from the manifest.
    ///
    /// # Errors
    /// [`ProfileError`]: the gate refuses the card, or a host the manifest, and nothing leaves.
    pub fn gated(&self) -> Result<Value, ProfileError> {
        Ok(json!({ "id": self.id, "mark": self.mark, "card": let_out(self)? }))
    }

    /// The same text in the record, from where the host copies it into a signed card.
    #[must_use]
    pub fn in_the_record(&self) -> Self {
        Self { copied: Some(self.detail.clone()), ..Self::honest(&format!("{} / copied", self.id), &self.mark) }
    }

    fn shown(&self, summary: &str, detail: &str, label: &str, reason: &str, source: &Value, link: &str) -> Value {
        json!({ "id": self.id, "mark": self.mark, "card": {
            "summary": summary, "detail": detail, "indicator": self.indicator, "source": source,
            "suggestions": [{ "label": label }],
            "overrideReasons": [{ "code": "a", "system": "https://example.org/reasons", "display": reason }],
            "links": [{ "label": "Guideline", "url": link, "type": "absolute" }],
        }})
    }
}

/// Cards for the page.
#[derive(Debug, Default)]
pub struct Set {
    /// What is shown, one object each.
    pub cards: Vec<Value>,
    /// Which cards were refused, and why.
    pub refused: Vec<(String, ProfileError)>,
    /// The footer that each card must end with.
    footer: Option<&'static str>,
}

impl Set {
    /// The first cards, at most this many, that the gate lets out.
    pub fn gated(written: impl IntoIterator<Item = Written>, most: usize) -> Self {
        let mut set = Self { footer: Some(FOOTER), ..Self::default() };
        for card in written {
            if set.cards.len() >= most {
                break;
            }
            match card.gated() {
                Ok(shown) => set.cards.push(shown),
                Err(error) => set.refused.push((card.id, error)),
            }
        }
        set
    }

    /// These cards as they are.
    pub fn ungated(written: impl IntoIterator<Item = Written>) -> Self {
        Self { cards: written.into_iter().map(|card| card.ungated()).collect(), ..Self::default() }
    }

    /// What `page/drive.mjs` reads: the footer and the manifest's addresses, then the cards.
    #[must_use]
    pub fn lines(&self) -> String {
        let head = json!({ "footer": self.footer, "manifest": [LINK, ABOUT, ICON] });
        [&head].into_iter().chain(&self.cards).map(|line| format!("{line}\n")).collect()
    }
}

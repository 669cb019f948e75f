//! The texts that the host itself says to clinicians. Constant: no data chooses among them.

use crate::manifest::Texts;

/// The host's own words. A hospital may put its own in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Stands under every card.
    pub footer: Texts,
    /// Follows it under every card of a plugin that reads shifted dates.
    pub dates_shifted: Texts,
    /// The summary of the card that says a tool was not run.
    pub not_evaluated: Texts,
    /// Its detail.
    pub not_evaluated_detail: Texts,
    /// What a suggestion does that removes a draft order.
    pub delete_draft: Texts,
    /// `card.source.label` of that card.
    pub hospital: Texts,
}

impl Default for Words {
    fn default() -> Self {
        let texts = |en: &str, de: &str| Texts { en: en.to_owned(), de: Some(de.to_owned()) };
        Self {
            footer: texts(
                "This tool uses only the data it is allowed to see. The data may be incomplete.",
                "Dieses Werkzeug nutzt nur Daten, die es sehen darf. Die Daten können unvollständig sein.",
            ),
            dates_shifted: texts(
                "The dates that this tool reads were moved on purpose: no date in its text is a real one.",
                "Die Kalendertage, die dieses Werkzeug liest, sind mit Absicht verschoben: Kein Datum in seinem Text stimmt.",
            ),
            not_evaluated: texts("Not evaluated", "Nicht ausgewertet"),
            not_evaluated_detail: texts(
                "This tool was not run, because it may not see all the data it needs. Decide without it.",
                "Dieses Werkzeug wurde nicht ausgeführt, weil es nicht alle nötigen Daten sehen darf. Entscheiden Sie ohne es.",
            ),
            delete_draft: texts("Remove the draft order", "Verordnungsentwurf entfernen"),
            hospital: texts("Cordon", "Cordon"),
        }
    }
}

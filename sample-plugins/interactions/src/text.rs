//! What the clinician reads, in English and German.

use cordon_sdk::prelude::*;

use crate::check::{Checked, Finding, Kind, NotChecked};
use crate::dose::{Against, Dose};
use crate::table::{Effect, Label, Pair, Substance};

/// Codes of a "not checked" list.
const MOST_CODES: usize = 12;

pub(crate) fn summary(finding: &Finding, language: Language) -> String {
    match &finding.kind {
        Kind::Allergy { recorded } => {
            let drafts = finding.drafts.iter().map(|(ordered, _)| *ordered);
            let ordered = drafts.clone().next().map_or("", |ordered| name(ordered, language));
            match language {
                Language::English => {
                    format!(
                        "{} ordered, and an allergy or intolerance to {} is recorded",
                        title(ordered),
                        name(*recorded, language)
                    )
                }
                Language::German => format!(
                    "{} verordnet, und eine Allergie oder Unverträglichkeit gegen {} ist erfasst",
                    title(ordered),
                    name(*recorded, language)
                ),
            }
        }
        Kind::Pair(pair, dose, against) => match pair.effect {
            Effect::SimvastatinLimit(limit) => simvastatin(pair, limit, *dose, *against, language),
            Effect::DigoxinRises => effect(pair, ("the digoxin level rises", "der Digoxin-Spiegel steigt"), language),
            Effect::Bleeding => effect(pair, ("the risk of bleeding rises", "das Blutungsrisiko steigt"), language),
            Effect::InrRises => {
                effect(pair, ("the effect of warfarin and the INR rise", "Warfarin-Wirkung und INR steigen"), language)
            }
        },
    }
}

pub(crate) fn detail(finding: &Finding, language: Language) -> Detail {
    let detail = Detail::new().paragraph(rule(finding, language));
    let drafts = finding.drafts.iter().map(|(substance, _)| (language.pick("Draft order", "Entwurf"), *substance));
    let active =
        finding.active.iter().map(|substance| (language.pick("Active order", "Aktive Verordnung"), *substance));
    let detail =
        detail.list(drafts.chain(active).map(|(what, substance)| format!("{what}: {}", name(substance, language))));
    detail.paragraph(source(finding, language))
}

pub(crate) fn remove(substance: Substance, language: Language) -> String {
    match language {
        Language::English => format!("Remove the draft order: {}", name(substance, language)),
        Language::German => format!("Verordnungsentwurf entfernen: {}", name(substance, language)),
    }
}

/// `None` if everything was checked and shown.
pub(crate) fn not_checked(checked: &Checked, hidden: usize, language: Language) -> Option<String> {
    let counted = [
        (checked.drafts.count(), language.pick("draft orders", "Entwürfe")),
        (checked.active.count(), language.pick("active orders", "aktive Verordnungen")),
        (checked.allergies.count(), language.pick("recorded allergies", "erfasste Allergien")),
    ];
    let parts: Vec<_> =
        counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what} ({count})")).collect();
    let parts = parts.join(", ");
    match (parts.is_empty(), hidden, language) {
        (true, 0, _) => None,
        (false, 0, Language::English) => {
            Some(format!("Interactions not checked, because not in this tool's table: {parts}"))
        }
        (false, 0, Language::German) => {
            Some(format!("Wechselwirkungen nicht geprüft, weil nicht in der Tabelle: {parts}"))
        }
        (true, _, Language::English) => Some(format!("Interactions: {hidden} more findings not shown")),
        (true, _, Language::German) => Some(format!("Wechselwirkungen: {hidden} weitere Treffer nicht gezeigt")),
        (false, _, Language::English) => {
            Some(format!("Interactions: {hidden} more findings not shown. Not checked: {parts}"))
        }
        (false, _, Language::German) => {
            Some(format!("Wechselwirkungen: {hidden} weitere Treffer nicht gezeigt. Nicht geprüft: {parts}"))
        }
    }
}

pub(crate) fn not_checked_detail(checked: &Checked, language: Language) -> Detail {
    let kinds = [
        (&checked.drafts, language.pick("Draft order", "Entwurf")),
        (&checked.active, language.pick("Active order", "Aktive Verordnung")),
        (&checked.allergies, language.pick("Recorded allergy", "Erfasste Allergie")),
    ];
    let mut lines: Vec<String> = kinds.into_iter().flat_map(|(all, what)| lines(all, what, language)).collect();
    let more = lines.len().saturating_sub(MOST_CODES);
    lines.truncate(MOST_CODES);
    if more > 0 {
        lines.push(match language {
            Language::English => format!("and {more} more"),
            Language::German => format!("und {more} weitere"),
        });
    }
    Detail::new().list(lines).paragraph(language.pick(
        "This tool knows ten pairs of drugs and ten substances or groups. Check these by other means.",
        "Dieses Werkzeug kennt zehn Paare und zehn Substanzen oder Gruppen. Diese bitte anders prüfen.",
    ))
}

fn lines<'a>(all: &'a NotChecked, what: &'a str, language: Language) -> impl Iterator<Item = String> + 'a {
    let unreadable = (all.unreadable > 0).then(|| match language {
        Language::English => format!("{what}: {} without a readable code", all.unreadable),
        Language::German => format!("{what}: {} ohne lesbaren Code", all.unreadable),
    });
    all.codes.iter().map(move |code| format!("{what}: {code}")).chain(unreadable)
}

fn effect(pair: &Pair, (english, german): (&str, &str), language: Language) -> String {
    let [a, b] = pair.between.map(|substance| name(substance, language));
    match language {
        Language::English => format!("{} with {b}: {english}", title(a)),
        Language::German => format!("{} mit {b}: {german}", title(a)),
    }
}

fn simvastatin(pair: &Pair, limit: f64, dose: Dose, against: Against, language: Language) -> String {
    let [_, other] = pair.between.map(|substance| name(substance, language));
    let mg = |mg: f64| language.number(&format!("{mg} mg"));
    let limit = mg(limit);
    match (against, dose, language) {
        (Against::Above, Dose::Daily(dose), Language::English) => {
            format!("Simvastatin {} a day with {other}: at most {limit} a day", mg(dose))
        }
        (Against::Above, Dose::Daily(dose), Language::German) => {
            format!("Simvastatin {} täglich mit {other}: höchstens {limit} täglich", mg(dose))
        }
        (Against::Above, Dose::AtLeast(dose), Language::English) => {
            format!("Simvastatin, a dose of {} with {other}: at most {limit} a day", mg(dose))
        }
        (Against::Above, Dose::AtLeast(dose), Language::German) => {
            format!("Simvastatin, eine Dosis von {} mit {other}: höchstens {limit} täglich", mg(dose))
        }
        (Against::Above | Against::Open | Against::Within, _, Language::English) => {
            format!(
                "Simvastatin with {other}: at most {limit} a day; not checked, because the daily dose is not readable"
            )
        }
        (Against::Above | Against::Open | Against::Within, _, Language::German) => {
            format!(
                "Simvastatin mit {other}: höchstens {limit} täglich; nicht geprüft, weil die Tagesdosis nicht lesbar ist"
            )
        }
    }
}

fn rule(finding: &Finding, language: Language) -> &'static str {
    match &finding.kind {
        Kind::Allergy { .. } => language.pick(
            "A recorded allergy or intolerance to this drug or its group. Unconfirmed ones count, refuted ones do not.",
            "Eine erfasste Allergie oder Unverträglichkeit gegen dieses Mittel oder seine Gruppe. Unbestätigte zählen, \
             widerlegte nicht.",
        ),
        Kind::Pair(pair, ..) => match pair.effect {
            Effect::DigoxinRises => language.pick(
                "Measure the digoxin level before starting; reduce the digoxin dose and go on measuring.",
                "Digoxin-Spiegel vor Beginn messen; Digoxin-Dosis verringern und weiter messen.",
            ),
            Effect::Bleeding => language.pick(
                "Monitor closely for bleeding; use the combination only if it is needed.",
                "Eng auf Blutungen überwachen; Kombination nur, wenn sie nötig ist.",
            ),
            Effect::InrRises => language.pick(
                "Measure the INR more often when one of the two is started, stopped or changed in dose.",
                "INR häufiger messen, wenn eines der beiden begonnen, beendet oder in der Dosis geändert wird.",
            ),
            Effect::SimvastatinLimit(_) => language.pick(
                "Above this dose the risk of myopathy and rhabdomyolysis rises.",
                "Über dieser Dosis steigt das Risiko von Myopathie und Rhabdomyolyse.",
            ),
        },
    }
}

fn source(finding: &Finding, language: Language) -> &'static str {
    match &finding.kind {
        Kind::Allergy { .. } => language.pick(
            "Source: the recorded allergy; between aspirin and other NSAIDs the FDA labels of NSAIDs, section 4.",
            "Quelle: die erfasste Allergie; zwischen Acetylsalicylsäure und anderen NSAR die FDA-Fachinformationen der NSAR, \
             Abschnitt 4.",
        ),
        Kind::Pair(pair, ..) => match pair.label {
            Label::Digoxin => language
                .pick("Source: FDA label of digoxin, section 7.", "Quelle: FDA-Fachinformation Digoxin, Abschnitt 7."),
            Label::Warfarin => language
                .pick("Source: FDA label of warfarin, section 7.", "Quelle: FDA-Fachinformation Warfarin, Abschnitt 7."),
            Label::Simvastatin => language.pick(
                "Source: FDA label of simvastatin, sections 2 and 7.",
                "Quelle: FDA-Fachinformation Simvastatin, Abschnitte 2 und 7.",
            ),
        },
    }
}

fn name(substance: Substance, language: Language) -> &'static str {
    match substance {
        Substance::Amiodarone => language.pick("amiodarone", "Amiodaron"),
        Substance::Amlodipine => language.pick("amlodipine", "Amlodipin"),
        Substance::Aspirin => language.pick("aspirin", "Acetylsalicylsäure"),
        Substance::Clopidogrel => language.pick("clopidogrel", "Clopidogrel"),
        Substance::Digoxin => language.pick("digoxin", "Digoxin"),
        Substance::Nsaid => language.pick("an NSAID", "NSAR"),
        Substance::Penicillin => language.pick("a penicillin", "Penicillin"),
        Substance::Simvastatin => language.pick("simvastatin", "Simvastatin"),
        Substance::Verapamil => language.pick("verapamil", "Verapamil"),
        Substance::Warfarin => language.pick("warfarin", "Warfarin"),
    }
}

/// The first letter large.
fn title(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).collect()
}

//! What the clinician reads, in English and German.

use cordon_sdk::prelude::*;
use cordon_sdk::{QuantityError, none_found};

use crate::person::{Why, YOUNGEST};
use crate::score::{Breathing, Consciousness, Response, Scale, Score, Signs};
use crate::vitals::{Found, MAX_HOURS, PassedOver, Search, Vitals};

/// Missing parameters that a summary can name.
const MOST_NAMES: usize = 3;
/// Lines of a "not used" list.
const MOST_LINES: usize = 6;

pub(crate) fn excluded(why: Why, language: Language) -> String {
    let because = match (why, language) {
        (Why::Deceased, Language::English) => "the patient is recorded as deceased".to_owned(),
        (Why::Deceased, Language::German) => "der Patient als verstorben erfasst ist".to_owned(),
        (Why::AgeUnknown, Language::English) => {
            format!("the age is not known and it is not for anybody under {YOUNGEST}")
        }
        (Why::AgeUnknown, Language::German) => {
            format!("das Alter nicht bekannt ist und der Score erst ab {YOUNGEST} Jahren gilt")
        }
        (Why::Child(age), Language::English) => {
            format!("the patient is {age} and it is not for anybody under {YOUNGEST}")
        }
        (Why::Child(age), Language::German) => {
            format!("der Patient {age} Jahre alt ist und der Score erst ab {YOUNGEST} Jahren gilt")
        }
        (Why::Pregnant, Language::English) => "a pregnancy is recorded and it is not for pregnant patients".to_owned(),
        (Why::Pregnant, Language::German) => {
            "eine Schwangerschaft erfasst ist und der Score dann nicht gilt".to_owned()
        }
    };
    not_computed(&because, language)
}

pub(crate) fn incomplete(vitals: &Vitals, language: Language) -> String {
    let missing = missing(vitals, language);
    let count = missing.len();
    let what = match language {
        Language::English if count > MOST_NAMES => {
            format!("{count} of 7 parameters are missing from the last {MAX_HOURS} h")
        }
        Language::German if count > MOST_NAMES => format!("{count} von 7 Parametern der letzten {MAX_HOURS} h fehlen"),
        Language::English => format!("the last {MAX_HOURS} h have no value for: {}", missing.join(", ")),
        Language::German => format!("aus den letzten {MAX_HOURS} h kein Wert vorliegt für: {}", missing.join(", ")),
    };
    not_computed(&what, language)
}

pub(crate) fn incomplete_detail(vitals: &Vitals, language: Language) -> Detail {
    let rule = language.pick(
        "NEWS2 needs all seven parameters. What is missing is not taken as normal, and breathing air is not assumed.",
        "NEWS2 braucht alle sieben Parameter. Was fehlt, gilt nicht als normal, und Raumluft wird nicht angenommen.",
    );
    let lines = missing(vitals, language).into_iter().map(|name| none_found(name, language));
    not_used(Detail::new().paragraph(rule).list(lines), vitals, language)
}

pub(crate) fn summary(score: &Score, language: Language) -> String {
    let total = score.total();
    let response = match score.response() {
        Response::Low => language.pick("low risk", "niedriges Risiko"),
        Response::UrgentWard => language.pick(
            "urgent ward-based review, because a single parameter scores 3",
            "dringende Beurteilung auf der Station, weil ein einzelner Parameter 3 Punkte hat",
        ),
        Response::Urgent => language.pick("urgent response", "dringende Reaktion"),
        Response::Emergency => language.pick("emergency response", "Notfallreaktion"),
    };
    format!("NEWS2 {total}: {response}")
}

pub(crate) fn detail(vitals: &Vitals, signs: &Signs, score: &Score, language: Language) -> Detail {
    let [respiration, saturation, breathing, systolic, pulse, consciousness, temperature] = score.points;
    let names = names(language);
    let rows = [
        row(names[0], &vitals.respiration, |found| written(found, language), respiration),
        row(&scaled(names[1], signs.scale, language), &vitals.saturation, |found| written(found, language), saturation),
        row(names[2], &vitals.breathing, |found| inhaled(found, language), breathing),
        row(names[3], &vitals.systolic, |found| written(found, language), systolic),
        row(names[4], &vitals.pulse, |found| written(found, language), pulse),
        row(names[5], &vitals.consciousness, |found| level(found.value, language).to_owned(), consciousness),
        row(names[6], &vitals.temperature, |found| celsius(found, language), temperature),
    ];
    let head = language.pick(["Parameter", "Value", "Points", "Time"], ["Parameter", "Wert", "Punkte", "Zeit"]);
    let detail = Detail::new().paragraph(monitoring(score, language)).table(head, &rows);
    not_used(detail, vitals, language).paragraph(language.pick(
        "Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, London, RCP, 2017.",
        "Quelle: Royal College of Physicians, National Early Warning Score (NEWS) 2, London, RCP, 2017.",
    ))
}

fn not_computed(because: &str, language: Language) -> String {
    match language {
        Language::English => format!("NEWS2 not computed, because {because}"),
        Language::German => format!("NEWS2 nicht berechnet, weil {because}"),
    }
}

/// The parameters in the order of the chart.
fn names(language: Language) -> [&'static str; 7] {
    language.pick(
        ["respiration rate", "SpO2", "air or oxygen", "systolic pressure", "pulse", "consciousness", "temperature"],
        ["Atemfrequenz", "SpO2", "Luft oder Sauerstoff", "systolischer Druck", "Puls", "Bewusstsein", "Temperatur"],
    )
}

fn missing(vitals: &Vitals, language: Language) -> Vec<&'static str> {
    let absent = [
        vitals.respiration.newest.is_none(),
        vitals.saturation.newest.is_none(),
        vitals.breathing.newest.is_none(),
        vitals.systolic.newest.is_none(),
        vitals.pulse.newest.is_none(),
        vitals.consciousness.newest.is_none(),
        vitals.temperature.newest.is_none(),
    ];
    names(language).into_iter().zip(absent).filter(|(_, absent)| *absent).map(|(name, _)| name).collect()
}

fn row<T>(name: &str, search: &Search<T>, value: impl Fn(&Found<T>) -> String, points: u32) -> [String; 4] {
    let (value, date) = search.newest.as_ref().map(|found| (value(found), found.date.to_string())).unwrap_or_default();
    [name.to_owned(), value, points.to_string(), date]
}

fn written<T>(found: &Found<T>, language: Language) -> String {
    language.number(&found.as_written)
}

fn scaled(name: &str, scale: Scale, language: Language) -> String {
    let which = match scale {
        Scale::One => language.pick("scale 1", "Skala 1"),
        Scale::Two => language.pick("scale 2, target 88-92 % recorded", "Skala 2, Ziel 88-92 % erfasst"),
    };
    format!("{name} ({which})")
}

fn inhaled(found: &Found<Breathing>, language: Language) -> String {
    let what = match found.value {
        Breathing::Air => language.pick("air", "Luft"),
        Breathing::Oxygen => language.pick("oxygen", "Sauerstoff"),
    };
    format!("{what} ({})", written(found, language))
}

fn level(level: Consciousness, language: Language) -> &'static str {
    match level {
        Consciousness::Alert => language.pick("alert", "wach"),
        Consciousness::Confusion => language.pick("new confusion", "neue Verwirrtheit"),
        Consciousness::Voice => language.pick("responds to voice", "reagiert auf Ansprache"),
        Consciousness::Pain => language.pick("responds to pain", "reagiert auf Schmerz"),
        Consciousness::Unresponsive => language.pick("unresponsive", "nicht ansprechbar"),
    }
}

/// Degrees Celsius as they are scored; what was written stands beside it if that is another number.
fn celsius(found: &Found<i64>, language: Language) -> String {
    let scored = found.value as f64 / 10.0;
    let shown = format!("{} °C", language.number(&format!("{scored:.1}")));
    let number = found.as_written.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    if number == Some(scored) { shown } else { format!("{shown} ({})", written(found, language)) }
}

/// How often to look, by the thresholds (RCP, NEWS2, 2017, chart 4).
fn monitoring(score: &Score, language: Language) -> &'static str {
    match (score.response(), score.total()) {
        (Response::Low, 0) => language.pick(
            "Monitoring: at least every 12 hours.",
            "Überwachung: mindestens alle 12 Stunden.",
        ),
        (Response::Low, _) => language.pick(
            "Monitoring: at least every 4 to 6 hours; a registered nurse decides whether to look more often or to escalate.",
            "Überwachung: mindestens alle 4 bis 6 Stunden; eine Pflegefachperson entscheidet über häufigere Kontrollen oder \
             Eskalation.",
        ),
        (Response::UrgentWard, _) => language.pick(
            "Monitoring: at least every hour. The medical team decides whether care is to be escalated.",
            "Überwachung: mindestens stündlich. Das ärztliche Team entscheidet über eine Eskalation.",
        ),
        (Response::Urgent, _) => language.pick(
            "Monitoring: at least every hour. Urgent assessment by a clinician or team competent in acute illness.",
            "Überwachung: mindestens stündlich. Dringende Beurteilung durch ein in Akutmedizin erfahrenes Team.",
        ),
        (Response::Emergency, _) => language.pick(
            "Monitoring: continuous. Emergency assessment by a team with critical care competencies.",
            "Überwachung: kontinuierlich. Notfallbeurteilung durch ein Team mit intensivmedizinischer Kompetenz.",
        ),
    }
}

fn not_used(detail: Detail, vitals: &Vitals, language: Language) -> Detail {
    let passed_over = [
        &vitals.respiration.passed_over,
        &vitals.saturation.passed_over,
        &vitals.breathing.passed_over,
        &vitals.systolic.passed_over,
        &vitals.pulse.passed_over,
        &vitals.consciousness.passed_over,
        &vitals.temperature.passed_over,
    ];
    let mut lines: Vec<String> = Vec::new();
    for (name, rows) in names(language).into_iter().zip(passed_over) {
        for (date, why) in rows {
            let date = date.as_ref().map_or(language.pick("undated", "undatiert"), Date::text);
            lines.push(format!("{name}, {date}: {}", reason(*why, language)));
        }
    }
    if lines.is_empty() {
        return detail;
    }
    let more = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    if more > 0 {
        lines.push(match language {
            Language::English => format!("and {more} more"),
            Language::German => format!("und {more} weitere"),
        });
    }
    detail.heading(language.pick("Not used", "Nicht verwendet")).list(lines)
}

fn reason(why: PassedOver, language: Language) -> &'static str {
    match why {
        PassedOver::Status => language.pick("the status does not say that it stands", "Status ist nicht endgültig"),
        PassedOver::EnteredInError => language.pick("entered in error", "irrtümlich eingetragen"),
        PassedOver::NotANumber => language.pick("no number with a unit", "keine Zahl mit Einheit"),
        PassedOver::Quantity(QuantityError::NoValue) => language.pick("no value", "kein Wert"),
        PassedOver::Quantity(QuantityError::Bound) => language.pick("a bound, not a value", "eine Grenze, kein Wert"),
        PassedOver::Quantity(QuantityError::NoUnit) => language.pick("no UCUM unit", "keine UCUM-Einheit"),
        PassedOver::Quantity(QuantityError::OtherUnit) => {
            language.pick("the unit is not one that is converted", "Einheit wird nicht umgerechnet")
        }
        PassedOver::Impossible => language.pick("a value that cannot be", "unmöglicher Wert"),
        PassedOver::UnknownAnswer => language.pick("an answer that is not known", "unbekannte Antwort"),
        PassedOver::OtherTest => language.pick("another measurement", "andere Messung"),
        PassedOver::NoTime => language.pick("no time of day", "keine Uhrzeit"),
        PassedOver::Future => language.pick("dated after this call", "Zeit liegt nach diesem Aufruf"),
        PassedOver::Old => language
            .pick("older than 24 hours (policy of this tool)", "älter als 24 Stunden (Vorgabe dieses Werkzeugs)"),
    }
}

//! What the clinician reads, in English and German.

use cordon_sdk::prelude::*;

use crate::person::{ADULT, Why};
use crate::score::{Advice, Score};

pub(crate) fn summary(score: &Score, language: Language) -> String {
    let total = score.total();
    let advice = match score.advice() {
        Advice::None => language.pick(
            "low risk, no anticoagulation on the ground of this score",
            "niedriges Risiko, keine Antikoagulation aufgrund dieses Scores",
        ),
        Advice::Consider => {
            language.pick("anticoagulation should be considered", "Antikoagulation sollte erwogen werden")
        }
        Advice::Recommended => language.pick("anticoagulation is recommended", "Antikoagulation ist empfohlen"),
    };
    format!("CHA2DS2-VASc {total}: {advice}")
}

pub(crate) fn detail(score: &Score, not_counted: usize, language: Language) -> Detail {
    let names = language.pick(
        [
            "Congestive heart failure",
            "Hypertension",
            "Age (65 to 74: 1, from 75: 2)",
            "Diabetes mellitus",
            "Stroke, TIA or thromboembolism, ever (2)",
            "Vascular disease, ever",
            "Female sex",
        ],
        [
            "Herzinsuffizienz",
            "Hypertonie",
            "Alter (65 bis 74: 1, ab 75: 2)",
            "Diabetes mellitus",
            "Schlaganfall, TIA oder Thromboembolie, jemals (2)",
            "Gefäßerkrankung, jemals",
            "Weibliches Geschlecht",
        ],
    );
    let rows: Vec<_> = names.into_iter().zip(score.points).map(|(name, p)| [name.to_owned(), p.to_string()]).collect();
    let detail = Detail::new().table(language.pick(["Item", "Points"], ["Merkmal", "Punkte"]), &rows);
    let detail = detail.paragraph(rate(score, language)).paragraph(language.pick(
        "A problem that is not in the data available gives no point. Sex alone never asks for treatment. This tool sees \
         neither medication nor the risk of bleeding.",
        "Eine Diagnose, die nicht in den verfügbaren Daten ist, gibt keinen Punkt. Das Geschlecht allein begründet nie eine \
         Behandlung. Dieses Werkzeug sieht weder Medikation noch Blutungsrisiko.",
    ));
    let detail = if not_counted == 0 { detail } else { detail.paragraph(left_out(not_counted, language)) };
    detail.paragraph(language.pick(
        "Sources: Lip, Chest 2010;137:263; advice by the ESC guidelines of 2020.",
        "Quellen: Lip, Chest 2010;137:263; Empfehlung nach den ESC-Leitlinien 2020.",
    ))
}

pub(crate) fn not_computed(why: Why, language: Language) -> String {
    let because = match (why, language) {
        (Why::Unconfirmed, Language::English) => "atrial fibrillation is recorded as unconfirmed only".to_owned(),
        (Why::Unconfirmed, Language::German) => "Vorhofflimmern nur als unbestätigt erfasst ist".to_owned(),
        (Why::Valve, Language::English) => "mitral stenosis or a prosthetic heart valve is recorded".to_owned(),
        (Why::Valve, Language::German) => "eine Mitralstenose oder künstliche Herzklappe erfasst ist".to_owned(),
        (Why::Deceased, Language::English) => "the patient is recorded as deceased".to_owned(),
        (Why::Deceased, Language::German) => "der Patient als verstorben erfasst ist".to_owned(),
        (Why::AgeUnknown, Language::English) => "the age is not known from the data available".to_owned(),
        (Why::AgeUnknown, Language::German) => "das Alter aus den verfügbaren Daten nicht hervorgeht".to_owned(),
        (Why::Child, Language::English) => format!("the patient is under {ADULT} and the score is for adults"),
        (Why::Child, Language::German) => {
            format!("der Patient unter {ADULT} Jahre alt ist und der Score für Erwachsene gilt")
        }
        (Why::Sex, Language::English) => "sex is not recorded as female or male".to_owned(),
        (Why::Sex, Language::German) => "das Geschlecht nicht als weiblich oder männlich erfasst ist".to_owned(),
    };
    match language {
        Language::English => format!("CHA2DS2-VASc not computed, because {because}"),
        Language::German => format!("CHA2DS2-VASc nicht berechnet, weil {because}"),
    }
}

fn rate(score: &Score, language: Language) -> String {
    let (total, strokes) = (score.total(), language.number(score.strokes()));
    match language {
        Language::English => format!("Strokes in 100 patients a year with {total} points, untreated: {strokes}"),
        Language::German => {
            format!("Schlaganfälle je 100 Patienten und Jahr mit {total} Punkten, unbehandelt: {strokes}")
        }
    }
}

fn left_out(count: usize, language: Language) -> String {
    match language {
        Language::English => format!("Recorded and not counted, because unconfirmed or over: {count}"),
        Language::German => format!("Erfasst und nicht gezählt, weil unbestätigt oder vorbei: {count}"),
    }
}

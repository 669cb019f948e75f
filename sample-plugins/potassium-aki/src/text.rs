//! What the clinician reads, in English and German.

use cordon_sdk::QuantityError;
use cordon_sdk::prelude::*;

use crate::decide::{Analyte, Band, Change, Finding, Stage, Why};
use crate::drugs::Drugs;
use crate::results::{Bound, PassedOver};

pub(crate) fn summary(finding: &Finding, language: Language) -> String {
    match finding {
        Finding::Potassium { band, result, .. } => {
            let value = number(result.value, 1, language);
            match (result.bound == Bound::Above, language) {
                (false, _) => format!("{}: {value} mmol/L", band_name(*band, language)),
                (true, Language::English) => {
                    format!("At least {}: above {value} mmol/L", lower(band_name(*band, language)))
                }
                (true, Language::German) => {
                    format!("Mindestens {}: über {value} mmol/L", lower(band_name(*band, language)))
                }
            }
        }
        Finding::Rise { change, drugs } => rise(change, *drugs, language),
        Finding::Kidney { stage, change, .. } => kidney(*stage, change, language),
        Finding::NotComputed { analyte, why } => {
            let (what, because) = (what(*analyte, language), because(*why, language));
            match language {
                Language::English => format!("{what} not computed, because {because}"),
                Language::German => format!("{what} nicht berechnet, weil {because}"),
            }
        }
    }
}

pub(crate) fn detail(finding: &Finding, language: Language) -> Detail {
    let rule = match finding {
        Finding::Potassium { .. } => language.pick(
            "Bands of the UK Kidney Association (2023): mild 5.5 to 5.9, moderate 6.0 to 6.4, severe from 6.5 mmol/L. They are for \
             adults; this tool sees neither age nor ECG.",
            "Stufen der UK Kidney Association (2023): leicht 5,5 bis 5,9, mäßig 6,0 bis 6,4, schwer ab 6,5 mmol/L. Sie gelten für \
             Erwachsene; dieses Werkzeug sieht weder Alter noch EKG.",
        ),
        Finding::Rise { .. } => language.pick(
            "Rule of this tool: up by 0.5 mmol/L or more within 48 hours while an active order is an ACE inhibitor, an \
             angiotensin receptor blocker, an aldosterone antagonist or a potassium-sparing diuretic.",
            "Regel dieses Werkzeugs: Anstieg um 0,5 mmol/L oder mehr in 48 Stunden unter einem ACE-Hemmer, Sartan, \
             Aldosteronantagonisten oder kaliumsparenden Diuretikum.",
        ),
        Finding::Kidney { .. } => language.pick(
            "KDIGO 2012: creatinine up by 0.3 mg/dL within 48 hours, or to 1.5 times baseline within 7 days. Baseline is the \
             lowest of 7 days in the data available; urine output and dialysis are not seen.",
            "KDIGO 2012: Kreatinin um 0,3 mg/dL höher in 48 Stunden oder auf das 1,5-Fache des Ausgangswerts in 7 Tagen. \
             Ausgangswert ist der niedrigste aus 7 Tagen der verfügbaren Daten; Urinmenge und Dialyse sind nicht sichtbar.",
        ),
        Finding::NotComputed { analyte: Analyte::Potassium, .. } => language.pick(
            "Potassium is graded from the newest result that stands, not older than 7 days (policy of this tool).",
            "Kalium wird nach dem neuesten gültigen Ergebnis eingestuft, höchstens 7 Tage alt (Vorgabe dieses Werkzeugs).",
        ),
        Finding::NotComputed { analyte: Analyte::Creatinine, .. } => language.pick(
            "Acute kidney injury needs two creatinine results with a time, within 7 days.",
            "Eine akute Nierenschädigung braucht zwei Kreatinin-Ergebnisse mit Uhrzeit innerhalb von 7 Tagen.",
        ),
    };
    let detail = Detail::new().paragraph(rule);
    match finding {
        Finding::Potassium { newer: Some(why), .. } | Finding::Kidney { newer: Some(why), .. } => {
            let why = passed_over(*why, language);
            detail.paragraph(match language {
                Language::English => format!("An older result is used, because {why}."),
                Language::German => format!("Ein älteres Ergebnis wird verwendet, weil {why}."),
            })
        }
        Finding::Potassium { newer: None, .. }
        | Finding::Kidney { newer: None, .. }
        | Finding::Rise { .. }
        | Finding::NotComputed { .. } => detail,
    }
}

fn rise(change: &Change, drugs: Drugs, language: Language) -> String {
    let Change { from, to, hours } = change;
    let (from, to) = (number(from.value, 1, language), number(to.value, 1, language));
    match (drugs.sparing, language) {
        (true, Language::English) => {
            format!("Potassium rises under a drug that keeps it: {from} to {to} mmol/L in {hours} h")
        }
        (true, Language::German) => {
            format!("Kalium steigt unter kaliumsparender Medikation: {from} auf {to} mmol/L in {hours} h")
        }
        (false, Language::English) => {
            format!(
                "Potassium rises: {from} to {to} mmol/L in {hours} h; drugs not checked, because of orders without a code"
            )
        }
        (false, Language::German) => {
            format!("Kalium steigt: {from} auf {to} mmol/L in {hours} h; Medikation nicht geprüft, weil Codes fehlen")
        }
    }
}

fn kidney(stage: Stage, change: &Change, language: Language) -> String {
    let Change { from, to, hours } = change;
    let (from, to) = (number(from.value, 2, language), number(to.value, 2, language));
    let stage = match stage {
        Stage::One => 1,
        Stage::Two => 2,
        Stage::Three => 3,
    };
    match language {
        Language::English => {
            format!("Acute kidney injury, KDIGO stage {stage}: creatinine {from} to {to} mg/dL in {hours} h")
        }
        Language::German => {
            format!("Akute Nierenschädigung, KDIGO-Stadium {stage}: Kreatinin {from} auf {to} mg/dL in {hours} h")
        }
    }
}

fn band_name(band: Band, language: Language) -> &'static str {
    match band {
        Band::Mild => language.pick("Mild hyperkalaemia", "Leichte Hyperkaliämie"),
        Band::Moderate => language.pick("Moderate hyperkalaemia", "Mäßige Hyperkaliämie"),
        Band::Severe => language.pick("Severe hyperkalaemia", "Schwere Hyperkaliämie"),
    }
}

/// The first letter small.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(char::to_lowercase).into_iter().flatten().chain(letters).collect()
}

fn what(analyte: Analyte, language: Language) -> &'static str {
    match analyte {
        Analyte::Potassium => language.pick("Potassium", "Kalium"),
        Analyte::Creatinine => language.pick("Acute kidney injury", "Akute Nierenschädigung"),
    }
}

fn because(why: Why, language: Language) -> String {
    match (why, language) {
        (Why::NoResult, _) => {
            language.pick("no result is in the data available", "kein Ergebnis in den verfügbaren Daten ist").to_owned()
        }
        (Why::PassedOver(why), _) => passed_over(why, language).to_owned(),
        (Why::Stale(days), Language::English) => format!("the newest result is stale ({days} days old)"),
        (Why::Stale(days), Language::German) => format!("das neueste Ergebnis veraltet ist ({days} Tage alt)"),
        (Why::Bound, _) => language
            .pick("the newest result is a bound, not a value", "das neueste Ergebnis eine Grenze ist, kein Wert")
            .to_owned(),
        (Why::NoTime, _) => {
            language.pick("the newest result has no time of day", "das neueste Ergebnis keine Uhrzeit hat").to_owned()
        }
        (Why::NothingEarlier, _) => language
            .pick(
                "no earlier creatinine of the 7 days before is in the data available",
                "kein früheres Kreatinin der 7 Tage davor in den verfügbaren Daten ist",
            )
            .to_owned(),
    }
}

fn passed_over(why: PassedOver, language: Language) -> &'static str {
    match why {
        PassedOver::Preliminary => {
            language.pick("the newest result is preliminary", "das neueste Ergebnis vorläufig ist")
        }
        PassedOver::Withdrawn => language.pick(
            "the newest result is entered in error or cancelled",
            "das neueste Ergebnis irrtümlich eingetragen oder storniert ist",
        ),
        PassedOver::Status => language.pick(
            "the status of the newest result does not say that it stands",
            "der Status des neuesten Ergebnisses nicht endgültig ist",
        ),
        PassedOver::NotANumber => language
            .pick("the newest result is not a number with a unit", "das neueste Ergebnis keine Zahl mit Einheit ist"),
        PassedOver::Quantity(QuantityError::NoValue) => {
            language.pick("the newest result has no value", "das neueste Ergebnis keinen Wert hat")
        }
        PassedOver::Quantity(QuantityError::Bound) => language
            .pick("the newest result is a bound, not a value", "das neueste Ergebnis eine Grenze ist, kein Wert"),
        PassedOver::Quantity(QuantityError::NoUnit) => {
            language.pick("the newest result has no UCUM unit", "das neueste Ergebnis keine UCUM-Einheit hat")
        }
        PassedOver::Quantity(QuantityError::OtherUnit) => language.pick(
            "the unit of the newest result is not one that is converted",
            "die Einheit des neuesten Ergebnisses nicht umgerechnet wird",
        ),
        PassedOver::Impossible => language.pick("the newest result cannot be", "das neueste Ergebnis unmöglich ist"),
        PassedOver::Haemolysed => language.pick(
            "the newest specimen is noted as haemolysed: repeat it",
            "die neueste Probe als hämolytisch vermerkt ist: wiederholen",
        ),
        PassedOver::NoDay => language.pick(
            "the date of the newest result does not name a day",
            "das Datum des neuesten Ergebnisses keinen Tag nennt",
        ),
        PassedOver::Future => language.pick(
            "the newest result is dated after this call",
            "das Datum des neuesten Ergebnisses nach diesem Aufruf liegt",
        ),
    }
}

/// With the decimals that a laboratory reports, cut and not rounded: 5.96 reads 5.9, since 6.0 would be another band.
fn number(value: f64, decimals: usize, language: Language) -> String {
    let scale = if decimals == 1 { 10.0 } else { 100.0 };
    let cut = ((value + 1e-9) * scale).floor() / scale;
    language.number(&format!("{cut:.decimals$}"))
}

//! What the clinician reads, in English and German. Computed figures are rounded alike in summary and detail
//! ([`crate::figures`]); the detail shows every digit of an input as it was written.

use cordon_sdk::prelude::*;
use cordon_sdk::{QuantityError, none_found};

use crate::apixaban::{Criteria, clearance};
use crate::creatinine::{Measured, PassedOver, Search};
use crate::facts::{CREATININE_MAX_DAYS, Facts, Kidney, WEIGHT_MAX_DAYS, Why};
use crate::figures;
use crate::formulas::Sex;

/// Lines of a "not used" list.
const MOST_LINES: usize = 5;
/// A cell without anything to say. An empty one would be left out of the row.
const NOTHING: &str = "–";

pub(crate) fn drafts_not_checked(count: usize, language: Language) -> String {
    match language {
        Language::English => {
            format!("Renal dosing: {count} draft order(s) not checked, because no RxNorm or ATC code is readable")
        }
        Language::German => {
            format!("Nierendosierung: {count} Verordnung(en) nicht geprüft, weil kein RxNorm- oder ATC-Code lesbar ist")
        }
    }
}

pub(crate) fn no_table(count: usize, language: Language) -> String {
    match language {
        Language::English => {
            format!("Renal dosing: {count} draft order(s) not checked, because no table of drugs is available")
        }
        Language::German => {
            format!("Nierendosierung: {count} Verordnung(en) nicht geprüft, weil keine Wirkstofftabelle verfügbar ist")
        }
    }
}

pub(crate) fn metformin_contraindicated(egfr: f64, facts: &Facts) -> String {
    let (egfr, basis) = (figures::egfr(egfr, &facts.table, facts.language), basis(facts));
    match facts.language {
        Language::English => format!("Metformin is contraindicated: eGFR {egfr} mL/min/1.73 m² ({basis})"),
        Language::German => format!("Metformin ist kontraindiziert: eGFR {egfr} ml/min/1,73 m² ({basis})"),
    }
}

pub(crate) fn metformin_not_started(egfr: f64, facts: &Facts) -> String {
    let (egfr, basis) = (figures::egfr(egfr, &facts.table, facts.language), basis(facts));
    match facts.language {
        Language::English => format!("Starting metformin is not recommended: eGFR {egfr} mL/min/1.73 m² ({basis})"),
        Language::German => format!("Beginn von Metformin nicht empfohlen: eGFR {egfr} ml/min/1,73 m² ({basis})"),
    }
}

pub(crate) fn metformin_reassess(egfr: f64, facts: &Facts) -> String {
    let (egfr, basis) = (figures::egfr(egfr, &facts.table, facts.language), basis(facts));
    match facts.language {
        Language::English => format!("On metformin: weigh benefit and risk at eGFR {egfr} mL/min/1.73 m² ({basis})"),
        Language::German => {
            format!("Unter Metformin: Nutzen und Risiko abwägen bei eGFR {egfr} ml/min/1,73 m² ({basis})")
        }
    }
}

pub(crate) fn stale(drug: &str, facts: &Facts) -> String {
    let Some(result) = &facts.creatinine.newest else { return not_computed(drug, Why::NoCreatinine, facts.language) };
    let Measured { value, day, days_ago, .. } = result;
    let value = figures::creatinine(*value, &facts.table, facts.language);
    match facts.language {
        Language::English => {
            format!("{drug} not checked: creatinine is stale ({value} mg/dL on {day}, {days_ago} days old)")
        }
        Language::German => {
            format!("{drug} nicht geprüft: Kreatinin ist veraltet ({value} mg/dL vom {day}, {days_ago} Tage alt)")
        }
    }
}

pub(crate) fn not_computed(drug: &str, why: Why, language: Language) -> String {
    let because = because(why, language);
    match language {
        Language::English => format!("{drug} not checked: eGFR not computed, because {because}"),
        Language::German => format!("{drug} nicht geprüft: eGFR nicht berechnet, weil {because}"),
    }
}

pub(crate) fn deceased(drug: &str, language: Language) -> String {
    match language {
        Language::English => format!("{drug} not checked, because the patient is recorded as deceased"),
        Language::German => format!("{drug} nicht geprüft, weil der Patient als verstorben erfasst ist"),
    }
}

pub(crate) fn remove_metformin(language: Language) -> &'static str {
    language.pick("Remove the metformin draft", "Metformin-Verordnung entfernen")
}

pub(crate) fn order_creatinine(language: Language) -> &'static str {
    language.pick("Order serum creatinine", "Serum-Kreatinin anfordern")
}

pub(crate) fn apixaban_reduced(met: usize, facts: &Facts) -> String {
    let dose = figures::limit(facts.table.apixaban.reduced_dose, facts.language);
    match facts.language {
        Language::English => {
            format!("Apixaban: {met} of 3 criteria for {dose} mg twice daily are met (atrial fibrillation)")
        }
        Language::German => {
            format!("Apixaban: {met} von 3 Kriterien für 2-mal {dose} mg täglich erfüllt (Vorhofflimmern)")
        }
    }
}

pub(crate) fn apixaban_open(criteria: Criteria, facts: &Facts) -> String {
    if criteria.creatinine.is_none() && facts.creatinine.newest.is_some() {
        return stale("Apixaban", facts);
    }
    let unknown = [
        (criteria.age, facts.language.pick("age", "Alter")),
        (criteria.weight, facts.language.pick("weight", "Gewicht")),
        (criteria.creatinine, facts.language.pick("creatinine", "Kreatinin")),
    ];
    let names: Vec<_> = unknown.into_iter().filter(|(known, _)| known.is_none()).map(|(_, name)| name).collect();
    let names = names.join(", ");
    match facts.language {
        Language::English => {
            format!("Apixaban dose not checked, because no usable value is in the data available: {names}")
        }
        Language::German => format!("Apixaban-Dosis nicht geprüft, weil kein brauchbarer Wert vorliegt: {names}"),
    }
}

pub(crate) fn metformin_detail(facts: &Facts) -> Detail {
    let rule = metformin_rule(facts);
    let mut inputs = vec![creatinine_row(facts)];
    inputs.extend(egfr_rows(facts));
    inputs.push(active_row(facts));
    finish(Detail::new().paragraph(rule).table(head(facts.language), &inputs), facts, &[creatinine_search(facts)])
}

pub(crate) fn apixaban_detail(criteria: Criteria, facts: &Facts) -> Detail {
    let language = facts.language;
    let rule = apixaban_rule(facts);
    let age = facts.age_today.map_or_else(|| dash(language), |age| age.to_string());
    let weight = facts.weight.newest.as_ref();
    let mut rows = vec![
        [marked(language.pick("Age (years)", "Alter (Jahre)"), criteria.age, language), age, NOTHING.to_owned()],
        [
            marked(language.pick("Weight", "Gewicht"), criteria.weight, language),
            weight.map_or_else(|| dash(language), |found| language.number(&found.as_written)),
            weight.map_or_else(|| NOTHING.to_owned(), |found| found.date.to_string()),
        ],
    ];
    let [_, value, date] = creatinine_row(facts);
    rows.push([marked(language.pick("Creatinine", "Kreatinin"), criteria.creatinine, language), value, date]);
    if let Some(clearance) = clearance(facts) {
        let name = language.pick(
            "Creatinine clearance (Cockcroft-Gault, actual weight; not used here, for labels that use it)",
            "Kreatinin-Clearance (Cockcroft-Gault, Ist-Gewicht; hier nicht genutzt, für Fachinformationen, die sie nutzen)",
        );
        let value = format!("{} {}", figures::clearance(clearance, language), language.pick("mL/min", "ml/min"));
        rows.push([name.to_owned(), value, NOTHING.to_owned()]);
    }
    finish(
        Detail::new().paragraph(rule).table(head(language), &rows),
        facts,
        &[creatinine_search(facts), weight_search(facts)],
    )
}

fn metformin_rule(facts: &Facts) -> String {
    let limits = &facts.table.metformin;
    let below = figures::limit(limits.egfr_contraindicated_below, facts.language);
    let up_to = figures::limit(limits.egfr_not_started_up_to, facts.language);
    match facts.language {
        Language::English => format!(
            "Rule (FDA label of metformin): contraindicated at eGFR below {below}, not to be started from {below} to {up_to} \
             mL/min/1.73 m². It uses eGFR by CKD-EPI 2021 from creatinine, not creatinine clearance."
        ),
        Language::German => format!(
            "Regel (FDA-Fachinformation Metformin): kontraindiziert bei eGFR unter {below}, kein Beginn bei {below} bis \
             {up_to} ml/min/1,73 m². Sie nutzt die eGFR nach CKD-EPI 2021 aus Kreatinin, nicht die Kreatinin-Clearance."
        ),
    }
}

fn apixaban_rule(facts: &Facts) -> String {
    let limits = &facts.table.apixaban;
    let age = limits.age_from;
    let limit = |value| figures::limit(value, facts.language);
    let (dose, weight) = (limit(limits.reduced_dose), limit(limits.weight_up_to));
    let creatinine = limit(limits.creatinine_from);
    match facts.language {
        Language::English => format!(
            "Rule (FDA label of apixaban, nonvalvular atrial fibrillation): {dose} mg twice daily if two of three hold: age \
             {age} years or more, weight {weight} kg or less, creatinine {creatinine} mg/dL or more. It uses these three, \
             neither eGFR nor creatinine clearance. The indication is not checked."
        ),
        Language::German => format!(
            "Regel (FDA-Fachinformation Apixaban, nicht valvuläres Vorhofflimmern): 2-mal {dose} mg täglich, wenn zwei von \
             drei zutreffen: Alter ab {age} Jahren, Gewicht bis {weight} kg, Kreatinin ab {creatinine} mg/dL. Sie nutzt diese \
             drei, weder eGFR noch Kreatinin-Clearance. Die Indikation wird nicht geprüft."
        ),
    }
}

fn basis(facts: &Facts) -> String {
    let Some(Measured { value, day, .. }) = &facts.creatinine.newest else { return String::new() };
    let value = figures::creatinine(*value, &facts.table, facts.language);
    match facts.language {
        Language::English => format!("creatinine {value} mg/dL on {day}"),
        Language::German => format!("Kreatinin {value} mg/dL vom {day}"),
    }
}

fn because(why: Why, language: Language) -> String {
    match (why, language) {
        (Why::NoCreatinine, Language::English) => "no usable creatinine is in the data available".to_owned(),
        (Why::NoCreatinine, Language::German) => "kein brauchbares Kreatinin in den verfügbaren Daten ist".to_owned(),
        (Why::Sex, Language::English) => "sex is not recorded as female or male".to_owned(),
        (Why::Sex, Language::German) => "das Geschlecht nicht als weiblich oder männlich erfasst ist".to_owned(),
        (Why::Age, Language::English) => "the age at the test is not known from the data available".to_owned(),
        (Why::Age, Language::German) => {
            "das Alter bei der Messung aus den verfügbaren Daten nicht hervorgeht".to_owned()
        }
        (Why::Deceased, Language::English) => "the patient is recorded as deceased".to_owned(),
        (Why::Deceased, Language::German) => "der Patient als verstorben erfasst ist".to_owned(),
        (Why::Child(age), Language::English) => {
            format!("the patient was {age} at the test and CKD-EPI 2021 is for adults")
        }
        (Why::Child(age), Language::German) => {
            format!("der Patient bei der Messung {age} Jahre alt war und CKD-EPI 2021 für Erwachsene gilt")
        }
    }
}

fn head(language: Language) -> [&'static str; 3] {
    language.pick(["Input", "Value", "Date"], ["Angabe", "Wert", "Datum"])
}

fn dash(language: Language) -> String {
    language.pick("not available", "nicht verfügbar").to_owned()
}

fn marked(name: &str, met: Option<bool>, language: Language) -> String {
    let mark = match met {
        Some(true) => language.pick("met", "erfüllt"),
        Some(false) => language.pick("not met", "nicht erfüllt"),
        None => language.pick("not known", "nicht bekannt"),
    };
    format!("{name}: {mark}")
}

fn creatinine_row(facts: &Facts) -> [String; 3] {
    let language = facts.language;
    let name = language.pick("Creatinine", "Kreatinin").to_owned();
    let Some(found) = &facts.creatinine.newest else {
        return [none_found(&name, language), NOTHING.to_owned(), NOTHING.to_owned()];
    };
    let written = language.number(&found.as_written);
    let value = if written.ends_with("mg/dL") {
        written
    } else {
        format!("{written} = {} mg/dL", figures::creatinine(found.value, &facts.table, language))
    };
    [name, value, found.date.to_string()]
}

fn egfr_rows(facts: &Facts) -> Vec<[String; 3]> {
    let language = facts.language;
    let Some((egfr, age)) = facts.creatinine.newest.as_ref().and_then(|result| facts.egfr(result).ok()) else {
        return Vec::new();
    };
    let sex = match facts.sex {
        Some(Sex::Female) => language.pick("female", "weiblich"),
        Some(Sex::Male) => language.pick("male", "männlich"),
        None => "",
    };
    let name = match facts.kidney() {
        Kidney::Stale => language.pick("eGFR at that time, not used", "eGFR zu dieser Zeit, nicht verwendet"),
        Kidney::Estimated { .. } | Kidney::NotComputed(_) => "eGFR (CKD-EPI 2021)",
    };
    let unit = language.pick("mL/min/1.73 m²", "ml/min/1,73 m²");
    vec![
        [language.pick("Age at the test", "Alter bei der Messung").to_owned(), age.to_string(), NOTHING.to_owned()],
        [language.pick("Sex", "Geschlecht").to_owned(), sex.to_owned(), NOTHING.to_owned()],
        [name.to_owned(), format!("{} {unit}", figures::egfr(egfr, &facts.table, language)), NOTHING.to_owned()],
    ]
}

fn active_row(facts: &Facts) -> [String; 3] {
    let name = facts.language.pick("Active order of metformin", "Aktive Verordnung von Metformin");
    if facts.on_metformin {
        [name.to_owned(), facts.language.pick("yes", "ja").to_owned(), NOTHING.to_owned()]
    } else {
        [none_found(name, facts.language), NOTHING.to_owned(), NOTHING.to_owned()]
    }
}

fn creatinine_search(facts: &Facts) -> (&'static str, &Search) {
    (facts.language.pick("creatinine", "Kreatinin"), &facts.creatinine)
}

fn weight_search(facts: &Facts) -> (&'static str, &Search) {
    (facts.language.pick("weight", "Gewicht"), &facts.weight)
}

/// Adds what was not used and why: of each kind of result, by its name.
fn finish(detail: Detail, facts: &Facts, searches: &[(&str, &Search)]) -> Detail {
    let language = facts.language;
    let mut lines: Vec<String> = Vec::new();
    if facts.kidney() == Kidney::Stale {
        lines.push(match language {
            Language::English => format!("creatinine: older than {CREATININE_MAX_DAYS} days (policy of this tool)"),
            Language::German => format!("Kreatinin: älter als {CREATININE_MAX_DAYS} Tage (Vorgabe dieses Werkzeugs)"),
        });
    }
    if searches.len() > 1 && facts.weight.newest.is_some() && facts.fresh_weight().is_none() {
        lines.push(match language {
            Language::English => format!("weight: older than {WEIGHT_MAX_DAYS} days (policy of this tool)"),
            Language::German => format!("Gewicht: älter als {WEIGHT_MAX_DAYS} Tage (Vorgabe dieses Werkzeugs)"),
        });
    }
    for (name, search) in searches {
        for (date, why) in &search.passed_over {
            let date = date.as_ref().map_or(language.pick("undated", "undatiert"), Date::text);
            lines.push(format!("{name}, {date}: {}", passed_over(why, language)));
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

fn passed_over(why: &PassedOver, language: Language) -> &'static str {
    match why {
        PassedOver::Status(Some(status)) if status == "entered-in-error" => {
            language.pick("entered in error", "irrtümlich eingetragen")
        }
        PassedOver::Status(Some(status)) if status == "preliminary" => language.pick("preliminary", "vorläufig"),
        PassedOver::Status(_) => {
            language.pick("the status does not say that the result stands", "Status ist nicht endgültig")
        }
        PassedOver::NotANumber => {
            language.pick("the result is not a number with a unit", "Ergebnis ist keine Zahl mit Einheit")
        }
        PassedOver::Quantity(QuantityError::NoValue) => language.pick("the result has no value", "Ergebnis ohne Wert"),
        PassedOver::Quantity(QuantityError::Bound) => {
            language.pick("the result is a bound, not a value", "Ergebnis ist eine Grenze")
        }
        PassedOver::Quantity(QuantityError::NoUnit) => {
            language.pick("the result has no UCUM unit", "Ergebnis ohne UCUM-Einheit")
        }
        PassedOver::Quantity(QuantityError::OtherUnit) => {
            language.pick("the unit is not one that is converted", "Einheit wird nicht umgerechnet")
        }
        PassedOver::NotPositive => language.pick("the result is not positive", "Ergebnis ist nicht positiv"),
        PassedOver::NoDay => language.pick("the date does not name a day", "Datum nennt keinen Tag"),
        PassedOver::Future => language.pick("dated after this call", "Datum liegt nach diesem Aufruf"),
        PassedOver::OtherTest => language.pick("another test", "anderer Test"),
    }
}

//! How computed figures are shown: one rule for summary and detail. A figure is rounded, but never onto a limit of a rule
//! that it is below: an eGFR of 29.96 reads 29.9, since 30.0 would contradict the verdict.

use cordon_sdk::prelude::*;

use crate::table::Table;

/// A limit of a label, with the digits that it has.
pub(crate) fn limit(value: f64, language: Language) -> String {
    language.number(&value.to_string())
}

/// eGFR with one decimal.
pub(crate) fn egfr(value: f64, table: &Table, language: Language) -> String {
    let limits = &table.metformin;
    shown(value, 1, &[limits.egfr_contraindicated_below, limits.egfr_not_started_up_to], language)
}

/// Creatinine in mg/dL with two decimals.
pub(crate) fn creatinine(value: f64, table: &Table, language: Language) -> String {
    shown(value, 2, &[table.apixaban.creatinine_from], language)
}

/// Creatinine clearance with one decimal. No rule here has a limit for it.
pub(crate) fn clearance(value: f64, language: Language) -> String {
    shown(value, 1, &[], language)
}

fn shown(value: f64, decimals: usize, limits: &[f64], language: Language) -> String {
    let text = |value: f64| format!("{value:.decimals$}");
    let rounded = text(value);
    let reached = limits.iter().find(|limit| value < **limit && rounded == text(**limit));
    let step = [1.0, 0.1, 0.01].get(decimals).copied().unwrap_or_default();
    language.number(&reached.map_or(rounded, |limit| text(limit - step)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table;

    #[test]
    fn a_figure_is_rounded_but_never_onto_a_limit_that_it_is_below() {
        let table = table();
        let rows =
            [(29.94, "29.9"), (29.96, "29.9"), (30.0, "30.0"), (30.04, "30.0"), (44.999, "44.9"), (45.0, "45.0")];
        for (value, expected) in rows {
            assert_eq!(egfr(value, &table, Language::English), expected, "{value}");
        }
        for (value, expected) in [(1.494, "1.49"), (1.499, "1.49"), (1.5, "1.50"), (7.066, "7.07")] {
            assert_eq!(creatinine(value, &table, Language::English), expected, "{value}");
        }
    }

    #[test]
    fn german_figures_have_a_comma() {
        assert_eq!(clearance(28.333, Language::German), "28,3");
    }
}

//! Security labels: how confidential a row is and which sensitive things it speaks of.
//!
//! Confidentiality is a total order and the label of several rows is their high-water mark; sensitivities are a set (FHIR
//! R4 security labels; HL7 v3-Confidentiality, v3-ActCode `_InformationSensitivityPolicy`). An absent label is not "normal": a
//! row that no rule knows is [`Label::UNCLASSIFIED`], and a policy decides about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// HL7 v3-Confidentiality, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Confidentiality {
    /// Unrestricted.
    #[serde(rename = "U")]
    Unrestricted,
    /// Low.
    #[serde(rename = "L")]
    Low,
    /// Moderate.
    #[serde(rename = "M")]
    Moderate,
    /// Normal: what a hospital record is.
    #[serde(rename = "N")]
    Normal,
    /// Restricted.
    #[serde(rename = "R")]
    Restricted,
    /// Very restricted.
    #[serde(rename = "V")]
    VeryRestricted,
}

impl Confidentiality {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Unrestricted, Self::Low, Self::Moderate, Self::Normal, Self::Restricted, Self::VeryRestricted];

    /// The code of v3-Confidentiality.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unrestricted => "U",
            Self::Low => "L",
            Self::Moderate => "M",
            Self::Normal => "N",
            Self::Restricted => "R",
            Self::VeryRestricted => "V",
        }
    }

    /// The confidentiality of a v3-Confidentiality code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// What a row is sensitive for. The first seven are codes of HL7 v3-ActCode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Sensitivity {
    /// HIV or AIDS.
    Hiv,
    /// Substance use, alcohol included (v3-ActCode `SUD` and the older `ETH`).
    Sud,
    /// Psychiatry.
    Psy,
    /// Sexual assault, abuse or domestic violence.
    Sdv,
    /// Sexually transmitted disease.
    Std,
    /// Sexuality.
    Sex,
    /// Genetic disease.
    Gdis,
    /// Reproductive health: pregnancy, contraception, abortion, fertility. v3-ActCode has it within `SEX`.
    Rep,
    /// A sensitivity that this host has no rule for: somebody said so in `meta.security`.
    Other,
}

impl Sensitivity {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Hiv, Self::Sud, Self::Psy, Self::Sdv, Self::Std, Self::Sex, Self::Gdis, Self::Rep, Self::Other];

    /// Its name in rules, policies and on pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hiv => "HIV",
            Self::Sud => "SUD",
            Self::Psy => "PSY",
            Self::Sdv => "SDV",
            Self::Std => "STD",
            Self::Sex => "SEX",
            Self::Gdis => "GDIS",
            Self::Rep => "REP",
            Self::Other => "OTHER",
        }
    }

    /// The sensitivity of that name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    const fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of sensitivities.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sensitivities(u16);

impl Sensitivities {
    /// None.
    pub const NONE: Self = Self(0);

    /// This set and one more.
    #[must_use]
    pub const fn with(self, one: Sensitivity) -> Self {
        Self(self.0 | one.bit())
    }

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it holds `one`.
    #[must_use]
    pub const fn contains(self, one: Sensitivity) -> bool {
        self.0 & one.bit() != 0
    }

    /// Whether it holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members in order.
    pub fn iter(self) -> impl Iterator<Item = Sensitivity> {
        Sensitivity::ALL.into_iter().filter(move |one| self.contains(*one))
    }
}

impl FromIterator<Sensitivity> for Sensitivities {
    fn from_iter<I: IntoIterator<Item = Sensitivity>>(members: I) -> Self {
        members.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Sensitivities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Sensitivity::code)).finish()
    }
}

/// The label of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// How confidential.
    pub confidentiality: Confidentiality,
    /// What for.
    pub sensitivities: Sensitivities,
    /// Whether it holds a code that no rule knows, or nothing coded at all.
    pub unclassified: bool,
}

impl Label {
    /// A row of the ordinary record.
    pub const NORMAL: Self =
        Self { confidentiality: Confidentiality::Normal, sensitivities: Sensitivities::NONE, unclassified: false };

    /// A row that no rule knows: restricted until a policy says otherwise.
    pub const UNCLASSIFIED: Self =
        Self { confidentiality: Confidentiality::Restricted, sensitivities: Sensitivities::NONE, unclassified: true };

    /// The high-water mark of both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            confidentiality: self.confidentiality.max(other.confidentiality),
            sensitivities: self.sensitivities.union(other.sensitivities),
            unclassified: self.unclassified || other.unclassified,
        }
    }

    /// The class of rows with this label.
    #[must_use]
    pub fn class(self) -> RowClass {
        let confidentiality = self.confidentiality as u16;
        RowClass((confidentiality << 10) | (self.sensitivities.0 << 1) | u16::from(self.unclassified))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.confidentiality.code())?;
        self.sensitivities.iter().try_for_each(|one| write!(f, " {}", one.code()))?;
        f.write_str(if self.unclassified { " unclassified" } else { "" })
    }
}

/// All rows with one label, as a number below [`RowClass::COUNT`]: what a decision compiled to bits is indexed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowClass(u16);

impl RowClass {
    /// How many classes there are.
    pub const COUNT: usize = 6 << 10;

    /// The number.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The number, to be kept.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// The class of a kept number.
    #[must_use]
    pub fn of_code(code: u16) -> Option<Self> {
        (usize::from(code) < Self::COUNT).then_some(Self(code))
    }

    /// The label of its rows.
    #[must_use]
    pub fn label(self) -> Label {
        let confidentiality = Confidentiality::ALL.get(usize::from(self.0 >> 10)).copied();
        Label {
            // The field is private and `of_code` refuses the rest, so the fallback is never reached; it denies most.
            confidentiality: confidentiality.unwrap_or(Confidentiality::VeryRestricted),
            sensitivities: Sensitivities((self.0 >> 1) & 0x1ff),
            unclassified: self.0 & 1 == 1,
        }
    }
}

/// The rule that gave a label, such as `hiv/loinc`: it stays with the label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub String);

/// A label, and the rules that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The label.
    pub label: Label,
    /// The rules, sorted.
    pub rules: Vec<RuleId>,
}

/// A value and its label, as a source delivered it. The only way out is a view, so it prints its label.
#[derive(Clone)]
pub struct Labeled<T> {
    /// The label.
    pub label: Label,
    /// The value.
    pub value: T,
}

impl<T> fmt::Debug for Labeled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Labeled({}, …)", self.label)
    }
}

/// Gives labels. The same row gets the same label until the rules change.
pub trait Labels: Send + Sync {
    /// The version of the rules: other rules have another.
    fn version(&self) -> Digest;

    /// The label of a resource, and why.
    fn mark(&self, resource: &serde_json::Value) -> Marked;
}

/// The rules of a host that has none: nothing is classified.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRules;

impl Labels for NoRules {
    fn version(&self) -> Digest {
        Digest::of(b"no label rules")
    }

    fn mark(&self, _: &serde_json::Value) -> Marked {
        Marked { label: Label::UNCLASSIFIED, rules: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_its_class_and_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in 0..u16::try_from(RowClass::COUNT).unwrap() {
            let class = RowClass::of_code(code).unwrap();
            assert_eq!(class.label().class(), class);
            seen.insert(class.label());
        }
        assert_eq!(seen.len(), RowClass::COUNT);
        assert_eq!(RowClass::of_code(u16::try_from(RowClass::COUNT).unwrap()), None);
    }

    #[test]
    fn join_is_the_high_water_mark() {
        let hiv = Label { sensitivities: Sensitivities::NONE.with(Sensitivity::Hiv), ..Label::NORMAL };
        let both = hiv.join(Label::UNCLASSIFIED);
        assert_eq!(both.to_string(), "R HIV unclassified");
        assert_eq!(both, Label::UNCLASSIFIED.join(hiv));
        assert_eq!(both.join(both), both);
        assert_eq!(both.join(Label::NORMAL), both);
    }

    #[test]
    fn codes_are_read_as_they_are_printed() {
        assert!(Sensitivity::ALL.into_iter().all(|one| Sensitivity::of_code(one.code()) == Some(one)));
        assert!(Confidentiality::ALL.into_iter().all(|one| Confidentiality::of_code(one.code()) == Some(one)));
        assert_eq!(Confidentiality::of_code("n"), None);
    }
}

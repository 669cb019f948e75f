//! Who is on the ward: classes dealt from decks per hundred patients, before any value is drawn.

use serde::Serialize;

use crate::coins::{Coins, Purpose};

/// Patients in one deal: the shares are exact in each.
pub(crate) const HUNDRED: u32 = 100;

/// What the renal dosing guard has to say about a metformin draft (eGFR by CKD-EPI 2021).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum T1Verdict {
    /// eGFR below 30.
    Contraindicated,
    /// eGFR from 30 to 45: not to be started.
    NotStarted,
    /// eGFR above 45.
    NoObjection,
    /// The newest usable creatinine is older than 90 days.
    Stale,
    /// Not computed: no creatinine that counts.
    NoCreatinine,
    /// Not computed: sex absent, `unknown` or `other`.
    UnknownSex,
    /// Not computed: under 18 years.
    Child,
    /// Not computed: deceased.
    Deceased,
}

/// The clinical response band of NEWS2 (RCP 2017), or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum News2Band {
    /// 0 to 4, no parameter scores 3.
    Low,
    /// 3 or 4, one parameter scores 3: urgent ward review.
    SingleThree,
    /// 5 or 6.
    Urgent,
    /// 7 or more.
    Emergency,
    /// Not computed: a parameter is missing.
    MissingParameter,
    /// Not computed: pregnant.
    Pregnant,
    /// Not computed: under 16 years.
    Child,
    /// Not computed: deceased.
    Deceased,
}

/// A kind of data that a hospital guards more than the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitive {
    /// Depression, bipolar disorder or schizophrenia.
    Psychiatric,
    /// HIV infection, viral load, antiretrovirals.
    Hiv,
    /// Opioid or alcohol dependence.
    SubstanceUse,
    /// Sexually transmitted infection, contraception, termination of pregnancy.
    SexualHealth,
}

/// What is odd about the creatinine, the sex or the dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RenalTrap {
    /// Nothing.
    Plain,
    /// A newer creatinine was entered in error and would change the verdict.
    NewerInError,
    /// A newer creatinine is preliminary and would change the verdict.
    NewerPreliminary,
    /// A stored MDRD eGFR (33914-3) contradicts CKD-EPI 2021.
    StoredMdrd,
    /// No creatinine at all.
    NoneAtAll,
    /// The only creatinine is a `valueString`.
    OnlyText,
    /// The only creatinine was entered in error.
    OnlyInError,
    /// The only creatinine is preliminary.
    OnlyPreliminary,
    /// `Patient.gender` is absent.
    SexAbsent,
    /// `Patient.gender` is `unknown`.
    SexUnknown,
    /// `Patient.gender` is `other`.
    SexOther,
    /// Results are dated after the death.
    LaterData,
}

/// What is odd about the vital signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VitalTrap {
    /// Nothing.
    Plain,
    /// COPD without a recorded target: scale 1, and scale 2 would score otherwise.
    CopdWithoutTarget,
    /// COPD with a recorded 88-92 % target: scale 2, and scale 1 would score otherwise.
    CopdWithTarget,
    /// A newer respiratory rate was entered in error.
    NewerInError,
    /// Earlier sets are on oxygen, the newest on air.
    Weaned,
    /// No respiratory rate in any set.
    WithoutRate,
    /// No oxygen saturation in any set.
    WithoutSaturation,
    /// Neither air nor oxygen is recorded in any set.
    WithoutOxygen,
    /// No blood pressure in any set.
    WithoutPressure,
    /// Blood pressure without its systolic component.
    WithoutSystolic,
    /// No pulse in any set.
    WithoutPulse,
    /// No level of consciousness in any set.
    WithoutConsciousness,
    /// No temperature in any set.
    WithoutTemperature,
}

/// The classes of one patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cast {
    /// What a metformin draft meets.
    pub t1: T1Verdict,
    /// The NEWS2 response.
    pub news2: News2Band,
    /// The guarded data this patient has besides a pregnancy.
    pub sensitive: Option<Sensitive>,
    /// What is odd about creatinine, sex or dates.
    pub renal_trap: RenalTrap,
    /// What is odd about the vital signs.
    pub vital_trap: VitalTrap,
}

/// Deals the hundred number `hundred` (0 is patients 1 to 100).
pub(crate) fn deal(seed: u64, hundred: u32) -> Vec<Cast> {
    let mut coins = Coins::new(seed, Purpose::Deal, u64::from(hundred));
    let mut seats = SEATS.fill(&mut coins);
    let mut table = Table::new(&mut coins);
    seats.drain(..).map(|seat| table.seat(seat)).collect()
}

/// A patient's place before the other classes are dealt.
type Seat = (T1Verdict, Option<News2Band>);

/// A deck: how many cards of each kind.
struct Deck<T: 'static>(&'static [(usize, T)]);

impl<T: Copy> Deck<T> {
    fn fill(&self, coins: &mut Coins) -> Vec<T> {
        let mut cards: Vec<T> = self.0.iter().flat_map(|(count, card)| std::iter::repeat_n(*card, *count)).collect();
        coins.shuffle(&mut cards);
        cards
    }
}

// 100 seats. A seat that names its NEWS2 band is out of the NEWS2 deck.
const SEATS: Deck<Seat> = Deck(&[
    (14, (T1Verdict::Contraindicated, None)),
    (16, (T1Verdict::NotStarted, None)),
    (35, (T1Verdict::NoObjection, None)),
    (3, (T1Verdict::NoObjection, Some(News2Band::Pregnant))),
    (10, (T1Verdict::Stale, None)),
    (6, (T1Verdict::NoCreatinine, None)),
    (6, (T1Verdict::UnknownSex, None)),
    (6, (T1Verdict::Child, Some(News2Band::Child))),
    (4, (T1Verdict::Deceased, Some(News2Band::Deceased))),
]);
// 87 seats without a band of their own.
const BANDS: Deck<News2Band> = Deck(&[
    (45, News2Band::Low),
    (10, News2Band::SingleThree),
    (13, News2Band::Urgent),
    (11, News2Band::Emergency),
    (8, News2Band::MissingParameter),
]);
// 94 who are not children.
const SENSITIVE: Deck<Option<Sensitive>> = Deck(&[
    (12, Some(Sensitive::Psychiatric)),
    (4, Some(Sensitive::Hiv)),
    (6, Some(Sensitive::SubstanceUse)),
    (5, Some(Sensitive::SexualHealth)),
    (67, None),
]);
// 68 whose eGFR decides.
const COMPUTED: Deck<RenalTrap> = Deck(&[
    (6, RenalTrap::NewerInError),
    (6, RenalTrap::NewerPreliminary),
    (5, RenalTrap::StoredMdrd),
    (51, RenalTrap::Plain),
]);
const NO_CREATININE: Deck<RenalTrap> = Deck(&[
    (2, RenalTrap::NoneAtAll),
    (2, RenalTrap::OnlyText),
    (1, RenalTrap::OnlyInError),
    (1, RenalTrap::OnlyPreliminary),
]);
const UNKNOWN_SEX: Deck<RenalTrap> =
    Deck(&[(2, RenalTrap::SexAbsent), (2, RenalTrap::SexUnknown), (2, RenalTrap::SexOther)]);
const DECEASED: Deck<RenalTrap> = Deck(&[(2, RenalTrap::LaterData), (2, RenalTrap::Plain)]);
// 79 whose NEWS2 is computed.
const SCORED: Deck<VitalTrap> = Deck(&[
    (5, VitalTrap::CopdWithoutTarget),
    (6, VitalTrap::CopdWithTarget),
    (5, VitalTrap::NewerInError),
    (4, VitalTrap::Weaned),
    (59, VitalTrap::Plain),
]);
const MISSING: Deck<VitalTrap> = Deck(&[
    (1, VitalTrap::WithoutRate),
    (1, VitalTrap::WithoutSaturation),
    (1, VitalTrap::WithoutOxygen),
    (1, VitalTrap::WithoutPressure),
    (1, VitalTrap::WithoutSystolic),
    (1, VitalTrap::WithoutPulse),
    (1, VitalTrap::WithoutConsciousness),
    (1, VitalTrap::WithoutTemperature),
]);

/// The shuffled decks of one hundred.
struct Table {
    bands: Vec<News2Band>,
    sensitive: Vec<Option<Sensitive>>,
    computed: Vec<RenalTrap>,
    no_creatinine: Vec<RenalTrap>,
    unknown_sex: Vec<RenalTrap>,
    deceased: Vec<RenalTrap>,
    scored: Vec<VitalTrap>,
    missing: Vec<VitalTrap>,
}

impl Table {
    fn new(coins: &mut Coins) -> Self {
        Self {
            bands: BANDS.fill(coins),
            sensitive: SENSITIVE.fill(coins),
            computed: COMPUTED.fill(coins),
            no_creatinine: NO_CREATININE.fill(coins),
            unknown_sex: UNKNOWN_SEX.fill(coins),
            deceased: DECEASED.fill(coins),
            scored: SCORED.fill(coins),
            missing: MISSING.fill(coins),
        }
    }

    fn seat(&mut self, (t1, band): Seat) -> Cast {
        let news2 = band.or_else(|| self.bands.pop()).unwrap_or(News2Band::Low);
        let sensitive = if t1 == T1Verdict::Child { None } else { self.sensitive.pop().flatten() };
        Cast { t1, news2, sensitive, renal_trap: self.renal_trap(t1), vital_trap: self.vital_trap(news2) }
    }

    fn renal_trap(&mut self, t1: T1Verdict) -> RenalTrap {
        let deck = match t1 {
            T1Verdict::Contraindicated | T1Verdict::NotStarted | T1Verdict::NoObjection => &mut self.computed,
            T1Verdict::NoCreatinine => &mut self.no_creatinine,
            T1Verdict::UnknownSex => &mut self.unknown_sex,
            T1Verdict::Deceased => &mut self.deceased,
            T1Verdict::Stale | T1Verdict::Child => return RenalTrap::Plain,
        };
        deck.pop().unwrap_or(RenalTrap::Plain)
    }

    fn vital_trap(&mut self, news2: News2Band) -> VitalTrap {
        let deck = match news2 {
            News2Band::Low | News2Band::SingleThree | News2Band::Urgent | News2Band::Emergency => &mut self.scored,
            News2Band::MissingParameter => &mut self.missing,
            News2Band::Pregnant | News2Band::Child | News2Band::Deceased => return VitalTrap::Plain,
        };
        deck.pop().unwrap_or(VitalTrap::Plain)
    }
}

//! The sample plugin for kidney function, one patient's rows for it, and the same source as a native function.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use cordon_core::ids::{Coins, Digest, EntryName, NeedName, ServiceId, TenantId};
use cordon_core::manifest::{Hook, Manifest};
use cordon_core::message::{PackData, RunMessage};
use cordon_core::view::View;
use cordon_guest_build::{package, repository};
use cordon_sdk::testing::Case;
use cordon_ward::{PatientRecord, T1Verdict, Ward, WardOptions};
use serde_json::{Value, json};

/// The plugin's data pack, and what it is called.
pub(crate) const DRUGS: &str = include_str!("../../../../sample-plugins/renal-dosing/drugs.json");
pub(crate) const PACK: &str = "drugs";

/// The plugin and one call of it.
pub(crate) struct Renal {
    pub(crate) manifest: Manifest,
    pub(crate) component: Vec<u8>,
    pub(crate) message: RunMessage,
    pub(crate) rows: BTreeMap<&'static str, Vec<String>>,
    /// The native call without its rows.
    case: Case,
}

impl Renal {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let manifest = Manifest::parse(include_str!("../../../../sample-plugins/renal-dosing/plugin.toml"))?;
        let component = package(&repository().join("sample-plugins"), "renal-dosing")?;
        let mut ward = Ward::new(&WardOptions::new(7, 100))?;
        let record = ward.find(|record| record.cast.t1 == T1Verdict::Contraindicated).context("such a patient")?;
        let rows = rows(&record);
        let view = |(need, rows): (&&str, &Vec<String>)| Ok(View::new(NeedName::new(*need)?, rows));
        let bytes = DRUGS.as_bytes().to_vec();
        let pack = PackData { version: "bench".to_owned(), digest: Digest::of(&bytes), bytes };
        let case = Case::new("order-select", "renal-dosing").now(&cordon_ward::DEFAULT_NOW.to_string());
        let case = case.pack(PACK, "bench", serde_json::from_str(DRUGS)?);
        let message = RunMessage {
            tenant: TenantId::new("bench")?,
            plugin: manifest.id.clone(),
            component: Digest::of(&component),
            limits: manifest.limits,
            hook: Hook::OrderSelect,
            service: ServiceId::new("renal-dosing")?,
            now: cordon_ward::DEFAULT_NOW,
            locale: "en".to_owned(),
            views: rows.iter().map(view).collect::<anyhow::Result<_>>()?,
            cells: BTreeMap::new(),
            packs: BTreeMap::from([(EntryName::new(PACK)?, Arc::new(pack))]),
            budget: Duration::from_secs(60),
            coins: Coins::new([0; 32]),
        };
        Ok(Self { manifest, component, message, rows, case })
    }

    /// The same source, compiled for this machine, on the same rows.
    pub(crate) fn native(&self) -> anyhow::Result<()> {
        let mut case = self.case.clone();
        for (need, rows) in &self.rows {
            case = case.need_text(need, &rows.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let cards = case.run(renal_dosing::evaluate).map_err(|_| anyhow::anyhow!("the plugin failed"))?;
        anyhow::ensure!(!cards.is_empty(), "no card");
        Ok(())
    }

    /// The bytes of all rows.
    pub(crate) fn bytes(&self) -> usize {
        self.rows.values().flatten().map(String::len).sum()
    }
}

fn rows(record: &PatientRecord) -> BTreeMap<&'static str, Vec<String>> {
    let at = |row: &Value, at: &str| row.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let code = |row: &Value| at(row, "/code/coding/0/code");
    let of = |wanted: &[&str]| {
        let wanted = |row: &&Value| code(row).is_some_and(|code| wanted.contains(&code.as_str()));
        record.resources.iter().filter(wanted).map(Value::to_string).collect::<Vec<_>>()
    };
    let orders = record.resources.iter().filter(|row| at(row, "/resourceType").as_deref() == Some("MedicationRequest"));
    let draft = json!({ "resourceType": "MedicationRequest", "id": "draft-1", "status": "draft", "intent": "order",
        "medicationCodeableConcept": { "coding": [{ "system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "860975",
            "display": "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet" }] } });
    BTreeMap::from([
        ("creatinine", of(&["2160-0", "38483-4"])),
        ("draft", vec![draft.to_string()]),
        ("medication", orders.map(Value::to_string).collect()),
        ("patient", vec![record.patient.to_string()]),
        ("weight", of(&["29463-7"])),
    ])
}

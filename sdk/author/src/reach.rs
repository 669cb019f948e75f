//! What a plugin keeps, is given beside rows, and lets out: each line as a reviewer reads it.

use std::fmt;

use cordon_core::disclosure::{Channel, Disclosure, Latency, disclosure};
use cordon_core::grant::{PackFrom, Powers};
use cordon_core::manifest::{CardMode, CardSource, Link, Manifest, Pinned, Slots};
use serde::Serialize;

/// What it is given beside rows.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Keeps {
    /// Its cells.
    pub cells: Vec<String>,
    /// Its publisher's data packs.
    pub packs: Vec<String>,
}

/// Where its words can go. There is no other way out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sinks {
    /// Whose words its cards are, on the screen of the clinician who called.
    pub cards: &'static str,
    /// The most cards of one call.
    pub most_cards: usize,
    /// Who the cards are from.
    pub source: CardSource,
    /// The signed texts of its cards, with what their slots take.
    pub templates: Vec<String>,
    /// Orders it may propose, by name with their description.
    pub proposals: Vec<String>,
    /// Orders it may have stored unasked, if the hospital grants their type.
    pub system_actions: Vec<String>,
    /// Override reasons it may offer, as the clinician reads them.
    pub override_reasons: Vec<String>,
    /// What it may tell the operators.
    pub notes: Vec<String>,
    /// What this comes to if a hospital grants all of it but links outside.
    pub lets_out: Disclosure,
    /// Whether it can send anything to its maker.
    pub sends_to_its_maker: &'static str,
}

pub(crate) fn keeps(manifest: &Manifest) -> Keeps {
    let cells =
        manifest.cells.values().map(|cell| format!("{}: {} bytes. Why: {}", cell.name, cell.size.bytes(), cell.why));
    let packs = manifest.packs.values().map(|pack| {
        let from = pack
            .url
            .as_ref()
            .map_or("brought as a file".to_owned(), |url| format!("brought as a file or fetched from {url}"));
        format!("{}: at most {} bytes, {from}. Why: {}", pack.name, pack.most_bytes, pack.why)
    });
    Keeps { cells: cells.collect(), packs: packs.collect() }
}

pub(crate) fn sinks(manifest: &Manifest) -> Sinks {
    let cards = match manifest.cards.mode {
        CardMode::Text => "text that the card profile bounds: no HTML, image or link",
        CardMode::Templated => "the signed texts below, with their slots filled, and no word beside them",
    };
    let proposals = manifest.proposals.iter();
    let proposal = |(name, one): (&_, &cordon_core::proposal::Proposal)| {
        let allow: Vec<&str> = one.allow().iter().map(|liberty| liberty.as_str()).collect();
        let allow =
            if allow.is_empty() { String::new() } else { format!(" (holds {}, if granted)", allow.join(" and ")) };
        format!("{name}: {}{allow}{}", one.description("en"), slots(one.slots()))
    };
    let acts = proposals.clone().filter(|(_, one)| one.is_system_action());
    Sinks {
        cards,
        most_cards: manifest.cards.most,
        source: manifest.source.clone(),
        templates: manifest
            .templates
            .iter()
            .map(|(name, one)| format!("{name} ({:?}): {}{}", one.indicator, one.summary.en, slots(&one.slots)))
            .collect(),
        system_actions: acts.map(|(name, one)| format!("{name}, a {}", one.resource_type())).collect(),
        proposals: proposals.map(proposal).collect(),
        override_reasons: manifest.override_reasons.values().map(|reason| reason.display.clone()).collect(),
        notes: manifest.notes.values().map(|note| format!("{}: {}", note.code, note.text)).collect(),
        lets_out: disclosure(manifest, &everything(manifest), Latency::Buckets),
        sends_to_its_maker: "no: it has no network, and nothing it writes leaves the hospital",
    }
}

/// All that it asks for but links outside.
fn everything(manifest: &Manifest) -> Powers {
    let mut powers = Powers::usual(manifest);
    powers.wasi = manifest.wasi.is_some();
    for (name, pack) in &manifest.packs {
        if pack.url.is_some() {
            powers.packs.insert(name.clone(), PackFrom::Fetch);
        }
    }
    for proposal in manifest.proposals.values() {
        powers.allow.extend(proposal.allow());
        if proposal.is_system_action() {
            powers.system_actions.insert(proposal.resource_type().to_owned());
        }
    }
    powers
}

fn slots(slots: &Slots) -> String {
    slots.iter().map(|(name, slot)| format!("; {name} is {}", slot.words())).collect()
}

/// A link as cards show it.
pub(crate) fn link(link: &Link) -> String {
    format!("link on each card: {}{}", link.url, copied(link.copy.as_ref()))
}

fn copied(copy: Option<&Pinned>) -> String {
    match copy {
        Some(copy) => format!(", shown from the hospital's own copy {}", copy.digest),
        None => ", only if the hospital grants links outside".to_owned(),
    }
}

impl fmt::Display for Keeps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cell in &self.cells {
            writeln!(f, "keeps the cell {cell}")?;
        }
        for pack in &self.packs {
            writeln!(f, "reads its publisher's pack {pack}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "can write")?;
        writeln!(f, "  up to {} cards a call from \"{}\": {}", self.most_cards, self.source.label, self.cards)?;
        if let Some(url) = &self.source.url {
            writeln!(f, "  who they are from leads to {url}, only if the hospital grants links outside")?;
        }
        if let Some(icon) = &self.source.icon {
            writeln!(f, "  an icon, shown from the hospital's own copy {}", icon.digest)?;
        }
        let lists = [
            ("the template", &self.templates),
            ("may propose", &self.proposals),
            ("may have stored unasked, if granted,", &self.system_actions),
            ("may offer the override reason", &self.override_reasons),
            ("may note to the operators", &self.notes),
        ];
        for (what, list) in lists {
            list.iter().try_for_each(|one| writeln!(f, "  {what} {one}"))?;
        }
        lets_out(&self.lets_out, f)?;
        writeln!(f, "can send data to its maker: {}", self.sends_to_its_maker)
    }
}

fn lets_out(told: &Disclosure, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "lets out in one call, if all of it is granted")?;
    for declared in told.declared.iter().filter(|declared| !declared.content.is_empty()) {
        let bits = declared.bits.map_or("nothing by itself".to_owned(), |bits| format!("at most {bits} bits"));
        writeln!(f, "  to {}, {bits}: {}", declared.reader, declared.content.join("; "))?;
    }
    let channel = |channel: &Channel| format!("{} {}", channel.name, bits(channel.millibits));
    let channels: Vec<String> = told.undeclared.iter().map(channel).collect();
    writeln!(f, "  beside it, {} in all: {}", bits(told.millibits), channels.join(", "))?;
    writeln!(f, "  to its publisher: {}", told.publisher.join("; "))
}

/// Thousandths of a bit as bits.
fn bits(millibits: u32) -> String {
    format!("{}.{:03} bits", millibits / 1_000, millibits % 1_000)
}

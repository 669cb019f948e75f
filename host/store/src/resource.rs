//! Resources: what is taken in, and how it is kept.

use std::convert::Infallible;
use std::fmt;

use cordon_core::ids::{PatientId, TenantId};
use cordon_core::label::Marked;
use cordon_core::ports::Records;
use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::date::instant;
use cordon_fhir::element::references_below;
use cordon_fhir::json::{JsonError, JsonLimits, parse};
use cordon_fhir::reference::Reference;
use cordon_fhir::search::{IndexEntry, Parameter, index, primary_date};
use cordon_fhir::types::{resource_id, resource_type};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::cells::{self, Whose};
use crate::error::StoreError;
use crate::r4::is_resource_type;
use crate::store::{Reader, Store};
use crate::time::sortable;

/// The largest resource that is taken in, in bytes.
pub const MAX_RESOURCE: usize = 16 * 1024 * 1024;

/// Why a text is not a resource that can be kept. Holds kinds and places, nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// Not JSON as FHIR has it, or beyond the limits of [`JsonLimits`].
    #[error("{0} of the resource")]
    Json(#[from] JsonError),
    /// More than [`MAX_RESOURCE`] bytes.
    #[error("larger than {MAX_RESOURCE} bytes")]
    TooLarge,
    /// `resourceType` is missing or is no type of FHIR R4 that is kept on its own (a Bundle is not).
    #[error("unknown resource type")]
    UnknownType,
    /// `id` is missing or not a FHIR id.
    #[error("no valid id")]
    NoId,
    /// A Consent that is in no patient's record would be read for nobody, and a denial in it would be lost.
    #[error("a Consent that does not name one patient, as `Patient/id`: nobody's denial would be read")]
    NobodysConsent,
    /// A Consent that says when it was changed in a way that no other one can be compared with.
    #[error(
        "a Consent whose `meta.lastUpdated` is no instant: date, time with seconds, and zone (2026-11-22T12:00:00Z)"
    )]
    NoInstant,
}

/// A resource that can be kept: parsed, of a known type, with an id. The bytes stay as they came.
pub struct Resource {
    reference: Reference,
    value: Value,
    bytes: Vec<u8>,
}

impl Resource {
    /// Reads one resource.
    ///
    /// # Errors
    /// [`ResourceError`] says what is wrong.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ResourceError> {
        if bytes.len() > MAX_RESOURCE {
            return Err(ResourceError::TooLarge);
        }
        let value = parse(&bytes, JsonLimits::default())?;
        let resource_type = resource_type(&value).filter(|name| is_resource_type(name.as_str()));
        let resource_type = resource_type.ok_or(ResourceError::UnknownType)?;
        let id = resource_id(&value).ok_or(ResourceError::NoId)?.to_owned();
        let resource = Self { reference: Reference { resource_type, id }, value, bytes };
        if resource.is_consent() && resource.patient().is_none() {
            return Err(ResourceError::NobodysConsent);
        }
        if resource.is_consent() && !resource.has_fair_date() {
            return Err(ResourceError::NoInstant);
        }
        Ok(resource)
    }

    /// Its type and id.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_consent(&self) -> bool {
        self.reference.resource_type.as_str() == "Consent"
    }

    /// When it last changed (R4 Resource: `meta.lastUpdated`), if it says so.
    pub(crate) fn changed(&self) -> Option<Timestamp> {
        changed(&self.value)
    }

    /// Whether it says when it last changed, or says nothing of it.
    fn has_fair_date(&self) -> bool {
        match self.value.get("meta") {
            None => true,
            Some(Value::Object(meta)) => !meta.contains_key("lastUpdated") || self.changed().is_some(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => false,
        }
    }

    /// The one patient whose record it belongs to.
    pub(crate) fn patient(&self) -> Option<String> {
        let named = references_below(&self.value).into_iter().filter_map(Reference::parse);
        let patients =
            named.chain([self.reference.clone()]).filter(|target| target.resource_type.as_str() == "Patient");
        patients.map(|patient| patient.id).find(|id| membership(&self.value, id) == Membership::Member)
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(…)", self.reference.resource_type)
    }
}

fn changed(resource: &Value) -> Option<Timestamp> {
    instant(resource.pointer("/meta/lastUpdated")?.as_str()?)
}

/// The Consent that another one would take the place of.
pub(crate) struct Before {
    /// Whose it is.
    pub(crate) patient: Option<String>,
    /// When it last changed, if it says so.
    pub(crate) changed: Option<Timestamp>,
}

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// There was none of this type and id.
    New,
    /// Other bytes were there before.
    Replaced,
    /// The same bytes are there already.
    Unchanged,
}

/// A store of records: what every database that Cordon runs on must do.
pub trait RecordStore: Records {
    /// Keeps a batch, all of it or nothing, and says for each what became of it. A Consent that is new or replaced takes
    /// the cells of its patient with it: what they hold was made under another consent.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the batch was kept.
    fn put(&self, tenant: &TenantId, batch: &[Resource]) -> Result<Vec<Put>, StoreError>;

    /// The bytes of one resource, exactly as they were kept.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, tenant: &TenantId, reference: &Reference) -> Result<Option<Vec<u8>>, StoreError>;
}

impl RecordStore for Store {
    fn put(&self, tenant: &TenantId, batch: &[Resource]) -> Result<Vec<Put>, StoreError> {
        let puts = self.keep::<Infallible>(tenant, batch, &|_, _| Ok(()))?;
        Ok(puts.into_iter().map(|put| put.unwrap_or_else(|never| match never {})).collect())
    }

    fn get(&self, tenant: &TenantId, reference: &Reference) -> Result<Option<Vec<u8>>, StoreError> {
        self.resource(tenant, reference)
    }
}

/// Whether a Consent may take the place of the kept one.
type Admits<'a, W> = dyn Fn(&Resource, &Before) -> Result<(), W> + 'a;

impl Store {
    /// Keeps a batch as [`RecordStore::put`] does, but for the Consents that `admits` refuses: it hears of each that differs
    /// from the kept one, and of that.
    pub(crate) fn keep<W>(
        &self,
        tenant: &TenantId,
        batch: &[Resource],
        admits: &Admits<'_, W>,
    ) -> Result<Vec<Result<Put, W>>, StoreError> {
        self.own(tenant)?;
        let marks = self.mark(batch.iter().map(|resource| &resource.value));
        let mut shredded = 0_usize;
        let puts = self.write(|c| {
            let marked = batch.iter().zip(&marks);
            let mut keep = |(resource, marked): (&Resource, &Option<Marked>)| {
                if let Some(before) = replaced(c, tenant, resource)?
                    && let Err(why) = admits(resource, &before)
                {
                    return Ok(Err(why));
                }
                for patient in concerned(c, tenant, resource)? {
                    shredded = shredded.saturating_add(cells::delete(c, tenant, Whose::Patient(&patient))?);
                }
                let (put, row) = put(c, tenant, resource)?;
                row.map_or(Ok(()), |row| self.keep_label(c, row, marked.as_ref()))?;
                Ok(Ok(put))
            };
            marked.map(&mut keep).collect::<Result<_, StoreError>>()
        })?;
        self.overwrite(shredded);
        Ok(puts)
    }
}

impl Reader {
    /// The bytes of one resource, exactly as they were kept.
    ///
    /// # Errors
    /// The store failed.
    pub fn resource(&self, tenant: &TenantId, reference: &Reference) -> Result<Option<Vec<u8>>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT bytes FROM resource WHERE tenant = ?1 AND type = ?2 AND id = ?3";
        let key = params![tenant.as_str(), reference.resource_type.as_str(), reference.id];
        self.read(|c| Ok(c.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?))
    }

    /// How many resources of each type a tenant has, in order of the types.
    ///
    /// # Errors
    /// The store failed.
    pub fn counts(&self, tenant: &TenantId) -> Result<Vec<(String, u64)>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT type, count(*) FROM resource WHERE tenant = ?1 GROUP BY type ORDER BY type";
        self.read(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map([tenant.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// What a Consent would replace.
fn replaced(c: &Connection, tenant: &TenantId, resource: &Resource) -> Result<Option<Before>, StoreError> {
    if !resource.is_consent() {
        return Ok(None);
    }
    let sql = "SELECT patient, bytes FROM resource WHERE tenant = ?1 AND type = 'Consent' AND id = ?2 AND bytes <> ?3";
    let key = params![tenant.as_str(), resource.reference.id, resource.bytes];
    let found: Option<(Option<String>, Vec<u8>)> =
        c.prepare_cached(sql)?.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(patient, bytes)| {
        let value = serde_json::from_slice::<Value>(&bytes).ok();
        Before { patient, changed: value.as_ref().and_then(changed) }
    }))
}

/// The patients whose consents a resource changes: whose Consent it is, and whose it was.
fn concerned(c: &Connection, tenant: &TenantId, resource: &Resource) -> Result<Vec<PatientId>, StoreError> {
    if !resource.is_consent() {
        return Ok(Vec::new());
    }
    let sql = "SELECT patient, bytes = ?3 FROM resource WHERE tenant = ?1 AND type = 'Consent' AND id = ?2";
    let key = params![tenant.as_str(), resource.reference.id, resource.bytes];
    let before: Option<(Option<String>, bool)> =
        c.prepare_cached(sql)?.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let before = match before {
        Some((_, true)) => return Ok(Vec::new()),
        Some((patient, false)) => patient,
        None => None,
    };
    // A patient whose id is none has no cells.
    Ok(resource.patient().into_iter().chain(before).filter_map(|id| PatientId::new(id).ok()).collect())
}

/// What became of it, and its row if that is new.
fn put(c: &Connection, tenant: &TenantId, resource: &Resource) -> Result<(Put, Option<i64>), StoreError> {
    let sql = "SELECT row, bytes = ?4 FROM resource WHERE tenant = ?1 AND type = ?2 AND id = ?3";
    let key =
        params![tenant.as_str(), resource.reference.resource_type.as_str(), resource.reference.id, resource.bytes];
    let found: Option<(i64, bool)> =
        c.prepare_cached(sql)?.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        Some((_, true)) => Ok((Put::Unchanged, None)),
        Some((row, false)) => {
            // The index rows go with it.
            c.prepare_cached("DELETE FROM resource WHERE row = ?1")?.execute([row])?;
            Ok((Put::Replaced, Some(insert(c, tenant, resource)?)))
        }
        None => Ok((Put::New, Some(insert(c, tenant, resource)?))),
    }
}

fn insert(c: &Connection, tenant: &TenantId, resource: &Resource) -> Result<i64, StoreError> {
    let patient = resource.patient();
    let (upper, lower) = primary_date(&resource.value)
        .map_or_else(Default::default, |range| (sortable(range.upper), sortable(range.lower)));
    let name = resource.reference.resource_type.as_str();
    let sql =
        "INSERT INTO resource (tenant, type, id, patient, upper, lower, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = c.prepare_cached(sql)?.insert(params![
        tenant.as_str(),
        name,
        resource.reference.id,
        patient,
        upper,
        lower,
        resource.bytes
    ])?;
    // Nobody searches for what is in no patient's record.
    let Some(patient) = patient else { return Ok(row) };
    let place = Place { row, tenant, patient: &patient, resource: &resource.reference, upper, lower };
    index(&resource.value).iter().try_for_each(|entry| place.insert(c, entry))?;
    Ok(row)
}

struct Place<'a> {
    row: i64,
    tenant: &'a TenantId,
    patient: &'a str,
    resource: &'a Reference,
    upper: String,
    lower: String,
}

impl Place<'_> {
    fn insert(&self, c: &Connection, entry: &IndexEntry) -> Result<(), StoreError> {
        match entry {
            // The id has its own column.
            IndexEntry::Token { parameter: Parameter::Id, .. } => Ok(()),
            IndexEntry::Token { parameter, system, code } => {
                let sql = "INSERT OR IGNORE INTO idx_token (row, parameter, code, system, tenant, patient, type, upper, lower, id)
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
                let Self { row, tenant, patient, resource, upper, lower } = self;
                let (system, name) = (system_key(system.as_deref()), resource.resource_type.as_str());
                let (parameter, tenant) = (parameter.as_str(), tenant.as_str());
                let values = params![row, parameter, code, system, tenant, patient, name, upper, lower, resource.id];
                Ok(c.prepare_cached(sql)?.execute(values).map(drop)?)
            }
            IndexEntry::Reference { parameter, target } => {
                let sql = "INSERT OR IGNORE INTO idx_reference (row, parameter, target_type, target_id)
                           VALUES (?1, ?2, ?3, ?4)";
                let values = params![self.row, parameter.as_str(), target.resource_type.as_str(), target.id];
                Ok(c.prepare_cached(sql)?.execute(values).map(drop)?)
            }
            IndexEntry::Date { parameter, range } => {
                let sql = "INSERT OR IGNORE INTO idx_date (row, parameter, lower, upper) VALUES (?1, ?2, ?3, ?4)";
                let values = params![self.row, parameter.as_str(), sortable(range.lower), sortable(range.upper)];
                Ok(c.prepare_cached(sql)?.execute(values).map(drop)?)
            }
        }
    }
}

/// How a system stands in the index: `''` is none. An empty system, which is not valid FHIR, becomes a blank: no search
/// value can hold one, so it is found by its code alone, as [`cordon_fhir::query`] has it.
pub(crate) fn system_key(system: Option<&str>) -> &str {
    match system {
        None => "",
        Some("") => " ",
        Some(system) => system,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn consent(patient: Value) -> Result<Resource, ResourceError> {
        let consent = json!({ "resourceType": "Consent", "id": "c", "status": "active", "patient": patient });
        Resource::parse(consent.to_string().into_bytes())
    }

    #[test]
    fn a_consent_that_would_be_read_for_nobody_is_not_kept() {
        let lost = [
            json!({ "reference": "https://ehr.example/fhir/Patient/p" }),
            json!({ "identifier": { "value": "7" } }),
            json!({ "reference": "#p" }),
            json!(null),
        ];
        for patient in lost {
            assert_eq!(consent(patient).err(), Some(ResourceError::NobodysConsent));
        }
        assert!(consent(json!({ "reference": "Patient/p" })).is_ok());
    }
}

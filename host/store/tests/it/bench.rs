//! What the tests have in common: a store in a directory of its own, names, and a second implementation of the port.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Deref};
use std::path::{Path, PathBuf};

use cordon_core::ids::{PatientId, TenantId};
use cordon_core::label::{Labeled, Labels as _, NoRules};
use cordon_core::ports::{Each, Query, Records, RecordsError};
use cordon_fhir::compartment::{Membership, membership};
use cordon_fhir::json::{JsonLimits, parse};
use cordon_fhir::reference::Reference;
use cordon_fhir::scope::Scope;
use cordon_fhir::search::primary_date;
use cordon_store::{Put, RecordStore, Resource, Store, StoreError};
use serde_json::Value;

/// The store of the tenant `ward`, which goes away with the test.
pub(crate) struct Bench {
    store: Store,
    pub(crate) dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { store: Store::open(dir.path(), &tenant("ward")).unwrap(), dir }
    }

    /// A file of the tenant.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        file(self.dir.path(), name)
    }
}

impl Deref for Bench {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// A file of the tenant `ward`.
pub(crate) fn file(data: &Path, name: &str) -> PathBuf {
    data.join("tenants/ward").join(name)
}

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

pub(crate) fn resource(value: &Value) -> Resource {
    Resource::parse(value.to_string().into_bytes()).unwrap()
}

/// `Type/id` of what a search gives, in order, at most `most`.
pub(crate) fn visit(records: &dyn Records, tenant: &TenantId, patient: &str, scope: &str, most: usize) -> Vec<String> {
    let (patient, scope) = (PatientId::new(patient).unwrap(), Scope::parse(scope).unwrap());
    let mut found = Vec::new();
    let mut each = |row: Labeled<&Value>| {
        let row = row.value;
        found.push(format!("{}/{}", row["resourceType"].as_str().unwrap(), row["id"].as_str().unwrap()));
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    records.visit(Query { tenant, patient: &patient, scope: &scope }, &mut each).unwrap();
    found
}

/// As a store does: it is one tenant's.
fn own(asked: &TenantId) -> Result<(), StoreError> {
    if *asked == tenant("ward") { Ok(()) } else { Err(StoreError::Foreign) }
}

/// The port in its plainest form: everything in a map, every search a walk over all of it.
#[derive(Default)]
pub(crate) struct Plain(RefCell<BTreeMap<(TenantId, Reference), Vec<u8>>>);

impl Records for Plain {
    fn visit(&self, query: Query<'_>, each: &mut Each<'_>) -> Result<(), RecordsError> {
        own(query.tenant).map_err(|_| RecordsError)?;
        let map = self.0.borrow();
        let mine = map.iter().filter(|((tenant, _), _)| tenant == query.tenant);
        let parsed = mine.map(|((_, name), bytes)| (name.clone(), parse(bytes, JsonLimits::default()).unwrap()));
        let wanted =
            |row: &Value| membership(row, query.patient.as_str()) == Membership::Member && query.scope.admits(row);
        let mut rows: Vec<_> = parsed.filter(|(_, row)| wanted(row)).collect();
        rows.sort_by_key(|(name, row)| {
            let newest = primary_date(row).map(|range| (range.upper, range.lower));
            (Reverse(newest), name.id.clone(), name.resource_type.clone())
        });
        // Whoever broke off has what it wanted.
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) =
            rows.into_iter().try_for_each(|(_, row)| each(Labeled { label: NoRules.mark(&row).label, value: &row }));
        Ok(())
    }

    fn consents(&self, tenant: &TenantId, patient: &PatientId) -> Result<Vec<Value>, RecordsError> {
        let mut found = Vec::new();
        let scope = Scope::parse("patient/Consent.rs").unwrap();
        let mut each = |row: Labeled<&Value>| {
            found.push(row.value.clone());
            ControlFlow::Continue(())
        };
        self.visit(Query { tenant, patient, scope: &scope }, &mut each)?;
        Ok(found)
    }
}

impl RecordStore for Plain {
    fn put(&self, tenant: &TenantId, batch: &[Resource]) -> Result<Vec<Put>, StoreError> {
        own(tenant)?;
        let mut map = self.0.borrow_mut();
        let mut put = |resource: &Resource| {
            let bytes = resource.bytes().to_vec();
            match map.insert((tenant.clone(), resource.reference().clone()), bytes.clone()) {
                None => Put::New,
                Some(before) if before == bytes => Put::Unchanged,
                Some(_) => Put::Replaced,
            }
        };
        Ok(batch.iter().map(&mut put).collect())
    }

    fn get(&self, tenant: &TenantId, reference: &Reference) -> Result<Option<Vec<u8>>, StoreError> {
        own(tenant)?;
        Ok(self.0.borrow().get(&(tenant.clone(), reference.clone())).cloned())
    }
}

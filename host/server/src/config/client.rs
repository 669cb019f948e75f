//! `[[client]]`: one CDS client, what it may call about, and what its signed claims may say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cordon_core::call::Purpose;
use cordon_core::ids::{Issuer, Role, TenantId};
use cordon_core::manifest::Hook;
use cordon_fhir::scope::ScopeSet;
use serde::Deserialize;

use super::{ConfigError, read};
use crate::cds::{IssuerSettings, RolePattern};

/// One CDS client that may call.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its `iss`.
    pub issuer: Issuer,
    /// Whose data it calls about: one of [`super::Config::tenants`].
    pub tenant: TenantId,
    /// Its pinned JWK Set, as JSON.
    pub jwks: Vec<u8>,
    /// `jku` values it may send. They are compared, never fetched.
    pub jku: Vec<String>,
    /// Its users' rights, purposes of use, roles and language.
    pub settings: IssuerSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawClient {
    issuer: Issuer,
    tenant: TenantId,
    jwks: PathBuf,
    #[serde(default)]
    jku: Vec<String>,
    client_id: Option<String>,
    fhir_server: Option<String>,
    user_right: Option<String>,
    #[serde(default = "default_locale")]
    locale: String,
    #[serde(default)]
    purposes: BTreeMap<String, Purpose>,
    #[serde(default)]
    claimed_purposes: BTreeSet<Purpose>,
    #[serde(default)]
    break_glass: bool,
    #[serde(default)]
    roles: BTreeSet<Role>,
    #[serde(default)]
    claimed_roles: Vec<String>,
}

fn default_locale() -> String {
    "en".to_owned()
}

impl RawClient {
    pub(super) fn check(self, folder: &Path) -> Result<Client, ConfigError> {
        let wrong = |why: &str| ConfigError::Rule(format!("client `{}`: {why}", self.issuer));
        let purposes = self.purposes.iter().map(|(hook, purpose)| Some((Hook::parse(hook)?, *purpose)));
        let purposes: Option<BTreeMap<_, _>> = purposes.collect();
        let purposes = purposes.ok_or_else(|| wrong("purposes: each name is a hook, such as order-select"))?;
        if purposes.values().any(|purpose| *purpose == Purpose::BreakGlass) {
            return Err(wrong("purposes: BTG is never configured, it comes from a signed claim of each call"));
        }
        if self.claimed_purposes.contains(&Purpose::BreakGlass) != self.break_glass {
            return Err(wrong("break-glass = true and BTG in claimed-purposes go together"));
        }
        let claimed_roles = self.claimed_roles.iter().map(|text| RolePattern::parse(text)).collect::<Result<_, _>>();
        let claimed_roles = claimed_roles.map_err(|error| wrong(&format!("claimed-roles: {error}")))?;
        let user_right = self.user_right.as_deref().map(scopes);
        let user_right = user_right.map(|set| set.ok_or_else(|| wrong("user-right: a list of SMART scopes")));
        let settings = IssuerSettings {
            user_right: user_right.transpose()?,
            client_id: self.client_id,
            fhir_server: self.fhir_server,
            purposes,
            claimed_purposes: self.claimed_purposes,
            break_glass: self.break_glass,
            roles: self.roles,
            claimed_roles,
            locale: self.locale,
        };
        let jwks = read(&folder.join(self.jwks))?;
        Ok(Client { issuer: self.issuer, tenant: self.tenant, jwks, jku: self.jku, settings })
    }
}

/// A configured right is read in full: a scope that cannot be evaluated is a mistake here, not something to skip.
fn scopes(text: &str) -> Option<ScopeSet> {
    let set = ScopeSet::parse(text);
    (set.skipped().is_empty() && !set.scopes().is_empty()).then_some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(lines: &str) -> Result<IssuerSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let dir = cap_std::fs::Dir::open_ambient_dir(folder.path(), cap_std::ambient_authority()).unwrap();
        dir.write("keys.json", b"{}").unwrap();
        let head = "issuer = \"https://a.example\"\ntenant = \"a\"\njwks = \"keys.json\"\n";
        let raw: RawClient = toml::from_str(&format!("{head}{lines}")).map_err(|error| error.message().to_owned())?;
        raw.check(folder.path()).map(|client| client.settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_client_claims_nothing_by_default() {
        let settings = checked("").unwrap();
        assert!(settings.purposes.is_empty() && settings.claimed_purposes.is_empty() && !settings.break_glass);
        assert!(settings.roles.is_empty() && settings.claimed_roles.is_empty());
    }

    #[test]
    fn a_purpose_or_role_that_cannot_be_meant_is_refused() {
        for lines in [
            "purposes = { \"order-select\" = \"BTG\" }",
            "purposes = { \"order-selected\" = \"TREAT\" }",
            "purposes = { \"order-select\" = \"treatment\" }",
            "claimed-purposes = [\"BTG\"]",
            "break-glass = true",
            "claimed-purposes = [\"*\"]",
            "claimed-roles = [\"two words\"]",
            "roles = [\"two words\"]",
        ] {
            assert!(checked(lines).is_err(), "{lines}");
        }
    }

    #[test]
    fn what_is_configured_is_what_counts() {
        let settings = checked(
            "purposes = { \"patient-view\" = \"HOPERAT\" }\nclaimed-purposes = [\"ETREAT\", \"BTG\"]\n\
             break-glass = true\nroles = [\"ward-3\"]\nclaimed-roles = [\"http://snomed.info/sct|*\"]",
        )
        .unwrap();
        assert_eq!(settings.purposes, BTreeMap::from([(Hook::PatientView, Purpose::Operations)]));
        assert!(settings.break_glass && settings.claimed_purposes.contains(&Purpose::EmergencyTreatment));
        assert_eq!((settings.roles.len(), settings.claimed_roles.len()), (1, 1));
    }
}

//! The trust store: which key may sign which plugin ids. It starts empty, and empty trusts nobody.

use std::collections::BTreeMap;
use std::fmt;

use cordon_core::ids::{KeyId, PluginId};

use crate::key::PublicKey;

/// Why a text is not a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a namespace: reverse DNS with at least two labels of a-z, 0-9 and -, as in `org.example`")]
pub struct NamespaceError;

/// The plugin ids that a key may sign: reverse DNS, at least two labels, so that nobody owns a top-level domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Namespace(String);

impl Namespace {
    /// Checks and takes a namespace.
    ///
    /// # Errors
    /// [`NamespaceError`].
    pub fn new(text: impl Into<String>) -> Result<Self, NamespaceError> {
        let text = text.into();
        // A namespace of n labels is a plugin id of n + 1 labels without its last one.
        PluginId::new(format!("{text}.x")).map_err(|_| NamespaceError)?;
        Ok(Self(text))
    }

    /// The namespace as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the id is this namespace, or below it at a label's boundary.
    #[must_use]
    pub fn covers(&self, id: &PluginId) -> bool {
        id.as_str().strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that a hospital trusts, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub namespace: Namespace,
    /// Nothing it signed is accepted any more, however old.
    pub revoked: bool,
}

/// Why a key was not taken into the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A key is trusted once: adding it again could widen its namespace or undo a revocation.
    #[error("key {key} is in the trust store already, for `{namespace}`")]
    Known {
        /// The key.
        key: KeyId,
        /// What it is trusted for.
        namespace: Namespace,
    },
    /// Nobody can revoke what is not there.
    #[error("key {0} is not in the trust store")]
    Unknown(KeyId),
}

/// Trusted keys by their id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustStore {
    // INVARIANT: each key stands under its own id, so unique ids are unique keys.
    keys: BTreeMap<KeyId, TrustedKey>,
}

impl TrustStore {
    /// Takes a key in and says its id.
    ///
    /// # Errors
    /// [`TrustError::Known`].
    pub fn add(&mut self, trusted: TrustedKey) -> Result<KeyId, TrustError> {
        let id = trusted.key.id().clone();
        if let Some(known) = self.keys.get(&id) {
            return Err(TrustError::Known { key: id, namespace: known.namespace.clone() });
        }
        self.keys.insert(id.clone(), trusted);
        Ok(id)
    }

    /// Revokes a key for good.
    ///
    /// # Errors
    /// [`TrustError::Unknown`].
    pub fn revoke(&mut self, id: &KeyId) -> Result<(), TrustError> {
        let trusted = self.keys.get_mut(id).ok_or_else(|| TrustError::Unknown(id.clone()))?;
        trusted.revoked = true;
        Ok(())
    }

    /// The key with this id, revoked or not.
    #[must_use]
    pub fn get(&self, id: &KeyId) -> Option<&TrustedKey> {
        self.keys.get(id)
    }

    /// Every key, in the order of ids.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &TrustedKey)> {
        self.keys.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;

    fn trusted(namespace: &str) -> TrustedKey {
        let key = SecretKey::generate([1; 32]).public().unwrap();
        TrustedKey { key, namespace: Namespace::new(namespace).unwrap(), revoked: false }
    }

    #[test]
    fn a_namespace_has_two_labels_or_more() {
        for wrong in ["", "org", "org.", ".org.example", "Org.example", "org.*", "org..example"] {
            assert_eq!(Namespace::new(wrong), Err(NamespaceError), "{wrong}");
        }
    }

    #[test]
    fn a_namespace_ends_at_a_label() {
        let namespace = Namespace::new("org.example").unwrap();
        for outside in ["org.example-evil.x", "org.examples.x", "com.org.example.x", "org.other.x"] {
            assert!(!namespace.covers(&PluginId::new(outside).unwrap()), "{outside}");
        }
        for inside in ["org.example.renal-dosing", "org.example.lab.x"] {
            assert!(namespace.covers(&PluginId::new(inside).unwrap()), "{inside}");
        }
    }

    #[test]
    fn adding_a_key_again_neither_widens_nor_revives_it() {
        let mut store = TrustStore::default();
        let id = store.add(trusted("org.example")).unwrap();
        store.revoke(&id).unwrap();
        assert!(matches!(store.add(trusted("com.other")), Err(TrustError::Known { .. })));
        assert!(store.get(&id).unwrap().revoked);
        assert_eq!(store.get(&id).unwrap().namespace.as_str(), "org.example");
    }

    #[test]
    fn revoking_a_key_that_is_not_there_is_an_error() {
        let id = KeyId::new("sha256:0").unwrap();
        assert_eq!(TrustStore::default().revoke(&id), Err(TrustError::Unknown(id)));
    }
}

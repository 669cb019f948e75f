//! What an envelope claims, before anybody believes it: to show to a person, never to decide by.

use cordon_core::ids::{Digest, KeyId, PluginId};

use crate::dsse::{Envelope, FormError, PAYLOAD_TYPE};
use crate::statement::Statement;

/// A statement that nobody has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The plugin it says it is about.
    pub plugin: PluginId,
    /// The component it says it is about.
    pub component: Digest,
    /// The manifest's text.
    pub manifest: String,
    /// The keys it says signed it.
    pub keys: Vec<KeyId>,
}

/// Reads an envelope without verifying it.
///
/// # Errors
/// [`FormError`] when it is not an envelope with a plugin's statement in it.
pub fn claim(envelope: &[u8]) -> Result<Claim, FormError> {
    let envelope = Envelope::parse(envelope)?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(FormError::Fixed("payloadType"));
    }
    let Statement { plugin, component, manifest, wit: _ } = Statement::parse(&envelope.payload)?;
    let key = |text: &String| KeyId::new(text.as_str()).map_err(|_| FormError::Name("keyid"));
    let keys = envelope.signatures.iter().map(|signature| key(&signature.keyid)).collect::<Result<_, _>>()?;
    Ok(Claim { plugin, component, manifest, keys })
}

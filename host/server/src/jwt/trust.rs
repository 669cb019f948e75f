//! The pinned keys of the trusted clients. A key set is checked as a whole when it is loaded.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cordon_core::ids::{Issuer, TenantId};
use cordon_fhir::json::{JsonError, JsonLimits, parse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// The signature algorithms this host accepts (CDS Hooks 2.0 recommends both). `none` and every symmetric one have no
/// name here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alg {
    /// ECDSA on P-384 with SHA-384 (RFC 7518 section 3.4).
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-384 (RFC 7518 section 3.3).
    Rs384,
}

impl Alg {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Es384, Self::Rs384];

    pub(super) fn on_the_wire(self) -> Algorithm {
        match self {
            Self::Es384 => Algorithm::ES384,
            Self::Rs384 => Algorithm::RS384,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Es384 => "ES384",
            Self::Rs384 => "RS384",
        }
    }
}

/// The fewest bits of an RSA key (RFC 7518 section 3.3).
pub(super) const FEWEST_RSA_BITS: usize = 2_048;
/// The most: more only costs time.
pub(super) const MOST_RSA_BITS: usize = 8_192;

/// Why a JWK Set was not accepted. Quotes key ids, never keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// Not JSON, or a duplicate member.
    #[error("not a JWK Set: {0}")]
    Json(JsonError),
    /// No `keys`, or none in it.
    #[error("not a JWK Set: `keys` is a list of at least one key")]
    NoKeys,
    /// A key without `kid` can never be named by a token.
    #[error("a key has no `kid`")]
    NoKid,
    /// Two keys with one name.
    #[error("two keys have the kid `{0}`")]
    DuplicateKid(String),
    /// A key of another kind, or members that contradict each other.
    #[error("key `{0}`: only EC P-384 for ES384 and RSA for RS384 are accepted, and only for signatures")]
    Unsupported(String),
    /// The allowed algorithms of the issuer leave it out.
    #[error("key `{0}`: its algorithm is not allowed for this issuer")]
    NotAllowed(String),
    /// A private or a shared key has no place here.
    #[error("key `{0}` holds a private or a shared key: pin public keys only")]
    Private(String),
    /// Too short, or absurdly long.
    #[error("key `{kid}`: {bits} bits; RSA keys have {FEWEST_RSA_BITS} to {MOST_RSA_BITS}")]
    RsaBits {
        /// The key.
        kid: String,
        /// Its size.
        bits: usize,
    },
}

/// One pinned key, with the one algorithm it is for.
#[derive(Debug, Clone)]
pub(super) struct PinnedKey {
    pub(super) alg: Alg,
    pub(super) key: DecodingKey,
}

/// What is pinned for one issuer.
#[derive(Debug, Clone)]
pub struct IssuerTrust {
    pub(super) tenant: TenantId,
    pub(super) keys: BTreeMap<String, PinnedKey>,
    pub(super) jku: BTreeSet<String>,
}

impl IssuerTrust {
    /// Pins a JWK Set (RFC 7517). `jku` lists the values that a token's header may have; they are compared, never
    /// fetched.
    ///
    /// # Errors
    /// [`JwksError`]: one key that is not acceptable refuses the set, so that what was reviewed is what is pinned.
    pub fn new(
        tenant: TenantId,
        jwks: &[u8],
        algs: &[Alg],
        jku: impl IntoIterator<Item = String>,
    ) -> Result<Self, JwksError> {
        let set = parse(jwks, JsonLimits::default()).map_err(JwksError::Json)?;
        let listed = set.get("keys").and_then(Value::as_array).filter(|keys| !keys.is_empty());
        let mut keys = BTreeMap::new();
        for jwk in listed.ok_or(JwksError::NoKeys)? {
            let kid = text(jwk, "kid").filter(|kid| !kid.is_empty()).ok_or(JwksError::NoKid)?.to_owned();
            let pinned = pin(jwk, &kid)?;
            if !algs.contains(&pinned.alg) {
                return Err(JwksError::NotAllowed(kid));
            }
            if keys.insert(kid.clone(), pinned).is_some() {
                return Err(JwksError::DuplicateKid(kid));
            }
        }
        Ok(Self { tenant, keys, jku: jku.into_iter().collect() })
    }
}

/// The trusted clients. The default trusts nobody.
#[derive(Debug, Clone, Default)]
pub struct ClientTrust {
    pub(super) issuers: BTreeMap<Issuer, IssuerTrust>,
}

impl ClientTrust {
    /// Every tenant that a client may call about. One may come several times.
    pub fn tenants(&self) -> impl Iterator<Item = &TenantId> {
        self.issuers.values().map(|trust| &trust.tenant)
    }
}

impl FromIterator<(Issuer, IssuerTrust)> for ClientTrust {
    fn from_iter<I: IntoIterator<Item = (Issuer, IssuerTrust)>>(issuers: I) -> Self {
        Self { issuers: issuers.into_iter().collect() }
    }
}

fn text<'a>(jwk: &'a Value, member: &str) -> Option<&'a str> {
    jwk.get(member)?.as_str()
}

fn pin(jwk: &Value, kid: &str) -> Result<PinnedKey, JwksError> {
    // RFC 7518 sections 6.2.2, 6.3.2 and 6.4: `d` is a private key, `k` a shared one.
    if jwk.get("d").is_some() || jwk.get("k").is_some() {
        return Err(JwksError::Private(kid.to_owned()));
    }
    let unsupported = || JwksError::Unsupported(kid.to_owned());
    let (alg, key) = match text(jwk, "kty") {
        Some("EC") if text(jwk, "crv") == Some("P-384") => (Alg::Es384, ec_key(jwk).ok_or_else(unsupported)?),
        Some("RSA") => (Alg::Rs384, rsa_key(jwk, kid)?),
        Some(_) | None => return Err(unsupported()),
    };
    let stated = jwk.get("alg").is_none_or(|stated| stated.as_str() == Some(alg.as_str()));
    let for_signatures = jwk.get("use").is_none_or(|own| own.as_str() == Some("sig"));
    let operations = jwk.get("key_ops").is_none_or(|ops| {
        ops.as_array().is_some_and(|ops| ops.iter().any(|operation| operation.as_str() == Some("verify")))
    });
    if stated && for_signatures && operations { Ok(PinnedKey { alg, key }) } else { Err(unsupported()) }
}

fn decoded(jwk: &Value, member: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(jwk, member)?).ok()
}

fn ec_key(jwk: &Value) -> Option<DecodingKey> {
    // RFC 7518 section 6.2.1.2: a coordinate on P-384 has 48 bytes.
    let whole = |member| decoded(jwk, member).is_some_and(|coordinate| coordinate.len() == 48);
    (whole("x") && whole("y")).then(|| DecodingKey::from_ec_components(text(jwk, "x")?, text(jwk, "y")?).ok())?
}

fn rsa_key(jwk: &Value, kid: &str) -> Result<DecodingKey, JwksError> {
    let unsupported = || JwksError::Unsupported(kid.to_owned());
    let (modulus, exponent) = decoded(jwk, "n").zip(decoded(jwk, "e")).ok_or_else(unsupported)?;
    let bits = bits(&modulus);
    if !(FEWEST_RSA_BITS..=MOST_RSA_BITS).contains(&bits) {
        return Err(JwksError::RsaBits { kid: kid.to_owned(), bits });
    }
    Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn bits(number: &[u8]) -> usize {
    let mut bytes = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = bytes.next() else { return 0 };
    let first = usize::try_from(u8::BITS.saturating_sub(first.leading_zeros())).unwrap_or_default();
    bytes.count().saturating_mul(8).saturating_add(first)
}

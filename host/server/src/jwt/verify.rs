//! Verifying one token. The order is: shape, key, signature, claims, and only then the token id is spent.

use axum::http::header::{AUTHORIZATION, HeaderMap};
use cordon_core::ids::{Issuer, TenantId};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde::Deserialize;

use super::claims::{Claimed, Extensions};
use super::endpoint::Endpoint;
use super::trust::{ClientTrust, IssuerTrust, PinnedKey};
use crate::fault::out;

/// How far a client's clock may be off.
pub const SKEW: SignedDuration = SignedDuration::from_secs(30);
/// The longest that a token may live (CDS Hooks 2.0 asks for short lives; this host takes at most five minutes).
pub const MAX_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// The longest token that is looked at, in bytes.
pub(super) const LONGEST: usize = 8_192;

/// A verified client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `iss`.
    pub issuer: Issuer,
    /// Whose data it calls about: configured with the issuer, never said by the token.
    pub tenant: TenantId,
    /// What its token says of the user: signed, and not yet allowed.
    pub claimed: Claimed,
}

/// Why a token was refused. For the operator; the client reads one sentence for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// No `Authorization: Bearer …`, or more than one.
    #[error("no bearer token")]
    Missing,
    /// Not a signed token with the needed members of the needed types; `none` and other algorithms without a name.
    #[error("not a signed token with the required members")]
    Malformed,
    /// Longer than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// `typ` is not `JWT`.
    #[error("typ is not JWT")]
    Type,
    /// A critical extension that this host does not know; it knows none.
    #[error("crit names an extension")]
    Critical,
    /// An issuer nobody pinned.
    #[error("the issuer is not trusted")]
    UnknownIssuer,
    /// A `kid` that is not pinned for the issuer.
    #[error("the key is not pinned for the issuer")]
    UnknownKey,
    /// `alg` is not the one the pinned key is for.
    #[error("the algorithm is not the key's")]
    Algorithm,
    /// A `jku` that is not on the issuer's list.
    #[error("the jku is not on the issuer's list")]
    KeyUrl,
    /// The signature is not the key's.
    #[error("the signature is wrong")]
    Signature,
    /// For another endpoint.
    #[error("the audience is another endpoint")]
    Audience,
    /// `exp` is past.
    #[error("the token has expired")]
    Expired,
    /// It lives longer than [`MAX_LIFETIME`].
    #[error("the token lives too long")]
    Lifetime,
    /// `iat` or `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYet,
    /// `jti` is not 1 to 256 printable characters.
    #[error("the token id is malformed")]
    TokenId,
    /// The token was used before.
    #[error("the token was used before")]
    Replayed,
}

/// Whether a token id was spent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// For the first time: the token may be used.
    Now,
    /// Before: the token is a replay.
    Before,
}

/// The store of token ids could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the store of token ids is not available")]
pub struct NonceError;

/// The token ids (`jti`) that were used. Durable, so that a restart forgets none.
pub trait Nonces: Send + Sync {
    /// Spends a token id, atomically, and remembers it at least until `until`: durably at the latest with the record that
    /// stands before the answer.
    ///
    /// # Errors
    /// [`NonceError`]: the token is then not accepted.
    fn spend(&self, client: &Client, jti: &str, until: Timestamp) -> Result<Spent, NonceError>;

    /// Makes what was spent durable now, for an answer that leaves no record.
    ///
    /// # Errors
    /// [`NonceError`]: then there is no answer.
    fn settle(&self, tenant: &TenantId) -> Result<(), NonceError>;
}

/// Why there is no verified client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The token was refused.
    #[error(transparent)]
    Refused(#[from] TokenRefusal),
    /// It may be a replay and nobody can tell.
    #[error(transparent)]
    Nonces(#[from] NonceError),
}

/// Only what is needed to find the key; everything else waits for the signature.
#[derive(Deserialize)]
struct Unverified {
    iss: Issuer,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    jti: String,
    extensions: Option<Extensions>,
}

/// Verifies the bearer token of a request to `endpoint`, and spends its id.
///
/// # Errors
/// [`VerifyError`]. A token that is refused spends nothing.
pub fn verify(
    headers: &HeaderMap,
    endpoint: &Endpoint,
    now: Timestamp,
    trust: &ClientTrust,
    nonces: &dyn Nonces,
) -> Result<Client, VerifyError> {
    let token = bearer(headers)?;
    let header = decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
    let unverified = insecure_decode::<Unverified>(token).map_err(|_| TokenRefusal::Malformed)?;
    let issuer = unverified.claims.iss;
    let trusted = trust.issuers.get(&issuer).ok_or(TokenRefusal::UnknownIssuer)?;
    let pinned = key(&header, trusted)?;
    let claims = signed_claims(token, pinned)?;
    let until = check(&claims, endpoint, now)?;
    let client = Client { issuer, tenant: trusted.tenant.clone(), claimed: claims.extensions.into() };
    match nonces.spend(&client, &claims.jti, until)? {
        Spent::Now => Ok(client),
        Spent::Before if out!(TokenReused) => Ok(client),
        Spent::Before => Err(TokenRefusal::Replayed.into()),
    }
}

/// RFC 6750 section 2.1; the scheme's name is case-insensitive (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Result<&str, TokenRefusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(TokenRefusal::Missing) };
    let value = value.to_str().map_err(|_| TokenRefusal::Missing)?;
    let (scheme, token) = value.split_once(' ').ok_or(TokenRefusal::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(TokenRefusal::Missing);
    }
    if token.len() > LONGEST { Err(TokenRefusal::TooLong) } else { Ok(token) }
}

fn key<'a>(header: &Header, trusted: &'a IssuerTrust) -> Result<&'a PinnedKey, TokenRefusal> {
    if header.typ.as_deref() != Some("JWT") {
        return Err(TokenRefusal::Type);
    }
    if header.crit.is_some() {
        return Err(TokenRefusal::Critical);
    }
    if header.jku.as_ref().is_some_and(|jku| !trusted.jku.contains(jku)) {
        return Err(TokenRefusal::KeyUrl);
    }
    let kid = header.kid.as_ref().ok_or(TokenRefusal::Malformed)?;
    let pinned = trusted.keys.get(kid).ok_or(TokenRefusal::UnknownKey)?;
    if header.alg == pinned.alg.on_the_wire() { Ok(pinned) } else { Err(TokenRefusal::Algorithm) }
}

fn signed_claims(token: &str, pinned: &PinnedKey) -> Result<Claims, TokenRefusal> {
    if out!(SignatureIgnored) {
        return insecure_decode::<Claims>(token).map(|read| read.claims).map_err(|_| TokenRefusal::Malformed);
    }
    let mut validation = Validation::new(pinned.alg.on_the_wire());
    // Time comes from the injected clock and the audience is normalised: `check` looks at every claim itself.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let verified = decode::<Claims>(token, &pinned.key, &validation).map_err(|error| {
        let types = matches!(error.kind(), ErrorKind::Json(_));
        if types { TokenRefusal::Malformed } else { TokenRefusal::Signature }
    })?;
    Ok(verified.claims)
}

/// Checks the claims and says until when the token id must be remembered.
fn check(claims: &Claims, endpoint: &Endpoint, now: Timestamp) -> Result<Timestamp, TokenRefusal> {
    let named = match &claims.aud {
        Audience::One(url) => std::slice::from_ref(url),
        Audience::Several(urls) => urls.as_slice(),
    };
    let this = |url: &String| Endpoint::parse(url).as_ref() == Some(endpoint);
    if !named.iter().any(this) && !out!(AudienceIgnored) {
        return Err(TokenRefusal::Audience);
    }
    let instant = |seconds| Timestamp::from_second(seconds).map_err(|_| TokenRefusal::Malformed);
    let after = |time: Timestamp, span| time.checked_add(span).map_err(|_| TokenRefusal::Malformed);
    let (expires, issued) = (instant(claims.exp)?, instant(claims.iat)?);
    let latest_now = after(now, SKEW)?;
    let until = after(expires, SKEW)?;
    if until <= now {
        return Err(TokenRefusal::Expired);
    }
    if expires > after(latest_now, MAX_LIFETIME)? || expires > after(after(issued, MAX_LIFETIME)?, SKEW)? {
        return Err(TokenRefusal::Lifetime);
    }
    if issued > latest_now || claims.nbf.map(instant).transpose()?.is_some_and(|from| from > latest_now) {
        return Err(TokenRefusal::NotYet);
    }
    let jti = claims.jti.as_bytes();
    if jti.is_empty() || jti.len() > 256 || !jti.iter().all(u8::is_ascii_graphic) {
        return Err(TokenRefusal::TokenId);
    }
    Ok(until)
}

//! Reading a request body: bounded in size and in time.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Bytes;

/// Bounds on one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes. Default: 2 MiB.
    pub most: usize,
    /// The time to the last byte, however slowly they come. Default: 10 s.
    pub within: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { most: 2 * 1024 * 1024, within: Duration::from_secs(10) }
    }
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More bytes than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The last byte did not come in time.
    #[error("the body came too slowly")]
    TooSlow,
    /// A compressed body: nothing is decompressed before it is believed.
    #[error("the body has a content encoding, and none is supported")]
    Encoded,
    /// The connection broke.
    #[error("the body is incomplete")]
    Broken,
}

/// Reads a body to its end. One whose stated length is over the limit is refused before a byte of it is read.
///
/// # Errors
/// [`BodyError`].
pub async fn read_body(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Bytes, BodyError> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(BodyError::Encoded);
    }
    let stated = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limits.most)) {
        return Err(BodyError::TooLarge);
    }
    match tokio::time::timeout(limits.within, Limited::new(body, limits.most).collect()).await {
        Err(_) => Err(BodyError::TooSlow),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge),
        Ok(Err(_)) => Err(BodyError::Broken),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
    }
}

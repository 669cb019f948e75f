//! One fetch: resolve once, check every address, dial what was checked, ask in constant bytes, read a bounded answer.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::address::{Reach, reach};
use crate::fault::out;
use crate::network::Network;
use crate::origin::{ApprovedUrl, Origin};
use crate::tls;

/// How this client names itself: without a version, which would be news to a publisher.
const AGENT: &str = "cordon";

/// More addresses than any name needs.
const MAX_ADDRESSES: usize = 32;

/// Header fields and their bytes that an answer may have.
const MAX_FIELDS: usize = 64;
const MAX_HEAD: usize = 32 * 1024;

/// What a hospital says about fetching. Nothing here comes from a manifest.
#[derive(Clone)]
pub struct FetchSettings {
    /// The resolver and the network.
    pub network: Arc<dyn Network>,
    /// Root certificates (DER) that servers of packs are verified against. None given, none trusted.
    pub roots: Vec<CertificateDer<'static>>,
    /// `private-origins`: the origins that may be inside, such as the hospital's own mirror.
    pub private_origins: BTreeSet<Origin>,
    /// Public addresses of the hospital itself: they are refused as inside ones are.
    pub own_addresses: BTreeSet<IpAddr>,
}

impl fmt::Debug for FetchSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchSettings")
            .field("roots", &self.roots.len())
            .field("private_origins", &self.private_origins)
            .field("own_addresses", &self.own_addresses)
            .finish_non_exhaustive()
    }
}

/// Why settings cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No root.
    #[error("no root certificate is given")]
    NoRoots,
    /// A root that is none.
    #[error("a root certificate cannot be read")]
    Root,
    /// No usable TLS.
    #[error("TLS cannot be set up")]
    Tls,
}

/// Why nothing was fetched. Nothing that the server sent is repeated, but for its status code.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host is an address and the origin is not named as private.
    #[error("the host is an address: only a private origin may be one")]
    Literal,
    /// The name has no address, or too many.
    #[error("the name has {0} addresses")]
    Addresses(usize),
    /// The name could not be resolved.
    #[error("the name cannot be resolved")]
    Resolve(#[source] std::io::Error),
    /// One of the addresses may not be dialled.
    #[error("the name leads to {address}, which may not be dialled: {reach:?}")]
    Address {
        /// The first such address.
        address: IpAddr,
        /// What it is.
        reach: Reach,
    },
    /// One of the addresses is the hospital's own.
    #[error("the name leads to an address of this hospital")]
    Own,
    /// No connection to any of the addresses.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// TLS.
    #[error("TLS: {0}")]
    Tls(&'static str),
    /// The request cannot be written.
    #[error("the request cannot be written")]
    Request,
    /// HTTP.
    #[error("the answer is not HTTP or broke off")]
    Http(#[source] hyper::Error),
    /// The server wants the client to go elsewhere. It does not.
    #[error("status {0}: redirects are not followed")]
    Redirect(u16),
    /// Any status but 200.
    #[error("status {0}")]
    Status(u16),
    /// The body is encoded, which nobody asked for.
    #[error("the body has a content encoding")]
    Encoding,
    /// The body is larger than agreed.
    #[error("larger than {most} bytes")]
    TooLarge {
        /// What was agreed.
        most: usize,
    },
    /// Time is up.
    #[error("not done within {} ms", .0.as_millis())]
    Deadline(Duration),
}

/// The client. It keeps nothing from one fetch to the next: no connection, cookie, ticket or cache.
pub struct Fetcher {
    network: Arc<dyn Network>,
    connector: TlsConnector,
    private_origins: BTreeSet<Origin>,
    own_addresses: BTreeSet<IpAddr>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("private_origins", &self.private_origins).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn new(settings: FetchSettings) -> Result<Self, SettingsError> {
        let FetchSettings { network, roots, private_origins, own_addresses } = settings;
        Ok(Self { network, connector: tls::connector(&roots)?, private_origins, own_addresses })
    }

    /// Fetches the bytes at a URL: all of them, or none. The deadline covers everything from the name to the last byte.
    ///
    /// The caller fetches at [slots](crate::schedule) and never because of a call, nor again because of a failure.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn fetch(&self, url: &ApprovedUrl, most: usize, deadline: Duration) -> Result<Vec<u8>, FetchError> {
        let fetched = tokio::time::timeout(deadline, self.unhurried(url, most)).await;
        fetched.unwrap_or(Err(FetchError::Deadline(deadline)))
    }

    async fn unhurried(&self, url: &ApprovedUrl, most: usize) -> Result<Vec<u8>, FetchError> {
        let addresses = self.addresses(url.origin()).await?;
        let stream = self.dial(url.origin(), &addresses).await?;
        let stream = tls::handshake(&self.connector, url.origin(), stream).await?;
        let (mut sender, connection) = http1::Builder::new()
            .max_headers(MAX_FIELDS)
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(FetchError::Http)?;
        // The connection ends with this function, however that ends.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let response = sender.send_request(request(url)?).await.map_err(FetchError::Http)?;
        #[cfg(feature = "faults")]
        if out!(RedirectFollowed)
            && let Some(next) = elsewhere(&response)
        {
            return Box::pin(self.unhurried(&next, most)).await;
        }
        read(accepted(response)?, most).await
    }

    /// The addresses that may be dialled. One that may not spoils all: a name that leads inside is not half trusted.
    async fn addresses(&self, origin: &Origin) -> Result<Vec<IpAddr>, FetchError> {
        let private = self.private_origins.contains(origin);
        let addresses = match origin.literal() {
            Some(_) if !private => return Err(FetchError::Literal),
            Some(address) => vec![address],
            None => self.network.resolve(&origin.host(), origin.port()).await.map_err(FetchError::Resolve)?,
        };
        if addresses.is_empty() || addresses.len() > MAX_ADDRESSES {
            return Err(FetchError::Addresses(addresses.len()));
        }
        for address in &addresses {
            if !out!(AddressUnchecked) {
                self.check(*address, private)?;
            }
        }
        Ok(addresses)
    }

    fn check(&self, address: IpAddr, private: bool) -> Result<(), FetchError> {
        let reach = reach(address);
        match reach {
            Reach::Public if self.own_addresses.contains(&address) && !private => Err(FetchError::Own),
            Reach::Public => Ok(()),
            Reach::Inside(_) if private => Ok(()),
            Reach::Inside(_) | Reach::Never(_) => Err(FetchError::Address { address, reach }),
        }
    }

    /// The first connection that these addresses give, in their order.
    async fn dial(&self, origin: &Origin, checked: &[IpAddr]) -> Result<TcpStream, FetchError> {
        // Asking again here is what a rebinding name waits for.
        let again =
            if out!(ResolvedAgain) { self.network.resolve(&origin.host(), origin.port()).await.ok() } else { None };
        let mut failed = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        for address in again.as_deref().unwrap_or(checked) {
            match self.network.connect(SocketAddr::new(*address, origin.port())).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            }
        }
        Err(FetchError::Connect(failed))
    }
}

/// The request: the approved URL in constant bytes. No two fetches of it differ, whoever causes them.
fn request(url: &ApprovedUrl) -> Result<Request<Empty<Bytes>>, FetchError> {
    let request = Request::get(url.path())
        .header(HOST, url.origin().authority())
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "application/octet-stream")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close");
    // An approved URL is ASCII without spaces, so this is unreachable; but nothing is assumed away.
    request.body(Empty::new()).map_err(|_| FetchError::Request)
}

/// A full answer, as it is: nothing moved, partial or encoded.
fn accepted(response: Response<Incoming>) -> Result<Incoming, FetchError> {
    let status = response.status();
    if status.is_redirection() {
        return Err(FetchError::Redirect(status.as_u16()));
    }
    if status != StatusCode::OK {
        return Err(FetchError::Status(status.as_u16()));
    }
    if response.headers().get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Err(FetchError::Encoding);
    }
    Ok(response.into_body())
}

/// The body, given up at the first byte too many.
async fn read(mut body: Incoming, most: usize) -> Result<Vec<u8>, FetchError> {
    let large = FetchError::TooLarge { most };
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > most) {
        return Err(large);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(FetchError::Http)?.into_data() else { continue };
        if data.len() > most - bytes.len() {
            return Err(large);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Where a redirect leads: only for the test that follows it.
#[cfg(feature = "faults")]
fn elsewhere(response: &Response<Incoming>) -> Option<ApprovedUrl> {
    let url = response.headers().get("location")?.to_str().ok()?;
    let end = url.match_indices('/').nth(2)?.0;
    ApprovedUrl::new(url, &Origin::new(url.get(..end)?).ok()?).ok()
}

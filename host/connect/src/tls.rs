//! TLS as every fetch speaks it: the hospital's roots, HTTP/1.1, and no memory of an earlier fetch.

use std::net::IpAddr;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use crate::fetch::{FetchError, SettingsError};
use crate::origin::Origin;

/// A client for these roots.
pub(crate) fn connector(roots: &[CertificateDer<'static>]) -> Result<TlsConnector, SettingsError> {
    if roots.is_empty() {
        return Err(SettingsError::NoRoots);
    }
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(|_| SettingsError::Root)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SettingsError::Tls)?
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A ticket would let a publisher link one fetch with the next.
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The handshake, under the name that was approved, whatever address was dialled.
pub(crate) async fn handshake(
    connector: &TlsConnector,
    origin: &Origin,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, FetchError> {
    let name = match origin.literal() {
        Some(IpAddr::V4(address)) => ServerName::from(IpAddr::V4(address)),
        Some(IpAddr::V6(address)) => ServerName::from(IpAddr::V6(address)),
        None => ServerName::try_from(origin.host()).map_err(|_| FetchError::Tls("the host is not a DNS name"))?,
    };
    connector.connect(name, stream).await.map_err(|error| FetchError::Tls(reason(&error)))
}

/// Why, in fixed words: what the library says may quote names from the certificate.
fn reason(error: &std::io::Error) -> &'static str {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            "the certificate has expired"
        }
        Some(Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => "the certificate is not valid yet",
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            "no given root issued the certificate"
        }
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => "the certificate is for another name",
        Some(_) | None => "the handshake failed",
    }
}

//! TLS by rustls: 1.2 and 1.3, HTTP/1.1 only, certificate and key from the bytes of configured PEM files.

use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

/// Why a certificate or a key was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No readable certificate.
    #[error("the certificate file holds no PEM certificate")]
    Certificate,
    /// No readable key.
    #[error("the key file holds no PEM private key")]
    Key,
    /// The two do not fit, or the key is of a kind that is not supported.
    #[error("the certificate and the key cannot be used")]
    Unusable(#[source] tokio_rustls::rustls::Error),
}

/// A server's certificate chain and key, checked to fit.
#[derive(Debug, Clone)]
pub struct TlsIdentity(Arc<ServerConfig>);

impl TlsIdentity {
    /// Reads a chain, leaf first, and its key.
    ///
    /// # Errors
    /// [`TlsError`]; nothing of the key is repeated.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn acceptor(self) -> TlsAcceptor {
        TlsAcceptor::from(self.0)
    }
}

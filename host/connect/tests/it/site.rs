//! A server of packs: real TLS on loopback, one answer for everybody, and a memory of what it saw.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;

/// What a client sent in one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) server_name: Option<String>,
    pub(crate) resumed: bool,
    pub(crate) request: String,
}

/// What a server says.
#[derive(Clone)]
pub(crate) enum Says {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then nothing, for ever.
    Holds(Vec<u8>),
}

pub(crate) fn ok(body: &[u8]) -> Says {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    Says::Bytes([head.as_bytes(), body].concat())
}

pub(crate) fn text(answer: &str) -> Says {
    Says::Bytes(answer.as_bytes().to_vec())
}

/// A hospital's certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A certificate for this name or address, changed as wanted.
    pub(crate) fn config(&self, name: &str, change: fn(&mut CertificateParams)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        config.with_single_cert(vec![certificate], key).unwrap()
    }
}

/// A running server. It ends with the runtime of its test.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    connections: Arc<Mutex<usize>>,
    visits: Arc<Mutex<Vec<Visit>>>,
}

impl Site {
    pub(crate) async fn open(config: ServerConfig, says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, visits) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(Vec::new())));
        let site = Self { address, connections: connections.clone(), visits: visits.clone() };
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                tokio::spawn(serve(acceptor.clone(), stream, says.clone(), visits.clone()));
            }
        });
        site
    }

    /// How many connections came, with TLS or without.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.visits.lock().unwrap().clone()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, says: Says, visits: Arc<Mutex<Vec<Visit>>>) -> Option<()> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let session = stream.get_ref().1;
    visits.lock().unwrap().push(Visit {
        server_name: session.server_name().map(str::to_owned),
        resumed: session.handshake_kind() == Some(tokio_rustls::rustls::HandshakeKind::Resumed),
        request: String::from_utf8(request).unwrap(),
    });
    match says {
        Says::Bytes(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.shutdown().await.ok()
        }
        Says::Holds(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.flush().await.ok()?;
            std::future::pending().await
        }
    }
}

//! A network in which names have the addresses that a test says, and addresses lead to servers on loopback.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cordon_connect::fetch::{FetchError, FetchSettings, Fetcher};
use cordon_connect::network::{Network, Pending};
use cordon_connect::origin::{ApprovedUrl, Origin};
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::site::{Authority, Says, Site};

pub(crate) const NAME: &str = "packs.example.org";
pub(crate) const PUBLIC: &str = "93.184.215.14";
pub(crate) const PACK: &[u8] = b"a pack";

/// Resolver and network. The n-th question gets the n-th answer, and the last one for ever.
#[derive(Default)]
pub(crate) struct Town {
    answers: Vec<Vec<IpAddr>>,
    leads: BTreeMap<SocketAddr, SocketAddr>,
    asked: Mutex<Vec<String>>,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Town {
    /// A town whose resolver gives these answers in turn.
    pub(crate) fn new(answers: &[&[&str]]) -> Self {
        let read = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Self { answers: answers.iter().map(read).collect(), ..Self::default() }
    }

    /// This address leads to that server.
    pub(crate) fn lead(mut self, address: &str, port: u16, to: &Site) -> Self {
        self.leads.insert(SocketAddr::new(address.parse().unwrap(), port), to.address);
        self
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn dialled(&self) -> Vec<String> {
        self.dialled.lock().unwrap().iter().map(SocketAddr::to_string).collect()
    }
}

impl Network for Town {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Pending<'a, Vec<IpAddr>> {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.answers.get(asked.len()).or(self.answers.last()).cloned();
        asked.push(format!("{host}:{port}"));
        Box::pin(async move { answer.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)) })
    }

    /// An address on loopback leads to itself, as it does in the world.
    fn connect(&self, address: SocketAddr) -> Pending<'_, TcpStream> {
        self.dialled.lock().unwrap().push(address);
        let own = address.ip().is_loopback().then_some(address);
        let to = self.leads.get(&address).copied().or(own);
        Box::pin(async move { TcpStream::connect(to.ok_or(io::ErrorKind::ConnectionRefused)?).await })
    }
}

/// What a hospital says, with one root and nothing private.
pub(crate) fn settings(network: &Arc<Town>, root: CertificateDer<'static>) -> FetchSettings {
    FetchSettings {
        network: network.clone(),
        roots: vec![root],
        private_origins: BTreeSet::new(),
        own_addresses: BTreeSet::new(),
    }
}

pub(crate) fn url(origin: &str) -> ApprovedUrl {
    ApprovedUrl::new(&format!("{origin}/renal/drugs.pack"), &Origin::new(origin).unwrap()).unwrap()
}

pub(crate) async fn fetch(settings: FetchSettings, origin: &str) -> Result<Vec<u8>, FetchError> {
    Fetcher::new(settings).unwrap().fetch(&url(origin), 1000, Duration::from_secs(20)).await
}

/// The publisher's server behind its name, and the town around it.
pub(crate) async fn publisher(says: Says) -> (Site, Arc<Town>, FetchSettings) {
    let authority = Authority::new();
    let site = Site::open(authority.config(NAME, |_| ()), says).await;
    let town = Arc::new(Town::new(&[&[PUBLIC]]).lead(PUBLIC, 443, &site));
    let settings = settings(&town, authority.root());
    (site, town, settings)
}

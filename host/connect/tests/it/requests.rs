//! What a publisher can see of a fetch: constant bytes, nothing remembered, nobody in between (threats SK-15, SK-16).

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use cordon_connect::fetch::{FetchSettings, Fetcher};
use tokio::net::TcpListener;

use crate::site::{ok, text};
use crate::town::{PACK, PUBLIC, Town, fetch, publisher, url};

const ORIGIN: &str = "https://packs.example.org";

const REQUEST: &str = "GET /renal/drugs.pack HTTP/1.1\r\nhost: packs.example.org\r\nuser-agent: cordon\r\n\
    accept: application/octet-stream\r\naccept-encoding: identity\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn every_fetch_is_the_same_bytes() {
    let sticky = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nset-cookie: id=1\r\netag: \"1\"\r\nalt-svc: h3=\":443\"\r\n\
        last-modified: Sun, 01 Mar 2026 00:00:00 GMT\r\nlink: </next>; rel=preload\r\n\r\na pack";
    let (site, town, settings) = publisher(text(sticky)).await;
    let fetcher = Fetcher::new(settings).unwrap();
    for _ in 0..3 {
        let fetched = fetcher.fetch(&url(ORIGIN), 1000, Duration::from_secs(20)).await;
        assert_eq!(fetched.unwrap(), PACK);
    }
    for visit in site.visits() {
        assert_eq!(visit.request, REQUEST);
        assert_eq!(visit.server_name.as_deref(), Some("packs.example.org"));
        assert!(!visit.resumed);
    }
    assert_eq!((site.visits().len(), site.connections()), (3, 3));
    assert_eq!(town.asked(), ["packs.example.org:443"; 3]);
}

#[tokio::test]
async fn a_port_is_named_and_nothing_else_is() {
    let (site, _, settings) = publisher(ok(PACK)).await;
    let town = Arc::new(Town::new(&[&[PUBLIC]]).lead(PUBLIC, 8443, &site));
    fetch(FetchSettings { network: town, ..settings }, "https://packs.example.org:8443").await.unwrap();
    let named = REQUEST.replace("host: packs.example.org\r\n", "host: packs.example.org:8443\r\n");
    assert_eq!(site.visits().first().unwrap().request, named);
}

const PROXIED: &str = "CORDON_TEST_PROXIED";

/// Runs the first test once more in a process whose environment names a proxy for everything.
#[tokio::test]
async fn no_proxy_of_the_environment_is_asked() {
    if std::env::var_os(PROXIED).is_some() {
        return;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "requests::every_fetch_is_the_same_bytes"]).env(PROXIED, "1").env_remove("NO_PROXY");
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &address);
    }
    let output = child.output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert!(proxy.into_std().unwrap().accept().is_err());
}

//! Where a fetch may go (threats SK-17). Wherever a name leads inside, nothing is dialled.

use std::collections::BTreeSet;
use std::sync::Arc;

use cordon_connect::fetch::{FetchError, FetchSettings};
use cordon_connect::network::System;
use cordon_connect::origin::Origin;

use crate::site::{Authority, Site, ok};
use crate::town::{NAME, PACK, PUBLIC, Town, fetch, publisher, settings};

const ORIGIN: &str = "https://packs.example.org";

fn privately(settings: FetchSettings, origin: &str) -> FetchSettings {
    FetchSettings { private_origins: BTreeSet::from([Origin::new(origin).unwrap()]), ..settings }
}

/// What a fetch says when the name has these addresses, and what it dialled.
async fn with_addresses(addresses: &[&str], private: bool) -> (FetchError, Vec<String>) {
    let town = Arc::new(Town::new(&[addresses]));
    let plain = settings(&town, Authority::new().root());
    let settings = if private { privately(plain, ORIGIN) } else { plain };
    (fetch(settings, ORIGIN).await.unwrap_err(), town.dialled())
}

/// One address of each kind that nothing may be fetched from.
const NEVER: [&str; 20] = [
    "169.254.169.254",
    "fd00:ec2::254",
    "169.254.0.1",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "192.0.2.1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::1",
    "2001::1",
    "fec0::1",
    "240.0.0.1",
];

const INSIDE: [&str; 7] = ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "127.0.0.1", "::1", "fd12::1"];

#[tokio::test]
async fn a_name_that_leads_inside_is_not_dialled() {
    for address in NEVER.iter().chain(&INSIDE) {
        let (error, dialled) = with_addresses(&[address], false).await;
        assert!(matches!(error, FetchError::Address { .. }), "{address}: {error}");
        assert!(dialled.is_empty(), "{address}");
    }
}

#[tokio::test]
async fn one_address_inside_spoils_the_others() {
    for addresses in [["10.0.0.1", PUBLIC], [PUBLIC, "10.0.0.1"]] {
        let (error, dialled) = with_addresses(&addresses, false).await;
        assert!(matches!(error, FetchError::Address { .. }), "{error}");
        assert!(dialled.is_empty());
    }
}

#[tokio::test]
async fn a_name_with_no_address_or_too_many_is_refused() {
    assert!(matches!(with_addresses(&[], false).await.0, FetchError::Addresses(0)));
    assert!(matches!(with_addresses(&[PUBLIC; 33], false).await.0, FetchError::Addresses(33)));
}

#[tokio::test]
async fn a_name_is_resolved_once_and_what_was_checked_is_dialled() {
    let authority = Authority::new();
    let inside = Site::open(authority.config(NAME, |_| ()), ok(b"inside")).await;
    let outside = Site::open(authority.config(NAME, |_| ()), ok(PACK)).await;
    let port = inside.address.port();
    let town = Arc::new(Town::new(&[&[PUBLIC], &["127.0.0.1"]]).lead(PUBLIC, port, &outside));
    let origin = format!("{ORIGIN}:{port}");
    assert_eq!(fetch(settings(&town, authority.root()), &origin).await.unwrap(), PACK);
    assert_eq!((town.asked().len(), town.dialled()), (1, vec![format!("{PUBLIC}:{port}")]));
    // The name has changed its mind by the next slot.
    assert!(matches!(fetch(settings(&town, authority.root()), &origin).await, Err(FetchError::Address { .. })));
    assert_eq!((inside.connections(), town.dialled().len()), (0, 1));
}

#[tokio::test]
async fn the_next_checked_address_is_dialled_if_one_does_not_answer() {
    let (site, _, plain) = publisher(ok(PACK)).await;
    let town = Arc::new(Town::new(&[&["93.184.215.1", PUBLIC]]).lead(PUBLIC, 443, &site));
    assert_eq!(fetch(FetchSettings { network: town.clone(), ..plain }, ORIGIN).await.unwrap(), PACK);
    assert_eq!(town.dialled(), ["93.184.215.1:443", "93.184.215.14:443"]);
}

#[tokio::test]
async fn the_hospital_s_own_public_address_is_inside_too() {
    let (site, town, plain) = publisher(ok(PACK)).await;
    let own = FetchSettings { own_addresses: BTreeSet::from([PUBLIC.parse().unwrap()]), ..plain };
    assert!(matches!(fetch(own, ORIGIN).await, Err(FetchError::Own)));
    assert_eq!((site.connections(), town.dialled().len()), (0, 0));
}

#[tokio::test]
async fn an_address_instead_of_a_name_is_refused() {
    let authority = Authority::new();
    let site = Site::open(authority.config("127.0.0.1", |_| ()), ok(PACK)).await;
    let origin = format!("https://{}", site.address);
    let town = Arc::new(Town::default());
    assert!(matches!(fetch(settings(&town, authority.root()), &origin).await, Err(FetchError::Literal)));
    for public in ["https://93.184.215.14", "https://[2606:4700::1111]"] {
        assert!(matches!(fetch(settings(&town, authority.root()), public).await, Err(FetchError::Literal)), "{public}");
    }
    assert_eq!((site.connections(), town.dialled().len()), (0, 0));
    // The hospital may name it, with its port.
    let named = privately(settings(&town, authority.root()), &origin);
    assert_eq!(fetch(named, &origin).await.unwrap(), PACK);
    assert!(town.asked().is_empty());
}

#[tokio::test]
async fn a_private_origin_may_be_inside_and_only_there() {
    let authority = Authority::new();
    let site = Site::open(authority.config(NAME, |_| ()), ok(PACK)).await;
    for address in INSIDE {
        let town = Arc::new(Town::new(&[&[address]]).lead(address, 443, &site));
        let fetched = fetch(privately(settings(&town, authority.root()), ORIGIN), ORIGIN).await;
        assert_eq!(fetched.unwrap(), PACK, "{address}");
    }
    for address in NEVER {
        let (error, dialled) = with_addresses(&[address], true).await;
        assert!(matches!(error, FetchError::Address { .. }), "{address}: {error}");
        assert!(dialled.is_empty(), "{address}");
    }
}

#[tokio::test]
async fn a_private_origin_is_one_host_with_one_port() {
    let authority = Authority::new();
    for origin in ["https://packs.example.org:8443", "https://x.packs.example.org", "https://example.org"] {
        let town = Arc::new(Town::new(&[&["10.0.0.1"]]));
        let fetched = fetch(privately(settings(&town, authority.root()), ORIGIN), origin).await;
        assert!(matches!(fetched, Err(FetchError::Address { .. })), "{origin}");
        assert!(town.dialled().is_empty());
    }
}

#[tokio::test]
async fn the_machine_s_own_resolver_is_held_to_the_same() {
    let authority = Authority::new();
    let site = Site::open(authority.config("localhost", |_| ()), ok(PACK)).await;
    let origin = format!("https://localhost:{}", site.address.port());
    let town = Arc::new(Town::default());
    let plain = || FetchSettings { network: Arc::new(System), ..settings(&town, authority.root()) };
    assert!(matches!(fetch(plain(), &origin).await, Err(FetchError::Address { .. })));
    assert_eq!(site.connections(), 0);
    assert_eq!(fetch(privately(plain(), &origin), &origin).await.unwrap(), PACK);
}

//! The attackers of SK-16 and SK-17, with the defence in place and with it taken out.

use std::sync::Arc;

use cordon_faults::{Fault, without};

use crate::site::{Authority, Site, ok, text};
use crate::town::{NAME, PACK, PUBLIC, Town, fetch, settings};

/// How many connections a service inside gets when the publisher's name leads there at the first or second asking.
fn reached_inside(answers: &'static [&'static [&'static str]], fault: Option<Fault>) -> usize {
    let _out = without(fault);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let authority = Authority::new();
        let inside = Site::open(authority.config(NAME, |_| ()), ok(b"inside")).await;
        let outside = Site::open(authority.config(NAME, |_| ()), ok(PACK)).await;
        let port = inside.address.port();
        let town = Arc::new(Town::new(answers).lead(PUBLIC, port, &outside));
        drop(fetch(settings(&town, authority.root()), &format!("https://{NAME}:{port}")).await);
        inside.connections()
    })
}

/// How many connections the server behind a redirect gets.
fn followed(fault: Option<Fault>) -> usize {
    let _out = without(fault);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let authority = Authority::new();
        let elsewhere = Site::open(authority.config(NAME, |_| ()), ok(PACK)).await;
        let port = elsewhere.address.port();
        let answer = format!("HTTP/1.1 302 Found\r\nlocation: https://{NAME}:{port}/p\r\ncontent-length: 0\r\n\r\n");
        let site = Site::open(authority.config(NAME, |_| ()), text(&answer)).await;
        let town = Arc::new(Town::new(&[&[PUBLIC]]).lead(PUBLIC, 443, &site).lead(PUBLIC, port, &elsewhere));
        drop(fetch(settings(&town, authority.root()), &format!("https://{NAME}")).await);
        elsewhere.connections()
    })
}

#[test]
fn a_name_that_leads_inside_would_succeed_unchecked() {
    assert_eq!(reached_inside(&[&["127.0.0.1"]], None), 0);
    assert_eq!(reached_inside(&[&["127.0.0.1"]], Some(Fault::AddressUnchecked)), 1);
}

#[test]
fn a_rebinding_name_would_succeed_if_asked_again() {
    assert_eq!(reached_inside(&[&[PUBLIC], &["127.0.0.1"]], None), 0);
    assert_eq!(reached_inside(&[&[PUBLIC], &["127.0.0.1"]], Some(Fault::ResolvedAgain)), 1);
}

#[test]
fn a_redirect_would_succeed_if_followed() {
    assert_eq!(followed(None), 0);
    assert_eq!(followed(Some(Fault::RedirectFollowed)), 1);
}

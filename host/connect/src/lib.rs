//! The only room that dials: one HTTPS client that fetches data packs from approved origins (decision 5).
//!
//! A publisher learns from a fetch that this host exists and asks at its slot, and nothing else: the request is the approved URL
//! in constant bytes, and slots follow from the clock alone ([`schedule`]). It refuses every redirect, proxy, cookie and
//! encoding, and every address inside ([`address`]): a name is resolved once, and what was checked is what is dialled.
//! There is no disk and no environment here; the caller brings root certificates and limits.
#![forbid(unsafe_code)]

mod fault;

pub mod origin;

pub mod address;
pub mod network;

pub mod fetch;
mod tls;

pub mod schedule;

//! Everything that listens: the CDS Hooks door and the edge it stands behind.
//!
//! This room refuses plain HTTP beyond loopback, bodies without an end, tokens whose key was not pinned, and requests
//! that are not CDS Hooks 2.0. It decides nothing about data: it reads a call, hands it to the pipeline in `core`, and
//! turns the outcome into HTTP in one place.
#![forbid(unsafe_code)]

pub mod edge;

pub mod jwt;

pub mod cds;

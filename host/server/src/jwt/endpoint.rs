//! The URL of an endpoint, as a token's `aud` names it.

use axum::http::Uri;

/// An absolute `http` or `https` URL without user, query and fragment. Scheme, host and port are normalised
/// (RFC 3986 section 6.2.2.1 and 6.2.3); the path is compared as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: String,
    host: String,
    port: u16,
    path: String,
}

impl Endpoint {
    /// Reads a URL; `None` for anything else.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        // `Uri` drops a fragment silently.
        if url.contains(['#', '@']) {
            return None;
        }
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let standard = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        if uri.query().is_some() {
            return None;
        }
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        let port = match uri.authority()?.port() {
            Some(port) => port.as_u16(),
            None => standard,
        };
        Some(Self { scheme, host, port, path: uri.path().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_are_normalised() {
        let endpoint = Endpoint::parse("https://cds.example.org/cds-services/renal").unwrap();
        for same in ["HTTPS://CDS.example.org/cds-services/renal", "https://cds.example.org:443/cds-services/renal"] {
            assert_eq!(Endpoint::parse(same), Some(endpoint.clone()), "{same}");
        }
        for other in [
            "https://cds.example.org/cds-services/renal/",
            "https://cds.example.org/cds-services/Renal",
            "https://cds.example.org/cds-services/%72enal",
            "https://cds.example.org/cds-services",
            "https://cds.example.org/cds-services/renal/feedback",
            "http://cds.example.org/cds-services/renal",
            "https://cds.example.org:8443/cds-services/renal",
            "https://cds.example.org.example/cds-services/renal",
        ] {
            assert_ne!(Endpoint::parse(other), Some(endpoint.clone()), "{other}");
        }
    }

    #[test]
    fn what_is_not_a_plain_absolute_url_is_none() {
        for text in
            ["", "renal", "/cds-services", "ftp://h/x", "https:///x", "https://h/x?y", "https://h/x#y", "https://u@h/x"]
        {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }
}

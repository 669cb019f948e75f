//! Where a fetch may go: an origin that the hospital approved, and a URL on it. Both have one spelling.
//!
//! Texts are parsed as the WHATWG URL Standard says and then compared with what came out. A text that the parser would
//! repair (upper case, a default port, dot segments, tabs, a Unicode host, an address written as a number) is refused, so
//! that what a person approved is, byte for byte, what is dialled.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// Longer than any origin or URL of a data pack.
pub const MAX_URL: usize = 512;

/// Why a text is not an origin or a URL to fetch from. The text is not repeated: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Too long.
    #[error("longer than {MAX_URL} bytes")]
    TooLong,
    /// Not a URL.
    #[error("not an absolute URL")]
    NotUrl,
    /// Another scheme.
    #[error("not https")]
    NotHttps,
    /// Credentials in the URL.
    #[error("a URL to fetch has no user or password")]
    UserInfo,
    /// A query: it could say something.
    #[error("a URL to fetch has no query")]
    Query,
    /// A fragment.
    #[error("a URL to fetch has no fragment")]
    Fragment,
    /// No host, or one that ends with a dot.
    #[error("the host is missing or ends with a dot")]
    Host,
    /// An origin with a path.
    #[error("an origin has no path")]
    Path,
    /// Another spelling of a URL.
    #[error("not in the one spelling that is dialled")]
    Spelling,
    /// On another origin than the approved one.
    #[error("not on the approved origin")]
    Origin,
}

/// An origin as RFC 6454 section 6.2 writes it, https only: `https://packs.example.org` or `https://mirror.example:8443`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    host: Host,
    port: u16,
}

impl Origin {
    /// Reads an origin. The default port 443 is not written.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn new(text: &str) -> Result<Self, UrlError> {
        // The parser adds the empty path, and only that.
        let url = parse(text, "/")?;
        if url.path() != "/" {
            return Err(UrlError::Path);
        }
        Self::of(&url)
    }

    fn of(url: &Url) -> Result<Self, UrlError> {
        let host = url.host().ok_or(UrlError::Host)?.to_owned();
        if matches!(&host, Host::Domain(name) if name.is_empty() || name.ends_with('.')) {
            return Err(UrlError::Host);
        }
        Ok(Self { host, port: url.port_or_known_default().ok_or(UrlError::Host)? })
    }

    /// The host as it is named to the server: a domain name, or an address with brackets if it is one of IPv6.
    #[must_use]
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, if the host is not a name.
    #[must_use]
    pub fn literal(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// Host and port as RFC 9110 section 7.2 sends them: the default port is left out.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == 443 { self.host() } else { format!("{}:{}", self.host, self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.authority())
    }
}

/// A pack's URL that lies on the origin which the hospital approved for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApprovedUrl {
    origin: Origin,
    path: String,
}

impl ApprovedUrl {
    /// Reads the URL of a manifest and holds it against the approved origin.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn new(url: &str, approved: &Origin) -> Result<Self, UrlError> {
        let url = parse(url, "")?;
        let origin = Origin::of(&url)?;
        if origin != *approved {
            return Err(UrlError::Origin);
        }
        Ok(Self { origin, path: url.path().to_owned() })
    }

    /// Where it lies.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path: all that a request says beside the origin.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ApprovedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// A URL that its parser would write exactly so, but for what it adds at the end.
fn parse(text: &str, added: &str) -> Result<Url, UrlError> {
    if text.len() > MAX_URL {
        return Err(UrlError::TooLong);
    }
    let url = Url::parse(text).map_err(|_| UrlError::NotUrl)?;
    if url.scheme() != "https" {
        return Err(UrlError::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::UserInfo);
    }
    if url.query().is_some() {
        return Err(UrlError::Query);
    }
    if url.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    if url.as_str().strip_suffix(added) == Some(text) { Ok(url) } else { Err(UrlError::Spelling) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(url: &str) -> Result<ApprovedUrl, UrlError> {
        ApprovedUrl::new(url, &Origin::new("https://packs.example.org").unwrap())
    }

    #[test]
    fn a_url_that_says_more_than_where_is_refused() {
        assert_eq!(on("http://packs.example.org/p"), Err(UrlError::NotHttps));
        assert_eq!(on("https://u@packs.example.org/p"), Err(UrlError::UserInfo));
        assert_eq!(on("https://:w@packs.example.org/p"), Err(UrlError::UserInfo));
        assert_eq!(on("https://packs.example.org/p?q"), Err(UrlError::Query));
        assert_eq!(on("https://packs.example.org/p?"), Err(UrlError::Query));
        assert_eq!(on("https://packs.example.org/p#f"), Err(UrlError::Fragment));
        assert_eq!(on("https://packs.example.org./p"), Err(UrlError::Host));
        assert_eq!(on("/p"), Err(UrlError::NotUrl));
        assert_eq!(on(&format!("https://packs.example.org/{}", "p".repeat(MAX_URL))), Err(UrlError::TooLong));
    }

    #[test]
    fn a_url_on_another_origin_is_refused() {
        for other in [
            "https://packs.example.org:8443/p",
            "https://packs.example.org.evil.example/p",
            "https://evil.example/packs.example.org",
            "https://example.org/p",
            "https://127.0.0.1/p",
            "https://xn--pcks-0na.example.org/p",
        ] {
            assert_eq!(on(other), Err(UrlError::Origin), "{other}");
        }
    }

    #[test]
    fn a_url_that_its_parser_would_repair_is_refused() {
        for spelled in [
            "https://Packs.example.org/p",
            "HTTPS://packs.example.org/p",
            "https:packs.example.org/p",
            "https://packs.example.org:443/p",
            "https://packs.example.org:/p",
            "https://packs.example.org",
            "https://packs.example.org/a/../p",
            "https://packs.example.org/a/%2e%2e/p",
            "https://packs.example.org\\p",
            "https://packs.example.org/p ",
            "https://packs.exam\tple.org/p",
            "https://packs.example.org/ä",
            "https://pаcks.example.org/p",
            "https://p\u{ad}acks.example.org/p",
            "https://packs.example。org/p",
            "https://@packs.example.org/p",
        ] {
            assert_eq!(on(spelled), Err(UrlError::Spelling), "{spelled}");
        }
    }

    #[test]
    fn an_address_in_disguise_is_no_origin() {
        for spelled in
            ["https://2130706433", "https://0x7f.1", "https://127.1", "https://0177.0.0.1", "https://[::0001]"]
        {
            assert_eq!(Origin::new(spelled), Err(UrlError::Spelling), "{spelled}");
        }
        assert_eq!(Origin::new("https://127.0.0.1").unwrap().literal(), Some(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn an_origin_ends_with_its_port() {
        for (text, error) in [
            ("https://packs.example.org/", UrlError::Spelling),
            ("https://packs.example.org/p", UrlError::Spelling),
            ("packs.example.org", UrlError::NotUrl),
            ("packs.example.org:443", UrlError::NotHttps),
            ("https://", UrlError::NotUrl),
        ] {
            assert_eq!(Origin::new(text), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_approved_prints_as_it_was_read() {
        for text in
            ["https://packs.example.org", "https://mirror.example:8443", "https://127.0.0.1:1", "https://[::1]:2"]
        {
            let origin = Origin::new(text).unwrap();
            assert_eq!(origin.to_string(), text);
            let url = format!("{text}/drugs/renal.pack");
            assert_eq!(ApprovedUrl::new(&url, &origin).unwrap().to_string(), url);
        }
    }
}

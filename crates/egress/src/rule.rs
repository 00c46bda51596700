//! Where a call goes, and the rules that say where it may go.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::{Error, Result};

/// Longest address looked at, bytes: an object's key has up to 1,024, which become 3,072 where none of it is ASCII, and a
/// signature stands behind it.
const URL_BYTES_MAX: usize = 4_096;

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Https,
    Http,
    /// A plain connection, for protocols of their own.
    Tcp,
}

impl Scheme {
    fn parse(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "https" => Ok(Self::Https),
            "http" => Ok(Self::Http),
            "tcp" => Ok(Self::Tcp),
            other => Err(Error::Scheme { scheme: other.chars().take(32).collect() }),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Tcp => "tcp",
        }
    }
}

/// One end of a call: scheme, host and port. Hosts are those the URL standard makes of what was written, so that
/// `http://2130706433/`, `http://0x7f.1/` and `http://[::ffff:7f00:1]/` all say which address they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme.name(), self.host, self.port)
    }
}

impl Target {
    /// The target of an address, and the address as it is called.
    pub(crate) fn parse(text: &str) -> Result<(Self, Url)> {
        let malformed = |reason: &str| Error::Malformed { url: shortened(text), reason: reason.to_owned() };
        if text.len() > URL_BYTES_MAX {
            return Err(Error::TooLong { url: shortened(text), limit_bytes: URL_BYTES_MAX });
        }
        // The URL standard drops tabs and line ends and trims; what needs mending is not meant honestly.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(malformed("it has spaces, control characters or backslashes"));
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| malformed("there is no scheme://"))?;
        let scheme = Scheme::parse(scheme)?;
        // Hosts of an unknown scheme are opaque to the URL standard; as HTTP they are normalised.
        let known = if scheme == Scheme::Tcp { Scheme::Http } else { scheme };
        let url = Url::parse(&format!("{}://{rest}", known.name()));
        let url = url.map_err(|error| malformed(&error.to_string()))?;
        // An empty user name in front of an @ vanishes in parsing, so it is looked for in the text too.
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Credentials);
        }
        let host = match url.host().ok_or_else(|| malformed("there is no host"))? {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                if name.is_empty() {
                    return Err(malformed("there is no host"));
                }
                Host::Domain(name.to_owned())
            }
            Host::Ipv4(address) => Host::Ipv4(address),
            Host::Ipv6(address) => match IpAddr::V6(address).to_canonical() {
                IpAddr::V4(address) => Host::Ipv4(address),
                IpAddr::V6(address) => Host::Ipv6(address),
            },
        };
        let port = match (scheme, url.port()) {
            (Scheme::Tcp, None) if !authority.ends_with(":80") => return Err(malformed("there is no port")),
            (_, Some(port)) => port,
            (Scheme::Https, None) => 443,
            (Scheme::Http | Scheme::Tcp, None) => 80,
        };
        Ok((Self { scheme, host, port }, url))
    }

    /// The address, where the host is one.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match &self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        }
    }
}

/// An origin that may be called, or all below a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    target: Target,
    below: bool,
}

impl Rule {
    /// A rule as an operator writes it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let setting = |reason: String| Error::Setting { key: "allow", value: shortened(text), reason };
        let (below, plain) = match text.split_once("://*.") {
            Some((scheme, rest)) => (true, format!("{scheme}://{rest}")),
            None => (false, text.to_owned()),
        };
        let (target, url) = Target::parse(&plain).map_err(|error| setting(error.to_string()))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(setting("an origin has no path".to_owned()));
        }
        if plain.contains('*') {
            return Err(setting("* stands only before a domain, as in *.gov.example".to_owned()));
        }
        if below && !matches!(&target.host, Host::Domain(name) if name.contains('.')) {
            return Err(setting("*. stands before a domain of two parts at least".to_owned()));
        }
        Ok(Self { target, below })
    }

    /// The rule that an address of the configuration makes for itself.
    pub(crate) fn of(target: Target) -> Self {
        Self { target, below: false }
    }

    /// Whether it covers this target.
    pub(crate) fn covers(&self, target: &Target) -> bool {
        if (self.target.scheme, self.target.port) != (target.scheme, target.port) {
            return false;
        }
        match (&self.target.host, &target.host) {
            (Host::Domain(domain), Host::Domain(name)) if self.below => name
                .strip_suffix(domain.as_str())
                .is_some_and(|label| label.len() > 1 && label.ends_with('.')),
            (own, asked) => own == asked,
        }
    }
}

/// Enough of a text to recognise it by.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap().0
    }

    #[test]
    fn hosts_are_what_the_url_standard_makes_of_them() {
        for text in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://017700000001/",
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://127。0。0。1/",
            "HTTP://127.0.0.1:80/",
        ] {
            assert_eq!(target(text).to_string(), "http://127.0.0.1:80", "{text}");
        }
        assert_eq!(target("https://Peer.Example./x?y").to_string(), "https://peer.example:443");
        assert_eq!(target("tcp://2130706433:3310").to_string(), "tcp://127.0.0.1:3310");
        assert_eq!(target("tcp://10.0.0.1:80").port, 80);
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for (text, code) in [
            ("", "egress/malformed"),
            ("peer.example", "egress/malformed"),
            ("https://", "egress/malformed"),
            ("https://.", "egress/malformed"),
            ("https://a b/", "egress/malformed"),
            ("https://peer.example\\@127.0.0.1/", "egress/malformed"),
            ("https://peer.example/\r\nx: y", "egress/malformed"),
            ("tcp://10.0.0.1", "egress/malformed"),
            ("https://256.256.256.256/", "egress/malformed"),
            ("file:///etc/passwd", "egress/scheme"),
            ("gopher://127.0.0.1:6379/_x", "egress/scheme"),
            ("ftp://peer.example/", "egress/scheme"),
            ("https://peer.example@127.0.0.1/", "egress/credentials"),
            ("https://@127.0.0.1/", "egress/credentials"),
            ("https://peer.example:443@127.0.0.1/", "egress/credentials"),
        ] {
            assert_eq!(Target::parse(text).unwrap_err().code(), code, "{text}");
        }
        let of_length = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - 18));
        assert!(Target::parse(&of_length(URL_BYTES_MAX)).is_ok());
        let long = Target::parse(&of_length(URL_BYTES_MAX + 1)).unwrap_err();
        assert_eq!((long.code(), long.is_refusal()), ("egress/too-long", true));
        let words = brain_kernel::error::Failure::from(long).detail;
        assert!(words.zh.contains("4096") && words.en.contains("4096") && words.en.len() < 300, "{words:?}");
    }

    #[test]
    fn a_rule_covers_its_origin_and_no_other() {
        let covers = |rule: &str, text: &str| Rule::parse(rule).unwrap().covers(&target(text));
        assert!(covers("https://peer.example", "https://peer.example/api"));
        assert!(covers("https://PEER.example:443/", "https://peer.example"));
        assert!(!covers("https://peer.example", "http://peer.example"));
        assert!(!covers("https://peer.example", "https://peer.example:8443"));
        assert!(!covers("https://peer.example", "https://a.peer.example"));
        assert!(!covers("https://peer.example", "https://peer.example.evil.example"));
        assert!(covers("https://*.gov.example", "https://a.b.gov.example"));
        assert!(!covers("https://*.gov.example", "https://gov.example"));
        assert!(!covers("https://*.gov.example", "https://evilgov.example"));
        assert!(covers("http://127.0.0.1:4318", "http://2130706433:4318/v1/traces"));
        for wrong in
            ["https://*", "https://*.cn", "https://*.10.0.0.1", "https://a.example/path", "a.example"]
        {
            assert_eq!(Rule::parse(wrong).unwrap_err().code(), "egress/setting", "{wrong}");
        }
    }
}

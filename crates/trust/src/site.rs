//! Where people meet this node (对外地址): passkeys and the sign-ins of other nodes are bound to it.

use brain_egress::Url;

use crate::{Error, Result};

/// Longest address, bytes.
const BYTES_MAX: usize = 300;

/// The node's public address: scheme, host and port, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    origin: String,
    domain: Option<String>,
}

impl Site {
    /// Take an address such as `https://brain.example` apart. Plain HTTP is for this machine only.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = || {
            Error::invalid(
                "http.public_url",
                format!("对外地址 {text:?} 无效：须为 https://主机[:端口]，仅本机可用 http，且不含路径。"),
                format!(
                    "The public address {text:?} is not valid: https://host[:port], http on this machine only, no path."
                ),
            )
        };
        let url = bounded_url(text, BYTES_MAX).ok_or_else(refused)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare {
            return Err(refused());
        }
        Ok(Self { origin: url.origin().ascii_serialization(), domain: url.domain().map(str::to_owned) })
    }

    /// As browsers write it: `https://brain.example`, without a slash at the end. Also the node's issuer.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Domain that passkeys are for (WebAuthn `rp.id`); `None` where people use an IP address, for which browsers
    /// make no passkeys.
    #[must_use]
    pub fn relying_party(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// An address on this node.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// A page of this node with fields in its query.
    #[must_use]
    pub fn with_query(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let address = self.at(path);
        match Url::parse(&address) {
            Ok(mut url) if !fields.is_empty() => {
                url.query_pairs_mut().extend_pairs(fields);
                url.into()
            }
            _ => address,
        }
    }
}

/// A web address that may be talked to or sent to: https, or http on this machine; without user name and password.
pub(crate) fn bounded_url(text: &str, bytes_max: usize) -> Option<Url> {
    if text.len() > bytes_max || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let safe = match url.scheme() {
        "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        "http" => is_loopback(&url),
        _ => false,
    };
    (plain && safe).then_some(url)
}

/// Whether the address is on this machine by its name alone.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    if host == "localhost" {
        return true;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn a_public_address_is_an_origin_and_nothing_else() {
        let site = Site::parse("https://Brain.Example:8443/").unwrap();
        assert_eq!(site.origin(), "https://brain.example:8443");
        assert_eq!(site.relying_party(), Some("brain.example"));
        assert_eq!(site.at("/x"), "https://brain.example:8443/x");
        assert_eq!(Site::parse("https://brain.example:443").unwrap().origin(), "https://brain.example");
        let local = Site::parse("http://localhost:7600").unwrap();
        assert_eq!((local.origin(), local.relying_party()), ("http://localhost:7600", Some("localhost")));
        assert_eq!(Site::parse("http://127.0.0.1:7600").unwrap().relying_party(), None);
        for wrong in [
            "",
            "brain.example",
            "http://brain.example",
            "http://localhost.evil.example",
            "https://user@brain.example",
            "https://brain.example/path",
            "https://brain.example/?a=1",
            "https://brain.example/#a",
            "ftp://localhost",
            "https://brain.example evil",
        ] {
            assert!(Site::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

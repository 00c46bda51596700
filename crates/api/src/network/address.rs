//! Addresses: lists of networks, the caller behind a gateway, and who counts as one caller.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Longest chain of gateways looked through.
const HOPS_MAX: usize = 16;

/// A list of networks; cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// The list of what is written as `10.0.0.0/8` or `10.1.2.3`; the first that is neither is the error.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let one = |text: &String| {
            let address = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            text.parse::<IpNet>()
                .or_else(|_| address())
                .map(|network| network.trunc())
                .map_err(|_| text.clone())
        };
        Ok(Self(texts.iter().map(one).collect::<Result<Vec<_>, _>>()?.into()))
    }

    /// Whether an address is in one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Who counts as one caller: an IPv4 address, or the /64 that one site has of IPv6 (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Neighbourhood {
    V4(u32),
    V6(u64),
}

pub(crate) fn neighbourhood(address: IpAddr) -> Neighbourhood {
    match address.to_canonical() {
        IpAddr::V4(address) => Neighbourhood::V4(address.into()),
        IpAddr::V6(address) => Neighbourhood::V6((u128::from(address) >> 64) as u64),
    }
}

/// The caller behind a connection: its other end, or whom a gateway that is believed says it speaks for.
///
/// `X-Forwarded-For` grows to the right; what stands left of the first address that no gateway of ours wrote was written
/// by the caller and may say anything.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, forwarded_from: &Networks) -> IpAddr {
    let mut known = peer.to_canonical();
    if !forwarded_from.contains(known) {
        return known;
    }
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops.take(HOPS_MAX) {
        let Some(address) = hop_address(hop) else { return known };
        known = address;
        if !forwarded_from.contains(known) {
            return known;
        }
    }
    known
}

/// `10.0.0.1`, `10.0.0.1:443`, `::1`, `[::1]` and `[::1]:443` are all written.
fn hop_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|both| both.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn networks(texts: &[&str]) -> Networks {
        Networks::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn seen(peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        client(peer.parse().unwrap(), &headers, &networks(trusted)).to_string()
    }

    #[test]
    fn only_a_gateway_that_is_believed_speaks_for_others() {
        assert_eq!(seen("10.0.0.9", &["203.0.113.7"], &[]), "10.0.0.9");
        assert_eq!(seen("10.0.0.9", &["203.0.113.7"], &["10.0.0.9"]), "203.0.113.7");
        assert_eq!(seen("::ffff:10.0.0.9", &["203.0.113.7"], &["10.0.0.0/8"]), "203.0.113.7");
        assert_eq!(seen("10.0.0.9", &[], &["10.0.0.9"]), "10.0.0.9");
    }

    #[test]
    fn what_the_caller_wrote_itself_is_not_believed() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(seen("10.0.0.9", &["127.0.0.1, 203.0.113.7"], &trusted), "203.0.113.7");
        assert_eq!(seen("10.0.0.9", &["127.0.0.1, 203.0.113.7, 10.0.0.8"], &trusted), "203.0.113.7");
        assert_eq!(seen("10.0.0.9", &["127.0.0.1", "203.0.113.7, 10.0.0.8"], &trusted), "203.0.113.7");
        assert_eq!(seen("10.0.0.9", &["203.0.113.7, unknown, 10.0.0.8"], &trusted), "10.0.0.8");
        assert_eq!(seen("10.0.0.9", &["[2001:db8::7]:443"], &trusted), "2001:db8::7");
        assert_eq!(seen("10.0.0.9", &["203.0.113.7:1234"], &trusted), "203.0.113.7");
    }

    #[test]
    fn a_site_of_ipv6_is_one_caller_and_mapped_addresses_are_ipv4() {
        let of = |text: &str| neighbourhood(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[test]
    fn a_list_says_which_entry_is_no_network() {
        assert!(networks(&["10.0.0.0/8", "::1"]).contains("::1".parse().unwrap()));
        assert_eq!(Networks::parse(&["10.0.0.0/8".into(), "ten".into()]).unwrap_err(), "ten");
        assert!(!networks(&[]).contains("10.0.0.1".parse().unwrap()));
    }
}

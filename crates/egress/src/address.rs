//! Which addresses a name of the outside world may lead to: global unicast and nothing else
//! (IANA special-purpose address registries, RFC 6890).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is none of the outside world's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, RFC 4193) or one shared behind a carrier (RFC 6598).
    Private,
    /// The link itself, where clouds keep their metadata service (RFC 3927).
    LinkLocal,
    /// A group of machines.
    Multicast,
    /// An IPv4 address inside an IPv6 one (NAT64, 6to4, Teredo): it could be any of the others.
    Translated,
    /// Reserved, for documentation, for benchmarks, or not given out.
    Reserved,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Multicast => "multicast",
            Self::Translated => "translated",
            Self::Reserved => "reserved",
        })
    }
}

/// What is special about an address; `None` for global unicast. An IPv4-mapped IPv6 address is its IPv4 address.
pub(crate) fn special(address: IpAddr) -> Option<Special> {
    match address.to_canonical() {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    match address.octets() {
        [127, ..] => Some(Special::Loopback),
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => Some(Special::Private),
        [169, 254, ..] => Some(Special::LinkLocal),
        [224..=239, ..] => Some(Special::Multicast),
        // "This network", protocol assignments, documentation, 6to4 relays, benchmarks, class E and broadcast.
        [0 | 240..=255, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Some(Special::Reserved),
        _ => None,
    }
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    if address.is_loopback() {
        return Some(Special::Loopback);
    }
    match address.segments() {
        [0xfe80..=0xfebf, ..] => Some(Special::LinkLocal),
        [0xfc00..=0xfdff, ..] => Some(Special::Private),
        [0xff00..=0xffff, ..] => Some(Special::Multicast),
        // NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056) and Teredo (RFC 4380).
        [0x64, 0xff9b, ..] | [0x2002, ..] | [0x2001, 0, ..] => Some(Special::Translated),
        [0x2001, 0x0db8 | 0x0001..=0x01ff, ..] | [0x3fff, 0x0000..=0x0fff, ..] => Some(Special::Reserved),
        // Global unicast (RFC 4291 section 2.4); all else was never given out.
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Special::Reserved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_block_is_known_and_its_public_neighbours_pass() {
        use Special::{LinkLocal, Loopback, Multicast, Private, Reserved, Translated};
        let cases = [
            ("127.0.0.1", Some(Loopback)),
            ("127.255.255.254", Some(Loopback)),
            ("10.255.0.1", Some(Private)),
            ("172.16.0.1", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("172.32.0.1", None),
            ("172.15.0.1", None),
            ("192.168.1.1", Some(Private)),
            ("100.64.0.1", Some(Private)),
            ("100.128.0.1", None),
            ("169.254.169.254", Some(LinkLocal)),
            ("0.0.0.0", Some(Reserved)),
            ("192.0.2.7", Some(Reserved)),
            ("192.0.1.7", None),
            ("198.18.0.1", Some(Reserved)),
            ("198.20.0.1", None),
            ("203.0.113.9", Some(Reserved)),
            ("224.0.0.1", Some(Multicast)),
            ("255.255.255.255", Some(Reserved)),
            ("114.114.114.114", None),
            ("::1", Some(Loopback)),
            ("::", Some(Reserved)),
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::ffff:169.254.169.254", Some(LinkLocal)),
            ("::ffff:114.114.114.114", None),
            ("::127.0.0.1", Some(Reserved)),
            ("64:ff9b::7f00:1", Some(Translated)),
            ("64:ff9b:1::7f00:1", Some(Translated)),
            ("2002:7f00:1::", Some(Translated)),
            ("2001:0:4136:e378::1", Some(Translated)),
            ("2001:db8::1", Some(Reserved)),
            ("fe80::1", Some(LinkLocal)),
            ("fd00:ec2::254", Some(Private)),
            ("ff02::1", Some(Multicast)),
            ("2400:3200::1", None),
            ("2001:4860:4860::8888", None),
        ];
        for (text, expected) in cases {
            assert_eq!(special(text.parse().unwrap()), expected, "{text}");
        }
    }
}

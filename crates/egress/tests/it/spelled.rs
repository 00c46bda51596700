//! However an address is spelled, it is the same address.

use brain_egress::{Egress, Options};
use proptest::prelude::*;
use std::net::Ipv4Addr;

fn spellings(address: Ipv4Addr) -> Vec<String> {
    let number = u32::from(address);
    let [a, b, c, d] = address.octets();
    let low = u32::from_be_bytes([0, b, c, d]);
    vec![
        format!("http://{address}/"),
        format!("http://{number}/"),
        format!("http://{number:#x}/"),
        format!("http://0{number:o}/"),
        format!("http://{a}.{low}/"),
        format!("http://{a:#x}.{b:#x}.{c:#x}.{d:#x}/"),
        format!("http://0{a:o}.0{b:o}.0{c:o}.0{d:o}/"),
        format!("http://[::ffff:{address}]/"),
        format!("http://[::ffff:{:x}:{:x}]/", number >> 16, number & 0xffff),
        format!("http://{address}./"),
        format!("http://{address}:80/x?y#z"),
    ]
}

fn inside() -> impl Strategy<Value = Ipv4Addr> {
    let block = prop_oneof![
        Just(0x7f00_0000_u32..=0x7fff_ffff),
        Just(0x0a00_0000..=0x0aff_ffff),
        Just(0xac10_0000..=0xac1f_ffff),
        Just(0xc0a8_0000..=0xc0a8_ffff),
        Just(0xa9fe_0000..=0xa9fe_ffff),
        Just(0x6440_0000..=0x647f_ffff),
        Just(0xe000_0000..=0xffff_ffff),
        Just(0x0000_0000..=0x00ff_ffff),
    ];
    block.prop_flat_map(|range| range).prop_map(Ipv4Addr::from)
}

proptest! {
    #[test]
    fn no_spelling_of_an_inner_address_is_called(address in inside()) {
        let egress = Egress::new(&Options::default()).unwrap();
        for url in spellings(address) {
            let refused = egress.check(&url).unwrap_err();
            prop_assert!(refused.is_refusal(), "{url}");
            prop_assert_eq!(refused.code(), "egress/address", "{}", url);
        }
    }

    #[test]
    fn every_spelling_of_a_listed_address_is_the_listed_one(address in any::<u32>().prop_map(Ipv4Addr::from)) {
        let egress = Egress::new(&Options { allow: vec![format!("http://{address}")], ..Options::default() }).unwrap();
        for url in spellings(address) {
            prop_assert!(egress.check(&url).is_ok(), "{url}");
        }
        let (port, scheme) = (format!("http://{address}:81/"), format!("https://{address}/"));
        prop_assert!(egress.check(&port).is_err() && egress.check(&scheme).is_err());
    }

    #[test]
    fn no_text_at_all_gets_past_an_empty_list_or_stops_the_program(text in ".{0,200}") {
        let egress = Egress::new(&Options::default()).unwrap();
        prop_assert!(egress.check(&text).is_err());
        let (host, disguised) = (format!("http://{text}"), format!("https://listed.example@{text}"));
        prop_assert!(egress.check(&host).is_err() && egress.check(&disguised).is_err());
    }
}

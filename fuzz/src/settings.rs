//! What operators write: settings, rules of alerts, addresses.

use brain_api::{Limits, Networks, ScanOptions};
use brain_egress::Egress;
use brain_trust::evidence::{KnownLog, WitnessPeer};
use brain_trust::status::PeerAddress;
use brain_trust::{
    AuditOptions, CryptoOptions, EvidenceOptions, ProviderOptions, Rulebook, Site, StatusOptions,
};
use brain_warehouse::boundary::Approval;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Year that approval numbers of maps are held against.
const THIS_YEAR: i32 = 2026;

/// Sections of `brain.toml`, each as the part reads it that it is for. What was read is written and read again as the
/// same.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(table) = text.parse::<toml::Table>() else { return };
    twice::<Limits>(&table);
    twice::<ScanOptions>(&table);
    twice::<brain_trust::Options>(&table);
    twice::<CryptoOptions>(&table);
    twice::<EvidenceOptions>(&table);
    twice::<StatusOptions>(&table);
    twice::<WitnessPeer>(&table);
    twice::<KnownLog>(&table);
    twice::<ProviderOptions>(&table);
    if let Some(options) = twice::<AuditOptions>(&table)
        && let Err(failure) = options.check()
    {
        assert!(!failure.detail.zh.is_empty() && !failure.detail.en.is_empty());
    }
    if let Some(options) = twice::<brain_egress::Options>(&table) {
        match Egress::new(&options) {
            Ok(egress) => drop(egress.check("https://peer.example/")),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    drop(toml::from_str::<brain_warehouse::Options>(text));
}

fn twice<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(table: &toml::Table) -> Option<T> {
    let first: T = table.clone().try_into().ok()?;
    let written = toml::to_string(&first).expect("settings that were read are written");
    let again: T = toml::from_str(&written).expect("settings that were written are read again");
    assert_eq!(first, again);
    Some(first)
}

/// Rules of alerts. Those that are taken are taken again as they stand in force.
pub fn alerts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let built_in = Rulebook::read("", "built-in").expect("the built-in rules");
    match Rulebook::read(text, "alerts.toml") {
        Ok(book) => {
            assert!(book.rules.len() >= built_in.rules.len(), "a rule is corrected, never lost");
            assert!(book.duties.len() >= built_in.duties.len(), "a duty is corrected, never lost");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Addresses of this node and of others, networks, calls out, approval numbers of maps.
pub fn addresses(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(site) = Site::parse(&text) {
        let again = Site::parse(site.origin()).expect("an origin is an address");
        assert_eq!(again, site);
        assert!(site.at("/x").ends_with("/x"));
    }
    if let Ok(peer) = PeerAddress::parse(&text) {
        assert_eq!(PeerAddress::parse(peer.as_str()).ok().as_ref(), Some(&peer));
    }
    if let Ok(approval) = Approval::parse(&text, THIS_YEAR) {
        assert_eq!(Approval::parse(&approval.to_string(), THIS_YEAR).ok().as_ref(), Some(&approval));
    }
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Ok(networks) = Networks::parse(&lines) {
        for line in &lines {
            // An address alone is a network of one.
            if let Ok(address) = line.parse::<IpAddr>() {
                assert!(networks.contains(address), "{line} is in its own network");
            }
        }
    }
    nothing_that_was_not_named(&lines);
}

/// A way out that names one public host.
static ONE_HOST: LazyLock<Egress> = LazyLock::new(|| {
    let options = brain_egress::Options {
        allow: vec!["https://peer.example".to_owned()],
        ..brain_egress::Options::default()
    };
    Egress::new(&options).expect("a way out")
});

/// It leads nowhere else, however an address is written.
fn nothing_that_was_not_named(lines: &[String]) {
    for line in lines {
        if ONE_HOST.check(line).is_ok() {
            let url = brain_egress::Url::parse(line).expect("what may be called is an address");
            let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
            assert_eq!(host, "peer.example", "{line}");
            assert_eq!(url.port_or_known_default(), Some(443), "{line}");
        }
    }
}

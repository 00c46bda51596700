//! What sites and object stores answer to connectors.

use brain_connect::{Listing, Reading, Rules, Sitemap};
use brain_egress::Url;

/// Robot of the rules.
const AGENT: &str = "IndustryBrain";

/// Bytes as a page, as a `robots.txt` and as a sitemap: read within their length or refused, links are addresses, and
/// rules answer for every one of them.
pub fn page(data: &[u8]) {
    let address = Url::parse("https://site.example/a/b.html").expect("an address");
    let rules = Rules::read(data, AGENT);
    if let Ok(rules) = &rules {
        assert!(rules.delay_s().is_none_or(|delay| delay >= 0.0), "{:?}", rules.delay_s());
        assert!(rules.allow(&Url::parse("https://site.example/robots.txt").expect("an address")));
    }
    if let Some(mut reading) = Reading::of(data, Some("text/html"), &address, AGENT) {
        // A byte that fits no encoding becomes a sign of three; GB18030 makes at most as many of two.
        assert!(reading.text.len() <= data.len().saturating_mul(3), "text is no longer than its page");
        assert!(reading.text.lines().all(|line| line.trim() == line && !line.is_empty()));
        assert!(reading.links.len() as u64 <= reading.links_count);
        for link in &reading.links {
            assert!(matches!(link.scheme(), "http" | "https") && link.fragment().is_none(), "{link}");
            if let Ok(rules) = &rules {
                let _ = rules.allow(link);
            }
        }
        let (index, follow) = (reading.index, reading.follow);
        reading.heed(&String::from_utf8_lossy(data), AGENT);
        assert!((index || !reading.index) && (follow || !reading.follow), "a header only takes away");
    }
    if let Ok(map) = Sitemap::read(data) {
        assert!(map.pages.len() <= 50_000 && map.sitemaps.len() <= 50_000);
    }
}

/// Bytes as a page of a bucket's listing: read or refused with a reason, and never an end that is none.
pub fn listing(data: &[u8]) {
    match Listing::read(data) {
        Ok(listing) => assert!(listing.next.is_none_or(|token| !token.is_empty())),
        Err(reason) => assert!(!reason.is_empty()),
    }
}

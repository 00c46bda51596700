//! A sitemap (sitemaps.org, protocol 0.9): addresses of pages, or of further sitemaps.

use crate::xml;

/// Addresses of one sitemap, as the protocol bounds them.
const ADDRESSES_MAX: usize = 50_000;

/// What a sitemap lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sitemap {
    /// Addresses of pages.
    pub pages: Vec<String>,
    /// Addresses of further sitemaps.
    pub sitemaps: Vec<String>,
}

impl Sitemap {
    /// The sitemap in the body of an answer. The error says what is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let document = std::str::from_utf8(body).map_err(|_| "it is no UTF-8".to_owned())?;
        let (mut map, mut is_sitemap) = (Self::default(), false);
        xml::elements(document, |element| {
            let within: Vec<&str> = element.around.iter().map(String::as_str).collect();
            match (within.as_slice(), element.name) {
                (["urlset", "url"], "loc") => map.pages.push(element.text.trim().to_owned()),
                (["sitemapindex", "sitemap"], "loc") => map.sitemaps.push(element.text.trim().to_owned()),
                ([], "urlset" | "sitemapindex") => is_sitemap = true,
                _ => {}
            }
            if map.pages.len() > ADDRESSES_MAX || map.sitemaps.len() > ADDRESSES_MAX {
                return Err(format!("it lists more than {ADDRESSES_MAX} addresses"));
            }
            Ok(())
        })?;
        if is_sitemap { Ok(map) } else { Err("it is no sitemap".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_and_further_sitemaps_are_listed() {
        let map = Sitemap::read(
            b"<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:image=\"urn:i\">\
              <url><loc> https://a.example/?x=1&amp;y </loc><lastmod>2026-01-01</lastmod><image:image><image:loc>https://a.example/i.png</image:loc></image:image></url>\
              <url><loc>https://a.example/b</loc></url></urlset>",
        );
        let pages = map.unwrap().pages;
        assert_eq!(pages, ["https://a.example/?x=1&y", "https://a.example/b"]);
        let index = Sitemap::read(
            b"<sitemapindex><sitemap><loc>https://a.example/1.xml</loc></sitemap></sitemapindex>",
        );
        assert_eq!(index.unwrap().sitemaps, ["https://a.example/1.xml"]);
    }

    #[test]
    fn what_is_no_sitemap_is_said() {
        for (body, says) in [
            (&b"<html><body></body></html>"[..], "no sitemap"),
            (&b"https://a.example/"[..], "cut short"),
            (&b"<urlset><url>"[..], "cut short"),
            (&b"\xff\xfe"[..], "UTF-8"),
        ] {
            assert!(Sitemap::read(body).unwrap_err().contains(says));
        }
        let many = format!("<urlset>{}</urlset>", "<url><loc>/</loc></url>".repeat(ADDRESSES_MAX + 1));
        assert!(Sitemap::read(many.as_bytes()).unwrap_err().contains("more than"));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(body in "(</?(urlset|url|loc|x)>|[a-z&;]{0,5}){0,20}") {
            let _ = Sitemap::read(body.as_bytes());
        }
    }
}

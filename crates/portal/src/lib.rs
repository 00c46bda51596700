//! The portal (门户): the built web pages inside the binary.
//!
//! A leaf crate: it knows files, not HTTP. [`asset`] answers what to send for a path; the server adds the
//! headers. Files under `assets/` carry a content hash in their name and never change, so they may be cached
//! for ever; everything else is revalidated by its entity tag.

use rust_embed::{EmbeddedFile, RustEmbed};
use std::{borrow::Cow, fmt::Write as _};

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/portal"]
struct Files;

const INDEX: &str = "index.html";

/// Paths that are never a page of the portal: a miss there is a miss, not the index page.
const NOT_PAGES: [&str; 2] = ["assets", "api"];

/// One file of the portal, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The file's bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Value of `Content-Type`, with the character set for text.
    pub content_type: String,
    /// Value of `ETag`, quotes included: the beginning of the SHA-256 of the bytes.
    pub etag: String,
    /// Whether the name changes with the content, so that `Cache-Control` may be
    /// `public, max-age=31536000, immutable`; otherwise it should be `no-cache`.
    pub immutable: bool,
}

/// What to send for a request path (with or without the leading slash, without the query).
///
/// A known file is itself. Any other path is a page of the portal and gets the index page, where the browser's
/// router takes over. Only misses under `assets/` and `api/` are `None`, to be answered with 404.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    if let Some(file) = Files::get(path) {
        return Some(describe(path, file));
    }
    let first = path.split('/').next().unwrap_or_default();
    if NOT_PAGES.contains(&first) {
        return None;
    }
    Files::get(INDEX).map(|file| describe(INDEX, file))
}

/// Names of all files inside the binary, for tests and diagnosis.
pub fn names() -> impl Iterator<Item = Cow<'static, str>> {
    Files::iter()
}

fn describe(name: &str, file: EmbeddedFile) -> Asset {
    let mime = mime_guess::from_path(name).first_or_octet_stream();
    let textual = mime.type_() == "text" || matches!(mime.subtype().as_str(), "javascript" | "json" | "xml");
    let content_type =
        if textual { format!("{}; charset=utf-8", mime.essence_str()) } else { mime.to_string() };
    let hash = file.metadata.sha256_hash();
    let mut etag = String::with_capacity(34);
    etag.push('"');
    for byte in hash.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(etag, "{byte:02x}");
    }
    etag.push('"');
    Asset { bytes: file.data, content_type, etag, immutable: name.starts_with("assets/") }
}

#[cfg(test)]
mod tests {
    use super::{asset, names};

    #[test]
    fn the_root_and_every_page_path_give_the_index_page_which_is_revalidated() {
        let root = asset("/").expect("index");
        assert!(root.content_type.starts_with("text/html"));
        assert!(!root.immutable);
        for page in [
            "index.html",
            "chain/nev",
            "/data/subject.enterprise",
            "firms/91330000142939553X",
            "../etc/passwd",
        ] {
            assert_eq!(asset(page).expect(page), root, "{page}");
        }
    }

    #[test]
    fn a_missing_asset_or_api_path_is_a_miss_and_never_the_index_page() {
        for path in ["assets/none-12345678.js", "/assets/", "api/v1/none", "/api"] {
            assert_eq!(asset(path), None, "{path}");
        }
    }

    #[test]
    fn every_embedded_file_is_served_and_only_hashed_ones_are_immutable() {
        for name in names() {
            let file = asset(&name).expect("embedded");
            assert_eq!(file.immutable, name.starts_with("assets/"), "{name}");
            assert!(
                file.etag.starts_with('"') && file.etag.ends_with('"') && file.etag.len() == 34,
                "{}",
                file.etag
            );
            assert_ne!(file.content_type, "", "{name}");
        }
    }

    #[test]
    fn the_index_page_loads_nothing_from_another_host_and_has_no_inline_script() {
        let root = asset("").expect("index");
        let html = String::from_utf8_lossy(&root.bytes);
        for attribute in ["src=\"http", "href=\"http", "src=\"//", "href=\"//"] {
            assert!(!html.contains(attribute), "{attribute}");
        }
        for script in html.split("<script").skip(1) {
            let (open, body) = script.split_once('>').expect("closed tag");
            assert!(
                open.contains("src=") && body.trim_start().starts_with("</script>"),
                "inline script: {script}"
            );
        }
    }
}

//! Headers that protect a reader of our answers: what a page may load, who may frame it, what may be kept.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use rand::RngExt as _;

/// Policy of everything but pages: an answer of the interface is never a page, whatever it holds.
const ANSWER_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

/// Where the index page wants the nonce of its response; the portal's build writes it.
pub(crate) const NONCE_PLACE: &str = "brain-csp-nonce";

const ALWAYS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), \
         fullscreen=(self), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
         picture-in-picture=(), publickey-credentials-get=(self), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
    ),
];

/// A year, as browsers ask for before they believe it.
const TRANSPORT: &str = "max-age=31536000";

/// A number that is used for one page only.
pub(crate) fn nonce() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// What a page of the portal may load. Scripts come from this node and nowhere else, none is inline. Style elements
/// carry the nonce of their page (decision 0073); style attributes are allowed, because charts write them into their
/// markup, and can load nothing from elsewhere.
pub(crate) fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; \
         style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; \
         frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'"
    )
}

/// Policy of a file of the portal: a script, a worker or a picture that somebody opens by itself.
pub(crate) const FILE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Put them on every answer. `api` answers are never stored; `secure` nodes are asked for by TLS only, from now on.
pub(crate) fn protect(headers: &mut HeaderMap, api: bool, secure: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(ANSWER_POLICY));
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT));
    }
    if api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.remove(header::SERVER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_policy_lets_a_script_be_inline_or_evaluated() {
        for policy in [page_policy("n").as_str(), FILE_POLICY, ANSWER_POLICY] {
            let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src"));
            assert!(scripts.is_none_or(|part| part.trim() == "script-src 'self'"), "{policy}");
            assert!(
                policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{policy}"
            );
            assert!(!policy.contains("unsafe-eval") && !policy.contains('*'), "{policy}");
        }
        assert_ne!(nonce(), nonce());
    }

    #[test]
    fn transport_security_is_asked_for_only_where_there_is_some() {
        let said = |secure| {
            let mut headers = HeaderMap::new();
            protect(&mut headers, true, secure);
            (headers.contains_key(header::STRICT_TRANSPORT_SECURITY), headers[header::CACHE_CONTROL].clone())
        };
        assert_eq!(said(true), (true, HeaderValue::from_static("no-store")));
        assert!(!said(false).0);
    }
}

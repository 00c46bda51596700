//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};

/// Name of the session cookie. With TLS it begins with `__Host-`, which a browser takes only from this very host over
/// TLS and with `Path=/`: neither a sibling domain nor a page without TLS can plant one (RFC 6265bis section 4.1.3.2).
pub(crate) const fn name(secure: bool) -> &'static str {
    if secure { "__Host-brain_session" } else { "brain_session" }
}

/// Name of the cookie that a browser keeps while somebody signs in elsewhere.
pub(crate) const DEPARTURE: &str = "brain_departure";

/// The token in the request's cookie, if any.
pub(crate) fn read(headers: &HeaderMap, secure: bool) -> Option<String> {
    named(headers, name(secure))
}

/// What the browser kept while somebody signed in elsewhere.
pub(crate) fn kept(headers: &HeaderMap) -> Option<String> {
    named(headers, DEPARTURE)
}

fn named(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| value.to_owned())
}

/// `Set-Cookie` for a new session. `Secure` is for nodes behind TLS: a browser drops such a cookie over plain HTTP.
pub(crate) fn set(
    token: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
    secure: bool,
) -> Option<HeaderValue> {
    let seconds = (expires_at - now).num_seconds().max(0);
    HeaderValue::from_str(&format!("{}={token}; {}; Max-Age={seconds}", name(secure), attributes(secure)))
        .ok()
}

/// `Set-Cookie` for what the browser keeps while somebody signs in elsewhere. The answer is fetched by a page of the
/// portal, so that it travels although it is for this site only.
pub(crate) fn keep(
    keepsake: &str,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
    secure: bool,
) -> Option<HeaderValue> {
    let seconds = (expires_at - now).num_seconds().max(0);
    HeaderValue::from_str(&format!("{DEPARTURE}={keepsake}; {}; Max-Age={seconds}", attributes(secure))).ok()
}

/// `Set-Cookie` that makes the browser forget the session.
pub(crate) fn clear(secure: bool) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{}=; {}; Max-Age=0", name(secure), attributes(secure))).ok()
}

fn attributes(secure: bool) -> &'static str {
    if secure { "Path=/; HttpOnly; SameSite=Strict; Secure" } else { "Path=/; HttpOnly; SameSite=Strict" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_never_by_a_similar_name() {
        let with = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(text));
            (read(&headers, false), read(&headers, true))
        };
        let token = |text: &str| Some(text.to_owned());
        assert_eq!(with("a=1; brain_session=tok; b=2"), (token("tok"), None));
        assert_eq!(with("brain_session=planted; __Host-brain_session=tok"), (token("planted"), token("tok")));
        assert_eq!(with("xbrain_session=tok"), (None, None));
        assert_eq!(with("brain_session="), (None, None));
    }

    #[test]
    fn a_session_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let text = set("tok", now + chrono::TimeDelta::hours(1), now, true).unwrap();
        let text = text.to_str().unwrap();
        assert!(text.starts_with("__Host-brain_session=tok;") && !text.contains("Domain"), "{text}");
        for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Secure", "Max-Age=3600"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!set("tok", now, now, false).unwrap().to_str().unwrap().contains("Secure"));
    }
}

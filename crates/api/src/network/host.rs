//! The name a request calls this node by.

use axum::http::{HeaderMap, Uri, header};
use std::net::IpAddr;

/// Whether the request means this node: its `Host` (or the authority of an absolute target) is one of `hosts`, or none
/// are listed. A program of HTTP/1.0 that names no host passes: the attack needs a browser, and browsers name one.
pub(crate) fn is_ours(hosts: &[String], uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    if hosts.is_empty() {
        return Ok(());
    }
    let mut named: Vec<&str> = uri.authority().map(|authority| authority.as_str()).into_iter().collect();
    for value in headers.get_all(header::HOST) {
        named.push(value.to_str().map_err(|_| "?".to_owned())?);
    }
    // Two different names are a trick on somebody between us.
    if named.len() > 1
        && named.iter().any(|name| !name.eq_ignore_ascii_case(named.first().copied().unwrap_or_default()))
    {
        return Err(shortened(named.last().copied().unwrap_or_default()));
    }
    match named.first() {
        Some(name) if !hosts.iter().any(|own| matches(own, bare(name))) => Err(shortened(name)),
        _ => Ok(()),
    }
}

/// Without the port and the dot that may end a name.
fn bare(authority: &str) -> &str {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.strip_suffix('.').unwrap_or(host)
}

fn matches(own: &str, asked: &str) -> bool {
    let own = own.trim_start_matches('[').trim_end_matches(']');
    match (own.parse::<IpAddr>(), asked.parse::<IpAddr>()) {
        (Ok(own), Ok(asked)) => own.to_canonical() == asked.to_canonical(),
        _ => own.eq_ignore_ascii_case(asked),
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(uri: &str, hosts: &[&'static str]) -> bool {
        let own = ["localhost", "127.0.0.1", "[::1]", "brain.example"].map(str::to_owned);
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        is_ours(&own, &uri.parse().unwrap(), &headers).is_ok()
    }

    #[test]
    fn a_name_that_was_made_to_lead_here_is_not_ours() {
        for good in [
            "localhost",
            "LOCALHOST:7600",
            "127.0.0.1:7600",
            "[::1]:7600",
            "brain.example.",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(asked("/", &[good]), "{good}");
        }
        for bad in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.2",
            "0.0.0.0:7600",
            "brain.example@evil.example",
            "",
        ] {
            assert!(!asked("/", &[bad]), "{bad}");
        }
        assert!(asked("/", &[]), "HTTP/1.0");
        assert!(
            !asked("http://evil.example/", &["localhost"]) && !asked("/", &["localhost", "evil.example"])
        );
        assert!(asked("http://localhost:7600/", &["localhost:7600"]));
        assert!(is_ours(&[], &"/".parse().unwrap(), &HeaderMap::new()).is_ok());
    }
}

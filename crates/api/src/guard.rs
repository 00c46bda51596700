//! Who calls, and whether they may: credentials, forged requests, audience.

use crate::cookie;
use crate::endpoint::Audience;
use crate::error::Error;
use crate::services::App;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_trust::Authenticated;
use std::net::{IpAddr, SocketAddr};

/// Header that a page of another site cannot set without asking first.
const FORGERY_GUARD: &str = "x-brain-request";

/// Who sent a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// The authenticated party.
    pub(crate) party: Option<Party>,
    /// Its token, for acts on the session itself. Never logged.
    pub(crate) token: Option<String>,
    /// What the token turned out to be.
    pub(crate) authenticated: Option<Authenticated>,
    /// Address of the other end of the connection.
    pub(crate) address: Option<IpAddr>,
}

enum Credential {
    None,
    Cookie(String),
    Bearer(String),
}

/// Let a request in, or say why not.
pub(crate) async fn admit(app: &App, audience: &Audience, request: &Parts) -> Result<Caller, Failure> {
    let headers = &request.headers;
    let address = peer(request);
    let credential = credential(headers);
    let guarded = guard_forgery(&credential, &request.method, &request.uri, headers);
    let mut caller = Caller { address, ..Caller::default() };
    if *audience == Audience::LocalOrAdministrator && is_local(address, headers) {
        return Ok(caller);
    }
    let (Credential::Cookie(token) | Credential::Bearer(token)) = credential else {
        return if *audience == Audience::Public { Ok(caller) } else { Err(Error::NotSignedIn.into()) };
    };
    let authenticated = match app.trust.identity().inspect(&token).await {
        Ok(authenticated) => authenticated,
        Err(error) => {
            let failure = Failure::from(error);
            // A stale cookie must not keep anybody from signing in again or from seeing what is public.
            let public = *audience == Audience::Public && failure.kind == ErrorKind::Unauthenticated;
            return if public { Ok(caller) } else { Err(failure) };
        }
    };
    guarded?;
    let party = authenticated.party.clone();
    tracing::debug!(account = %party.account, role = party.role.name(), "authenticated");
    if authenticated.must_change_password && !matches!(audience, Audience::Public | Audience::SignedInAtAll) {
        return Err(brain_trust::Error::PasswordChangeRequired.into());
    }
    if audience.roles().is_some_and(|roles| !roles.contains(&party.role)) {
        return Err(Error::Audience.into());
    }
    caller.party = Some(party);
    caller.token = Some(token);
    caller.authenticated = Some(authenticated);
    Ok(caller)
}

/// A bearer token wins over the cookie: whoever sends one means it.
fn credential(headers: &HeaderMap) -> Credential {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    match (bearer, cookie::read(headers)) {
        (Some(token), _) => Credential::Bearer(token),
        (None, Some(token)) => Credential::Cookie(token),
        (None, None) => Credential::None,
    }
}

/// A change made with a cookie needs the guard header; a request from another origin's page is refused outright.
fn guard_forgery(
    credential: &Credential,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Error> {
    if method.is_safe() || !matches!(credential, Credential::Cookie(_)) {
        return Ok(());
    }
    if is_foreign(uri, headers) {
        return Err(Error::ForeignOrigin);
    }
    if headers.get(FORGERY_GUARD).is_none_or(|value| value.as_bytes() != b"1") {
        return Err(Error::ForgeryGuard);
    }
    Ok(())
}

/// Whether the browser says that the page is another site's.
pub(crate) fn is_foreign(uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::HeaderName::from_static("sec-fetch-site")).is_some_and(|site| site == "cross-site") {
        return true;
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let own = uri.authority().map(ToString::to_string).or_else(|| text(header::HOST).map(str::to_owned));
    let theirs = origin.split_once("://").map(|(_, authority)| authority);
    // Scheme is left out: TLS may end in front of the node.
    theirs.is_none() || theirs != own.as_deref()
}

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// Whether the caller is a program on this machine and not a proxy on it that speaks for others.
fn is_local(address: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
    address.is_some_and(|address| address.is_loopback())
        && !forwarded.iter().any(|name| headers.contains_key(*name))
}

/// Roles that may look into the evidence log.
pub(crate) const SUPERVISORS: [Role; 2] = [Role::Auditor, Role::Government];

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn guard(method: &Method, pairs: &[(&'static str, &'static str)]) -> Result<(), Error> {
        let headers = headers(pairs);
        guard_forgery(&credential(&headers), method, &"/api/v1/sql".parse().unwrap(), &headers)
    }

    #[test]
    fn a_change_by_cookie_needs_the_header_and_a_change_by_token_does_not() {
        let cookie = ("cookie", "brain_session=abc");
        assert!(guard(&Method::GET, &[cookie]).is_ok());
        assert!(matches!(guard(&Method::POST, &[cookie]), Err(Error::ForgeryGuard)));
        assert!(guard(&Method::POST, &[cookie, ("x-brain-request", "1")]).is_ok());
        assert!(guard(&Method::DELETE, &[("authorization", "Bearer abc")]).is_ok());
    }

    #[test]
    fn a_page_of_another_site_is_refused_even_with_the_header() {
        let base =
            [("cookie", "brain_session=abc"), ("x-brain-request", "1"), ("host", "brain.example:7600")];
        let own = [base.as_slice(), &[("origin", "https://brain.example:7600")]].concat();
        assert!(guard(&Method::POST, &own).is_ok());
        for foreign in
            [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
        {
            let pairs = [base.as_slice(), &[foreign]].concat();
            assert!(matches!(guard(&Method::POST, &pairs), Err(Error::ForeignOrigin)), "{foreign:?}");
        }
    }

    #[test]
    fn a_proxy_on_this_machine_does_not_make_its_callers_local() {
        let loopback = Some(IpAddr::from([127, 0, 0, 1]));
        assert!(is_local(loopback, &headers(&[])));
        assert!(!is_local(loopback, &headers(&[("x-forwarded-for", "10.1.1.1")])));
        assert!(!is_local(Some(IpAddr::from([10, 1, 1, 1])), &headers(&[])));
        assert!(!is_local(None, &headers(&[])));
    }
}

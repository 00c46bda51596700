//! Who calls, and whether they may: credentials, forged requests, audience.

use crate::cookie;
use crate::endpoint::{Audience, KeyUse, Rules};
use crate::error::Error;
use crate::limits::{Cost, Payer};
use crate::network::client;
use crate::services::App;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_tls::PeerNode;
use brain_trust::{AccessOrigin, Authenticated, Carrier, Channel, Credential, Origin, Scope};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Header that a page of another site cannot set without asking first.
const FORGERY_GUARD: &str = "x-brain-request";

/// Who sent a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// The authenticated party.
    pub(crate) party: Option<Party>,
    /// What the token turned out to be.
    pub(crate) authenticated: Option<Authenticated>,
    /// Address of the caller: the other end of the connection, or whom a gateway that is believed speaks for.
    pub(crate) address: Option<IpAddr>,
    /// Whether the token came in a cookie.
    pub(crate) by_cookie: bool,
    /// The node that proved itself with its certificate, where the endpoint is for nodes.
    pub(crate) peer: Option<String>,
}

impl Caller {
    /// Where the request comes from, as sessions are bound to it.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Origin {
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let ip = self.address.map(|address| address.to_string());
        Origin { ip, user_agent: user_agent.map(str::to_owned) }
    }

    /// Where an access comes from, for the audit record: a cookie is a browser's, everything else a program's.
    pub(crate) fn access_origin(&self, operation: &str, trace_id: &str) -> AccessOrigin {
        let credential = self.authenticated.as_ref().map(|authenticated| match &authenticated.credential {
            Credential::Session { id, .. } => format!("session:{id}"),
            Credential::ApiKey { id, .. } => format!("api_key:{id}"),
        });
        AccessOrigin {
            channel: if self.by_cookie { Channel::Portal } else { Channel::Rest },
            operation: operation.to_owned(),
            credential,
            address: self.address.map(|address| address.to_string()),
            trace_id: Some(trace_id.to_owned()),
        }
    }

    /// Id of the session the request came in.
    pub(crate) fn session(&self) -> Option<&str> {
        match self.authenticated.as_ref().map(|authenticated| &authenticated.credential) {
            Some(Credential::Session { id, .. }) => Some(id),
            _ => None,
        }
    }
}

enum Shown {
    None,
    Cookie(String),
    Bearer(String),
}

/// Let a request in, or say why not.
///
/// `cookie_due` becomes the cookie with the token that takes the place of the one shown, when it is time. `caller` is
/// filled as far as it is known, also where the request is refused.
pub(crate) async fn admit(
    app: &App,
    audience: &Audience,
    request: &Parts,
    cookie_due: &mut Option<HeaderValue>,
    caller: &mut Caller,
) -> Result<(), Failure> {
    let headers = &request.headers;
    let peer = peer(request);
    let address = peer.map(|peer| client(peer, headers, &app.options.network.forwarded_from));
    let credential = credential(headers, app.options.secure_cookies);
    let guarded = guard_forgery(&credential, &request.method, &request.uri, headers);
    caller.address = address;
    if *audience == Audience::LocalOrAdministrator && is_local(peer, headers) {
        return Ok(());
    }
    if matches!(audience, Audience::PeerOr(_))
        && let Some(peer) = admit_peer(app, request).await?
    {
        caller.peer = Some(peer);
        return Ok(());
    }
    let (token, carrier) = match credential {
        Shown::Cookie(token) => (token, Carrier::Cookie),
        Shown::Bearer(token) => (token, Carrier::Token),
        Shown::None if *audience == Audience::Public => return Ok(()),
        Shown::None => {
            app.gate.pay(&Payer::of(caller), Cost::Ordinary)?;
            return Err(Error::NotSignedIn.into());
        }
    };
    let origin = caller.origin(headers);
    let mut authenticated = match app.trust.identity().inspect(&token, carrier, &origin).await {
        Ok(authenticated) => authenticated,
        Err(error) => {
            let failure = Failure::from(error);
            // A stale cookie must not keep anybody from signing in again or from seeing what is public.
            let public = *audience == Audience::Public && failure.kind == ErrorKind::Unauthenticated;
            if public {
                return Ok(());
            }
            // Whoever shows what opens nothing pays as somebody unknown: tokens are not to be guessed for free.
            app.gate.pay(&Payer::of(caller), Cost::SignIn)?;
            return Err(failure);
        }
    };
    let (now, secure) = (app.clock.now(), app.options.secure_cookies);
    let renewed = authenticated.renewed.take();
    // Told even when the request is refused below: the old token is on its way out.
    *cookie_due =
        renewed.and_then(|token| cookie::set(token.expose(), authenticated.expires_at, now, secure));
    let (party, by_cookie) = (authenticated.party.clone(), carrier == Carrier::Cookie);
    (caller.party, caller.by_cookie) = (Some(party.clone()), by_cookie);
    let (must_change_password, must_show_second_factor) =
        (authenticated.must_change_password, authenticated.must_show_second_factor);
    caller.authenticated = Some(authenticated);
    guarded?;
    tracing::debug!(account = %party.account, role = party.role.name(), "authenticated");
    if !matches!(audience, Audience::Public | Audience::SignedInAtAll) {
        if must_change_password {
            return Err(brain_trust::Error::PasswordChangeRequired.into());
        }
        if must_show_second_factor {
            return Err(brain_trust::Error::SecondFactorRequired.into());
        }
    }
    if audience.roles().is_some_and(|roles| !roles.contains(&party.role)) {
        return Err(Error::Audience.into());
    }
    Ok(())
}

/// The node that stands at the other end of TLS, if one does: registered and active, or refused.
pub(crate) async fn admit_peer(app: &App, request: &Parts) -> Result<Option<String>, Failure> {
    let shown = request.extensions.get::<Option<PeerNode>>().and_then(Option::as_ref);
    let Some(peer) = shown else { return Ok(None) };
    app.trust.status().admit_caller(&peer.name).await?;
    Ok(Some(peer.name.clone()))
}

/// Whether the kind of credential will do: the scope of a key, and a second factor shown lately for sensitive acts.
/// The role was checked before; a scope only narrows it.
pub(crate) fn check_credential(
    app: &App,
    rules: &Rules,
    caller: &Caller,
    path: &HashMap<String, String>,
) -> Result<(), Failure> {
    let Some(authenticated) = &caller.authenticated else { return Ok(()) };
    if rules.step_up {
        app.trust.identity().require_fresh(&authenticated.credential)?;
    }
    let Credential::ApiKey { scopes, .. } = &authenticated.credential else { return Ok(()) };
    if rules.audience == Audience::Public {
        return Ok(());
    }
    let needed = match &rules.key_use {
        KeyUse::Any => return Ok(()),
        KeyUse::Never => return Err(Error::SessionNeeded.into()),
        KeyUse::Scope(scope) => scope.clone(),
        KeyUse::RunNamed => Scope::RunOf(path.get("id").cloned().unwrap_or_default()),
    };
    if scopes.iter().any(|scope| scope.covers(&needed)) {
        return Ok(());
    }
    Err(Error::Scope { needed: needed.to_string() }.into())
}

/// A bearer token wins over the cookie: whoever sends one means it.
fn credential(headers: &HeaderMap, secure: bool) -> Shown {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    match (bearer, cookie::read(headers, secure)) {
        (Some(token), _) => Shown::Bearer(token),
        (None, Some(token)) => Shown::Cookie(token),
        (None, None) => Shown::None,
    }
}

/// A change made with a cookie needs the guard header; a request from another origin's page is refused outright.
fn guard_forgery(credential: &Shown, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
    if method.is_safe() || !matches!(credential, Shown::Cookie(_)) {
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

/// Whether the caller is a program on this machine and not a proxy on it that speaks for others. Judged by the other
/// end of the connection: what a header says makes nobody local.
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
        guard_forgery(&credential(&headers, false), method, &"/api/v1/sql".parse().unwrap(), &headers)
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

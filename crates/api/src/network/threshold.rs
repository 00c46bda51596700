//! What every request is asked before anything else looks at it: its method, its host, and where it comes from.

use super::{Entrance, client, host};
use crate::ambient::Ambient;
use crate::error::Error;
use crate::problem;
use crate::services::App;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, Response};
use axum::middleware::Next;
use std::net::SocketAddr;

/// Methods this program speaks; TRACE would read a cookie out to a script, CONNECT would make a proxy of us.
pub(crate) const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Second layer from outside.
pub(crate) async fn threshold(State(app): State<App>, request: Request, next: Next) -> Response<Body> {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            let ambient = request.extensions().get::<Ambient>().cloned().unwrap_or_default();
            problem::response(&error.into(), &ambient)
        }
    }
}

fn check(app: &App, request: &Request) -> Result<(), Error> {
    let network = &app.options.network;
    if !METHODS.contains(request.method()) {
        let method = request.method().as_str().chars().take(32).collect();
        return Err(Error::MethodNotAllowed { method });
    }
    host::is_ours(&network.hosts, request.uri(), request.headers())
        .map_err(|host| Error::UnknownHost { host })?;
    let entrance = request.extensions().get::<Entrance>().copied().unwrap_or(Entrance::Public);
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = client(peer.ip(), request.headers(), &network.forwarded_from);
        if !network.admits(entrance, address) {
            return Err(Error::AddressNotAllowed);
        }
    }
    Ok(())
}

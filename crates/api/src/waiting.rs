//! What a node that stands by answers: that it lives, that it is not in service, and how far behind it is.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

use crate::limits::Limits;
use crate::network::Network;
use crate::serve::{Interface, Rules};

/// The interface of a node that stands by. `words` says how it stands, one line each; the first line of `/readyz` is
/// `standby`, and like every other path but `/livez` it answers 503, so that a balancer sends nobody here.
#[must_use]
pub fn waiting(limits: Limits, network: Network, words: Arc<dyn Fn() -> String + Send + Sync>) -> Interface {
    let ready = move || {
        let text = format!("standby\n{}", words());
        async move { plain(StatusCode::SERVICE_UNAVAILABLE, text) }
    };
    let elsewhere = || async {
        let text = "备用节点不提供服务，请访问主节点。\nThis node stands by; ask the active one.\n";
        plain(StatusCode::SERVICE_UNAVAILABLE, text.to_owned())
    };
    let router = Router::new()
        .route("/livez", get(|| async { plain(StatusCode::OK, "ok\n".to_owned()) }))
        .route("/readyz", get(ready))
        .fallback(elsewhere);
    Interface { router, rules: Rules { limits, network } }
}

fn plain(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

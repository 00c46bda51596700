//! The portal over HTTP: entity tags, caching, and the index page for every path that is a page.

use crate::ambient::Ambient;
use crate::error::Error;
use crate::problem;
use crate::protection::{self, FILE_POLICY, NONCE_PLACE, page_policy};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use std::borrow::Cow;

/// Answers every path that no endpoint has.
pub(crate) async fn fallback(request: Request) -> Response<Body> {
    let path = request.uri().path();
    let ambient = request.extensions().get::<Ambient>().cloned();
    let ambient = ambient.unwrap_or_default();
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    let asset = if readable { brain_portal::asset(path) } else { None };
    if let Some(asset) = asset {
        return file(asset, request.method(), request.headers());
    }
    let path = crate::queries::shortened(path);
    problem::response(&Error::UnknownPath { path }.into(), &ambient)
}

/// A path that exists, asked with a method it does not take. The router has set `Allow`.
pub(crate) async fn method_not_allowed(request: Request) -> Response<Body> {
    let ambient = request.extensions().get::<Ambient>().cloned();
    let ambient = ambient.unwrap_or_default();
    let method = request.method().to_string();
    problem::response(&Error::MethodNotAllowed { method }.into(), &ambient)
}

fn file(asset: brain_portal::Asset, method: &Method, request: &HeaderMap) -> Response<Body> {
    if asset.content_type.starts_with("text/html") {
        return page(&asset, method);
    }
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|tags| tags.split(',').any(|tag| same(tag, &asset.etag)));
    let bytes = match asset.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let length = bytes.len();
    let empty = unchanged || *method == Method::HEAD;
    let mut response = Response::new(if empty { Body::empty() } else { Body::from(bytes) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FILE_POLICY));
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, tag);
    }
    if !unchanged {
        if let Ok(kind) = HeaderValue::from_str(&asset.content_type) {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        if *method == Method::HEAD {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    response
}

/// The index page, with a number of its own that its policy asks of style elements. It has no entity tag: a kept page
/// beside a fresh policy would hold another number.
fn page(asset: &brain_portal::Asset, method: &Method) -> Response<Body> {
    let nonce = protection::nonce();
    let text = String::from_utf8_lossy(&asset.bytes).replace(NONCE_PLACE, &nonce);
    let length = text.len();
    let mut response = Response::new(if *method == Method::HEAD { Body::empty() } else { Body::from(text) });
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if *method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// Weak comparison (RFC 9110, section 8.8.3.2): a proxy that compresses may have weakened the tag.
fn same(given: &str, own: &str) -> bool {
    let given = given.trim();
    given == "*" || given.strip_prefix("W/").unwrap_or(given) == own
}

//! Problem documents (RFC 9457): the one place where a failure becomes a status and a sentence.

use crate::ambient::Ambient;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::{Language, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Media type of a problem document.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal or failure, in the caller's language (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `urn:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What sort of failure, the same for every occurrence.
    pub title: String,
    /// HTTP status code.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Stable code `"<part>/<slug>"`.
    pub code: String,
    /// Number under which the node's log knows this request.
    pub trace_id: String,
    /// JSON pointer of the offending value in what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// Ending of the codes that say that a disk is full, whichever crate's (RFC 4918 §11.5).
const DISK_FULL: &str = "/disk-full";

/// The status of a kind of failure; some codes have a more exact one of their own.
pub(crate) fn status(failure: &Failure) -> StatusCode {
    match failure.code {
        "api/method-not-allowed" => return StatusCode::METHOD_NOT_ALLOWED,
        "api/too-large" => return StatusCode::PAYLOAD_TOO_LARGE,
        "api/unknown-host" => return StatusCode::MISDIRECTED_REQUEST,
        "api/content-type" => return StatusCode::UNSUPPORTED_MEDIA_TYPE,
        code if code.ends_with(DISK_FULL) => return StatusCode::INSUFFICIENT_STORAGE,
        _ => {}
    }
    match failure.kind {
        ErrorKind::InvalidArgument => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::AlreadyExists | ErrorKind::Precondition => StatusCode::CONFLICT,
        ErrorKind::Exhausted => StatusCode::TOO_MANY_REQUESTS,
        // 499, as nginx and gRPC gateways write it: 408 and 504 make browsers and proxies repeat the request,
        // and a query that ran into its limit must not be run again by a machine.
        ErrorKind::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Name of a kind of failure for people.
fn title(kind: ErrorKind) -> Text {
    match kind {
        ErrorKind::InvalidArgument => Text::new("请求有误", "Invalid request"),
        ErrorKind::Unauthenticated => Text::new("需要登录", "Sign-in needed"),
        ErrorKind::Forbidden => Text::new("没有权限", "Not permitted"),
        ErrorKind::NotFound => Text::new("不存在", "Not found"),
        ErrorKind::AlreadyExists => Text::new("已存在", "Already exists"),
        ErrorKind::Precondition => Text::new("当前状态不允许", "Not possible now"),
        ErrorKind::Exhausted => Text::new("超出限额", "Limit reached"),
        ErrorKind::Cancelled => Text::new("已停止", "Stopped"),
        ErrorKind::Unavailable => Text::new("暂不可用", "Unavailable"),
        ErrorKind::Internal => Text::new("内部错误", "Internal error"),
    }
}

impl Problem {
    /// The document of `failure` for one request.
    #[must_use]
    pub(crate) fn new(failure: &Failure, language: Language, trace_id: &str) -> Self {
        Self {
            kind: format!("urn:problem:{}", failure.code),
            title: title(failure.kind).get(language).to_owned(),
            status: status(failure).as_u16(),
            detail: failure.detail.get(language).to_owned(),
            hint: failure.hint.as_ref().map(|hint| hint.get(language).to_owned()),
            code: failure.code.to_owned(),
            trace_id: trace_id.to_owned(),
            pointer: failure.pointer.clone(),
        }
    }
}

/// The response of `failure`.
pub(crate) fn response(failure: &Failure, ambient: &Ambient) -> Response<Body> {
    let problem = Problem::new(failure, ambient.language, &ambient.trace_id);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status(failure);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    let language = if ambient.language == Language::Zh { "zh-CN" } else { "en" };
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    match failure.kind {
        ErrorKind::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        ErrorKind::Unavailable => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        _ => {}
    }
    if let Some(seconds) = failure.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // The outer layer counts and logs by code without reading bodies.
    response.extensions_mut().insert(Code(failure.code));
    response
}

/// Code of the problem a response carries, for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub(crate) &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_words_and_the_status_says_who_must_act() {
        let cases = [
            (ErrorKind::InvalidArgument, 400),
            (ErrorKind::Unauthenticated, 401),
            (ErrorKind::Forbidden, 403),
            (ErrorKind::NotFound, 404),
            (ErrorKind::AlreadyExists, 409),
            (ErrorKind::Precondition, 409),
            (ErrorKind::Exhausted, 429),
            (ErrorKind::Cancelled, 499),
            (ErrorKind::Unavailable, 503),
            (ErrorKind::Internal, 500),
        ];
        for (kind, expected) in cases {
            let failure = Failure::new(kind, "test/one", "一", "one");
            let problem = Problem::new(&failure, Language::En, "t");
            assert_eq!(problem.status, expected, "{kind:?}");
            assert!(!problem.title.is_empty());
        }
    }

    #[test]
    fn a_problem_speaks_the_callers_language_and_points_at_the_value() {
        let failure = Failure::new(ErrorKind::InvalidArgument, "test/one", "太大", "too large")
            .with_hint("改小", "make it smaller")
            .with_pointer("/depth");
        let zh = Problem::new(&failure, Language::Zh, "abc");
        let en = Problem::new(&failure, Language::En, "abc");
        assert_eq!((zh.detail.as_str(), zh.hint.as_deref()), ("太大", Some("改小")));
        assert_eq!((en.detail.as_str(), en.hint.as_deref()), ("too large", Some("make it smaller")));
        assert_eq!((en.pointer.as_deref(), en.trace_id.as_str()), (Some("/depth"), "abc"));
        assert_eq!(en.kind, "urn:problem:test/one");
    }
}

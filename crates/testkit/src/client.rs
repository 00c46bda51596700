//! An HTTP client with a session, as small as a test needs.

use reqwest::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty when missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The problem's code; empty when it is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The JSON body of an answer with this status; anything else stops the test with what came.
    #[must_use]
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }
}

/// Talks to one node, with a cookie, a bearer token, or nothing.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookie: Option<String>,
    token: Option<String>,
    language: &'static str,
    guard: bool,
}

impl Client {
    /// A client nobody is signed in with.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "it calls the node under test, not the world")]
    pub fn new(base: &str) -> Self {
        // Where a node sends a browser is what tests look at.
        let redirect = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(redirect).build().expect("a client");
        Self { http, base: base.to_owned(), cookie: None, token: None, language: "en", guard: true }
    }

    /// Sign in with a password; the session travels as a cookie.
    pub async fn sign_in(&self, username: &str, password: &str) -> Self {
        let reply =
            self.post("/api/v1/session", &json!({ "username": username, "password": password })).await;
        let _ = reply.expect(200);
        self.with_cookie_of(&reply)
    }

    /// The same client with the cookie that this answer sets.
    #[must_use]
    pub fn with_cookie_of(&self, reply: &Reply) -> Self {
        let cookie = reply.headers[SET_COOKIE].to_str().expect("text").split(';').next();
        Self { cookie: Some(cookie.expect("a pair").to_owned()), token: None, ..self.clone() }
    }

    /// The same client with these cookies.
    #[must_use]
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self { cookie: Some(cookie.to_owned()), token: None, ..self.clone() }
    }

    /// The same client with a token instead of a cookie.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { cookie: None, token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client in another language.
    #[must_use]
    pub fn in_language(&self, language: &'static str) -> Self {
        Self { language, ..self.clone() }
    }

    /// The same client without the header that guards against forged requests.
    #[must_use]
    pub fn without_guard(&self) -> Self {
        Self { guard: false, ..self.clone() }
    }

    /// What sends the requests, for tests that bound or build them themselves.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The session cookie as sent, for tests that send it themselves.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// A request with this client's credential, to be changed further.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.header(ACCEPT_LANGUAGE, self.language);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if self.guard {
            request = request.header("x-brain-request", "1");
        }
        request
    }

    /// Send and read everything.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("the node answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Reply {
            status,
            headers,
            body: response.bytes().await.map(|bytes| bytes.to_vec()).unwrap_or_default(),
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PUT a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Run SQL for its JSON page.
    pub async fn sql(&self, sql: &str) -> Reply {
        self.post("/api/v1/sql", &json!({ "sql": sql })).await
    }

    /// Send a file to be taken in.
    pub async fn upload(&self, mapping: &str, name: &str, content: &[u8]) -> Reply {
        let mut body = format!(
            "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--bound--\r\n");
        let request = self.request(Method::POST, &format!("/api/v1/ingest?mapping={mapping}"));
        self.send(request.header(CONTENT_TYPE, "multipart/form-data; boundary=bound").body(body)).await
    }

    /// Wait until an ingest run has ended, and return it.
    pub async fn finished(&self, run_id: &str) -> Value {
        for _ in 0..600 {
            let run = self.get(&format!("/api/v1/ingest/runs/{run_id}")).await.expect(200);
            let over = ["succeeded", "failed", "cancelled"];
            if over.iter().any(|state| run["state"] == *state) && run["progress"].is_null() {
                return run;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("run {run_id} does not end");
    }
}

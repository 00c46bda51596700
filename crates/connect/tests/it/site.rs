//! A web site that listens, and remembers who asked for what, and when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use brain_kernel::clock::Clock;
use chrono::{DateTime, Utc};

/// A page as the site gives it.
#[derive(Clone)]
pub(crate) struct Page {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Page {
    /// A page of text.
    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
        Self { status: 200, headers, body: body.into() }
    }

    /// Something else.
    pub(crate) fn other(kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: vec![("content-type", kind.to_owned())], body: body.into() }
    }

    /// No page.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same with a header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A request as it came.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) at: DateTime<Utc>,
}

struct Inner {
    pages: Mutex<BTreeMap<String, Page>>,
    asked: Mutex<Vec<Asked>>,
    clock: Arc<Hurried>,
}

/// A clock that goes on by some seconds whenever somebody looks.
pub(crate) struct Hurried {
    ahead_s: Mutex<i64>,
    step_s: i64,
}

impl Clock for Hurried {
    fn now(&self) -> DateTime<Utc> {
        let mut ahead = self.ahead_s.lock().unwrap();
        *ahead += self.step_s;
        DateTime::from_timestamp(1_790_000_000 + *ahead, 0).unwrap()
    }
}

/// The site.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) origin: String,
    inner: Arc<Inner>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(Hurried { ahead_s: Mutex::new(0), step_s: 1 });
        let inner = Arc::new(Inner { pages: Mutex::default(), asked: Mutex::default(), clock });
        let router = Router::new().fallback(answer).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, inner }
    }

    /// The clock by which the site writes down when it was asked.
    pub(crate) fn clock(&self) -> Arc<Hurried> {
        self.inner.clock.clone()
    }

    /// Put a page at a path.
    pub(crate) fn put(&self, path: &str, page: Page) {
        self.inner.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// Paths that were asked for since last time.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }

    /// Requests since last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.inner.asked.lock().unwrap())
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let path = request.uri().path_and_query().unwrap().to_string();
    let headers = request.headers().clone();
    let page = inner.pages.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Page::status(404));
    let same = |wanted: &str, own: &str| {
        let own = page.headers.iter().find(|(name, _)| *name == own);
        headers.get(wanted).zip(own).is_some_and(|(wanted, (_, own))| wanted == own.as_str())
    };
    let unchanged = same("if-none-match", "etag") || same("if-modified-since", "last-modified");
    let at = inner.clock.now();
    let status = if unchanged { 304 } else { page.status };
    let mut response = Response::builder().status(status);
    for (name, value) in &page.headers {
        response = response.header(*name, value);
    }
    inner.asked.lock().unwrap().push(Asked { path, headers, at });
    response.body(if unchanged { Body::empty() } else { Body::from(page.body) }).unwrap()
}

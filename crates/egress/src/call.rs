//! The guard itself: a call is checked, made within its limits, and accounted for.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use ipnet::IpNet;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, redirect};
use tokio::net::TcpStream;
use url::Url;

use crate::ledger::Told;
use crate::resolve::{Checked, System};
use crate::rule::{Rule, Scheme, Target, shortened};
use crate::{Error, Ledger, Options, Resolve, Result};

/// Idle connections kept for each host.
const IDLE_MAX: usize = 4;

/// A cheap-clone handle to the way out.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    shared: Arc<Shared>,
}

/// What siblings with other certificates have in common.
struct Shared {
    rules: RwLock<Vec<Rule>>,
    checked: Checked,
    told: Told,
    timeout: Duration,
    answer_bytes_max: u64,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    purpose: &'static str,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
    timeout: Option<Duration>,
    answer_bytes_max: Option<u64>,
}

impl Call {
    /// A call for `purpose`, a short name such as `evidence.witness`.
    pub fn new(purpose: &'static str, method: Method, url: impl Into<String>) -> Self {
        Self {
            purpose,
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: None,
            answer_bytes_max: None,
        }
    }

    /// The same call with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same call with one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same call with these headers.
    #[must_use]
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// The same call with a shorter time; never longer than the operator's.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The same call with a smaller answer; never larger than the operator's.
    #[must_use]
    pub fn at_most(mut self, bytes: u64) -> Self {
        self.answer_bytes_max = Some(bytes);
        self
    }
}

/// What came back, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status; a redirect is one like any other.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// Certificate that the other side showed, DER; `None` without TLS.
    pub certificate: Option<Vec<u8>>,
}

/// What came back, its body still on the way: for answers that are read as they come, such as files of an object store.
/// Their size is the reader's to limit; a sender that falls silent is given up after the operator's time.
#[derive(Debug)]
pub struct Streamed {
    /// Status; a redirect is one like any other.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
    origin: String,
    silence: Duration,
}

impl Streamed {
    /// The next piece of the body; `None` at its end. Fails when the connection does, or stays silent too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        match tokio::time::timeout(self.silence, self.response.chunk()).await {
            Ok(chunk) => chunk.map_err(|error| told(&self.origin, &error)),
            Err(_) => Err(Error::TimedOut { origin: self.origin.clone(), seconds: self.silence.as_secs() }),
        }
    }
}

impl Egress {
    /// The way out that these settings allow.
    pub fn new(options: &Options) -> Result<Self> {
        Self::with_resolver(options, Arc::new(System))
    }

    /// Like [`new`](Self::new), with another resolver of names.
    pub fn with_resolver(options: &Options, resolver: Arc<dyn Resolve>) -> Result<Self> {
        let rules = options.allow.iter().map(|text| Rule::parse(text)).collect::<Result<Vec<_>>>()?;
        let networks = options.networks.iter().map(|text| network(text)).collect::<Result<Vec<_>>>()?;
        let shared = Arc::new(Shared {
            rules: RwLock::new(rules),
            checked: Checked::new(resolver, networks),
            told: Told::default(),
            timeout: Duration::from_secs(options.timeout_s.max(1)),
            answer_bytes_max: options.answer_limit_kib.max(1).saturating_mul(1024),
        });
        Self::made(shared, None)
    }

    /// The same rules with other TLS: authorities of a federation, and a certificate of our own to show.
    pub fn with_tls(&self, tls: rustls::ClientConfig) -> Result<Self> {
        Self::made(self.0.shared.clone(), Some(tls))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where an HTTP client is made")]
    fn made(shared: Arc<Shared>, tls: Option<rustls::ClientConfig>) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .dns_resolver(Arc::new(shared.checked.clone()))
            // Where a redirect leads was not asked for: it is the caller's to judge.
            .redirect(redirect::Policy::none())
            .referer(false)
            // A proxy would resolve names itself, past the check.
            .no_proxy()
            .connect_timeout(shared.timeout)
            .tls_info(true)
            .pool_max_idle_per_host(IDLE_MAX);
        if let Some(tls) = tls {
            builder = builder.tls_backend_preconfigured(tls);
        }
        let client = builder.build().map_err(|error| Error::Setting {
            key: "timeout_s",
            value: shared.timeout.as_secs().to_string(),
            reason: chain(&error),
        })?;
        Ok(Self(Arc::new(Inner { client, shared })))
    }

    /// Allow the origin of an address that the operator's configuration names elsewhere. A literal address in it is
    /// meant as written, private or not; a name still has to lead outside or into a listed network.
    pub fn permit(&self, url: &str) -> Result<()> {
        let rule = Rule::of(Target::parse(url)?.0);
        let mut rules = self.0.shared.rules.write().unwrap_or_else(PoisonError::into_inner);
        if !rules.contains(&rule) {
            rules.push(rule);
        }
        Ok(())
    }

    /// Tell this ledger of destinations from now on; whether it is the first to ask.
    pub fn tell(&self, ledger: Arc<dyn Ledger>) -> bool {
        self.0.shared.told.set(ledger)
    }

    /// Whether a call there would be refused, without making it or asking for its addresses.
    pub fn check(&self, url: &str) -> Result<()> {
        self.admit(url).map(drop)
    }

    /// Make a call and read its answer whole.
    pub async fn fetch(&self, call: Call) -> Result<Answer> {
        let started = Instant::now();
        let (purpose, text) = (call.purpose, shortened(&call.url));
        let outcome = self.fetch_quietly(call).await;
        let milliseconds = started.elapsed().as_millis();
        match &outcome {
            Ok((origin, answer)) => {
                let (status, bytes) = (answer.status.as_u16(), answer.body.len());
                tracing::debug!(purpose, origin, status, bytes, milliseconds, "called");
                self.count(purpose, "answered");
            }
            Err(why) => self.note_failure(purpose, &text, why),
        }
        outcome.map(|(_, answer)| answer)
    }

    /// Make a call and hand its answer over with the body still to be read.
    pub async fn stream(&self, call: Call) -> Result<Streamed> {
        let (purpose, text) = (call.purpose, shortened(&call.url));
        let outcome = self.stream_quietly(call).await;
        match &outcome {
            Ok(_) => self.count(purpose, "answered"),
            Err(why) => self.note_failure(purpose, &text, why),
        }
        outcome
    }

    async fn stream_quietly(&self, call: Call) -> Result<Streamed> {
        let timeout = self.time_of(&call);
        let (origin, request) = self.request(call)?;
        match tokio::time::timeout(timeout, request.send()).await {
            Ok(sent) => {
                let response = sent.map_err(|error| told(&origin, &error))?;
                let (status, headers) = (response.status(), response.headers().clone());
                Ok(Streamed { status, headers, response, origin, silence: timeout })
            }
            Err(_) => Err(Error::TimedOut { origin, seconds: timeout.as_secs() }),
        }
    }

    fn time_of(&self, call: &Call) -> Duration {
        let most = self.0.shared.timeout;
        call.timeout.map_or(most, |asked| asked.min(most))
    }

    /// The request of a call that may be made, and where it goes.
    fn request(&self, call: Call) -> Result<(String, reqwest::RequestBuilder)> {
        let (target, url) = self.admit(&call.url)?;
        if target.scheme == Scheme::Tcp {
            return Err(Error::Scheme { scheme: "tcp".to_owned() });
        }
        let origin = target.to_string();
        self.0.shared.told.opened(call.purpose, &origin);
        let request = self.0.client.request(call.method, url).headers(call.headers).body(call.body);
        Ok((origin, request))
    }

    async fn fetch_quietly(&self, call: Call) -> Result<(String, Answer)> {
        let (shared, timeout) = (&self.0.shared, self.time_of(&call));
        let limit =
            call.answer_bytes_max.map_or(shared.answer_bytes_max, |asked| asked.min(shared.answer_bytes_max));
        let (origin, request) = self.request(call)?;
        let work = async {
            let response = request.send().await.map_err(|error| told(&origin, &error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let info = response.extensions().get::<reqwest::tls::TlsInfo>();
            let certificate = info.and_then(|info| info.peer_certificate()).map(<[u8]>::to_vec);
            Ok(Answer { status, headers, body: read(response, limit, &origin).await?, certificate })
        };
        match tokio::time::timeout(timeout, work).await {
            Ok(answer) => answer.map(|answer| (origin.clone(), answer)),
            Err(_) => Err(Error::TimedOut { origin: origin.clone(), seconds: timeout.as_secs() }),
        }
    }

    /// A plain connection to `tcp://host:port`, for protocols of their own.
    pub async fn connect(&self, purpose: &'static str, url: &str) -> Result<TcpStream> {
        let outcome = self.connect_quietly(purpose, url).await;
        match &outcome {
            Ok(_) => self.count(purpose, "answered"),
            Err(why) => self.note_failure(purpose, &shortened(url), why),
        }
        outcome
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where a plain connection is opened")]
    async fn connect_quietly(&self, purpose: &'static str, url: &str) -> Result<TcpStream> {
        let (target, _) = self.admit(url)?;
        if target.scheme != Scheme::Tcp {
            return Err(Error::Malformed {
                url: shortened(url),
                reason: "tcp://host:port is needed".to_owned(),
            });
        }
        let (shared, origin) = (&self.0.shared, target.to_string());
        let addresses: Vec<IpAddr> = match target.address() {
            Some(address) => vec![address],
            None => shared.checked.addresses(&target.host.to_string()).await?,
        };
        shared.told.opened(purpose, &origin);
        let addresses: Vec<SocketAddr> =
            addresses.into_iter().map(|address| SocketAddr::new(address, target.port)).collect();
        match tokio::time::timeout(shared.timeout, TcpStream::connect(addresses.as_slice())).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(Error::Failed { origin, cause: error.to_string() }),
            Err(_) => Err(Error::TimedOut { origin, seconds: shared.timeout.as_secs() }),
        }
    }

    /// The target of an address that may be called.
    fn admit(&self, url: &str) -> Result<(Target, Url)> {
        let (target, url) = Target::parse(url)?;
        let rules = self.0.shared.rules.read().unwrap_or_else(PoisonError::into_inner);
        if rules.iter().any(|rule| rule.covers(&target)) {
            return Ok((target, url));
        }
        drop(rules);
        // Says why the address could not even be listed, where that is so.
        if let Some(address) = target.address() {
            self.0.shared.checked.check(&address.to_string(), address)?;
        }
        Err(Error::NotListed { origin: target.to_string() })
    }

    fn note_failure(&self, purpose: &'static str, target: &str, why: &Error) {
        if why.is_refusal() {
            tracing::warn!(purpose, target, code = why.code(), %why, "a call was refused");
            self.count(purpose, "refused");
            self.0.shared.told.refused(purpose, target, why);
        } else {
            tracing::info!(purpose, target, code = why.code(), %why, "a call failed");
            self.count(purpose, "failed");
        }
    }

    fn count(&self, purpose: &'static str, outcome: &'static str) {
        metrics::counter!("brain_egress_calls_total", "purpose" => purpose, "outcome" => outcome)
            .increment(1);
    }
}

/// At most `limit` bytes of a body.
async fn read(mut response: reqwest::Response, limit: u64, origin: &str) -> Result<Bytes> {
    let too_large = || Error::TooLarge { origin: origin.to_owned(), limit_bytes: limit };
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| told(origin, &error))? {
        if body.len() as u64 + chunk.len() as u64 > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Our own refusal where the resolver made one; else what the client says, without the address, which may hold secrets.
fn told(origin: &str, error: &reqwest::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(own) = error.downcast_ref::<Error>() {
            return own.clone();
        }
        cause = error.source();
    }
    Error::Failed { origin: origin.to_owned(), cause: chain(error) }
}

/// The innermost causes of an error, in one line.
fn chain(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    if words.is_empty() {
        return if error.is_timeout() { "timed out".to_owned() } else { "the connection failed".to_owned() };
    }
    words.join(": ")
}

fn network(text: &str) -> Result<IpNet> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| single()).map(|network| network.trunc()).map_err(|error| {
        Error::Setting { key: "networks", value: shortened(text), reason: error.to_string() }
    })
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rules = self.0.shared.rules.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Egress").field("rules", &rules.len()).finish_non_exhaustive()
    }
}

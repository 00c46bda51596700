//! A whole node in this process, asked whatever the bytes say.

use brain_api::Limits;
use brain_component::from_arguments;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_testkit::{Client, Node, Setup, generous};
use brain_warehouse::QueryLimits;
use reqwest::Method;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Longest wait for an answer to bytes that may be no request.
const WAIT: Duration = Duration::from_secs(3);
/// Media type of refusals.
const PROBLEM: &str = "application/problem+json";

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("threads")
});
pub(crate) static NODE: LazyLock<Node> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        // Refusals for too many attempts would hide every other answer.
        let limits = Limits { failed_sign_ins_per_minute: 10_000, guessed_accounts: 1_000, ..generous() };
        let components = brain_governance::components();
        let node = Node::with(Setup { components, limits, ..Setup::default() }).await;
        node.load_firms().await;
        node
    })
});
/// Start the node, so that its start is no part of the time of the first input.
pub(crate) fn start() {
    LazyLock::force(&NODE);
}

/// Clients by account name, signed in once and again when their session is gone.
static CLIENTS: Mutex<BTreeMap<String, Client>> = Mutex::new(BTreeMap::new());

pub(crate) fn client(who: &str) -> Client {
    let clients = || CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = clients().get(who).cloned();
    known.unwrap_or_else(|| {
        let account = Role::from_name(who).map(Role::name);
        let fresh = match account {
            None => NODE.anonymous(),
            Some(name) => RUNTIME.block_on(NODE.signed_in(name)),
        };
        clients().insert(who.to_owned(), fresh.clone());
        fresh
    })
}

/// SQL text through the door: planned under an enterprise's and a government's eyes, never a panic, and no path of
/// the node in a message.
pub fn sql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for role in [Role::Enterprise, Role::Government] {
        let session = NODE.warehouse.session(&party_of(role), "sql");
        let limits =
            QueryLimits { rows: Some(20), seconds: Some(5), memory_mib: Some(64), ..QueryLimits::default() };
        let outcome = RUNTIME.block_on(async {
            let stream = session.sql(text, limits, Cancel::new()).await?;
            // Planned; rows of what the bytes ask for may take for ever, the first of them will do.
            let mut stream = stream;
            match tokio::time::timeout(Duration::from_millis(200), stream.next()).await {
                Ok(Some(batch)) => batch.map(drop),
                Ok(None) | Err(_) => Ok(()),
            }
        });
        if let Err(error) = outcome {
            let failure = Failure::from(error);
            let folder = NODE.folder().display().to_string();
            assert!(!failure.detail.en.contains(&folder), "a path in {failure:?}");
        }
    }
}

/// Parameters of a component, named in the first line: as JSON, and as `name=value` of a command line.
pub fn parameters(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (id, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(manifest) = NODE.registry.manifest(id) else { return };
    let pairs = rest.lines().filter_map(|line| line.split_once('='));
    let pairs: Vec<(String, String)> = pairs.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let given = [serde_json::from_str(rest).ok(), from_arguments(&manifest, &pairs).ok()];
    let government = party_of(Role::Government);
    for parameters in given.into_iter().flatten() {
        if let Err(error) = NODE.registry.check(id, &government, &parameters) {
            let failure = Failure::from(error);
            assert_ne!(failure.kind, ErrorKind::Internal, "{failure:?}");
        }
    }
}

fn party_of(role: Role) -> Party {
    let organisation = brain_kernel::uscc::Uscc::parse(brain_testkit::ORGANISATION).ok();
    Party {
        account: "fuzz".to_owned(),
        display_name: String::new(),
        role,
        organisation: organisation.filter(|_| role == Role::Enterprise),
        region: None,
    }
}

/// One request: `role`, then `METHOD path`, headers, an empty line and the body, each on its own line.
pub fn request(data: &[u8]) {
    let (head, body) = match data.windows(2).position(|two| two == b"\n\n") {
        Some(at) => (data.get(..at).unwrap_or_default(), data.get(at + 2..).unwrap_or_default()),
        None => (data, &[][..]),
    };
    let Ok(head) = std::str::from_utf8(head) else { return };
    let mut lines = head.lines();
    let who = lines.next().unwrap_or_default();
    let Some((method, path)) = lines.next().and_then(|line| line.split_once(' ')) else { return };
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    if !path.starts_with('/') || method == Method::CONNECT {
        return;
    }
    let asking = client(who);
    let mut request = asking.request(method.clone(), path).timeout(Duration::from_secs(20));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(body.to_vec()).build() else { return };
    let reply = RUNTIME.block_on(async {
        let reply = reqwest::Client::execute(asking.http(), request).await?;
        let status = reply.status().as_u16();
        let kind = reply.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        reply.bytes().await.map(|body| (status, kind, body))
    });
    // No reply: the request was none, or the connection was closed on it.
    let Ok((status, kind, body)) = reply else { return };
    assert!(status < 500 || status == 503, "{status} to {method} {path}: {}", String::from_utf8_lossy(&body));
    if kind == PROBLEM {
        let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem is JSON");
        assert_eq!(problem.get("status").and_then(serde_json::Value::as_u64), Some(u64::from(status)));
        assert!(
            problem.get("detail").and_then(serde_json::Value::as_str).is_some_and(|text| !text.is_empty())
        );
    }
    if status == 401 || path.starts_with("/api/v1/session") {
        CLIENTS.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

/// Bytes on the line as they are: request lines, headers, cookies, credentials.
#[expect(clippy::disallowed_methods, reason = "the target's own node, on this machine")]
pub fn head(data: &[u8]) {
    let address = NODE.address;
    let reply = RUNTIME.block_on(async {
        let mut line = TcpStream::connect(address).await?;
        line.write_all(data).await?;
        line.write_all(b"\r\nConnection: close\r\n\r\n").await?;
        line.shutdown().await?;
        let mut reply = Vec::new();
        drop(tokio::time::timeout(WAIT, line.read_to_end(&mut reply)).await);
        Ok::<_, std::io::Error>(reply)
    });
    let Ok(reply) = reply else { return };
    let text = String::from_utf8_lossy(&reply);
    let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse::<u16>().ok());
    assert!(status.is_none_or(|status| status < 500 || status == 503), "{text}");
}

/// Messages of the Model Context Protocol.
pub fn mcp(data: &[u8]) {
    let asking = client("enterprise");
    let reply = RUNTIME.block_on(async {
        let request = asking
            .request(Method::POST, "/api/v1/mcp")
            .timeout(Duration::from_secs(20))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(data.to_vec());
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        reply.bytes().await.map(|body| (status, body))
    });
    let Ok((status, body)) = reply else { return };
    assert!(status < 500 || status == 503, "{status}: {}", String::from_utf8_lossy(&body));
}

/// Multipart bodies of an upload. The mapping exists for nobody, so that nothing is taken in.
pub fn upload(data: &[u8]) {
    let asking = client("government");
    let reply = RUNTIME.block_on(async {
        let request = asking
            .request(Method::POST, "/api/v1/ingest?mapping=none")
            .timeout(Duration::from_secs(20))
            .header("content-type", "multipart/form-data; boundary=bound")
            .body(data.to_vec());
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        reply.bytes().await.map(|body| (status, body))
    });
    let Ok((status, body)) = reply else { return };
    assert!(status < 500 || status == 503, "{status}: {}", String::from_utf8_lossy(&body));
    let left = std::fs::read_dir(NODE.folder().join("uploads")).expect("the folder of uploads").count();
    assert!(left <= 40, "{left} folders of uploads are left");
}

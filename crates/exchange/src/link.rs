//! The line to another node: one call at a time, tried again where it may help, no faster than agreed on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use brain_egress::Method;
use brain_trust::PeerCall;
use brain_trust::status::KnownPeer;
use brain_warehouse::delivery::BATCH_BYTES_MAX;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{Error, Exchange, Result};

/// Longest answer that is no batch, bytes.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// Longest time of a call; preparing a delivery takes as long as reading the dataset.
const TIMEOUT: Duration = Duration::from_mins(30);
/// Waits between attempts.
const WAITS: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(4)];
/// Other nodes whose pace is remembered.
const PEERS_MAX: usize = 10_000;
/// Where nodes speak about exchange.
pub(crate) const ROOT: &str = "/api/v1/exchange/peer";

/// When the line to each node is free again.
#[derive(Debug)]
pub(crate) struct Links {
    /// The operator's limit, bytes per second; 0 for none.
    limit: u64,
    free_at: Mutex<BTreeMap<String, Instant>>,
}

impl Links {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, free_at: Mutex::default() }
    }

    /// Wait until so many bytes may have passed.
    pub(crate) async fn pace(&self, peer: &str, bytes: u64, agreed: Option<u64>) {
        let limits = [agreed, (self.limit > 0).then_some(self.limit)];
        let Some(rate) = limits.into_iter().flatten().min() else { return };
        let takes = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
        let until = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if free_at.len() >= PEERS_MAX {
                free_at.retain(|_, at| *at > now);
            }
            let until = free_at.get(peer).copied().unwrap_or(now).max(now) + takes;
            free_at.insert(peer.to_owned(), until);
            until
        };
        tokio::time::sleep_until(until).await;
    }
}

impl Exchange {
    /// Ask a peer, trying again where it may help; every call can be made twice.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        peer: &KnownPeer,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T> {
        let body = body.map(serde_json::to_vec).transpose()?.unwrap_or_default();
        let sent = ("application/json", Bytes::from(body));
        let answer = self.call(peer, method, path, sent, ANSWER_BYTES_MAX).await?;
        serde_json::from_slice(&answer)
            .map_err(|cause| Error::unsound(&peer.name, format!("a malformed answer: {cause}")))
    }

    /// Fetch a batch.
    pub(crate) async fn fetch(&self, peer: &KnownPeer, path: &str) -> Result<Bytes> {
        let nothing = ("application/octet-stream", Bytes::new());
        self.call(peer, Method::GET, path, nothing, BATCH_BYTES_MAX as u64).await
    }

    /// Send a batch.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        peer: &KnownPeer,
        path: &str,
        batch: Bytes,
    ) -> Result<T> {
        let sent = ("application/octet-stream", batch);
        let answer = self.call(peer, Method::PUT, path, sent, ANSWER_BYTES_MAX).await?;
        serde_json::from_slice(&answer)
            .map_err(|cause| Error::unsound(&peer.name, format!("a malformed answer: {cause}")))
    }

    async fn call(
        &self,
        peer: &KnownPeer,
        method: Method,
        path: &str,
        sent: (&'static str, Bytes),
        answer_bytes_max: u64,
    ) -> Result<Bytes> {
        let mut waits = WAITS.into_iter();
        loop {
            let outcome = self.once(peer, method.clone(), path, sent.clone(), answer_bytes_max).await;
            match (outcome, waits.next()) {
                (Err(error), Some(wait)) if error.is_passing() => tokio::time::sleep(wait).await,
                (outcome, _) => return outcome,
            }
        }
    }

    async fn once(
        &self,
        peer: &KnownPeer,
        method: Method,
        path: &str,
        (media_type, body): (&'static str, Bytes),
        answer_bytes_max: u64,
    ) -> Result<Bytes> {
        let unreachable = |reason: String| Error::Unreachable { peer: peer.name.clone(), reason };
        let base = peer.base_url.as_deref().ok_or_else(|| unreachable("no address".to_owned()))?;
        let call = PeerCall {
            purpose: "exchange",
            method,
            url: format!("{base}{ROOT}{path}"),
            media_type,
            body,
            answer_bytes_max,
            timeout: TIMEOUT,
        };
        let reply = self.0.trust.peers().call(base, call).await.map_err(unreachable)?;
        if reply.status.is_success() {
            return Ok(reply.body);
        }
        let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let told = |name: &str| {
            let text = problem.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            text.chars().filter(|c| !c.is_control()).take(500).collect::<String>()
        };
        Err(Error::PeerRefused {
            peer: peer.name.clone(),
            status: reply.status.as_u16(),
            code: told("code"),
            detail: told("detail"),
        })
    }
}

//! Asking witnesses: the client of C2SP tlog-witness. A witness that saw more of our log than we have, or another past,
//! shows that our database was put back or rewritten, even when nothing on this machine says so.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use brain_egress::{Method, StatusCode};
use brain_store::evidence::checkpoint::{self, CosignatureRow};
use brain_verifier::SignedCheckpoint;
use brain_verifier::note::{NOTE_BYTES_MAX, SignatureLine};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

use super::Evidence;
use super::options::{EvidenceOptions, WitnessPeer};
use super::witness::origin_digest;
use crate::status::WeakStatus;
use crate::{Error, PeerClient, Result};

/// How a witness stands to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerStatus {
    /// Name it signs under.
    pub name: String,
    /// Where it is asked.
    pub url: String,
    /// Size of the newest of our checkpoints it signed.
    pub size: Option<u64>,
    /// Outcome of the last request of this process.
    pub state: PeerState,
    /// When that was, UTC.
    pub asked_at: Option<DateTime<Utc>>,
}

/// Outcome of a request to a witness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state", content = "detail")]
pub enum PeerState {
    /// Not asked yet.
    #[default]
    NotAsked,
    /// It signed.
    Signed,
    /// It cannot be reached or answers something else; what happened.
    Failed(String),
    /// Its status does not hold, so nothing was sent; why.
    Refused(String),
    /// It has seen another history of our log.
    Contradicts,
}

/// Connections to other nodes.
pub(crate) struct Peers {
    client: PeerClient,
    any: bool,
    gate: OnceLock<WeakStatus>,
    states: Mutex<BTreeMap<String, (PeerState, DateTime<Utc>)>>,
    witnessing: Mutex<()>,
}

impl Peers {
    pub(crate) fn new(options: &EvidenceOptions, client: PeerClient) -> Result<Self> {
        let urls = options.witnesses.iter().map(|peer| &peer.url);
        let urls: Vec<&String> = urls.chain(options.logs.iter().flat_map(|log| &log.witnesses)).collect();
        if let Some(url) = urls.iter().find(|url| !url.starts_with("https://") && !url.starts_with("http://"))
        {
            return Err(Error::invalid(
                "url",
                format!("见证方地址 {url:?} 须以 http:// 或 https:// 开头。"),
                format!("The address of a witness must begin with http:// or https://: {url:?}"),
            ));
        }
        for url in &urls {
            client.permit(url)?;
        }
        let any = !urls.is_empty();
        Ok(Self {
            client,
            any,
            gate: OnceLock::new(),
            states: Mutex::default(),
            witnessing: Mutex::default(),
        })
    }

    /// Held while a request to us as a witness is judged and remembered.
    pub(crate) async fn witnessing(&self) -> MutexGuard<'_, ()> {
        self.witnessing.lock().await
    }

    /// Whether anything may be sent to this node; the reason where not. Without a gate nothing may.
    async fn admit(&self, node: &str) -> Result<Option<String>> {
        let Some(status) = self.gate.get().and_then(WeakStatus::upgrade) else {
            return Ok(Some("no gate between nodes".to_owned()));
        };
        match status.verify_peer(node).await {
            Ok(_) => Ok(None),
            Err(Error::PeerRefused { reason, .. }) => Ok(Some(reason.text().en)),
            Err(error) => Err(error),
        }
    }

    async fn send(
        &self,
        method: Method,
        url: String,
        body: Option<String>,
    ) -> std::result::Result<(StatusCode, String), String> {
        let answer = self.client.send("evidence.witness", method, &url, body, NOTE_BYTES_MAX).await?;
        Ok((answer.status, answer.text))
    }
}

impl Evidence {
    /// Whether there is anybody to talk to.
    pub(crate) fn has_peers(&self) -> bool {
        self.0.peers.any
    }

    /// Let this gate decide which nodes are spoken to.
    pub(crate) fn gate_peers(&self, gate: WeakStatus) {
        // A second gate would be the same one: a node has one status.
        let _ = self.0.peers.gate.set(gate);
    }

    /// Show witnesses no checkpoint larger than `size`, or any where there is no limit: a node that is copied to another
    /// site shows what is there, so that a node which takes over from the copy continues what witnesses saw.
    pub fn show_up_to(&self, size: Option<u64>) {
        self.0.shown_max.store(size.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The checkpoint to show: the log as it is now, or what the limit allows; `None` where that was never signed.
    async fn shown(&self) -> Result<Option<SignedCheckpoint>> {
        let signed = self.seal().await?;
        let limit = self.0.shown_max.load(Ordering::Relaxed);
        if signed.checkpoint.size <= limit {
            return Ok(Some(signed));
        }
        let row = checkpoint::checkpoint(self.0.store.db(), i64::try_from(limit).unwrap_or(i64::MAX)).await?;
        Ok(row.and_then(|row| SignedCheckpoint::parse(&row.note)))
    }

    /// Ask every witness for its signature on the log as it is now; how many signed.
    pub async fn ask_witnesses(&self) -> Result<usize> {
        let mut signed = 0;
        for peer in &self.0.options.witnesses {
            let state = self.ask(peer).await?;
            if let PeerState::Failed(reason) | PeerState::Refused(reason) = &state {
                tracing::warn!(witness = peer.name(), reason, "a witness did not sign");
            }
            signed += usize::from(state == PeerState::Signed);
            self.0.peers.states.lock().await.insert(peer.name().to_owned(), (state, self.0.store.now()));
        }
        Ok(signed)
    }

    async fn ask(&self, peer: &WitnessPeer) -> Result<PeerState> {
        if let Some(node) = &peer.node
            && let Some(reason) = self.0.peers.admit(node).await?
        {
            return Ok(PeerState::Refused(reason));
        }
        let latest = checkpoint::latest_cosignature(self.0.store.db(), peer.name()).await?;
        let mut old = latest.map_or(0, |row| row.size as u64);
        // Once per process it is asked even so: a database that was put back remembers an answer too.
        let asked = self.0.peers.states.lock().await.get(peer.name()).map(|(state, _)| state.clone());
        let limited = self.0.shown_max.load(Ordering::Relaxed) != u64::MAX;
        let signed = match self.shown().await? {
            // It signed all that may be shown, or more before there was a limit.
            Some(signed) if limited && old >= signed.checkpoint.size => return Ok(asked.unwrap_or_default()),
            Some(signed) => signed,
            None => return Ok(asked.unwrap_or_default()),
        };
        if old == signed.checkpoint.size && asked == Some(PeerState::Signed) {
            return Ok(PeerState::Signed);
        }
        // Once more with the size the witness names, if it names one.
        for _ in 0..2 {
            if old > signed.checkpoint.size {
                return self.contradicted(peer).await;
            }
            let body = self.request(old, &signed)?;
            let url = format!("{}/add-checkpoint", peer.url.trim_end_matches('/'));
            let (status, answer) = match self.0.peers.send(Method::POST, url, Some(body)).await {
                Ok(answer) => answer,
                Err(reason) => return Ok(PeerState::Failed(reason)),
            };
            match status {
                StatusCode::OK => return self.take_cosignature(peer, &signed, &answer).await,
                StatusCode::CONFLICT => match answer.trim_end().parse() {
                    Ok(size) => old = size,
                    Err(_) => return Ok(PeerState::Failed("409 without a size".to_owned())),
                },
                StatusCode::UNPROCESSABLE_ENTITY => return self.contradicted(peer).await,
                other => return Ok(PeerState::Failed(other.to_string())),
            }
        }
        Ok(PeerState::Failed("409".to_owned()))
    }

    fn request(&self, old: u64, signed: &SignedCheckpoint) -> Result<String> {
        let proof = self.reader(signed.checkpoint.size).consistency(old, signed.checkpoint.size)?;
        let mut body = format!("old {old}\n");
        for hash in proof {
            body.push_str(&BASE64.encode(hash.as_bytes()));
            body.push('\n');
        }
        Ok(format!("{body}\n{}", signed.note()))
    }

    async fn take_cosignature(
        &self,
        peer: &WitnessPeer,
        signed: &SignedCheckpoint,
        answer: &str,
    ) -> Result<PeerState> {
        let lines = answer.lines().filter_map(SignatureLine::parse);
        let good = lines.filter(|line| peer.keys.iter().any(|key| line.is_good(key, &signed.text)));
        let lines: Vec<String> = good.map(|line| line.text()).collect();
        if lines.is_empty() {
            return Ok(PeerState::Failed("no signature of a configured key".to_owned()));
        }
        let row = CosignatureRow {
            size: i64::try_from(signed.checkpoint.size).unwrap_or(i64::MAX),
            witness: peer.name().to_owned(),
            lines: lines.join("\n"),
            received_at: self.0.store.now(),
        };
        checkpoint::put_cosignature(self.0.store.db(), row).await?;
        Ok(PeerState::Signed)
    }

    /// The witness refuses because it saw another history. What it saw is signed by us, so it proves it.
    async fn contradicted(&self, peer: &WitnessPeer) -> Result<PeerState> {
        let theirs = match self.seen_by(peer).await {
            Ok(Some(theirs)) => theirs,
            Ok(None) => return Ok(PeerState::Failed("it refuses, and shows nothing we signed".to_owned())),
            Err(reason) => return Ok(PeerState::Failed(reason)),
        };
        let ours = self.seal().await?;
        let said = &theirs.checkpoint;
        let problem = if said.size > ours.checkpoint.size {
            "rolled_back"
        } else if self.reader(ours.checkpoint.size).root(said.size)? == said.root {
            return Ok(PeerState::Failed("it refuses a log that continues what it signed".to_owned()));
        } else {
            "rewritten"
        };
        let transaction = self.0.store.transaction().await?;
        self.raise(&transaction, problem, &theirs, Some(&ours)).await?;
        transaction.commit().await?;
        Ok(PeerState::Contradicts)
    }

    /// The checkpoint of our log that a witness last signed, if it carries our signature.
    pub(crate) async fn seen_by(
        &self,
        peer: &WitnessPeer,
    ) -> std::result::Result<Option<SignedCheckpoint>, String> {
        let found = self.fetch(&peer.url, &self.0.origin).await?;
        let known = self.known_keys().await.map_err(|error| error.to_string())?;
        Ok(found.filter(|note| note.is_signed_by(&known) && note.checkpoint.origin == self.0.origin))
    }

    async fn fetch(&self, url: &str, origin: &str) -> std::result::Result<Option<SignedCheckpoint>, String> {
        let url = format!("{}/{}/checkpoint", url.trim_end_matches('/'), origin_digest(origin));
        let (status, text) = self.0.peers.send(Method::GET, url, None).await?;
        match status {
            StatusCode::OK => Ok(SignedCheckpoint::parse(&text)),
            StatusCode::NOT_FOUND => Ok(None),
            other => Err(other.to_string()),
        }
    }

    /// Compare our view of each log we witness with that of its other witnesses; how many contradictions there are.
    pub async fn compare_with_siblings(&self) -> Result<usize> {
        let mut contradictions = 0;
        for log in &self.0.options.logs {
            for url in &log.witnesses {
                match self.fetch(url, &log.origin).await {
                    Ok(Some(theirs)) => {
                        contradictions += usize::from(self.compare_views(log, &theirs).await?);
                    }
                    Ok(None) => {}
                    Err(reason) => tracing::warn!(url, reason, "a sibling witness cannot be asked"),
                }
            }
        }
        Ok(contradictions)
    }

    /// How our witnesses stand to us.
    pub async fn peers(&self) -> Result<Vec<PeerStatus>> {
        let states = self.0.peers.states.lock().await.clone();
        let mut found = Vec::new();
        for peer in &self.0.options.witnesses {
            let latest = checkpoint::latest_cosignature(self.0.store.db(), peer.name()).await?;
            let (state, asked_at) = states.get(peer.name()).cloned().unzip();
            found.push(PeerStatus {
                name: peer.name().to_owned(),
                url: peer.url.clone(),
                size: latest.map(|row| row.size as u64),
                state: state.unwrap_or_default(),
                asked_at,
            });
        }
        Ok(found)
    }

    /// What every witness last signed of our log, by name.
    pub(crate) async fn seen_by_all(
        &self,
    ) -> Vec<(String, std::result::Result<Option<SignedCheckpoint>, String>)> {
        let mut seen = Vec::new();
        for peer in &self.0.options.witnesses {
            seen.push((peer.name().to_owned(), self.seen_by(peer).await));
        }
        seen
    }
}

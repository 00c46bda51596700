//! The gate between nodes: ask a registered node for its statement, judge it, remember and record what came of it.

use brain_egress::{Method, StatusCode, Url};
use brain_kernel::party::Party;
use brain_store::account::{self, Account};
use brain_store::node_identity::{self, NodeIdentity};
use brain_store::node_status::{self, NodeStatementRow};
use brain_store::{Page, PageRequest};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Status;
use super::refusal::Refusal;
use super::statement::{SignedStatement, Statement, new_nonce};
use super::verify::{NodePublicKeys, Policy, judge};
use crate::identity::{AccountKind, NodeState, require_administrator};
use crate::{Error, EvidenceEntry, Result};

/// Longest statement, bytes.
const STATEMENT_BYTES_MAX: usize = 256 * 1024;
/// A refusal that goes on is recorded again after this many minutes.
const AGAIN_MINUTES: i64 = 60;

/// Where a node is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAddress(String);

impl PeerAddress {
    /// `https://host[:port]`; plain `http` for this machine only (GB/T 22239-2019 8.1.2.2).
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim_matches(|c: char| c == '/' || c.is_whitespace());
        // The standard of addresses passes over line ends within; what is kept would not be what was checked.
        let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let url = Url::parse(text).ok().filter(|_| plain).filter(|url| {
            let here = url.host_str().is_some_and(|host| {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            });
            let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
            bare && url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && here))
        });
        if url.is_some() && text.len() <= 500 {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(
            "base_url",
            "节点地址形如 https://host:7600；http 仅限本机。",
            "The address of a node is like https://host:7600; http is for this machine only.",
        ))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A peer as its last statement shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeerStanding {
    /// Id of its account.
    pub id: String,
    /// Name it is registered under.
    pub name: String,
    /// `center`, `brain` or `edge`.
    pub node_role: String,
    /// Whether it may speak.
    pub state: NodeState,
    /// Where it is reached.
    pub base_url: Option<String>,
    /// Whether data may be exchanged with it, by its last statement; `None` where it never was asked.
    pub accepted: Option<bool>,
    /// Why not.
    pub reason: Option<String>,
    /// When it was asked last.
    pub asked_at: Option<DateTime<Utc>>,
    /// What it said last.
    pub statement: Option<Statement>,
}

impl Status {
    /// The gate: data may be exchanged with this node, or the reason why not. A node that was accepted lately is not
    /// asked again before its statement has grown old; every refusal leaves evidence.
    pub async fn verify_peer(&self, name: &str) -> Result<Statement> {
        let (account, node) = self.registered(name).await?;
        let last = node_status::find(self.0.store.db(), &account.id).await?;
        let fresh = self.0.accepted.lock().await.get(&account.id).copied();
        if fresh.is_some_and(|until| self.0.store.now() < until)
            && let Some(statement) = last.as_ref().filter(|row| row.accepted).and_then(said)
        {
            return Ok(statement);
        }
        self.ask(&account, &node, last).await
    }

    /// Ask now, however fresh the last statement is. For whoever looks after the node.
    pub async fn check_peer(&self, actor: &Party, id: &str) -> Result<PeerStanding> {
        require_administrator(actor)?;
        let account = account::find(self.0.store.db(), id).await?;
        let account = account.ok_or_else(|| Error::not_found("node", id))?;
        self.0.accepted.lock().await.remove(id);
        match self.verify_peer(&account.username).await {
            Ok(_) | Err(Error::PeerRefused { .. }) => {}
            Err(error) => return Err(error),
        }
        let found = node_identity::find_many(self.0.store.db(), &[id.to_owned()]).await?;
        let node = found.into_iter().next().ok_or_else(|| Error::not_found("node", id))?;
        let last = node_status::find(self.0.store.db(), id).await?;
        standing(account, node, last)
    }

    /// Every registered node with its last statement, by name. The separated administrators and the government.
    pub async fn peer_standings(&self, page: PageRequest) -> Result<Page<PeerStanding>> {
        let db = self.0.store.db();
        let found = account::list_of_kind(db, AccountKind::Node.name(), page).await?;
        let ids: Vec<String> = found.items.iter().map(|row| row.id.clone()).collect();
        let mut nodes = node_identity::find_many(db, &ids).await?;
        let mut said = node_status::all(db).await?;
        let Page { items, total, page, page_size } = found;
        let mut standings = Vec::new();
        for account in items {
            let node = nodes.iter().position(|node| node.account_id == account.id);
            let node = node.map(|at| nodes.swap_remove(at));
            let last =
                said.iter().position(|row| row.account_id == account.id).map(|at| said.swap_remove(at));
            standings.push(standing(account, node.ok_or(Error::Corrupt { field: "node_identity" })?, last)?);
        }
        Ok(Page { items: standings, total, page, page_size })
    }

    /// Whether a caller whose certificate names this node may speak: registered, active, its account open.
    pub async fn admit_caller(&self, name: &str) -> Result<()> {
        self.registered(name).await.map(drop)
    }

    pub(super) async fn registered(&self, name: &str) -> Result<(Account, NodeIdentity)> {
        let refused = |reason| Error::PeerRefused { node: name.to_owned(), reason: Box::new(reason) };
        let found = account::find_by_username(self.0.store.db(), &name.to_lowercase()).await?;
        let account = found.filter(|account| account.kind == AccountKind::Node.name());
        let Some(account) = account else {
            self.record_refusal(name, &Refusal::Unknown).await?;
            return Err(refused(Refusal::Unknown));
        };
        let nodes = node_identity::find_many(self.0.store.db(), std::slice::from_ref(&account.id)).await?;
        let node = nodes.into_iter().next().ok_or(Error::Corrupt { field: "node_identity" })?;
        if NodeState::from_name(&node.state) != Some(NodeState::Active) {
            self.record_refusal(name, &Refusal::NotActive).await?;
            return Err(refused(Refusal::NotActive));
        }
        Ok((account, node))
    }

    async fn ask(
        &self,
        account: &Account,
        node: &NodeIdentity,
        last: Option<NodeStatementRow>,
    ) -> Result<Statement> {
        let before = last.as_ref().and_then(said);
        // Once more where the peer changed its certificate between agreeing on TLS and answering.
        let mut outcome = self.fetch_and_judge(account, node, before.as_ref()).await?;
        if matches!(outcome, (Err(Refusal::Certificate), _)) {
            outcome = self.fetch_and_judge(account, node, before.as_ref()).await?;
        }
        let (verdict, signed) = outcome;
        let now = self.0.store.now();
        let was =
            last.as_ref().map(|row| (row.accepted, row.reason.as_deref().unwrap_or_default().to_owned()));
        let is = match &verdict {
            Ok(_) => (true, String::new()),
            Err(refusal) => (false, refusal.text().en),
        };
        let repeated = was.as_ref() == Some(&is)
            && last.as_ref().is_some_and(|row| now < row.received_at + TimeDelta::minutes(AGAIN_MINUTES));
        let transaction = self.0.store.transaction().await?;
        let kept = match (&verdict, signed) {
            // What was accepted last stays what the next statement is held against.
            (Ok(_), Some(signed)) => serde_json::to_string(&signed)
                .map_err(|_| Error::Corrupt { field: "node_statement.statement" })?,
            _ => last.as_ref().map(|row| row.statement.clone()).unwrap_or_default(),
        };
        let received_at = match &last {
            // The clock of the hourly record runs from the first refusal of a row of equal ones.
            Some(row) if repeated && verdict.is_err() => row.received_at,
            _ => now,
        };
        let row = NodeStatementRow {
            account_id: account.id.clone(),
            statement: kept,
            accepted: is.0,
            reason: (!is.0).then(|| is.1.clone()),
            received_at,
        };
        node_status::put(&transaction, row).await?;
        // That a peer goes on being good is no event.
        let event = if verdict.is_ok() { was.as_ref().is_none_or(|was| !was.0) } else { !repeated };
        if event {
            self.0.evidence.record_in(&transaction, outcome_entry(account, &verdict)).await?;
        }
        transaction.commit().await?;
        let mut accepted = self.0.accepted.lock().await;
        match verdict {
            Ok(statement) => {
                let until = now + TimeDelta::seconds(self.0.options.freshness_seconds.into());
                accepted.insert(account.id.clone(), until);
                Ok(statement)
            }
            Err(reason) => {
                accepted.remove(&account.id);
                Err(Error::PeerRefused { node: account.username.clone(), reason: Box::new(reason) })
            }
        }
    }

    async fn fetch_and_judge(
        &self,
        account: &Account,
        node: &NodeIdentity,
        before: Option<&Statement>,
    ) -> Result<(std::result::Result<Statement, Refusal>, Option<SignedStatement>)> {
        let Some(base) = &node.base_url else { return Ok((Err(Refusal::NoAddress), None)) };
        let nonce = new_nonce()?;
        let url = format!("{base}/api/v1/status/statement?nonce={nonce}");
        self.0.client.permit(base)?;
        let answer = match self
            .0
            .client
            .send("status.statement", Method::GET, &url, None, STATEMENT_BYTES_MAX)
            .await
        {
            Ok(answer) if answer.status == StatusCode::OK => answer,
            Ok(answer) => return Ok((Err(Refusal::Unreachable(answer.status.to_string())), None)),
            Err(why) => return Ok((Err(Refusal::Unreachable(why)), None)),
        };
        let signed: SignedStatement = match serde_json::from_str(&answer.text) {
            Ok(signed) => signed,
            Err(cause) => return Ok((Err(Refusal::Malformed(cause.to_string())), None)),
        };
        let known_good = self.listed().await?;
        let keys = NodePublicKeys { ed25519: node.public_key.clone(), sm2: node.sm2_public_key.clone() };
        let policy = Policy {
            node: &account.username,
            keys: &keys,
            sm2: self.0.profile == brain_crypto::Profile::Commercial,
            nonce: Some(&nonce),
            now: self.0.store.now(),
            freshness_seconds: self.0.options.freshness_seconds.into(),
            known_good: &known_good,
            known_good_required: self.0.options.known_good_required,
            before,
            certificate: answer.certificate.as_deref(),
        };
        Ok((judge(&signed, &policy), Some(signed)))
    }

    /// Judge a statement from a file by what this node knows of whoever made it; freshness is not asked of a file.
    pub async fn judge_file(&self, signed: &SignedStatement) -> Result<Statement> {
        let name =
            signed.statement.get("node").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let own = name == self.name();
        let keys = if own {
            self.public_keys()
        } else {
            let (_, node) = self.registered(&name).await?;
            NodePublicKeys { ed25519: node.public_key, sm2: node.sm2_public_key }
        };
        let known_good = self.listed().await?;
        let policy = Policy {
            node: &name,
            keys: &keys,
            sm2: self.0.profile == brain_crypto::Profile::Commercial,
            nonce: None,
            now: self.0.store.now(),
            freshness_seconds: self.0.options.freshness_seconds.into(),
            known_good: &known_good,
            known_good_required: self.0.options.known_good_required,
            before: None,
            certificate: None,
        };
        let judged = judge(signed, &policy);
        judged.map_err(|reason| Error::PeerRefused { node: name, reason: Box::new(reason) })
    }

    /// A name that is nobody's is recorded too, at most once an hour each.
    async fn record_refusal(&self, name: &str, reason: &Refusal) -> Result<()> {
        let key = format!("?{}", name.to_lowercase());
        let now = self.0.store.now();
        {
            let mut remembered = self.0.accepted.lock().await;
            // Names come from callers: the memory of them is bounded.
            if remembered.get(&key).is_some_and(|until| now < *until) || remembered.len() >= 10_000 {
                return Ok(());
            }
            remembered.insert(key, now + TimeDelta::minutes(AGAIN_MINUTES));
        }
        let subject: String = name.chars().take(64).collect();
        let entry = EvidenceEntry {
            kind: "peer.refused".to_owned(),
            actor: "system".to_owned(),
            subject,
            body: json!({ "reason": reason.code(), "detail": reason.text().en }),
        };
        self.0.evidence.record(entry).await.map(drop)
    }
}

fn outcome_entry(account: &Account, verdict: &std::result::Result<Statement, Refusal>) -> EvidenceEntry {
    let (kind, body) = match verdict {
        Ok(statement) => (
            "peer.accepted",
            json!({
                "node": account.username, "account": account.id, "version": statement.version, "program": statement.program,
                "configuration": statement.configuration, "evidence_size": statement.evidence.size,
                "evidence_root": statement.evidence.root,
            }),
        ),
        Err(refusal) => (
            "peer.refused",
            json!({
                "node": account.username, "account": account.id, "reason": refusal.code(),
                "detail": refusal.text().en,
            }),
        ),
    };
    EvidenceEntry { kind: kind.to_owned(), actor: "system".to_owned(), subject: account.id.clone(), body }
}

fn said(row: &NodeStatementRow) -> Option<Statement> {
    let signed: SignedStatement = serde_json::from_str(&row.statement).ok()?;
    serde_json::from_value(signed.statement).ok()
}

fn standing(account: Account, node: NodeIdentity, last: Option<NodeStatementRow>) -> Result<PeerStanding> {
    let state = NodeState::from_name(&node.state).ok_or(Error::Corrupt { field: "node_identity.state" })?;
    Ok(PeerStanding {
        id: account.id,
        name: account.username,
        node_role: node.node_role,
        state,
        base_url: node.base_url,
        accepted: last.as_ref().map(|row| row.accepted),
        reason: last.as_ref().and_then(|row| row.reason.clone()),
        asked_at: last.as_ref().map(|row| row.received_at),
        statement: last.as_ref().and_then(said),
    })
}

//! The node's own certificate authority (证书机构): its key sealed in the vault, what it issued in the store.

use std::sync::Arc;

use brain_store::certificate::{self, CertificateRow};
use brain_store::{Page, PageRequest, Store};
use brain_tls::{Authority, Issued, Material, Request, Usage};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::{Error, Evidence, EvidenceEntry, PeerTls, Result, Vault};

/// Secret that holds the authority's private key.
const ROOT_KEY: &str = "ca/root-key";
/// Secret that holds the private key of the node's own server certificate.
const SERVER_KEY: &str = "tls/server-key";
/// Secret that holds the private key of the certificate the node shows to its peers.
const NODE_KEY: &str = "tls/node-key";
/// Days a certificate of the node itself lives; it is renewed when a third is left.
const SERVER_DAYS: u32 = 90;

/// A certificate as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateCard {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Node or host.
    pub subject: String,
    /// `authority`, `server` or `node`.
    pub usage: String,
    /// First moment of validity.
    pub not_before: DateTime<Utc>,
    /// Last moment of validity.
    pub not_after: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why.
    pub revoked_reason: Option<String>,
}

/// Hours after which a list of revocations is made anew although nothing was revoked.
const REVOCATIONS_HOURS: i64 = 24;

/// A cheap-clone handle to the authority.
#[derive(Clone)]
pub struct Certificates {
    store: Store,
    vault: Vault,
    evidence: Evidence,
    // Signatures differ each time; the same list is signed once.
    last: Arc<Mutex<Option<Revocations>>>,
}

/// The list last signed.
struct Revocations {
    revoked: Vec<(String, DateTime<Utc>)>,
    made_at: DateTime<Utc>,
    pem: String,
}

impl Certificates {
    pub(crate) fn new(store: Store, vault: Vault, evidence: Evidence) -> Self {
        Self { store, vault, evidence, last: Arc::default() }
    }

    /// Make the authority. A node has one; a second is refused.
    pub async fn init(&self, actor: &str, name: &str) -> Result<CertificateCard> {
        if self.root().await?.is_some() {
            return Err(Error::invalid(
                "authority",
                "本节点的证书机构已存在，用 brain ca list 查看。",
                "This node has an authority already; see brain ca list.",
            ));
        }
        let issued = Authority::create(name, self.store.now())?;
        self.keep(actor, "certificate.authority", &issued, Some(ROOT_KEY)).await
    }

    /// The authority's certificate as PEM, which peers must trust; `None` where there is no authority.
    pub async fn root(&self) -> Result<Option<String>> {
        let row = certificate::newest(self.store.db(), Usage::Authority.name()).await?;
        Ok(row.map(|row| row.pem))
    }

    /// Issue a certificate. Its key is in the answer and nowhere else.
    pub async fn issue(&self, actor: &str, request: &Request) -> Result<Issued> {
        let issued = self.authority().await?.issue(request, self.store.now())?;
        self.keep(actor, "certificate.issue", &issued, None).await?;
        Ok(issued)
    }

    /// Revoke a certificate: it is refused from the next connection on.
    pub async fn revoke(&self, actor: &str, serial: &str, reason: &str) -> Result<()> {
        let reason: String = reason.trim().chars().take(200).collect();
        if reason.is_empty() {
            return Err(Error::invalid("reason", "请写明吊销原因。", "Say why it is revoked."));
        }
        let transaction = self.store.transaction().await?;
        certificate::revoke(&transaction, serial, &reason, self.store.now()).await?;
        let body = serde_json::json!({ "reason": reason });
        self.evidence.record_in(&transaction, entry("certificate.revoke", actor, serial, body)).await?;
        Ok(transaction.commit().await?)
    }

    /// Certificates, newest first.
    pub async fn list(&self, page: PageRequest) -> Result<Page<CertificateCard>> {
        let rows = certificate::list(self.store.db(), page).await?;
        let items = rows.items.into_iter().map(card).collect();
        Ok(Page { items, total: rows.total, page: rows.page, page_size: rows.page_size })
    }

    /// The authority's list of revocations as PEM.
    pub async fn revocations(&self) -> Result<String> {
        let now = self.store.now();
        let revoked = certificate::revoked(self.store.db(), now).await?;
        let revoked: Vec<_> =
            revoked.into_iter().filter_map(|row| Some((row.serial, row.revoked_at?))).collect();
        let mut last = self.last.lock().await;
        if let Some(kept) = last.as_ref()
            && kept.revoked == revoked
            && now < kept.made_at + TimeDelta::hours(REVOCATIONS_HOURS)
        {
            return Ok(kept.pem.clone());
        }
        let number = u64::try_from(now.timestamp()).unwrap_or_default();
        let pem = self.authority().await?.revocations(&revoked, number, now)?;
        *last = Some(Revocations { revoked, made_at: now, pem: pem.clone() });
        Ok(pem)
    }

    /// What the node shows its callers, issued and renewed by its own authority, with the authority's list of
    /// revocations; nodes with certificates of this authority are known by them.
    pub async fn server_material(&self, node: &str, names: &[String]) -> Result<Material> {
        let root = self.root().await?.ok_or_else(|| Error::not_found("certificate authority of", node))?;
        let (chain, key) = self.kept(Usage::Server, SERVER_KEY, node, names).await?;
        let chain = format!("{chain}{root}");
        Ok(Material { chain, key, client_authorities: root, revocations: self.revocations().await? })
    }

    /// What the node shows to its peers, issued and renewed by its own authority in the same way.
    pub async fn peer_tls(&self, node: &str, names: &[String]) -> Result<PeerTls> {
        let root = self.root().await?.ok_or_else(|| Error::not_found("certificate authority of", node))?;
        let (chain, key) = self.kept(Usage::Node, NODE_KEY, node, names).await?;
        let chain = format!("{chain}{root}");
        Ok(PeerTls { chain, key, authorities: root, revocations: self.revocations().await? })
    }

    /// The node's own certificate of a usage with its key: the one kept, or a fresh one when a third of its life is
    /// left, it was revoked, or it is another host's.
    async fn kept(
        &self,
        usage: Usage,
        secret: &str,
        subject: &str,
        names: &[String],
    ) -> Result<(String, Zeroizing<String>)> {
        if let Some(kept) = self.vault.open(secret).await?
            && let Ok(text) = std::str::from_utf8(&kept)
            // The first line says whose key it is; before version 0.2 there was none.
            && let Some((serial, key)) = text.split_once('\n')
            && let Some(row) = certificate::find(self.store.db(), serial).await?
        {
            let life = row.not_after - row.not_before;
            let fresh = self.store.now() < row.not_after - life / 3;
            if fresh && row.subject == subject && row.revoked_at.is_none() {
                return Ok((row.pem, Zeroizing::new(key.to_owned())));
            }
        }
        let request =
            Request { subject: subject.to_owned(), names: names.to_vec(), usage, days: SERVER_DAYS };
        let issued = self.authority().await?.issue(&request, self.store.now())?;
        self.keep("system", "certificate.issue", &issued, Some(secret)).await?;
        Ok((issued.certificate, issued.key))
    }

    async fn authority(&self) -> Result<Authority> {
        let missing = || Error::not_found("certificate authority", "root");
        let root = self.root().await?.ok_or_else(missing)?;
        let key = self.vault.open(ROOT_KEY).await?.ok_or_else(missing)?;
        let key = std::str::from_utf8(&key).map_err(|_| Error::Corrupt { field: "secret.sealed" })?;
        Ok(Authority::open(&root, key)?)
    }

    /// Certificate, sealed key and evidence in one transaction.
    async fn keep(
        &self,
        actor: &str,
        kind: &str,
        issued: &Issued,
        key_name: Option<&str>,
    ) -> Result<CertificateCard> {
        let row = CertificateRow {
            serial: issued.serial.clone(),
            subject: issued.subject.clone(),
            usage: issued.usage.name().to_owned(),
            pem: issued.certificate.clone(),
            not_before: issued.not_before,
            not_after: issued.not_after,
            revoked_at: None,
            revoked_reason: None,
        };
        let transaction = self.store.transaction().await?;
        let row = certificate::insert(&transaction, row).await?;
        if let Some(name) = key_name {
            let mut value = Zeroizing::new(String::new());
            // The authority's key stands by itself; the others name their certificate.
            if issued.usage != Usage::Authority {
                value.push_str(&issued.serial);
                value.push('\n');
            }
            value.push_str(&issued.key);
            self.vault.seal_in(&transaction, name, value.as_bytes()).await?;
        }
        let body =
            serde_json::json!({ "subject": row.subject, "usage": row.usage, "not_after": row.not_after });
        self.evidence.record_in(&transaction, entry(kind, actor, &row.serial, body)).await?;
        transaction.commit().await?;
        Ok(card(row))
    }
}

fn entry(kind: &str, actor: &str, subject: &str, body: serde_json::Value) -> EvidenceEntry {
    EvidenceEntry { kind: kind.to_owned(), actor: actor.to_owned(), subject: subject.to_owned(), body }
}

fn card(row: CertificateRow) -> CertificateCard {
    CertificateCard {
        serial: row.serial,
        subject: row.subject,
        usage: row.usage,
        not_before: row.not_before,
        not_after: row.not_after,
        revoked_at: row.revoked_at,
        revoked_reason: row.revoked_reason,
    }
}

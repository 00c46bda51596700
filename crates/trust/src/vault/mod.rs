//! The vault (密钥与机密库): data keys wrapped by a key-encryption key, and secrets sealed by them.
//!
//! Nothing sealed here opens without a key that is not in the database. Destroying a data key destroys everything it
//! sealed, wherever copies of that lie.

mod erasure;
mod keyring;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use brain_crypto::DataKey;
use brain_store::data_key::{self, DataKeyRow};
use brain_store::secret::{self, SecretRow};
use brain_store::{ConnectionTrait, Store, Transaction};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Error, Evidence, EvidenceEntry, Result};

pub use erasure::ErasureCertificate;
pub use keyring::{CryptoOptions, Environment, Keyring, ModuleKeys};

/// Purpose of the key that seals secrets.
const SECRETS: &str = "secret";
/// Longest secret, bytes.
const SECRET_BYTES_MAX: usize = 64 * 1024;
/// Keys or secrets moved in one transaction of a rotation.
const BATCH: u64 = 100;

/// A data key with the id that sealed things carry.
#[derive(Debug, Clone)]
pub struct NamedKey {
    /// Id, a UUID.
    pub id: String,
    /// The key, open.
    pub key: Arc<DataKey>,
}

/// A data key as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DataKeyCard {
    /// Id, a UUID.
    pub id: String,
    /// What it seals.
    pub purpose: String,
    /// Sealing algorithm.
    pub algorithm: String,
    /// Which key-encryption key wraps it.
    pub kek_id: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it seals nothing new.
    pub retired_at: Option<DateTime<Utc>>,
    /// When it was destroyed.
    pub destroyed_at: Option<DateTime<Utc>>,
}

/// A cheap-clone handle to the vault.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    keyring: ArcSwap<Keyring>,
    // Open keys by id; a key is forgotten here before it is destroyed there.
    open: Mutex<BTreeMap<String, Arc<DataKey>>>,
}

impl Vault {
    pub(crate) fn new(store: Store, evidence: Evidence, keyring: Keyring) -> Self {
        let keyring = ArcSwap::from_pointee(keyring);
        Self(Arc::new(Inner { store, evidence, keyring, open: Mutex::default() }))
    }

    /// The key-encryption keys at hand.
    #[must_use]
    pub fn keyring(&self) -> Arc<Keyring> {
        self.0.keyring.load_full()
    }

    /// The key that seals for a purpose, made when there is none.
    pub async fn data_key(&self, purpose: &str) -> Result<NamedKey> {
        if let Some(row) = data_key::current(self.0.store.db(), purpose).await? {
            return self.unwrapped(row);
        }
        let transaction = self.0.store.transaction().await?;
        let made = self.data_key_in(&transaction, purpose).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Like [`data_key`](Self::data_key), in the transaction of the act that needs it.
    pub async fn data_key_in(&self, transaction: &Transaction, purpose: &str) -> Result<NamedKey> {
        if let Some(row) = data_key::current(transaction, purpose).await? {
            return self.unwrapped(row);
        }
        if purpose.is_empty() || purpose.len() > 200 {
            return Err(Error::invalid("purpose", "用途为 1 到 200 字节。", "A purpose has 1 to 200 bytes."));
        }
        let ring = self.keyring();
        let key = DataKey::generate(ring.profile().aead())?;
        let wrapped = ring.current().wrap(&key, purpose.as_bytes())?;
        let row = DataKeyRow {
            id: self.0.store.new_id(),
            purpose: purpose.to_owned(),
            algorithm: key.algorithm().to_string(),
            kek_id: ring.current().id().to_owned(),
            wrapped: Some(wrapped),
            created_at: self.0.store.now(),
            retired_at: None,
            destroyed_at: None,
        };
        let row = data_key::insert(transaction, row).await?;
        self.0.evidence.record_in(transaction, about("key.data.create", &row)).await?;
        Ok(NamedKey { id: row.id, key: Arc::new(key) })
    }

    /// The key of this id, for opening what it sealed. A destroyed one is [`brain_crypto::Error::NoKey`].
    pub async fn data_key_by_id(&self, id: &str) -> Result<NamedKey> {
        if let Some(key) = self.open_keys().get(id) {
            return Ok(NamedKey { id: id.to_owned(), key: key.clone() });
        }
        let row = data_key::find(self.0.store.db(), id).await?;
        self.unwrapped(row.ok_or_else(|| brain_crypto::Error::NoKey { id: id.to_owned() })?)
    }

    /// Seal a secret under a name, in a transaction of its own with its evidence.
    pub async fn seal(&self, actor: &str, name: &str, value: &[u8]) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        self.seal_in(&transaction, name, value).await?;
        let entry = EvidenceEntry {
            kind: "secret.seal".to_owned(),
            actor: actor.to_owned(),
            subject: name.to_owned(),
            body: serde_json::json!({}),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Seal a secret in the transaction of the act it belongs to; the act records its own evidence.
    pub async fn seal_in(&self, transaction: &Transaction, name: &str, value: &[u8]) -> Result<()> {
        if name.is_empty() || name.len() > 200 || value.len() > SECRET_BYTES_MAX {
            return Err(Error::invalid(
                "secret",
                format!("机密名为 1 到 200 字节，内容不超过 {SECRET_BYTES_MAX} 字节。"),
                format!("A secret's name has 1 to 200 bytes and its value at most {SECRET_BYTES_MAX}."),
            ));
        }
        let NamedKey { id, key } = self.data_key_in(transaction, SECRETS).await?;
        let sealed = key.seal(&place(name), value)?;
        let row = SecretRow { name: name.to_owned(), key_id: id, sealed, updated_at: self.0.store.now() };
        Ok(secret::put(transaction, row).await?)
    }

    /// Open a secret; `None` where there is none of this name.
    pub async fn open(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.open_with(self.0.store.db(), name).await
    }

    /// Like [`open`](Self::open), as a transaction sees it.
    pub async fn open_in(&self, transaction: &Transaction, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.open_with(transaction, name).await
    }

    /// Forget a secret in the transaction of the act that ends it; whether there was one.
    pub async fn forget_in(&self, transaction: &Transaction, name: &str) -> Result<bool> {
        Ok(secret::delete(transaction, name).await?)
    }

    /// Names of secrets that begin with `prefix`.
    pub async fn names(&self, prefix: &str) -> Result<Vec<String>> {
        Ok(secret::names(self.0.store.db(), prefix).await?)
    }

    /// Take a new key-encryption key into use at once and put every living data key under it. Reads and writes go on
    /// meanwhile; a crash in between is finished by [`rewrap`](Self::rewrap) at the next start. How many keys moved.
    pub async fn rotate(&self, actor: &str) -> Result<u64> {
        let before = self.keyring();
        let after = before.rotated()?;
        let entry = EvidenceEntry {
            kind: "key.kek.rotate".to_owned(),
            actor: actor.to_owned(),
            subject: after.current().id().to_owned(),
            body: serde_json::json!({ "replaces": before.current().id() }),
        };
        self.0.evidence.record(entry).await?;
        self.0.keyring.store(Arc::new(after));
        self.rewrap(actor).await
    }

    /// Put data keys that an older key-encryption key wraps under the present one; how many there were.
    pub async fn rewrap(&self, actor: &str) -> Result<u64> {
        let ring = self.keyring();
        let kek = ring.current().id().to_owned();
        let mut moved = 0;
        loop {
            let rows = data_key::wrapped_by_others(self.0.store.db(), &kek, BATCH).await?;
            if rows.is_empty() {
                return Ok(moved);
            }
            let transaction = self.0.store.transaction().await?;
            let keys = rows.len();
            for row in rows {
                let key = unwrap(&ring, &row)?;
                let wrapped = ring.current().wrap(&key, row.purpose.as_bytes())?;
                data_key::rewrap(&transaction, &row.id, &kek, wrapped).await?;
            }
            let entry = EvidenceEntry {
                kind: "key.data.rewrap".to_owned(),
                actor: actor.to_owned(),
                subject: kek.clone(),
                body: serde_json::json!({ "keys": keys }),
            };
            self.0.evidence.record_in(&transaction, entry).await?;
            transaction.commit().await?;
            moved += keys as u64;
        }
    }

    /// Make a new key for secrets and seal every secret with it; how many there were. The old key stays for what was
    /// copied elsewhere until it is destroyed.
    pub async fn reseal_secrets(&self, actor: &str) -> Result<u64> {
        let transaction = self.0.store.transaction().await?;
        data_key::retire(&transaction, SECRETS, self.0.store.now()).await?;
        let NamedKey { id, .. } = self.data_key_in(&transaction, SECRETS).await?;
        transaction.commit().await?;
        let mut moved = 0;
        loop {
            let transaction = self.0.store.transaction().await?;
            let rows = secret::sealed_by_others(&transaction, &id, BATCH).await?;
            if rows.is_empty() {
                return Ok(moved);
            }
            let secrets = rows.len();
            for row in rows {
                let value = self.opened(&transaction, &row).await?;
                self.seal_in(&transaction, &row.name, &value).await?;
            }
            let entry = EvidenceEntry {
                kind: "secret.reseal".to_owned(),
                actor: actor.to_owned(),
                subject: id.clone(),
                body: serde_json::json!({ "secrets": secrets }),
            };
            self.0.evidence.record_in(&transaction, entry).await?;
            transaction.commit().await?;
            moved += secrets as u64;
        }
    }

    /// Data keys, newest first.
    pub async fn data_keys(&self, page: brain_store::PageRequest) -> Result<brain_store::Page<DataKeyCard>> {
        let rows = data_key::list(self.0.store.db(), page).await?;
        let items = rows.items.into_iter().map(card).collect();
        Ok(brain_store::Page { items, total: rows.total, page: rows.page, page_size: rows.page_size })
    }

    async fn open_with(&self, db: &impl ConnectionTrait, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        match secret::find(db, name).await? {
            Some(row) => Ok(Some(self.opened(db, &row).await?)),
            None => Ok(None),
        }
    }

    async fn opened(&self, db: &impl ConnectionTrait, row: &SecretRow) -> Result<Zeroizing<Vec<u8>>> {
        let key = data_key::find(db, &row.key_id).await?;
        let key = key.ok_or_else(|| brain_crypto::Error::NoKey { id: row.key_id.clone() })?;
        Ok(self.unwrapped(key)?.key.open(&place(&row.name), &row.sealed)?)
    }

    fn unwrapped(&self, row: DataKeyRow) -> Result<NamedKey> {
        // A key destroyed by another process must not live on in this one's memory.
        if row.destroyed_at.is_some() {
            self.open_keys().remove(&row.id);
            return Err(brain_crypto::Error::NoKey { id: row.id }.into());
        }
        let known = self.open_keys().get(&row.id).cloned();
        let key = match known {
            Some(key) => key,
            None => Arc::new(unwrap(&self.keyring(), &row)?),
        };
        self.open_keys().insert(row.id.clone(), key.clone());
        Ok(NamedKey { id: row.id, key })
    }

    fn open_keys(&self) -> MutexGuard<'_, BTreeMap<String, Arc<DataKey>>> {
        // The map is whole after any panic: every change is one insert or remove.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unwrap(ring: &Keyring, row: &DataKeyRow) -> Result<DataKey> {
    let wrapped = row.wrapped.as_deref().ok_or_else(|| brain_crypto::Error::NoKey { id: row.id.clone() })?;
    Ok(ring.get(&row.kek_id)?.unwrap(row.algorithm.parse()?, wrapped, row.purpose.as_bytes())?)
}

/// A secret opens under its own name only.
fn place(name: &str) -> Vec<u8> {
    [b"brain/secret/v1\0", name.as_bytes()].concat()
}

fn about(kind: &str, row: &DataKeyRow) -> EvidenceEntry {
    EvidenceEntry {
        kind: kind.to_owned(),
        actor: "system".to_owned(),
        subject: row.id.clone(),
        body: serde_json::json!({ "purpose": row.purpose, "algorithm": row.algorithm, "kek": row.kek_id }),
    }
}

fn card(row: DataKeyRow) -> DataKeyCard {
    DataKeyCard {
        id: row.id,
        purpose: row.purpose,
        algorithm: row.algorithm,
        kek_id: row.kek_id,
        created_at: row.created_at,
        retired_at: row.retired_at,
        destroyed_at: row.destroyed_at,
    }
}

//! `brain backup`: one consistent snapshot while the node goes on working.
//!
//! First the kept head and the signing keys, then the database in one read transaction (`VACUUM INTO`, or every row of a
//! PostgreSQL server put into such a file), then the lake cut at the versions that copy names. Whatever is committed meanwhile belongs to the next snapshot.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brain_store::{ConnectionTrait, PageRequest, Store, data_key, dataset};
use brain_trust::evidence::EvidenceEntry;
use brain_trust::{Evidence, Vault};
use serde::{Deserialize, Serialize};

use crate::files::{self, Found};
use crate::repository::{FileEntry, Manifest, PURPOSE, Repository, SealingKey, Snapshot};
use crate::{Error, Result};

/// What is backed up.
#[derive(Clone)]
pub struct Source {
    /// The data folder.
    pub root: PathBuf,
    /// Its operational store.
    pub store: Store,
    /// Its keys.
    pub vault: Vault,
    /// Its evidence log.
    pub evidence: Evidence,
    /// Version of the program.
    pub version: String,
    /// Where the tables lie when they are not in the data folder: they stay there, kept by the versions of its bucket,
    /// and the snapshot says so.
    pub lake: Option<String>,
}

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The snapshot made.
    pub snapshot: Snapshot,
    /// Files that were not in the backup before.
    pub files_new: u64,
    /// Their bytes.
    pub bytes_new: u64,
}

/// Make a snapshot of `source` in the backup folder `target`.
pub async fn create(source: &Source, target: &Path, actor: &str) -> Result<Report> {
    let repository = Repository::create(target)?;
    let _turn = repository.turn()?;
    let named = source.vault.data_key(PURPOSE).await?;
    let key = Arc::new(SealingKey::new(named.id, named.key)?);
    let id = source.store.new_id();
    let previous = repository.snapshots()?.into_iter().rev().find(|snapshot| snapshot.key_id == key.id);
    let known = previous.and_then(|snapshot| repository.manifest(&key, &snapshot).ok()).unwrap_or_default();
    let known: HashMap<String, FileEntry> =
        known.files.into_iter().map(|file| (file.path.clone(), file)).collect();
    let mut stored = Stored {
        repository: repository.clone(),
        key: key.clone(),
        known,
        entries: Vec::new(),
        files_new: 0,
        bytes_new: 0,
    };
    let head = source.evidence.head().await?;
    // Before the database: the kept head must not be ahead of the log that is restored beside it, and what leaves a
    // spool must be in the database.
    let mut before = files::keys(&source.root)?;
    before.append(&mut files::spools(&source.root)?);
    stored = stored.with(before).await?;
    let created_at = source.store.now();
    let copy = DatabaseCopy::take(source, &id).await?;
    let mut found = files::beside(&source.root)?;
    if source.lake.is_none() {
        found.append(&mut files::lake(&source.root, &copy.datasets, copy.cut)?);
    }
    found.push(copy.as_found()?);
    let Stored { entries, files_new, bytes_new, .. } = stored.with(found).await?;
    let manifest = Manifest { files: entries, datasets: copy.datasets.clone() };
    let text = serde_json::to_vec(&manifest).map_err(|cause| Error::damaged(cause.to_string()))?;
    let snapshot = Snapshot {
        id,
        created_at,
        version: source.version.clone(),
        key_id: key.id.clone(),
        manifest: repository.put_bytes(&key, &text)?,
        files: manifest.files.len() as u64,
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
        evidence_size: head.size,
        evidence_root: head.root.to_string(),
        lake: source.lake.clone(),
    };
    repository.write_keys(data_key::living(source.store.db()).await?)?;
    repository.add_snapshot(&snapshot)?;
    let body = serde_json::json!({
        "files": snapshot.files, "bytes": snapshot.bytes, "bytes_new": bytes_new,
        "manifest": snapshot.manifest, "evidence_size": head.size,
    });
    let entry = EvidenceEntry {
        kind: "backup.create".to_owned(),
        actor: actor.to_owned(),
        subject: snapshot.id.clone(),
        body,
    };
    source.evidence.record(entry).await?;
    Ok(Report { snapshot, files_new, bytes_new })
}

/// What the snapshot has so far.
struct Stored {
    repository: Repository,
    key: Arc<SealingKey>,
    known: HashMap<String, FileEntry>,
    entries: Vec<FileEntry>,
    files_new: u64,
    bytes_new: u64,
}

impl Stored {
    /// With these files put into the backup, beside the threads that answer requests.
    async fn with(self, found: Vec<Found>) -> Result<Self> {
        let storing = tokio::task::spawn_blocking(move || self.put_all(found));
        storing.await.map_err(|cause| Error::damaged(cause.to_string()))?
    }

    /// A file that has not changed since the last snapshot is not even read.
    fn put_all(mut self, found: Vec<Found>) -> Result<Self> {
        for file in found {
            let unchanged = self.known.get(&file.name).filter(|before| {
                file.modified != 0
                    && before.bytes == file.bytes
                    && before.modified == file.modified
                    && self.repository.has(&before.object)
            });
            let (object, bytes) = match unchanged {
                Some(before) => (before.object.clone(), before.bytes),
                None => {
                    let Some(put) = self.repository.put_found(&self.key, &file)? else { continue };
                    self.files_new += 1;
                    self.bytes_new += file.bytes;
                    put
                }
            };
            let (path, modified) = (file.name, file.modified);
            self.entries.push(FileEntry { path, bytes, modified, object, parts: Vec::new() });
        }
        Ok(self)
    }
}

/// A copy of the database without any wrapped key, removed when dropped.
struct DatabaseCopy {
    path: PathBuf,
    datasets: BTreeMap<String, i64>,
    /// When the copy was whole; what the lake got later is not in it.
    cut: std::time::SystemTime,
}

impl DatabaseCopy {
    async fn take(source: &Source, id: &str) -> Result<Self> {
        let folder = source.root.join("tmp");
        crate::repository::create_private(&folder).map_err(Error::at(&folder))?;
        let path = folder.join(format!("backup-{id}.db"));
        let mut copy =
            Self { path: path.clone(), datasets: BTreeMap::new(), cut: std::time::SystemTime::UNIX_EPOCH };
        source.store.copy_into(&path).await?;
        copy.cut = std::fs::metadata(&path).and_then(|file| file.modified()).map_err(Error::at(&path))?;
        let url = format!("sqlite:{}", path.display());
        let store = Store::open(&url, source.store.clock().clone()).await?;
        copy.datasets = versions(store.db()).await?;
        data_key::strip(store.db()).await?;
        store.scrub().await?;
        store.close().await?;
        Ok(copy)
    }

    fn as_found(&self) -> Result<Found> {
        let bytes = std::fs::metadata(&self.path).map_err(Error::at(&self.path))?.len();
        // The copy is another each time.
        Ok(Found {
            path: self.path.clone(),
            name: "store/brain.db".to_owned(),
            bytes,
            modified: 0,
            grows: false,
        })
    }
}

impl Drop for DatabaseCopy {
    fn drop(&mut self) {
        for path in brain_store::files_of(&self.path) {
            if let Err(error) = std::fs::remove_file(&path)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), %error, "a copy of the database was not removed");
            }
        }
    }
}

/// Datasets and their versions as the catalogue names them.
pub(crate) async fn versions(db: &impl ConnectionTrait) -> Result<BTreeMap<String, i64>> {
    let mut versions = BTreeMap::new();
    for page in 1.. {
        let found =
            dataset::list(db, &dataset::DatasetFilter::default(), PageRequest::new(page, 1_000)).await?;
        if found.items.is_empty() {
            break;
        }
        versions.extend(found.items.into_iter().filter_map(|row| Some((row.name, row.version?))));
    }
    Ok(versions)
}

//! `brain restore`: a snapshot becomes a data folder again, or nothing does.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use brain_kernel::clock::Clock;
use brain_store::data_key::DataKeyRow;
use brain_store::{Store, data_key};
use brain_trust::Keyring;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::repository::{
    FileEntry, Manifest, Repository, SealingKey, Snapshot, WrappedKey, create_private, private_file,
};
use crate::{Error, Result};

/// Which snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// The newest.
    Newest,
    /// The newest that is not younger than this.
    At(DateTime<Utc>),
    /// This one.
    Snapshot(String),
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The snapshot restored.
    pub snapshot: Snapshot,
    /// Files written and found to be what was backed up.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Data keys that were destroyed after the snapshot and stay so.
    pub keys_destroyed: u64,
}

/// Restore into `into`, which must not exist or be empty. Until everything is written and checked it is another
/// folder beside it, so that a restore cut short leaves no half node.
///
/// `server` is the address of an empty PostgreSQL database where the node keeps its operational state; `None` leaves it
/// in the folder. It is filled in one transaction, before the folder gets its name.
pub async fn restore(
    repository: &Repository,
    point: &Point,
    into: &Path,
    ring: &Keyring,
    server: Option<&str>,
    clock: Arc<dyn Clock>,
) -> Result<Restored> {
    let snapshot = choose(repository.snapshots()?, point)?;
    if fs::read_dir(into).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::NotEmpty(into.display().to_string()));
    }
    let mut draft = into.to_owned();
    draft.as_mut_os_string().push(".restoring");
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(Error::at(&draft))?;
    }
    let key = repository.sealing_key(ring, &snapshot.key_id)?;
    // The node wraps all of them anew when it opens: what would fail then fails before there is half a node.
    repository.check_keys(ring)?;
    let (reading, target, taken) = (repository.clone(), draft.clone(), snapshot.clone());
    let written = tokio::task::spawn_blocking(move || {
        let manifest = reading.manifest(&key, &taken)?;
        write_all(&reading, &key, &manifest, &target)
    });
    let bytes = written.await.map_err(|cause| Error::damaged(cause.to_string()))??;
    let keys_destroyed = return_keys(repository.keys()?, &draft, clock.clone()).await?;
    if let Some(server) = server {
        move_database(&draft, server, clock).await?;
    }
    if into.exists() {
        fs::remove_dir(into).map_err(Error::at(into))?;
    }
    fs::rename(&draft, into).map_err(Error::at(into))?;
    Ok(Restored { files: snapshot.files, bytes, snapshot, keys_destroyed })
}

fn choose(snapshots: Vec<Snapshot>, point: &Point) -> Result<Snapshot> {
    let wanted = |snapshot: &Snapshot| match point {
        Point::Newest => true,
        Point::At(moment) => snapshot.created_at <= *moment,
        Point::Snapshot(id) => snapshot.id == *id,
    };
    snapshots.into_iter().rev().find(wanted).ok_or_else(|| {
        Error::NoSnapshot(match point {
            Point::Newest => "any".to_owned(),
            Point::At(moment) => moment.to_rfc3339(),
            Point::Snapshot(id) => id.clone(),
        })
    })
}

fn write_all(repository: &Repository, key: &SealingKey, manifest: &Manifest, into: &Path) -> Result<u64> {
    for folder in ["", "keys", "store", "lake", "mappings", "tmp", "uploads"] {
        create_private(&into.join(folder)).map_err(Error::at(into))?;
    }
    let mut bytes = 0;
    for file in &manifest.files {
        bytes += write_one(repository, key, file, into)?;
    }
    Ok(bytes)
}

fn write_one(repository: &Repository, key: &SealingKey, entry: &FileEntry, into: &Path) -> Result<u64> {
    let path = entry.below(into)?;
    if let Some(folder) = path.parent() {
        create_private(folder).map_err(Error::at(folder))?;
    }
    let mut file = private_file(&path).map_err(Error::at(&path))?;
    let mut written = 0;
    for object in entry.objects() {
        written += repository.get(key, object, &mut file)?;
    }
    brain_durable::sync_file(&file, &path).map_err(Error::at(&path))?;
    if written != entry.bytes {
        return Err(Error::damaged(format!("{} has {written} bytes, not {}", entry.path, entry.bytes)));
    }
    entry.date(&path)?;
    Ok(written)
}

impl FileEntry {
    /// Where the file lies in a data folder.
    pub(crate) fn below(&self, root: &Path) -> Result<PathBuf> {
        let relative = Path::new(&self.path);
        // The list is authenticated; a path that leads out of the folder is a defect all the same.
        if relative.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(root.join(relative))
        } else {
            Err(Error::damaged(format!("path {}", self.path)))
        }
    }

    /// Give the file the moment it was changed at. The database has none of its own: it is another file each time.
    pub(crate) fn date(&self, path: &Path) -> Result<()> {
        let since = u64::try_from(self.modified).map(std::time::Duration::from_nanos).unwrap_or_default();
        let Some(at) = std::time::UNIX_EPOCH.checked_add(since).filter(|_| !since.is_zero()) else {
            return Ok(());
        };
        let file = File::options().write(true).open(path);
        file.and_then(|file| file.set_modified(at)).map_err(Error::at(path))
    }
}

/// Give the database its wrapped keys back. One that the backup no longer has was destroyed; it stays so.
pub(crate) async fn return_keys(keys: Vec<WrappedKey>, folder: &Path, clock: Arc<dyn Clock>) -> Result<u64> {
    let url = format!("sqlite:{}", database_of(folder).display());
    let store = Store::open(&url, clock).await?;
    let kept: HashSet<String> = keys.iter().map(|key| key.id.clone()).collect();
    let transaction = store.transaction().await?;
    let mut destroyed = 0;
    for row in data_key::living(&transaction).await? {
        if !kept.contains(&row.id) {
            data_key::destroy(&transaction, &row.id, store.now()).await?;
            destroyed += 1;
        }
    }
    for key in keys {
        let wrapped =
            brain_kernel::hexadecimal::decode(&key.wrapped).ok_or_else(|| Error::damaged("keys.json"))?;
        match data_key::find(&transaction, &key.id).await? {
            Some(row) if row.destroyed_at.is_some() => {}
            Some(row) => data_key::rewrap(&transaction, &row.id, &key.kek_id, wrapped).await?,
            None => {
                data_key::insert(&transaction, row_of(key, wrapped)).await?;
            }
        }
    }
    transaction.commit().await?;
    store.close().await?;
    Ok(destroyed)
}

/// Move the restored database to a server; its file goes.
async fn move_database(folder: &Path, server: &str, clock: Arc<dyn Clock>) -> Result<()> {
    let path = database_of(folder);
    let file = Store::open(&format!("sqlite:{}", path.display()), clock.clone()).await?;
    let server = Store::open(server, clock).await?;
    let rows = file.pour_into(&server).await?;
    file.close().await?;
    server.close().await?;
    tracing::info!(rows, "the operational state was moved to the server");
    for file in brain_store::files_of(&path) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::at(&file)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn database_of(folder: &Path) -> PathBuf {
    folder.join("store").join("brain.db")
}

fn row_of(key: WrappedKey, wrapped: Vec<u8>) -> DataKeyRow {
    DataKeyRow {
        id: key.id,
        purpose: key.purpose,
        algorithm: key.algorithm,
        kek_id: key.kek_id,
        wrapped: Some(wrapped),
        created_at: key.created_at,
        retired_at: key.retired_at,
        destroyed_at: None,
    }
}

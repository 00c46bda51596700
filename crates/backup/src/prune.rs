//! Thinning out (备份清理): old snapshots go, and with them the objects that no kept one needs.
//!
//! What was erased stays erased: a snapshot whose key was destroyed cannot be restored by anybody, so it and all that
//! its key sealed go whatever their age. Nothing is removed that a kept snapshot might need: one that cannot be read
//! stops the whole of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use brain_crypto::{HEADER_BYTES, SealedHeader};
use brain_kernel::hexadecimal;
use brain_store::{PageRequest, Store, data_key};
use brain_trust::{EvidenceEntry, Keyring};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::create::Source;
use crate::repository::{FileEntry, Repository, Snapshot};
use crate::{Error, Result};

/// What thinning out did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// Snapshots removed because of their age.
    pub snapshots_old: u64,
    /// Snapshots removed because their key was destroyed.
    pub snapshots_erased: u64,
    /// Snapshots that stay.
    pub snapshots_kept: u64,
    /// Objects removed.
    pub objects: u64,
    /// Their bytes as they lay there.
    pub bytes: u64,
}

/// Thin a backup of `source` out; keys that the node destroyed leave the backup first. Recorded like a backup.
pub async fn prune(source: &Source, target: &Path, keep_days: u32, actor: &str) -> Result<Pruned> {
    let repository = Repository::open(target)?;
    let destroyed: BTreeSet<String> = destroyed_keys(&source.store).await?;
    let (ring, now) = (source.vault.keyring(), source.store.now());
    let work = tokio::task::spawn_blocking(move || {
        repository.drop_keys(&destroyed)?;
        repository.prune(&ring, keep_days, now)
    });
    let pruned = work.await.map_err(|cause| Error::damaged(cause.to_string()))??;
    let entry = EvidenceEntry {
        kind: "backup.prune".to_owned(),
        actor: actor.to_owned(),
        subject: target.display().to_string(),
        body: serde_json::json!({ "keep_days": keep_days, "pruned": pruned }),
    };
    source.evidence.record(entry).await?;
    Ok(pruned)
}

async fn destroyed_keys(store: &Store) -> Result<BTreeSet<String>> {
    let mut destroyed = BTreeSet::new();
    for page in 1.. {
        let found = data_key::list(store.db(), PageRequest::new(page, 1_000)).await?;
        if found.items.is_empty() {
            break;
        }
        destroyed.extend(found.items.into_iter().filter(|row| row.destroyed_at.is_some()).map(|row| row.id));
    }
    Ok(destroyed)
}

impl Repository {
    /// Keep snapshots of the last `keep_days` days, and the newest in any case.
    pub fn prune(&self, ring: &Keyring, keep_days: u32, now: DateTime<Utc>) -> Result<Pruned> {
        let _turn = self.turn()?;
        let living: BTreeSet<String> = self.keys()?.into_iter().map(|key| key.id).collect();
        let snapshots = self.snapshots()?;
        let newest = snapshots.iter().rev().find(|snapshot| living.contains(&snapshot.key_id));
        let newest = newest.map(|snapshot| snapshot.id.clone());
        let cutoff = now - TimeDelta::days(keep_days.into());
        let mut pruned = Pruned::default();
        let mut kept = Vec::new();
        let mut going = Vec::new();
        for snapshot in snapshots {
            if !living.contains(&snapshot.key_id) {
                pruned.snapshots_erased += 1;
                going.push(snapshot);
            } else if snapshot.created_at < cutoff && Some(&snapshot.id) != newest.as_ref() {
                pruned.snapshots_old += 1;
                going.push(snapshot);
            } else {
                kept.push(snapshot);
            }
        }
        let needed = self.needed(ring, &kept)?;
        for snapshot in &going {
            self.remove_snapshot(snapshot)?;
        }
        pruned.snapshots_kept = kept.len() as u64;
        self.sweep_objects(&needed, &living, &mut pruned)?;
        Ok(pruned)
    }

    /// Keep the newest `count` snapshots and nothing else that lies among the objects.
    pub(crate) fn thin(&self, ring: &Keyring, count: usize) -> Result<Vec<Snapshot>> {
        let living: BTreeSet<String> = self.keys()?.into_iter().map(|key| key.id).collect();
        let (mut kept, mut going) = (Vec::new(), Vec::new());
        for snapshot in self.snapshots()?.into_iter().rev() {
            let stays = kept.len() < count && living.contains(&snapshot.key_id);
            let list = if stays { &mut kept } else { &mut going };
            list.push(snapshot);
        }
        kept.reverse();
        let needed = self.needed(ring, &kept)?;
        for snapshot in &going {
            self.remove_snapshot(snapshot)?;
        }
        self.sweep_objects(&needed, &living, &mut Pruned::default())?;
        Ok(kept)
    }

    /// Names of every object that these snapshots consist of.
    fn needed(&self, ring: &Keyring, kept: &[Snapshot]) -> Result<BTreeSet<String>> {
        let mut needed = BTreeSet::new();
        for snapshot in kept {
            let key = self.sealing_key(ring, &snapshot.key_id)?;
            let manifest = self.manifest(&key, snapshot)?;
            needed.insert(snapshot.manifest.clone());
            needed.extend(manifest.files.iter().flat_map(FileEntry::objects).map(str::to_owned));
        }
        Ok(needed)
    }

    fn sweep_objects(
        &self,
        needed: &BTreeSet<String>,
        living: &BTreeSet<String>,
        pruned: &mut Pruned,
    ) -> Result<()> {
        let objects = self.root().join("objects");
        for folder in entries(&objects)? {
            for path in entries(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let bytes = fs::metadata(&path).map_err(Error::at(&path))?.len();
                // A name that is needed and a key that was destroyed contradict each other: the key decides.
                if needed.contains(name) && sealed_by(&path)?.is_none_or(|key| living.contains(&key)) {
                    continue;
                }
                fs::remove_file(&path).map_err(Error::at(&path))?;
                pruned.objects += 1;
                pruned.bytes += bytes;
            }
        }
        Ok(())
    }
}

/// Id of the key that sealed an object; `None` for what is no whole object.
fn sealed_by(path: &Path) -> Result<Option<String>> {
    let mut header = [0; HEADER_BYTES];
    let mut file = File::open(path).map_err(Error::at(path))?;
    if file.read_exact(&mut header).is_err() {
        return Ok(None);
    }
    let Ok(header) = SealedHeader::parse(&header) else { return Ok(None) };
    let digits = hexadecimal::encode(&header.key_id);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
    Ok(Some([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")))
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let read = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
    });
    read.map_err(Error::at(folder))
}

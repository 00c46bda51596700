//! A node copied to another site all the time (异地实时备份): every round what changed, as a snapshot of the same make as a
//! backup's.
//!
//! A round costs what changed, not what there is: of the database the parts whose pages changed, of other files those
//! whose length or moment changed; a round without a change writes nothing. Names of objects that the last rounds put
//! there are remembered, so that the other site is not asked for them.
//!
//! Unlike a backup's, the database goes as its pages are, wrapped data keys among them (they open with the
//! key-encryption key alone, which is never there). So the moment a key is destroyed, every older snapshot goes.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use brain_store::data_key;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::create::{Source, versions};
use crate::files::{self, Found};
use crate::pages::{self, Pages};
use crate::repository::{FileEntry, Manifest, PURPOSE, Repository, SealingKey, Snapshot};
use crate::{Error, Result};

/// Snapshots that stay: a standby that is still fetching an older one finds it whole.
const KEPT: usize = 10;
/// A file that changed so shortly before the moment of the round may change again within the same tick of its clock.
const SETTLED: TimeDelta = TimeDelta::seconds(2);
/// Where the database lies in a data folder.
pub(crate) const DATABASE: &str = "store/brain.db";

/// What a round did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipped {
    /// The snapshot that shows the node as it was at `as_of`; an earlier one where nothing changed since.
    pub snapshot: Snapshot,
    /// The moment up to which everything is at the other site.
    pub as_of: DateTime<Utc>,
    /// Whether the snapshot is new.
    pub new: bool,
    /// Objects that were not there before.
    pub objects_new: u64,
    /// Their bytes before sealing.
    pub bytes_new: u64,
    /// Bytes of the database that were read.
    pub database_bytes_read: u64,
}

/// Copies one node to one other site, round by round.
pub struct Mirror {
    source: Source,
    repository: Repository,
    last: Option<Last>,
    pages: Pages,
    kept: Kept,
}

/// What the newest snapshot consists of.
struct Last {
    snapshot: Snapshot,
    manifest: Manifest,
    /// Ids of the data keys that were not destroyed.
    keys: BTreeSet<String>,
    /// What the list of keys was written from.
    wrapped: Vec<data_key::DataKeyRow>,
}

/// What a round found out about the node while its database stood still.
struct Moment {
    as_of: DateTime<Utc>,
    cut: std::time::SystemTime,
    datasets: BTreeMap<String, i64>,
    keys: Vec<data_key::DataKeyRow>,
    /// The database in parts; `None` where it lies on a server.
    database: Option<pages::Taken>,
}

impl Mirror {
    /// Copy `source` into the mirror at `target`, which [`LeaseFolder::establish`](crate::LeaseFolder::establish) made.
    pub fn open(source: Source, target: &Path) -> Result<Self> {
        let repository = Repository::mirror(target)?;
        Ok(Self { source, repository, last: None, pages: Pages::default(), kept: Kept::default() })
    }

    /// One round.
    ///
    /// # Errors
    /// What the other site holds is as whole as before; the next round begins where this one did.
    pub async fn ship(&mut self) -> Result<Shipped> {
        self.repository.check_there()?;
        let _turn = self.repository.turn()?;
        let named = self.source.vault.data_key(PURPOSE).await?;
        let key = Arc::new(SealingKey::new(named.id, named.key)?);
        self.recall(&key).await?;
        let head = self.source.evidence.head().await?;
        let putting = Putting {
            repository: self.repository.clone(),
            key: key.clone(),
            known: self.known(),
            files: Vec::new(),
            objects_new: 0,
            bytes_new: 0,
            database_bytes_read: 0,
        };
        // Read before the database: the kept head must not be ahead of the log that is copied beside it, and what leaves
        // a spool must be in the database.
        let root = self.source.root.clone();
        let first = tokio::task::spawn_blocking(move || {
            let mut found = files::keys(&root)?;
            found.append(&mut files::spools(&root)?);
            putting.with(found, pages::now_on_disk(&root)?)
        });
        let putting = first.await.map_err(|cause| Error::damaged(cause.to_string()))??;
        let moment = self.moment(&key).await?;
        let mut found = files::beside(&self.source.root)?;
        if self.source.lake.is_none() {
            found.append(&mut files::lake(&self.source.root, &moment.datasets, moment.cut)?);
        }
        let (as_of, version) = (moment.as_of, self.source.version.clone());
        let (datasets, database, cut) = (moment.datasets, moment.database, moment.cut);
        let work = tokio::task::spawn_blocking(move || putting.with(found, cut)?.all(database, datasets));
        let (mut put, manifest) = work.await.map_err(|cause| Error::damaged(cause.to_string()))??;
        if let Some(last) = self.unchanged(&manifest, &moment.keys) {
            let shipped = put.done(last.clone(), as_of, false);
            self.pages.settled(&manifest);
            return Ok(shipped);
        }
        let text = serde_json::to_vec(&manifest).map_err(|cause| Error::damaged(cause.to_string()))?;
        put.bytes_new += text.len() as u64;
        // Whoever took over may have a clock that is behind: the newest snapshot is the one that was made last.
        let before = self.last.as_ref().map(|last| just_after(last.snapshot.created_at));
        let snapshot = Snapshot {
            id: self.source.store.new_id(),
            created_at: before.map_or(as_of, |before| before.max(as_of)),
            version,
            key_id: key.id.clone(),
            manifest: self.repository.put_bytes(&key, &text)?,
            files: manifest.files.len() as u64,
            bytes: manifest.files.iter().map(|file| file.bytes).sum(),
            evidence_size: head.size,
            evidence_root: head.root.to_string(),
            lake: self.source.lake.clone(),
        };
        self.publish(snapshot.clone(), manifest, moment.keys)?;
        Ok(put.done(snapshot, as_of, true))
    }

    /// Snapshot, keys and what goes with them, in the order in which a crash at any point leaves the other site whole.
    fn publish(
        &mut self,
        snapshot: Snapshot,
        manifest: Manifest,
        wrapped: Vec<data_key::DataKeyRow>,
    ) -> Result<()> {
        let keys: BTreeSet<String> = wrapped.iter().map(|row| row.id.clone()).collect();
        let destroyed = self.last.as_ref().is_some_and(|last| !last.keys.is_subset(&keys));
        if self.last.as_ref().is_none_or(|last| last.wrapped != wrapped) {
            self.repository.write_keys(wrapped.clone())?;
        }
        self.repository.add_snapshot(&snapshot)?;
        self.pages.settled(&manifest);
        self.kept.push(&snapshot, &manifest);
        self.last = Some(Last { snapshot, manifest, keys, wrapped });
        // A key that was destroyed is in the pages of every older snapshot still.
        self.kept.thin(&self.repository, if destroyed { 1 } else { KEPT })
    }

    /// After a start, or under another key: see what is there, and take away what no snapshot needs.
    async fn recall(&mut self, key: &Arc<SealingKey>) -> Result<()> {
        if self.last.as_ref().is_some_and(|last| last.snapshot.key_id == key.id) {
            return Ok(());
        }
        self.pages = Pages::default();
        self.kept = Kept::default();
        self.last = None;
        let rows = data_key::living(self.source.store.db()).await?;
        if self.repository.snapshots()?.is_empty() {
            return Ok(());
        }
        let (repository, ring, key) = (self.repository.clone(), self.source.vault.keyring(), key.clone());
        let living: BTreeSet<String> = rows.iter().map(|row| row.id.clone()).collect();
        let reading = tokio::task::spawn_blocking(move || -> Result<_> {
            let listed: BTreeSet<String> = repository.keys()?.into_iter().map(|key| key.id).collect();
            let gone: BTreeSet<String> = listed.difference(&living).cloned().collect();
            repository.drop_keys(&gone)?;
            // What a key sealed that was destroyed while nobody copied goes now.
            let kept = repository.thin(&ring, if gone.is_empty() { KEPT } else { 1 })?;
            let mut whole = Vec::new();
            for snapshot in kept.into_iter().filter(|snapshot| snapshot.key_id == key.id) {
                let manifest = repository.manifest(&key, &snapshot)?;
                whole.push((snapshot, manifest));
            }
            Ok((whole, gone.is_empty()))
        });
        let (whole, intact) = reading.await.map_err(|cause| Error::damaged(cause.to_string()))??;
        for (snapshot, manifest) in &whole {
            self.kept.push(snapshot, manifest);
        }
        let keys: BTreeSet<String> = rows.iter().map(|row| row.id.clone()).collect();
        self.last = whole.into_iter().next_back().map(|(snapshot, manifest)| Last {
            snapshot,
            manifest,
            // One more than there are, where one is gone: the next round then takes the older snapshots away.
            keys: if intact { keys } else { keys.into_iter().chain([String::new()]).collect() },
            // Written anew in any case.
            wrapped: Vec::new(),
        });
        Ok(())
    }

    /// The database and what it names, at one moment.
    async fn moment(&mut self, key: &Arc<SealingKey>) -> Result<Moment> {
        let store = &self.source.store;
        let as_of = store.now();
        let Some(frozen) = store.freeze().await? else {
            let (datasets, keys) = (versions(store.db()).await?, data_key::living(store.db()).await?);
            // After the versions were read: what they name is written by then.
            let cut = pages::now_on_disk(&self.source.root)?;
            return Ok(Moment { as_of, cut, datasets, keys, database: None });
        };
        let cut = pages::now_on_disk(&self.source.root)?;
        let datasets = versions(frozen.db()).await?;
        let keys = data_key::living(frozen.db()).await?;
        self.pages.note(frozen.changed());
        let before = self.last.as_ref().and_then(|last| last.manifest.database()).cloned();
        let (path, root, key) = (frozen.path().to_owned(), self.source.root.clone(), key.clone());
        let wanted = self.pages.wanted(before.as_ref());
        let taking =
            tokio::task::spawn_blocking(move || pages::take(&path, &root, &key, before.as_ref(), &wanted));
        let database = taking.await.map_err(|cause| Error::damaged(cause.to_string()))?;
        frozen.thaw().await?;
        Ok(Moment { as_of, cut, datasets, keys, database: Some(database?) })
    }

    fn known(&self) -> HashMap<String, FileEntry> {
        let files = self.last.as_ref().map(|last| last.manifest.files.as_slice()).unwrap_or_default();
        files.iter().map(|file| (file.path.clone(), file.clone())).collect()
    }

    /// The newest snapshot, where it shows the same.
    fn unchanged(&self, manifest: &Manifest, keys: &[data_key::DataKeyRow]) -> Option<&Snapshot> {
        let last = self.last.as_ref()?;
        let same = |(a, b): (&FileEntry, &FileEntry)| a.path == b.path && a.objects().eq(b.objects());
        let whole = last.wrapped == keys
            && last.manifest.datasets == manifest.datasets
            && last.manifest.files.len() == manifest.files.len()
            && last.manifest.files.iter().zip(&manifest.files).all(same);
        whole.then_some(&last.snapshot)
    }
}

/// The moment after `moment`, which the other site says: it may be the last there is.
fn just_after(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.checked_add_signed(TimeDelta::milliseconds(1)).unwrap_or(moment)
}

/// What a round puts to the other site.
struct Putting {
    repository: Repository,
    key: Arc<SealingKey>,
    known: HashMap<String, FileEntry>,
    /// What there is so far.
    files: Vec<FileEntry>,
    objects_new: u64,
    bytes_new: u64,
    database_bytes_read: u64,
}

impl Putting {
    /// Put files that were found after the moment `cut`.
    fn with(mut self, found: Vec<Found>, cut: std::time::SystemTime) -> Result<Self> {
        let settled = files::nanoseconds(cut) - SETTLED.num_nanoseconds().unwrap_or_default();
        for file in found {
            let entry = self.one(file, settled)?;
            self.files.extend(entry);
        }
        Ok(self)
    }

    /// Put the database last; everything together.
    fn all(
        mut self,
        database: Option<pages::Taken>,
        datasets: BTreeMap<String, i64>,
    ) -> Result<(Self, Manifest)> {
        let mut files = std::mem::take(&mut self.files);
        if let Some(taken) = database {
            self.database_bytes_read = taken.bytes_read;
            for part in taken.spooled()? {
                let (name, bytes) = part?;
                if !self.repository.has(&name) {
                    self.objects_new += 1;
                    self.bytes_new += bytes.len() as u64;
                    self.repository.put_named(&self.key, &name, &bytes)?;
                }
            }
            files.push(taken.entry());
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((self, Manifest { files, datasets }))
    }

    /// A file that has not changed since the last round is not read; `None` for one that has gone and was meant to.
    fn one(&mut self, file: Found, settled: i64) -> Result<Option<FileEntry>> {
        let before = self.known.get(&file.name).filter(|before| {
            before.modified != 0 && before.modified == file.modified && before.bytes == file.bytes
        });
        let (object, bytes) = match before {
            Some(before) => (before.object.clone(), before.bytes),
            None => {
                let Some((object, bytes)) = self.repository.put_found(&self.key, &file)? else {
                    return Ok(None);
                };
                if self.known.get(&file.name).is_none_or(|before| before.object != object) {
                    self.objects_new += 1;
                    self.bytes_new += bytes;
                }
                (object, bytes)
            }
        };
        let modified = if file.modified < settled { file.modified } else { 0 };
        Ok(Some(FileEntry { path: file.name, bytes, modified, object, parts: Vec::new() }))
    }

    fn done(&self, snapshot: Snapshot, as_of: DateTime<Utc>, new: bool) -> Shipped {
        Shipped {
            snapshot,
            as_of,
            new,
            objects_new: self.objects_new,
            bytes_new: self.bytes_new,
            database_bytes_read: self.database_bytes_read,
        }
    }
}

impl Manifest {
    /// The database, where it is among the files.
    pub(crate) fn database(&self) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.path == DATABASE)
    }
}

/// The snapshots that are there, and how many of them need each object.
#[derive(Default)]
struct Kept {
    snapshots: VecDeque<(Snapshot, Vec<String>)>,
    needed: HashMap<String, u32>,
}

impl Kept {
    fn push(&mut self, snapshot: &Snapshot, manifest: &Manifest) {
        let objects = manifest.files.iter().flat_map(FileEntry::objects).map(str::to_owned);
        let objects: Vec<String> = objects.chain([snapshot.manifest.clone()]).collect();
        for object in &objects {
            *self.needed.entry(object.clone()).or_default() += 1;
        }
        self.snapshots.push_back((snapshot.clone(), objects));
    }

    /// Take the oldest away until `count` are left, with what they alone needed.
    fn thin(&mut self, repository: &Repository, count: usize) -> Result<()> {
        while self.snapshots.len() > count {
            let Some((snapshot, objects)) = self.snapshots.pop_front() else { break };
            repository.remove_snapshot(&snapshot)?;
            for object in objects {
                let Some(left) = self.needed.get_mut(&object) else { continue };
                *left -= 1;
                if *left == 0 {
                    self.needed.remove(&object);
                    repository.remove_object(&object)?;
                }
            }
        }
        Ok(())
    }
}

//! A warm copy of a mirrored node (温备副本): brought up to date in the background, put in place of a data folder when it
//! is needed.
//!
//! ```text
//! <place>/follow.json   what the copy holds, and what it is being brought to
//! <place>/incoming/     opened objects that are not in the copy yet
//! <place>/copy/         the data folder to be
//! ```
//!
//! First everything that is new is fetched; only then the copy is touched, from this machine's own disk. Killed at any
//! moment, the next start goes on: before the copy is touched `follow.json` says what it becomes, and what was fetched
//! lies there until all of it is in place.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brain_kernel::clock::Clock;
use brain_trust::Keyring;
use serde::{Deserialize, Serialize};

use crate::mirror::DATABASE;
use crate::repository::{
    FileEntry, Manifest, PART_BYTES, Repository, Snapshot, WrappedKey, create_private, private_file,
};
use crate::restore::return_keys;
use crate::{Error, Result};

/// Largest `follow.json`, bytes.
const STATE_BYTES_MAX: u64 = 1 << 30;

/// A state of the node the copy is of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Shown {
    snapshot: Snapshot,
    manifest: Manifest,
    keys: Vec<WrappedKey>,
}

/// What is remembered between starts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// What the copy holds.
    whole: Option<Shown>,
    /// What it is being brought to.
    next: Option<Shown>,
    /// Whether the copy's database was opened for a take-over, and is no longer what was copied.
    #[serde(default)]
    opened: bool,
}

/// What a look at the mirror brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The snapshot the copy holds.
    pub snapshot: Snapshot,
    /// Whether it is another than before.
    pub new: bool,
    /// Objects fetched.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Follows one mirror into one place. Every function works on files and blocks its thread.
pub struct Follower {
    mirror: PathBuf,
    place: PathBuf,
    state: State,
}

impl Follower {
    /// Follow the mirror at `mirror` into the folder `place`, going on where an earlier start ended.
    pub fn open(mirror: &Path, place: &Path) -> Result<Self> {
        for part in ["incoming", "copy"] {
            create_private(&place.join(part)).map_err(Error::at(place))?;
        }
        let state = match File::open(place.join("follow.json")) {
            Ok(file) => read_state(file).map_err(Error::at(place))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(Error::at(place)(error)),
        };
        let mut follower = Self { mirror: mirror.to_owned(), place: place.to_owned(), state };
        follower.forget_opened();
        follower.settle()?;
        Ok(follower)
    }

    /// The snapshot the copy holds.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.state.whole.as_ref().map(|shown| &shown.snapshot)
    }

    /// Whether the copy has its database; that of a node on PostgreSQL comes by the server's own replication.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.state.whole.as_ref().is_some_and(|shown| shown.manifest.database().is_some())
    }

    /// Bring the copy to the newest snapshot; `None` while there is none.
    pub fn advance(&mut self, ring: &Keyring) -> Result<Option<Followed>> {
        self.settle()?;
        let repository = Repository::open(&self.mirror)?;
        let Some(newest) = repository.snapshots()?.pop() else { return Ok(None) };
        if self.snapshot().is_some_and(|snapshot| snapshot.id == newest.id) {
            return Ok(Some(Followed { snapshot: newest, new: false, objects: 0, bytes: 0 }));
        }
        let key = repository.sealing_key(ring, &newest.key_id)?;
        // A key that does not open is found now and not when the copy is needed.
        repository.check_keys(ring)?;
        let manifest = repository.manifest(&key, &newest)?;
        let (mut objects, mut bytes) = (0, 0);
        for (file, changed) in self.changed(&manifest) {
            // The list is authenticated; a path that leads out of the folder is a defect all the same.
            file.below(&self.place)?;
            for name in changed {
                let path = self.incoming(name);
                if path.exists() {
                    continue;
                }
                let draft = path.with_extension("new");
                let mut sink = private_file(&draft).map_err(Error::at(&draft))?;
                bytes += repository.get(&key, name, &mut sink)?;
                objects += 1;
                brain_durable::sync_file(&sink, &draft).map_err(Error::at(&draft))?;
                fs::rename(&draft, &path).map_err(Error::at(&path))?;
            }
        }
        let incoming = self.place.join("incoming");
        brain_durable::sync_folder(&incoming).map_err(Error::at(&incoming))?;
        let keys = repository.keys()?;
        self.state.next = Some(Shown { snapshot: newest.clone(), manifest, keys });
        self.save()?;
        self.settle()?;
        Ok(Some(Followed { snapshot: newest, new: true, objects, bytes }))
    }

    /// Files of `manifest` that the copy does not hold as they are there, with the objects that are missing.
    fn changed<'a>(&self, manifest: &'a Manifest) -> Vec<(&'a FileEntry, Vec<&'a str>)> {
        let held = self.held();
        let changed = manifest.files.iter().filter_map(|file| {
            let before = held.get(file.path.as_str());
            let missing: Vec<&str> = match before {
                // Only parts keep their place; other files are written whole.
                Some(before) if !file.parts.is_empty() => {
                    let parts = file.parts.iter().enumerate();
                    let other = parts.filter(|(at, name)| before.parts.get(*at) != Some(*name));
                    other.map(|(_, name)| name.as_str()).collect()
                }
                Some(before) if before.object == file.object && before.parts.is_empty() => Vec::new(),
                _ => file.objects().collect(),
            };
            let cut = before.is_some_and(|before| before.bytes != file.bytes);
            (!missing.is_empty() || cut).then_some((file, missing))
        });
        changed.collect()
    }

    fn held(&self) -> HashMap<&str, &FileEntry> {
        let files =
            self.state.whole.as_ref().map(|shown| shown.manifest.files.as_slice()).unwrap_or_default();
        files.iter().map(|file| (file.path.as_str(), file)).collect()
    }

    /// Put what was fetched in its place, where that was begun.
    fn settle(&mut self) -> Result<()> {
        let Some(next) = self.state.next.take() else { return Ok(()) };
        let placed = self.place_all(&next);
        match placed {
            Ok(()) => {
                self.state.whole = Some(next);
                self.save()?;
                let incoming = self.place.join("incoming");
                fs::remove_dir_all(&incoming)
                    .and_then(|()| create_private(&incoming))
                    .map_err(Error::at(&incoming))
            }
            Err(error) => {
                self.state.next = Some(next);
                Err(error)
            }
        }
    }

    fn place_all(&self, next: &Shown) -> Result<()> {
        let copy = self.place.join("copy");
        for folder in ["keys", "store", "lake", "mappings", "tmp", "uploads"] {
            create_private(&copy.join(folder)).map_err(Error::at(&copy))?;
        }
        let changed = self.changed(&next.manifest);
        // Taken from here by the last file that needs it, so that a second attempt finds what the first one left.
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for name in changed.iter().filter(|(file, _)| file.parts.is_empty()).flat_map(|(_, names)| names) {
            *uses.entry(*name).or_default() += 1;
        }
        for (file, names) in &changed {
            let path = file.below(&copy)?;
            if let Some(folder) = path.parent() {
                create_private(folder).map_err(Error::at(folder))?;
            }
            if file.parts.is_empty() {
                for name in names {
                    let left = uses.get_mut(*name).map(|left| {
                        *left -= 1;
                        *left
                    });
                    self.place_one(name, &path, left == Some(0)).map_err(Error::at(&path))?;
                }
                file.date(&path)?;
            } else {
                self.place_parts(file, names, &path).map_err(Error::at(&path))?;
            }
        }
        let stays: HashSet<&str> = next.manifest.files.iter().map(|file| file.path.as_str()).collect();
        for gone in self.held().into_values().filter(|file| !stays.contains(file.path.as_str())) {
            let path = gone.below(&copy)?;
            remove(&path).map_err(Error::at(&path))?;
        }
        Ok(())
    }

    fn place_one(&self, name: &str, path: &Path, last: bool) -> io::Result<()> {
        let from = self.incoming(name);
        // An earlier attempt put it there before it was killed.
        if !from.exists() && path.exists() {
            return Ok(());
        }
        if last {
            fs::rename(&from, path)?;
        } else {
            let mut draft = path.to_owned();
            draft.as_mut_os_string().push(".new");
            let mut sink = private_file(&draft)?;
            io::copy(&mut File::open(&from)?, &mut sink)?;
            brain_durable::sync_file(&sink, &draft)?;
            fs::rename(&draft, path)?;
        }
        path.parent().map_or(Ok(()), brain_durable::sync_folder)
    }

    fn place_parts(&self, file: &FileEntry, names: &[&str], path: &Path) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut sink = options.open(path)?;
        // Of a take-over that was not ended: a log beside the database would be folded into what it does not belong to,
        // and sums would be those of other pages.
        for beside in brain_store::files_of(path).iter().skip(1) {
            remove(beside)?;
        }
        let names: HashSet<&str> = names.iter().copied().collect();
        for (at, name) in file.parts.iter().enumerate().filter(|(_, name)| names.contains(name.as_str())) {
            sink.seek(SeekFrom::Start(at as u64 * PART_BYTES))?;
            io::copy(&mut File::open(self.incoming(name))?, &mut sink)?;
        }
        sink.set_len(file.bytes)?;
        brain_durable::sync_file(&sink, path)
    }

    /// Make the copy a data folder at `into`, which must not exist or be empty; the snapshot it shows.
    ///
    /// `before` is called when everything is ready, with the folder that will be renamed; until then nothing at `into`
    /// has changed.
    pub async fn take_over(
        &mut self,
        into: &Path,
        clock: Arc<dyn Clock>,
        before: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Snapshot> {
        self.settle()?;
        if fs::read_dir(into).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::NotEmpty(into.display().to_string()));
        }
        let Some(shown) = self.state.whole.clone() else {
            return Err(Error::NoSnapshot(self.mirror.display().to_string()));
        };
        let copy = self.place.join("copy");
        if self.has_database() {
            self.state.opened = true;
            self.save()?;
            return_keys(shown.keys, &copy, clock).await?;
        }
        before(&copy)?;
        if into.exists() {
            fs::remove_dir(into).map_err(Error::at(into))?;
        }
        fs::rename(&copy, into).map_err(Error::at(into))?;
        if let Some(folder) = into.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            brain_durable::sync_folder(folder).map_err(Error::at(folder))?;
        }
        fs::remove_dir_all(&self.place).map_err(Error::at(&self.place))?;
        self.state = State::default();
        Ok(shown.snapshot)
    }

    /// A take-over that was begun and not ended opened the database: it is fetched anew.
    fn forget_opened(&mut self) {
        if !self.state.opened {
            return;
        }
        if let Some(whole) = &mut self.state.whole {
            whole.manifest.files.retain(|file| file.path != DATABASE);
            // The newest snapshot may be the same one.
            whole.snapshot.id.clear();
        }
        self.state.opened = false;
    }

    fn incoming(&self, name: &str) -> PathBuf {
        self.place.join("incoming").join(name)
    }

    fn save(&self) -> Result<()> {
        let path = self.place.join("follow.json");
        let text = serde_json::to_vec(&self.state).map_err(|cause| Error::damaged(cause.to_string()))?;
        brain_crypto::replace_private_file(&path, &text).map_err(Error::at(&path))
    }
}

fn read_state(file: File) -> io::Result<State> {
    let mut text = Vec::new();
    file.take(STATE_BYTES_MAX).read_to_end(&mut text)?;
    serde_json::from_slice(&text).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

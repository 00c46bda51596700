//! The folder a backup lies in: sealed objects named by their content, snapshots, and the wrapped keys.
//!
//! ```text
//! keys.json             data keys, wrapped; written anew by each backup, so that a destroyed key leaves it
//! objects/ab/ab12…      one sealed file each, named by a mark of its content under the backup's key
//! snapshots/<id>.json   when, what and which object is the list of files; the last thing written
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use brain_crypto::{
    AeadAlgorithm, DataKey, Digest, DigestAlgorithm, HEADER_BYTES, Hasher, SealedHeader, SealedReader,
    SealedWriter, replace_private_file,
};
use brain_store::data_key::DataKeyRow;
use brain_trust::Keyring;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Purpose of the data key that seals backups.
pub(crate) const PURPOSE: &str = "backup";
/// Files up to this length are read into memory, bytes.
const SMALL_BYTES_MAX: u64 = 1 << 20;
/// Largest list of files or keys read into memory, bytes.
const LIST_BYTES_MAX: u64 = 1 << 30;
/// Length of one part of a file that is kept in parts, bytes: a page that changed costs as much.
pub(crate) const PART_BYTES: u64 = 256 << 10;
/// Longest name of an object, hexadecimal digits.
const NAME_DIGITS_MAX: usize = 128;

/// One backup, as its list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Id, a UUID that sorts by time.
    pub id: String,
    /// The moment it shows.
    pub created_at: DateTime<Utc>,
    /// Version of the program that made it.
    pub version: String,
    /// Data key that seals it.
    pub key_id: String,
    /// Object with the list of files.
    pub(crate) manifest: String,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Entries in the evidence log.
    pub evidence_size: u64,
    /// Root over them.
    pub evidence_root: String,
    /// Where the tables lie that are not in it: on an object store, kept by the versions of its bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lake: Option<String>,
}

/// One file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    /// Path below the data folder, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// Last change, nanoseconds since 1970; with path and length it tells an unchanged file without reading it.
    pub(crate) modified: i64,
    /// Object that holds it; empty where `parts` do.
    pub(crate) object: String,
    /// Objects that hold it one after the other, each but the last [`PART_BYTES`] long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<String>,
}

impl FileEntry {
    /// Every object the file consists of, in order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        let whole = self.parts.is_empty().then_some(self.object.as_str());
        whole.into_iter().chain(self.parts.iter().map(String::as_str))
    }
}

/// What a snapshot consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) files: Vec<FileEntry>,
    /// Datasets and the versions the catalogue names.
    pub(crate) datasets: BTreeMap<String, i64>,
}

/// A wrapped data key as it lies in the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrappedKey {
    pub(crate) id: String,
    pub(crate) purpose: String,
    pub(crate) algorithm: String,
    pub(crate) kek_id: String,
    pub(crate) wrapped: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) retired_at: Option<DateTime<Utc>>,
}

/// `keys.json`: the keys with a sum over them, so that nothing of a damaged list is believed.
#[derive(Serialize, Deserialize)]
struct KeyList<K> {
    keys: K,
    /// Digest of the keys as JSON.
    sum: String,
}

/// The list as it is, or as versions before sums wrote it.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyKeyList {
    Summed(KeyList<Vec<WrappedKey>>),
    Plain(Vec<WrappedKey>),
}

/// A folder with backups.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
    /// On another site, which may go away: what it does not take is an error and not the end of the process.
    elsewhere: bool,
}

impl Repository {
    /// The backup folder at `root`, made when it is missing.
    pub fn create(root: &Path) -> Result<Self> {
        for part in ["objects", "snapshots"] {
            create_private(&root.join(part)).map_err(Error::at(root))?;
        }
        Ok(Self { root: root.to_owned(), elsewhere: false })
    }

    /// The folder of another site that a node is mirrored into, made by [`Post`](crate::Post) before. It is never made
    /// here: where the site is not mounted an empty folder stands in its place.
    pub(crate) fn mirror(root: &Path) -> Result<Self> {
        let repository = Self { elsewhere: true, ..Self::open(root)? };
        if repository.root.join("objects").is_dir() {
            Ok(repository)
        } else {
            Err(Error::NoSnapshot(root.display().to_string()))
        }
    }

    /// The backup folder at `root`, which must be one.
    pub fn open(root: &Path) -> Result<Self> {
        if root.join("snapshots").is_dir() {
            Ok(Self { root: root.to_owned(), elsewhere: false })
        } else {
            Err(Error::NoSnapshot(root.display().to_string()))
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Held by whoever writes here: one backup or one thinning out at a time, whichever process it is of.
    pub(crate) fn turn(&self) -> Result<File> {
        let path = self.root.join("lock");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(Error::at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(Error::Busy(self.root.display().to_string())),
            Err(fs::TryLockError::Error(cause)) => {
                Err(Error::File { path: path.display().to_string(), cause })
            }
        }
    }

    /// Take wrapped keys out; what they sealed opens no more.
    pub(crate) fn drop_keys(&self, ids: &std::collections::BTreeSet<String>) -> Result<()> {
        let keys = self.keys()?;
        let left: Vec<&WrappedKey> = keys.iter().filter(|key| !ids.contains(&key.id)).collect();
        if left.len() < keys.len() { self.write_key_list(&left) } else { Ok(()) }
    }

    pub(crate) fn remove_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let path = self.root.join("snapshots").join(format!("{}.json", snapshot.id));
        give_up(&path).map_err(Error::at(&path))
    }

    /// Snapshots, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        let folder = self.root.join("snapshots");
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Error::at(&folder))? {
            let path = entry.map_err(Error::at(&folder))?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                found.push(read_snapshot(&path)?);
            }
        }
        found.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(found)
    }

    pub(crate) fn add_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let path = self.root.join("snapshots").join(format!("{}.json", snapshot.id));
        self.write_json(&path, snapshot)
    }

    fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_vec_pretty(value).map_err(|cause| Error::damaged(cause.to_string()))?;
        let written =
            if self.elsewhere { replace_elsewhere(path, &text) } else { replace_private_file(path, &text) };
        written.map_err(Error::at(path))
    }

    pub(crate) fn write_keys(&self, rows: Vec<DataKeyRow>) -> Result<()> {
        let wrapped = rows.into_iter().filter_map(|row| {
            Some(WrappedKey {
                wrapped: brain_kernel::hexadecimal::encode(row.wrapped.as_deref()?),
                id: row.id,
                purpose: row.purpose,
                algorithm: row.algorithm,
                kek_id: row.kek_id,
                created_at: row.created_at,
                retired_at: row.retired_at,
            })
        });
        let wrapped: Vec<WrappedKey> = wrapped.collect();
        self.write_key_list(&wrapped.iter().collect::<Vec<_>>())
    }

    fn write_key_list(&self, keys: &[&WrappedKey]) -> Result<()> {
        self.write_json(&self.root.join("keys.json"), &KeyList { keys, sum: sum_of(keys)? })
    }

    pub(crate) fn keys(&self) -> Result<Vec<WrappedKey>> {
        match read_json(&self.root.join("keys.json"))? {
            AnyKeyList::Plain(keys) => Ok(keys),
            AnyKeyList::Summed(KeyList { keys, sum }) => {
                let is_whole = sum_of(&keys.iter().collect::<Vec<_>>())? == sum;
                is_whole.then_some(keys).ok_or_else(|| Error::damaged("keys.json"))
            }
        }
    }

    /// Whether every key of the list is opened by a key-encryption key at hand; the first that is not says why.
    pub(crate) fn check_keys(&self, ring: &Keyring) -> Result<()> {
        self.keys()?.iter().try_for_each(|key| self.sealing_key(ring, &key.id).map(drop))
    }

    /// Where an object lies.
    fn object(&self, name: &str) -> PathBuf {
        self.root.join("objects").join(name.get(..2).unwrap_or_default()).join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.object(name).is_file()
    }

    /// Take an object away that no snapshot needs.
    pub(crate) fn remove_object(&self, name: &str) -> Result<()> {
        let path = self.object(name);
        give_up(&path).map_err(Error::at(&path))
    }

    /// Seal a file as an object, durably and all or nothing; its name and length. One that is there is not written
    /// again.
    pub(crate) fn put(&self, key: &SealingKey, source: &Path, bytes: u64) -> Result<(String, u64)> {
        if bytes <= SMALL_BYTES_MAX {
            // Read once: a small file that its owner replaces meanwhile is taken as it was or as it is.
            let content = fs::read(source).map_err(Error::at(source))?;
            return Ok((self.put_bytes(key, &content)?, content.len() as u64));
        }
        let name = key.name(digest_of(source, key)?);
        if self.has(&name) {
            return Ok((name, bytes));
        }
        let reader = File::open(source).map_err(Error::at(source))?;
        let (kept, bytes) = self.write_object(key, &name, reader)?;
        // A file that changed between the two readings would be kept under a name that is not its own.
        if kept == name {
            Ok((name, bytes))
        } else {
            Err(Error::damaged(format!("{} changes while it is read", source.display())))
        }
    }

    pub(crate) fn put_bytes(&self, key: &SealingKey, bytes: &[u8]) -> Result<String> {
        let name = key.name_of(bytes);
        if !self.has(&name) {
            self.write_object(key, &name, bytes)?;
        }
        Ok(name)
    }

    /// Seal bytes whose name is known; it is checked while they are sealed.
    pub(crate) fn put_named(&self, key: &SealingKey, name: &str, bytes: &[u8]) -> Result<()> {
        let (kept, _) = self.write_object(key, name, bytes)?;
        if kept == name { Ok(()) } else { Err(Error::damaged(format!("object {name} is another one"))) }
    }

    pub(crate) fn write_object(
        &self,
        key: &SealingKey,
        name: &str,
        mut content: impl Read,
    ) -> Result<(String, u64)> {
        let path = self.object(name);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        self.make_folder(&folder)?;
        let draft = folder.join(format!("{name}.new"));
        let mut attempt = || -> io::Result<(Digest, u64)> {
            if self.elsewhere {
                give_up(&draft)?;
            }
            let file = private_file(&draft)?;
            let mut bytes = 0;
            let mut sealed = SealedWriter::new(file, &key.key, key.id_bytes, name.as_bytes())?;
            let mut hasher = key.hasher();
            let mut buffer = vec![0; 1 << 16];
            loop {
                let read = content.read(&mut buffer)?;
                let part = buffer.get(..read).unwrap_or_default();
                if part.is_empty() {
                    break;
                }
                hasher.update(part);
                sealed.write_all(part)?;
                bytes += read as u64;
            }
            let file = sealed.finish()?;
            if self.elsewhere {
                brain_durable::sync_elsewhere(&file)?;
            } else {
                brain_durable::sync_file(&file, &draft)?;
            }
            Ok((hasher.finish(), bytes))
        };
        let (digest, bytes) = attempt().map_err(Error::at(&draft))?;
        let kept = key.name(digest);
        if kept == name {
            fs::rename(&draft, &path).map_err(Error::at(&path))?;
            if !self.elsewhere {
                brain_durable::sync_folder(&folder).map_err(Error::at(&folder))?;
            }
        } else {
            fs::remove_file(&draft).map_err(Error::at(&draft))?;
        }
        Ok((kept, bytes))
    }

    /// Whether the folder is what it was: where a site is not mounted, an empty one stands in its place.
    pub(crate) fn check_there(&self) -> Result<()> {
        let objects = self.root.join("objects");
        if objects.is_dir() {
            return Ok(());
        }
        let cause = io::Error::from(io::ErrorKind::NotFound);
        Err(Error::File { path: objects.display().to_string(), cause })
    }

    /// A folder of objects; on another site only inside what is there already.
    fn make_folder(&self, folder: &Path) -> Result<()> {
        if self.elsewhere {
            self.check_there()?;
        }
        create_private(folder).map_err(Error::at(folder))
    }

    /// Open an object into `sink` and check that it is what its name says.
    pub(crate) fn get(&self, key: &SealingKey, name: &str, sink: &mut impl Write) -> Result<u64> {
        if !is_object_name(name) {
            return Err(Error::damaged(format!("object {name}")));
        }
        let path = self.object(name);
        let mut file = File::open(&path).map_err(|_| Error::damaged(format!("object {name} is missing")))?;
        let mut header = [0; HEADER_BYTES];
        file.read_exact(&mut header).map_err(|_| Error::damaged(format!("object {name} is cut off")))?;
        let damaged = || Error::damaged(format!("object {name} was altered"));
        let header = SealedHeader::parse(&header).map_err(|_| damaged())?;
        let mut reader =
            SealedReader::new(file, &header, &key.key, name.as_bytes()).map_err(|_| damaged())?;
        let mut hasher = key.hasher();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let read = reader.read(&mut buffer).map_err(Error::at(&path))?;
            let part = buffer.get(..read).unwrap_or_default();
            if part.is_empty() {
                break;
            }
            hasher.update(part);
            sink.write_all(part).map_err(Error::at(&path))?;
            bytes += read as u64;
        }
        if key.name(hasher.finish()) == name { Ok(bytes) } else { Err(damaged()) }
    }

    pub(crate) fn manifest(&self, key: &SealingKey, snapshot: &Snapshot) -> Result<Manifest> {
        let mut text = Vec::new();
        self.get(key, &snapshot.manifest, &mut text)?;
        serde_json::from_slice(&text).map_err(|_| Error::damaged(format!("list of {}", snapshot.id)))
    }

    /// The key that sealed a snapshot, opened by a key-encryption key at hand.
    pub(crate) fn sealing_key(&self, ring: &Keyring, id: &str) -> Result<SealingKey> {
        let keys = self.keys()?;
        let row = keys.iter().find(|row| row.id == id);
        let row = row.ok_or_else(|| brain_crypto::Error::NoKey { id: id.to_owned() })?;
        let wrapped =
            brain_kernel::hexadecimal::decode(&row.wrapped).ok_or_else(|| Error::damaged("keys.json"))?;
        let wrapper = ring.get(&row.kek_id)?;
        let key = wrapper.unwrap(row.algorithm.parse()?, &wrapped, row.purpose.as_bytes())?;
        SealingKey::new(row.id.clone(), std::sync::Arc::new(key))
    }
}

/// The key of a backup with what is derived from it.
pub(crate) struct SealingKey {
    pub(crate) id: String,
    id_bytes: [u8; 16],
    key: std::sync::Arc<DataKey>,
}

impl SealingKey {
    pub(crate) fn new(id: String, key: std::sync::Arc<DataKey>) -> Result<Self> {
        let digits: String = id.chars().filter(|c| *c != '-').collect();
        let id_bytes = brain_kernel::hexadecimal::decode_array(&digits)
            .ok_or_else(|| Error::damaged(format!("key id {id}")))?;
        Ok(Self { id, id_bytes, key })
    }

    pub(crate) fn hasher(&self) -> Hasher {
        Hasher::new(self.key.algorithm().digest())
    }

    pub(crate) fn name(&self, content: Digest) -> String {
        self.key.mark(content.as_bytes()).to_string()
    }

    /// Name of the object that holds these bytes.
    pub(crate) fn name_of(&self, bytes: &[u8]) -> String {
        self.name(self.key.algorithm().digest().digest(bytes))
    }
}

fn digest_of(path: &Path, key: &SealingKey) -> Result<Digest> {
    let mut hasher = key.hasher();
    File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher)).map_err(Error::at(path))?;
    Ok(hasher.finish())
}

/// A folder only its owner may enter.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A new file only its owner can read.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Like [`replace_private_file`] on another site: under another name first, and an error where it is not taken.
pub(crate) fn replace_elsewhere(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft = path.to_owned();
    draft.as_mut_os_string().push(".new");
    give_up(&draft)?;
    let mut file = private_file(&draft)?;
    file.write_all(content)?;
    brain_durable::sync_elsewhere(&file)?;
    fs::rename(&draft, path)
}

/// Remove a file, which may be gone already; what an earlier attempt left, so that the next one is another file.
fn give_up(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What a file says of its snapshot. It is under no seal, and its words become paths: a snapshot is called as its file
/// is, and its list is named as objects are, or thinning out could be led to files of somebody else.
fn read_snapshot(path: &Path) -> Result<Snapshot> {
    let snapshot: Snapshot = read_json(path)?;
    let named = path.file_stem().is_some_and(|stem| *stem == *snapshot.id);
    if named && is_object_name(&snapshot.manifest) {
        Ok(snapshot)
    } else {
        Err(Error::damaged(format!("{}: another name than its own", path.display())))
    }
}

/// Objects are named by a mark in hexadecimal, nothing that leads out of the folder.
fn is_object_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_DIGITS_MAX && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// By the digest that goes with the keys' own algorithm.
fn sum_of(keys: &[&WrappedKey]) -> Result<String> {
    let text = serde_json::to_vec(keys).map_err(|cause| Error::damaged(format!("keys.json: {cause}")))?;
    let algorithm: Option<AeadAlgorithm> = keys.first().map(|key| key.algorithm.parse()).transpose()?;
    let digest = algorithm.map_or(DigestAlgorithm::Sha256, AeadAlgorithm::digest);
    Ok(digest.digest(&text).to_string())
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LIST_BYTES_MAX).read_to_end(&mut text))
        .map_err(Error::at(path))?;
    serde_json::from_slice(&text).map_err(|cause| Error::damaged(format!("{}: {cause}", path.display())))
}

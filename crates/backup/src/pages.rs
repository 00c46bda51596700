//! The database of a mirror in parts of equal length: those with a page that changed are read while the file stands
//! still, into a file of this machine, and go to the other site when it moves again. So how fast the other site is does
//! not matter to those who write.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use brain_store::ChangedPages;

use crate::mirror::DATABASE;
use crate::repository::{FileEntry, Manifest, PART_BYTES, SealingKey, private_file};
use crate::{Error, Result};

/// Offset of the page length in a database file, two bytes.
const PAGE_LENGTH_AT: usize = 16;
/// Bytes of a database file that say what it is.
const HEADER_BYTES: usize = 100;

/// Pages that changed since the newest snapshot, over rounds that failed.
#[derive(Debug)]
pub(crate) struct Pages {
    pending: ChangedPages,
}

impl Default for Pages {
    fn default() -> Self {
        Self { pending: ChangedPages::Unknown }
    }
}

impl Pages {
    /// These changed too.
    pub(crate) fn note(&mut self, changed: &ChangedPages) {
        match (&mut self.pending, changed) {
            (ChangedPages::These(pending), ChangedPages::These(more)) => pending.extend(more),
            (pending, _) => *pending = ChangedPages::Unknown,
        }
    }

    /// A snapshot holds all of it.
    pub(crate) fn settled(&mut self, manifest: &Manifest) {
        if manifest.database().is_some() {
            self.pending = ChangedPages::These(BTreeSet::new());
        }
    }

    /// Pages that must be read, against the database as the newest snapshot holds it.
    pub(crate) fn wanted(&self, before: Option<&FileEntry>) -> ChangedPages {
        if before.is_none() { ChangedPages::Unknown } else { self.pending.clone() }
    }
}

/// The database at one moment: names of all its parts, and those that are new in a file.
#[derive(Debug)]
pub(crate) struct Taken {
    bytes: u64,
    parts: Vec<String>,
    /// Name and length of each part in the spool.
    new: Vec<(String, usize)>,
    spool: Spool,
    pub(crate) bytes_read: u64,
}

/// A file of this machine that is gone when the round is over.
#[derive(Debug)]
struct Spool(PathBuf);

impl Drop for Spool {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.0.display(), %error, "parts of the database were not removed");
        }
    }
}

/// Read the parts of a database that stands still in which a page changed.
pub(crate) fn take(
    path: &Path,
    root: &Path,
    key: &SealingKey,
    before: Option<&FileEntry>,
    wanted: &ChangedPages,
) -> Result<Taken> {
    let spool = Spool(root.join("tmp").join("mirror-parts"));
    let mut taken = Taken { bytes: 0, parts: Vec::new(), new: Vec::new(), spool, bytes_read: 0 };
    taken.fill(path, key, before, wanted).map_err(Error::at(path))?;
    Ok(taken)
}

impl Taken {
    fn fill(
        &mut self,
        path: &Path,
        key: &SealingKey,
        before: Option<&FileEntry>,
        wanted: &ChangedPages,
    ) -> io::Result<()> {
        let mut file = File::open(path)?;
        self.bytes = file.metadata()?.len();
        let wanted = parts_of(&mut file, wanted)?;
        let known = before.map(|before| before.parts.as_slice()).unwrap_or_default();
        let mut spool = private_file(&self.spool.0)?;
        let mut buffer = Vec::new();
        for at in 0..self.bytes.div_ceil(PART_BYTES) {
            let length = PART_BYTES.min(self.bytes - at * PART_BYTES);
            // The last part may have grown by pages that are not in the list: its length tells.
            let ended =
                before.map_or(0, |before| before.bytes.saturating_sub(at * PART_BYTES).min(PART_BYTES));
            let known = known.get(at as usize).filter(|_| ended == length);
            if let (Some(name), Some(wanted)) = (known, &wanted)
                && !wanted.contains(&at)
            {
                self.parts.push(name.clone());
                continue;
            }
            file.seek(SeekFrom::Start(at * PART_BYTES))?;
            buffer.resize(length as usize, 0);
            file.read_exact(&mut buffer)?;
            self.bytes_read += length;
            let name = key.name_of(&buffer);
            if known != Some(&name) {
                spool.write_all(&buffer)?;
                self.new.push((name.clone(), buffer.len()));
            }
            self.parts.push(name);
        }
        Ok(())
    }

    /// Parts that are new, with their content.
    pub(crate) fn spooled(&self) -> Result<impl Iterator<Item = Result<(String, Vec<u8>)>>> {
        let path = self.spool.0.clone();
        let mut file = File::open(&path).map_err(Error::at(&path))?;
        let parts = self.new.clone().into_iter();
        Ok(parts.map(move |(name, length)| {
            let mut bytes = vec![0; length];
            file.read_exact(&mut bytes).map_err(Error::at(&path))?;
            Ok((name, bytes))
        }))
    }

    /// The database as a file of a snapshot.
    pub(crate) fn entry(&self) -> FileEntry {
        FileEntry {
            path: DATABASE.to_owned(),
            bytes: self.bytes,
            modified: 0,
            object: String::new(),
            parts: self.parts.clone(),
        }
    }
}

/// Parts these pages lie in; `None` for all.
fn parts_of(file: &mut File, pages: &ChangedPages) -> io::Result<Option<BTreeSet<u64>>> {
    let ChangedPages::These(pages) = pages else { return Ok(None) };
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header)?;
    let length = header.get(PAGE_LENGTH_AT..PAGE_LENGTH_AT + 2).and_then(|bytes| bytes.try_into().ok());
    let length = match length.map(u16::from_be_bytes) {
        // 65,536 does not fit.
        Some(1) => 65_536,
        Some(length) if length.is_power_of_two() && length >= 512 => u64::from(length),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "length of a page")),
    };
    Ok(Some(pages.iter().map(|page| u64::from(page.saturating_sub(1)) * length / PART_BYTES).collect()))
}

/// This moment as the data folder's file system tells it, which dates the files of the lake.
pub(crate) fn now_on_disk(root: &Path) -> Result<SystemTime> {
    let folder = root.join("tmp");
    crate::repository::create_private(&folder).map_err(Error::at(&folder))?;
    let path = folder.join("mirror-moment");
    private_file(&path)
        .and_then(|mut file| {
            file.write_all(b"now")?;
            file.metadata()?.modified()
        })
        .map_err(Error::at(&path))
}

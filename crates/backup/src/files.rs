//! Which files of a data folder a snapshot consists of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Error, Result};

/// Files below the folder at most; a node has far fewer.
const FILES_MAX: usize = 10_000_000;

/// A file found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) modified: i64,
    /// Whether it is written on at its end while it is copied, and removed once nobody needs it.
    pub(crate) grows: bool,
}

/// What a node remembers of its mirror: who it is there, which its copy is not.
pub(crate) const MIRROR_STATE: &str = "mirror.json";
/// Where connectors keep messages that the broker has been told are safe and that have not landed yet.
const SPOOL: &str = "spool";
/// What is not state: locks, scratch, the search index (derived), the database (copied by itself), the lake (cut by
/// versions), and what is copied before the database.
const SKIPPED: [&str; 11] =
    ["lock", MIRROR_STATE, "tmp", "uploads", "inbox", "connect", "search", "store", "lake", "keys", SPOOL];

/// Everything outside database, lake, keys and spools: configuration, mappings and what other parts keep there.
pub(crate) fn beside(root: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).map_err(Error::at(root))? {
        let path = entry.map_err(Error::at(root))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !SKIPPED.contains(&name) {
            walk(root, &path, &mut found)?;
        }
    }
    Ok(found)
}

/// Signing keys and the kept head. Key-encryption keys never go into the backup they would open.
pub(crate) fn keys(root: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    walk(root, &root.join("keys"), &mut found)?;
    found.retain(|file| !file.name.starts_with("keys/kek-"));
    Ok(found)
}

/// Messages that wait in spools (暂存区). They are copied before the database: what leaves a spool has landed, and the
/// database that is copied later says so. The other way round a message could be in neither.
pub(crate) fn spools(root: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    walk(root, &root.join(SPOOL), &mut found)?;
    found.iter_mut().for_each(|file| file.grows = true);
    Ok(found)
}

/// The lake as the catalogue of the moment `cut` names it: of each table the log up to its version, and the data
/// files, which never change once written. A file written later belongs to no version named.
pub(crate) fn lake(root: &Path, datasets: &BTreeMap<String, i64>, cut: SystemTime) -> Result<Vec<Found>> {
    let cut = nanoseconds(cut);
    let mut found = Vec::new();
    for (dataset, version) in datasets {
        let Some((zone, table)) = dataset.split_once('.') else { continue };
        let mut files = Vec::new();
        walk(root, &root.join("lake").join(zone).join(table), &mut files)?;
        files.retain(|file| match file.name.split_once("/_delta_log/") {
            Some((_, log)) => version_of(log).is_some_and(|of| of <= *version),
            None => file.modified <= cut,
        });
        found.append(&mut files);
    }
    Ok(found)
}

/// Version a file of the log belongs to: `00000000000000000012.json`, `00000000000000000010.checkpoint.parquet`. The
/// pointer to the newest checkpoint belongs to none; readers find checkpoints without it.
fn version_of(log: &str) -> Option<i64> {
    let (digits, _) = log.split_once('.')?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

fn walk(root: &Path, at: &Path, found: &mut Vec<Found>) -> Result<()> {
    let Ok(kind) = fs::symlink_metadata(at) else { return Ok(()) };
    if kind.is_dir() {
        let mut entries = fs::read_dir(at)
            .and_then(|entries| {
                entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
            })
            .map_err(Error::at(at))?;
        entries.sort();
        for entry in entries {
            walk(root, &entry, found)?;
        }
        return Ok(());
    }
    // Links are not followed: they could lead out of the folder.
    if !kind.is_file() {
        return Ok(());
    }
    if found.len() >= FILES_MAX {
        return Err(Error::damaged(format!("more than {FILES_MAX} files below {}", root.display())));
    }
    let below = at.strip_prefix(root).ok().and_then(|path| path.to_str());
    let name = below.ok_or_else(|| Error::damaged(format!("file name {}", at.display())))?;
    let modified = kind.modified().map_err(Error::at(at))?;
    found.push(Found {
        path: at.to_owned(),
        name: name.replace(std::path::MAIN_SEPARATOR, "/"),
        bytes: kind.len(),
        modified: nanoseconds(modified),
        grows: false,
    });
    Ok(())
}

pub(crate) fn nanoseconds(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn files_of_a_log_say_which_version_they_belong_to() {
        assert_eq!(version_of("00000000000000000012.json"), Some(12));
        assert_eq!(version_of("00000000000000000010.checkpoint.parquet"), Some(10));
        for other in ["_last_checkpoint", "x.json", "12.json", "_commits/1.json"] {
            assert_eq!(version_of(other), None, "{other}");
        }
    }
}

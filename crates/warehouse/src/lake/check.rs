//! Holding files against their sums: a table's log before it is read, and everything when an operator asks.

use super::Lake;
use super::sums::{self, Sums};
use crate::Result;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Folder of a table's log.
const LOG: &str = "_delta_log";

/// Files of logs that were found whole, with length and moment of change; a file of a log never changes.
#[derive(Debug, Default)]
pub(crate) struct Whole(Mutex<HashMap<PathBuf, (u64, SystemTime)>>);

/// What a look at every file of the lake found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileCheck {
    /// Files that are what was written; on an object store, those of the length that the log tells.
    pub whole: u64,
    /// Files without sums: written by an older version, or by another program.
    pub unchecked: u64,
    /// Files that are not what was written, or cannot be read.
    pub damaged: Vec<String>,
}

impl Lake {
    /// Check the log of a table as far as it has sums.
    pub(super) fn check_log(&self, table: &Path) -> Result<()> {
        for name in log_files(table)? {
            let path = table.join(LOG).join(&name);
            let found = path.metadata()?;
            let seen = (found.len(), found.modified()?);
            let known = self.whole.0.lock().unwrap_or_else(PoisonError::into_inner).get(&path) == Some(&seen);
            if known {
                continue;
            }
            if let Some(sums) = Sums::kept(&sums::path_of(table, &format!("{LOG}/{name}")))? {
                sums.check(&path)?;
                self.whole.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path, seen);
            }
        }
        Ok(())
    }

    /// Give the files of a table's log the sums they lack; after each commit, and at start for one that a crash cut off.
    pub(crate) fn sum_log(&self, dataset: &str) -> Result<()> {
        if self.objects.is_some() {
            return Ok(());
        }
        let table = self.folder(dataset);
        let mut fresh = false;
        for name in log_files(&table)? {
            let place = sums::path_of(&table, &format!("{LOG}/{name}"));
            if !place.exists() {
                Sums::of(File::open(table.join(LOG).join(&name))?)?.keep(&place)?;
                fresh = true;
            }
        }
        if fresh {
            brain_durable::sync_folders(&table.join(sums::FOLDER), self.root())?;
        }
        Ok(())
    }

    /// Hold every file of every table against what is known of it: its sums, which reads the whole lake, or on an object
    /// store, which keeps sums of its own, the length that the log tells.
    pub(crate) async fn check_files(&self) -> Result<FileCheck> {
        let mut check = FileCheck::default();
        for dataset in self.datasets().await? {
            if self.objects.is_some() {
                self.check_lengths(&dataset, &mut check).await?;
                continue;
            }
            let table = self.folder(&dataset);
            let found = super::files::blocking(move || check_sums(&table)).await?;
            check.whole += found.whole;
            check.unchecked += found.unchecked;
            check.damaged.extend(found.damaged);
        }
        Ok(check)
    }

    async fn check_lengths(&self, dataset: &str, check: &mut FileCheck) -> Result<()> {
        let Some(table) = self.table(dataset).await? else { return Ok(()) };
        let there: HashMap<String, u64> =
            self.files(dataset).await?.into_iter().map(|file| (file.name, file.bytes)).collect();
        for file in table.snapshot()?.snapshot().log_data().iter() {
            let (name, bytes) = (file.path().into_owned(), u64::try_from(file.size()).unwrap_or_default());
            match there.get(&name) {
                Some(found) if *found == bytes => check.whole += 1,
                Some(found) => check.damaged.push(format!("{dataset} {name}: {found} bytes, not {bytes}")),
                None => check.damaged.push(format!("{dataset} {name}: missing")),
            }
        }
        Ok(())
    }
}

fn check_sums(table: &Path) -> io::Result<FileCheck> {
    let mut check = FileCheck::default();
    let data = files(table, |name| name.ends_with(".parquet"))?;
    let log = log_files(table)?.into_iter().map(|name| format!("{LOG}/{name}"));
    for file in data.into_iter().chain(log) {
        let path = table.join(&file);
        match Sums::kept(&sums::path_of(table, &file))
            .and_then(|sums| sums.map(|s| s.check(&path)).transpose())
        {
            Ok(Some(())) => check.whole += 1,
            Ok(None) => check.unchecked += 1,
            Err(error) => check.damaged.push(format!("{}: {error}", path.display())),
        }
    }
    Ok(check)
}

/// Commits and checkpoints of a log. The pointer to the newest checkpoint is rewritten, and readers do without it.
fn log_files(table: &Path) -> io::Result<Vec<String>> {
    files(&table.join(LOG), |name| name.starts_with(|c: char| c.is_ascii_digit()))
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        names.extend(name.to_str().filter(|name| wanted(name)).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

//! Files of tables as both kinds of place know them: listed, swept after a crash, deleted.

use super::{Lake, sums};
use crate::Result;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// A file in a table's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// When it was last written.
    pub(crate) changed: DateTime<Utc>,
}

impl TableFile {
    /// The run that wrote it: `part-<run id>-0000.parquet`; `None` for a file of another program.
    pub(crate) fn run(&self) -> Option<&str> {
        let rest = self.name.strip_prefix("part-")?.strip_suffix(".parquet")?;
        Some(rest.rsplit_once('-')?.0)
    }
}

/// How names of a run's files begin.
pub(super) fn prefix(run_id: &str) -> String {
    format!("part-{run_id}-")
}

impl Lake {
    /// Data files in a table's folder, in whichever version or in none.
    pub(crate) async fn files(&self, dataset: &str) -> Result<Vec<TableFile>> {
        let mut files = match self.objects() {
            Some(objects) => objects.files(dataset).await?,
            None => {
                let folder = self.folder(dataset);
                blocking(move || local_files(&folder)).await?
            }
        };
        files.retain(|file| file.name.ends_with(".parquet"));
        Ok(files)
    }

    /// Every table there is, committed or not, as `zone.table`.
    pub(crate) async fn datasets(&self) -> Result<Vec<String>> {
        match self.objects() {
            Some(objects) => objects.datasets().await,
            None => Ok(local_datasets(&self.root)?),
        }
    }

    /// Remove the files a run staged and never committed; what it committed stays, whatever the caller believes.
    pub(crate) async fn sweep(&self, dataset: &str, run_id: &str) -> Result<usize> {
        let begin = prefix(run_id);
        if self.objects.is_some() {
            remove_of_run(&self.folder(dataset), &begin)?;
        }
        let found = self.files(dataset).await?;
        let names: BTreeSet<String> =
            found.into_iter().map(|file| file.name).filter(|name| name.starts_with(&begin)).collect();
        if names.is_empty() {
            return Ok(0);
        }
        if self.version_of_run(dataset, run_id).await?.is_some() {
            tracing::warn!(dataset, run = run_id, "files of a run stay: it was committed");
            return Ok(0);
        }
        let removed = names.len();
        self.remove(dataset, names).await?;
        Ok(removed)
    }

    /// Delete files of a table; those that are gone already count as deleted.
    pub(crate) async fn delete_files<'a>(
        &self,
        dataset: &str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let names: BTreeSet<String> = names.map(str::to_owned).collect();
        // Names come from the log; one that leads elsewhere is none of ours.
        if let Some(name) = names.iter().find(|name| name.contains(['/', '\\']) || !name.starts_with("part-"))
        {
            return Err(io::Error::other(format!("file name {name:?}")).into());
        }
        self.remove(dataset, names).await
    }

    async fn remove(&self, dataset: &str, names: BTreeSet<String>) -> Result<()> {
        if let Some(objects) = self.objects() {
            return objects.delete(dataset, names).await;
        }
        let folder = self.folder(dataset);
        blocking(move || {
            for name in names {
                remove_one(&folder.join(&name))?;
                remove_one(&sums::path_of(&folder, &name))?;
            }
            // The removal itself must outlast a power cut, or a certificate would speak of files that come back.
            std::fs::File::open(&folder).and_then(|folder| folder.sync_all())
        })
        .await
    }

    /// Forget files that were on their way to an object store when the program stopped: each is there whole, or its run
    /// is undone.
    pub(crate) fn clear_staging(&self) -> Result<()> {
        if self.objects.is_some() && self.root.exists() {
            std::fs::remove_dir_all(&self.root)?;
        }
        Ok(())
    }
}

/// Tables that lie in a folder.
pub(crate) fn local_datasets(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let Ok(zones) = std::fs::read_dir(root) else { return Ok(names) };
    for zone in zones.flatten().filter(|zone| zone.path().is_dir()) {
        let zone_name = zone.file_name().to_string_lossy().into_owned();
        if zone_name.starts_with('_') {
            continue;
        }
        for table in std::fs::read_dir(zone.path())?.flatten().filter(|table| table.path().is_dir()) {
            names.push(format!("{zone_name}.{}", table.file_name().to_string_lossy()));
        }
    }
    names.sort();
    Ok(names)
}

fn local_files(folder: &Path) -> io::Result<Vec<TableFile>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let facts = entry.metadata()?;
        if let (Ok(name), true) = (entry.file_name().into_string(), facts.is_file()) {
            files.push(TableFile { name, bytes: facts.len(), changed: facts.modified()?.into() });
        }
    }
    Ok(files)
}

fn remove_one(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Remove what a run left on this machine of files on their way to an object store.
fn remove_of_run(folder: &Path, begin: &str) -> io::Result<()> {
    for file in local_files(folder)? {
        if file.name.starts_with(begin) {
            remove_one(&folder.join(file.name))?;
        }
    }
    Ok(())
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|error| io::Error::other(error.to_string()))??)
}

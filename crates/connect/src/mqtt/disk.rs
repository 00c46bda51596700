//! The spool, worked on away from the tasks that wait for the network.

use std::path::PathBuf;

use crate::spool::Spool;
use crate::{Error, Result};

/// The spool of a fetch.
pub(super) struct Disk {
    folder: PathBuf,
    /// Away while it is worked on.
    spool: Option<Spool>,
}

impl Disk {
    /// Open the spool of a folder, which is made with this id where there is none; also how many bytes were cut off.
    pub(super) async fn open(folder: PathBuf, id: String) -> Result<(Self, u64)> {
        let place = folder.clone();
        let opened = blocking(move || Spool::open(&place, &id)).await;
        let (spool, cut) = opened.map_err(|cause| failed(&folder, cause))?;
        Ok((Self { folder, spool: Some(spool) }, cut))
    }

    /// The spool in memory.
    pub(super) fn spool(&mut self) -> Result<&mut Spool> {
        self.spool.as_mut().ok_or_else(|| failed(&self.folder, away()))
    }

    /// Work on the disk. A spool whose work was given up half way is not used again.
    pub(super) async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Spool) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut spool = self.spool.take().ok_or_else(|| failed(&self.folder, away()))?;
        let done = blocking(move || {
            let outcome = work(&mut spool);
            Ok((spool, outcome))
        });
        let (spool, outcome) = done.await.map_err(|cause| failed(&self.folder, cause))?;
        self.spool = Some(spool);
        outcome.map_err(|cause| failed(&self.folder, cause))
    }
}

/// Run what blocks where blocking is meant to be.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

pub(super) fn failed(folder: &std::path::Path, cause: std::io::Error) -> Error {
    Error::Spool { path: folder.display().to_string(), cause }
}

fn away() -> std::io::Error {
    std::io::Error::other("earlier work on it was given up half way")
}

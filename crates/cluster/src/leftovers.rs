//! Files of jobs that came to nothing.
//!
//! The scheduler has the files of such a job removed once, as soon as it has ended; what its tasks wrote until they noticed
//! would stay. So an executor looks after each job that it worked for, and removes what is left of it.

use crate::job::{Scheduler, look};
use ballista_core::serde::protobuf::job_status::Status;
use std::collections::HashSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// How often it is asked how far a job is.
const LOOK: Duration = Duration::from_secs(2);
/// Pauses before files are removed, again and again: tasks end within about a second, on a busy machine later.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// The jobs that one executor works for.
#[derive(Clone)]
pub(crate) struct Leftovers {
    scheduler: Scheduler,
    folder: PathBuf,
    jobs: Arc<Mutex<HashSet<String>>>,
}

impl Leftovers {
    /// Of the folder that tasks write to.
    pub(crate) fn new(scheduler: Scheduler, folder: PathBuf) -> Self {
        Self { scheduler, folder, jobs: Arc::default() }
    }

    /// A task of this job has come: see to its files, once for all its tasks.
    pub(crate) fn see_to(&self, job: &str, runtime: &Handle) {
        if !self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(job.to_owned()) {
            return;
        }
        let (own, job) = (self.clone(), job.to_owned());
        runtime.spawn(async move {
            if own.comes_to_nothing(&job).await {
                for pause in PAUSES {
                    tokio::time::sleep(pause).await;
                    own.remove(&job).await;
                }
            }
            own.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
        });
    }

    /// Wait for the end of a job; whether nobody will fetch its result.
    async fn comes_to_nothing(&self, job: &str) -> bool {
        let mut scheduler = self.scheduler.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            match look(&mut scheduler, job).await {
                Ok(Some(Status::Successful(_))) => return false,
                Ok(Some(Status::Failed(_)) | None) => return true,
                // It runs; or the scheduler does not answer, which may be back in a moment.
                Ok(Some(_)) | Err(_) => {}
            }
        }
    }

    async fn remove(&self, job: &str) {
        let Some(folder) = below(&self.folder, job) else { return };
        match tokio::fs::remove_dir_all(folder).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, job, "files of a job stay until the executor starts again");
            }
            _ => {}
        }
    }
}

/// The folder of a job, whose name comes from elsewhere: never any other.
fn below(folder: &Path, job: &str) -> Option<PathBuf> {
    let mut parts = Path::new(job).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => Some(folder.join(name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_folder_of_a_job_is_removed() {
        let folder = Path::new("/executor/shuffle");
        assert_eq!(below(folder, "038HEXCJ2W000"), Some(folder.join("038HEXCJ2W000")));
        for job in ["", ".", "..", "../spill", "/", "/data", "a/../.."] {
            assert_eq!(below(folder, job), None, "{job}");
        }
    }
}

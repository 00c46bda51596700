//! The program looks at itself: its own file, what it was built from, and the configuration it runs with.

use crate::config::Loaded;
use anyhow::{Context as _, Result, bail};
use brain_crypto::{DigestAlgorithm, Hasher};
use brain_kernel::clock::Clock;
use brain_trust::Status;
use brain_trust::status::Measurement;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Everything the program was built from: names, versions and checksums of its dependencies.
const DEPENDENCIES: &[u8] = include_bytes!("../../../Cargo.lock");

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// What is measured, and how.
#[derive(Clone)]
pub struct Measured {
    digest: DigestAlgorithm,
    program: PathBuf,
    configuration_file: Option<PathBuf>,
    configuration: String,
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
}

/// Stops a measurement under way when the node stops: a program that ends does not wait to know itself.
struct Stopping(Arc<AtomicBool>);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Measured {
    /// What this configuration runs. Call it before anything changes the configuration that was loaded.
    pub fn of(loaded: &Loaded, clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self {
            digest: loaded.config.crypto.profile.digest(),
            program: std::env::current_exe().context("the program does not find its own file")?,
            configuration_file: loaded.file.clone(),
            configuration: loaded.measured.clone(),
            clock,
            stop: Arc::default(),
        })
    }

    fn at_start(&self) -> Result<Measurement> {
        Ok(Measurement {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: self.file(&self.program)?,
            dependencies: self.bytes(DEPENDENCIES),
            configuration: self.bytes(self.configuration.as_bytes()),
            measured_at: self.clock.now(),
        })
    }

    fn file(&self, path: &Path) -> Result<String> {
        let mut hasher = Hasher::new(self.digest);
        let unreadable = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(unreadable)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = file.read(&mut buffer).with_context(unreadable)?;
            let part = buffer.get(..read).unwrap_or_default();
            if part.is_empty() {
                break;
            }
            if self.stop.load(Ordering::Relaxed) {
                bail!("the node stops");
            }
            hasher.update(part);
        }
        Ok(format!("{}:{}", self.digest.name(), hasher.finish()))
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        format!("{}:{}", self.digest.name(), self.digest.digest(bytes))
    }
}

/// Measure at start and again and again, for as long as the node runs; `every` of zero measures at start only.
pub async fn keep_measuring(status: Status, measured: Measured, every: Duration) {
    let _stopping = Stopping(measured.stop.clone());
    let first = measured.clone();
    let outcome = tokio::task::spawn_blocking(move || {
        let found = first.at_start()?;
        let file = first.configuration_file.as_deref().map(|path| first.file(path)).transpose()?;
        Ok::<_, anyhow::Error>((found, file))
    });
    let (start, file) = match outcome.await.map_err(anyhow::Error::from).and_then(|outcome| outcome) {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "the program could not be measured; this node makes no statement");
            return;
        }
    };
    match status.measured(start.clone()).await {
        Ok(differences) if differences.is_empty() => {}
        Ok(differences) => {
            tracing::warn!(?differences, "program or configuration changed since the last start")
        }
        Err(error) => tracing::error!(%error, "the measurement could not be recorded"),
    }
    if every.is_zero() {
        return;
    }
    loop {
        tokio::time::sleep(every).await;
        let parts = [
            ("program", Some(measured.program.clone()), Some(start.program.clone())),
            ("configuration file", measured.configuration_file.clone(), file.clone()),
        ];
        for (part, path, before) in parts {
            let (Some(path), Some(before)) = (path, before) else { continue };
            let looking = measured.clone();
            let found = tokio::task::spawn_blocking(move || looking.file(&path)).await;
            // A file that is gone is not the one that was started.
            let found = match found {
                Ok(Ok(found)) => found,
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            match status.remeasured(part, &before, &found).await {
                Ok(false) => {}
                Ok(true) => tracing::error!(part, "a file is not the one this node was started with"),
                Err(error) => tracing::error!(%error, "a changed file could not be recorded"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::clock::SystemClock;

    #[test]
    fn a_changed_byte_of_program_or_configuration_changes_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("brain");
        std::fs::write(&program, b"program").unwrap();
        let mut measured = Measured {
            digest: DigestAlgorithm::Sm3,
            program: program.clone(),
            configuration_file: None,
            configuration: "a = 1".to_owned(),
            clock: Arc::new(SystemClock),
            stop: Arc::default(),
        };
        let first = measured.at_start().unwrap();
        assert!(first.program.starts_with("sm3:") && first.dependencies.starts_with("sm3:"));
        std::fs::write(&program, b"prograM").unwrap();
        "a = 2".clone_into(&mut measured.configuration);
        let second = measured.at_start().unwrap();
        assert_ne!(first.program, second.program);
        assert_ne!(first.configuration, second.configuration);
        assert_eq!(first.dependencies, second.dependencies);
        drop(Stopping(measured.stop.clone()));
        assert!(measured.at_start().is_err(), "a node that stops measures no more");
    }
}

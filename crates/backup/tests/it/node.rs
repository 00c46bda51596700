//! A data folder with a store, trust and tables made by hand: what a backup sees of a node.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use brain_backup::{Point, Report, Repository, Restored, Source};
use brain_kernel::clock::Clock;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::side::DataSide;
use brain_store::{Store, dataset};
use brain_trust::{CryptoOptions, Keyring, Options, Settings, Trust};
use chrono::{DateTime, TimeDelta, Utc};

pub(crate) struct TestClock(Mutex<DateTime<Utc>>);

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct Node {
    pub(crate) root: PathBuf,
    pub(crate) store: Store,
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) options: CryptoOptions,
}

/// A key-encryption key that lies outside every data folder.
pub(crate) fn outside(folder: &Path) -> CryptoOptions {
    CryptoOptions {
        kek: format!("file:{}", folder.join("safe").join("kek").display()),
        ..CryptoOptions::default()
    }
}

impl Node {
    pub(crate) async fn open(root: PathBuf, options: CryptoOptions) -> Self {
        std::fs::create_dir_all(root.join("store")).unwrap();
        let url = format!("sqlite:{}", root.join("store/brain.db").display());
        Self::open_on(root, options, &url).await
    }

    /// With its operational state in the database at `url`.
    pub(crate) async fn open_on(root: PathBuf, options: CryptoOptions, url: &str) -> Self {
        let clock = Arc::new(TestClock(Mutex::new("2026-11-21T08:00:00Z".parse().unwrap())));
        let store = Store::open(url, clock.clone()).await.unwrap();
        let ring = Keyring::open(&options, &root.join("keys"), &|_| None).unwrap();
        let quick =
            Options { argon2_memory_kib: 64, argon2_passes: 1, head_interval_ms: 0, ..Options::default() };
        let trust = Trust::open(
            store.clone(),
            &root.join("keys"),
            clock.clone(),
            Settings { keyring: Some(ring), ..quick.into() },
        )
        .await
        .unwrap();
        Self { root, store, trust, clock, options }
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.clock.0.lock().unwrap() += by;
    }

    pub(crate) async fn back_up(&self, target: &Path) -> Report {
        brain_backup::create(&self.source(), target, "operator").await.unwrap()
    }

    pub(crate) fn source(&self) -> Source {
        Source {
            lake: None,
            root: self.root.clone(),
            store: self.store.clone(),
            vault: self.trust.vault(),
            evidence: self.trust.evidence(),
            version: "0.1.0".to_owned(),
        }
    }

    /// Commit a version of a table: data file, log, catalogue, as the warehouse does it.
    pub(crate) async fn commit(&self, name: &str, version: i64, content: &[u8]) {
        let folder = self.lake(name);
        std::fs::create_dir_all(folder.join("_delta_log")).unwrap();
        std::fs::write(folder.join(format!("part-{version}.parquet")), content).unwrap();
        std::fs::write(folder.join("_delta_log").join(format!("{version:020}.json")), "{}").unwrap();
        let transaction = self.store.transaction().await.unwrap();
        let new = dataset::NewDataset {
            name: name.to_owned(),
            title: Text::new("表", "table"),
            description: Text::new("", ""),
            owner: "node".to_owned(),
            side: DataSide::Public,
            zone: "raw".to_owned(),
            grade: Grade::General1,
            restricted_by: None,
            source: "test".to_owned(),
            licence: "none".to_owned(),
        };
        dataset::upsert(&transaction, &new, self.store.now()).await.unwrap();
        let version = dataset::NewVersion {
            dataset: name.to_owned(),
            version,
            rows: 1,
            bytes: content.len() as i64,
            committed_at: self.store.now(),
            run_id: None,
            content_hash: None,
            inputs: Vec::new(),
        };
        dataset::add_version(&transaction, &version).await.unwrap();
        transaction.commit().await.unwrap();
    }

    pub(crate) fn lake(&self, name: &str) -> PathBuf {
        let (zone, table) = name.split_once('.').unwrap();
        self.root.join("lake").join(zone).join(table)
    }

    /// Lose the folder.
    pub(crate) async fn destroy(self) {
        drop(self.trust);
        self.store.close().await.unwrap();
        std::fs::remove_dir_all(&self.root).unwrap();
    }
}

/// Restore into `into` with a key ring of these options.
pub(crate) async fn restore(
    target: &Path,
    point: &Point,
    into: &Path,
    options: &CryptoOptions,
) -> brain_backup::Result<Restored> {
    restore_on(target, point, into, options, None).await
}

/// The same with the database at `server`.
pub(crate) async fn restore_on(
    target: &Path,
    point: &Point,
    into: &Path,
    options: &CryptoOptions,
    server: Option<&str>,
) -> brain_backup::Result<Restored> {
    let ring = Keyring::open(options, &into.with_extension("keys"), &|_| None).unwrap();
    let clock = Arc::new(TestClock(Mutex::new("2026-11-22T08:00:00Z".parse().unwrap())));
    brain_backup::restore(&Repository::open(target)?, point, into, &ring, server, clock).await
}

/// Every file of the lake with its content.
pub(crate) fn lake_of(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, at: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, &root.join("lake"), &mut found);
    found
}

//! `brain backup drill` (恢复演练): the newest snapshot becomes a node beside this one, is checked like a real restore, and
//! is removed again. The node that is drilled for goes on.

use crate::command::restore;
use crate::config::{Config, Loaded};
use crate::modules;
use crate::node::Node;
use anyhow::{Context as _, Result, bail};
use brain_backup::{Error, Point, Repository, Snapshot};
use brain_kernel::clock::{Clock as _, SystemClock};
use brain_kernel::error::Failure;
use brain_trust::status::DrillRecord;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Try the newest snapshot of this backup. What fails is in the record; only a drill that cannot begin is an error.
pub async fn drill(loaded: &Loaded, target: &Path) -> Result<DrillRecord> {
    let repository = Repository::open(target).map_err(Failure::from)?;
    let newest = repository.snapshots().map_err(Failure::from)?.pop();
    let newest = newest.ok_or_else(|| Failure::from(Error::NoSnapshot(target.display().to_string())))?;
    if let Some(lake) = &newest.lake {
        bail!(
            "数据表在 {lake}，不在快照中，演练会有第二个节点写入同一数据湖，因此不在此进行。\
             请把存储桶复制到另一个桶，另配 lake.url，用 brain restore 恢复并核对。\n\
             The tables are at {lake}, not in the snapshot, and a drill would be a second node on that lake; it is not \
             made here. Copy the bucket, name the copy in lake.url of another configuration, and try `brain restore` there."
        );
    }
    let began = SystemClock.now();
    let place = Place::beside(&loaded.config.node.data)?;
    let outcome = attempt(loaded, &repository, &newest, &place.0).await;
    let at = SystemClock.now();
    let seconds = u64::try_from((at - began).num_seconds()).unwrap_or_default();
    Ok(match outcome {
        Ok((tables, rows)) => DrillRecord {
            at,
            ok: true,
            snapshot: newest.id,
            tables: tables as u64,
            rows,
            seconds,
            error: String::new(),
        },
        Err(error) => DrillRecord {
            at,
            ok: false,
            snapshot: newest.id,
            tables: 0,
            rows: 0,
            seconds,
            error: crate::cli::explain(&error, brain_kernel::language::Language::En)
                .chars()
                .take(500)
                .collect(),
        },
    })
}

async fn attempt(
    loaded: &Loaded,
    repository: &Repository,
    newest: &Snapshot,
    place: &Path,
) -> Result<(usize, u64)> {
    let keys = loaded.config.node.data.join("keys");
    let ring = modules::keyring(&loaded.config.crypto, &keys).map_err(Failure::from)?;
    let restored = brain_backup::restore(
        repository,
        &Point::Snapshot(newest.id.clone()),
        place,
        &ring,
        None,
        Arc::new(SystemClock),
    )
    .await
    .map_err(Failure::from)?;
    lend_keys(&keys, &place.join("keys"))?;
    let copy = Loaded {
        config: alone(&loaded.config, place),
        sources: BTreeMap::new(),
        file: None,
        measured: String::new(),
    };
    Node::during(copy, async |node| restore::check(node, restored.snapshot.evidence_size).await).await
}

/// The copy speaks to nobody: a witness would take it for this node with another history.
fn alone(config: &Config, place: &Path) -> Config {
    let mut config = config.clone();
    place.clone_into(&mut config.node.data);
    config.store.url.clear();
    config.mirror.folder.clear();
    config.evidence.witnesses.clear();
    config.evidence.logs.clear();
    config.trust.head_interval_ms = 0;
    config
}

/// Key-encryption keys that lie in the node's folder, for the time of the drill.
fn lend_keys(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("kek-") {
            std::fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// A folder that is gone when the drill is over, whatever came of it.
struct Place(PathBuf);

impl Place {
    fn beside(data: &Path) -> Result<Self> {
        let mut place = std::path::absolute(data)?;
        place.as_mut_os_string().push(".drill");
        let place = Self(place);
        place.clear()?;
        Ok(place)
    }

    fn clear(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = self.clear() {
            tracing::error!(folder = %self.0.display(), %error, "the copy of a drill was not removed");
        }
    }
}

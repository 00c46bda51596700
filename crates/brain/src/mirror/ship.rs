//! The rounds that copy the node to the second site, and what is said of how far behind it is.

use super::hold::Look;
use super::{Held, State};
use crate::config::MirrorConfig;
use crate::node::Node;
use anyhow::Result;
use brain_backup::{Copied, Mirror, Shipped, Source};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_trust::status::{MIRROR_AGE_MAX_S, MirrorRecord};
use brain_trust::{Evidence, Status};
use chrono::{DateTime, Utc};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// How often it is looked whether the copy is too old.
const WATCH: Duration = Duration::from_secs(5);
/// Longest time the last round may take when the node stops.
const LAST_ROUND: Duration = Duration::from_secs(20);

/// Copies a node to its second site for as long as it serves.
pub struct Shipping {
    held: Arc<Held>,
    rounds: Arc<Rounds>,
    tasks: [JoinHandle<()>; 2],
}

struct Rounds {
    config: MirrorConfig,
    source: Source,
    data: PathBuf,
    status: Status,
    evidence: Evidence,
    began: DateTime<Utc>,
    mirror: Mutex<Option<Mirror>>,
}

impl Shipping {
    /// Hold the epoch and begin with the rounds; `None` where nothing is mirrored.
    pub fn begin(node: &Node) -> Result<Option<Self>> {
        let config = node.config.mirror.clone();
        let data = node.folder.root().to_owned();
        let Some(held) = Held::take(&config, &node.config.node.name, &data)? else { return Ok(None) };
        node.store.fence(held.fence());
        let held = Arc::new(held);
        let rounds = Arc::new(Rounds {
            config,
            source: node.source(),
            data,
            status: node.trust.status(),
            evidence: node.trust.evidence(),
            began: node.clock.now(),
            mirror: Mutex::new(None),
        });
        // What a node which takes over could not continue is not shown.
        rounds.evidence.show_up_to(Some(0));
        rounds.say(&held.look(), None, String::new());
        let shipping = tokio::spawn(keep_shipping(rounds.clone(), held.clone()));
        let watching = tokio::spawn(watch_age(rounds.clone(), held.clone()));
        Ok(Some(Self { held, rounds, tasks: [shipping, watching] }))
    }

    /// One more round, when everything else has stopped.
    pub async fn last_round(&self) {
        for task in &self.tasks {
            task.abort();
        }
        match tokio::time::timeout(LAST_ROUND, self.rounds.ship()).await {
            Ok(Ok(shipped)) => {
                tracing::info!(snapshot = shipped.snapshot.id, "the second site has everything");
                self.held.copied(Copied { snapshot: shipped.snapshot.id.clone(), as_of: shipped.as_of });
                self.rounds.say(&self.held.look(), Some(&shipped), String::new());
            }
            Ok(Err(failure)) => {
                let why = failure.message(Language::En);
                tracing::error!(code = failure.code, why, "the last round to the second site failed");
            }
            Err(_) => tracing::error!("the last round to the second site took too long"),
        }
        self.rounds.remember(false);
    }

    /// The node has ended.
    pub async fn end(self) {
        self.held.end().await;
    }
}

impl Rounds {
    async fn ship(&self) -> Result<Shipped, Failure> {
        let mut mirror = self.mirror.lock().await;
        if mirror.is_none() {
            *mirror = Some(Mirror::open(self.source.clone(), &self.config.folder)?);
        }
        match mirror.as_mut() {
            Some(mirror) => Ok(mirror.ship().await?),
            None => {
                Err(Failure::from(brain_backup::Error::NoSnapshot(self.config.folder.display().to_string())))
            }
        }
    }

    /// Say how the copy stands.
    fn say(&self, look: &Look, shipped: Option<&Shipped>, error: String) {
        let before = self.status.mirror();
        let (as_of, snapshot, bytes_new) = match (shipped, before) {
            (Some(shipped), _) => (shipped.as_of, shipped.snapshot.id.clone(), shipped.bytes_new),
            (None, Some(before)) => (before.as_of, before.snapshot, before.bytes_new),
            (None, None) => (self.began, String::new(), 0),
        };
        self.status.set_mirror(MirrorRecord {
            epoch: look.epoch,
            every_s: self.config.every_s,
            as_of,
            snapshot,
            bytes_new,
            error,
            standbys: look.standbys.clone(),
            running: true,
        });
    }

    /// For commands that look at the folder while the node is stopped.
    fn remember(&self, running: bool) {
        let last = self.status.mirror().map(|record| MirrorRecord { running, ..record });
        if let Err(error) = State::update(&self.data, |state| state.last = last) {
            tracing::warn!(%error, "how the second site stands was not remembered");
        }
    }
}

async fn keep_shipping(rounds: Arc<Rounds>, held: Arc<Held>) {
    let every = Duration::from_secs(rounds.config.every_s.into());
    loop {
        let began = tokio::time::Instant::now();
        match rounds.ship().await {
            Ok(shipped) => {
                tracing::debug!(
                    snapshot = shipped.snapshot.id,
                    new = shipped.new,
                    bytes = shipped.bytes_new,
                    read = shipped.database_bytes_read,
                    milliseconds = began.elapsed().as_millis() as u64,
                    "a round to the second site"
                );
                held.copied(Copied { snapshot: shipped.snapshot.id.clone(), as_of: shipped.as_of });
                rounds.say(&held.look(), Some(&shipped), String::new());
                rounds.evidence.show_up_to(Some(shipped.snapshot.evidence_size));
            }
            Err(failure) => {
                let why = failure.message(Language::En);
                tracing::warn!(code = failure.code, why, "a round to the second site failed; trying again");
                rounds.say(&held.look(), None, why);
            }
        }
        rounds.remember(false);
        tokio::time::sleep_until(began + every).await;
    }
}

/// Record when the copy becomes too old, and when it is in time again. Rounds may hang; this does not.
async fn watch_age(rounds: Arc<Rounds>, held: Arc<Held>) {
    let mut late = false;
    loop {
        tokio::time::sleep(WATCH).await;
        let look = held.look();
        if let Some(record) = rounds.status.mirror() {
            let error = if look.error.is_empty() { record.error } else { look.error.clone() };
            rounds.say(&look, None, error);
        }
        let now_late = rounds.status.mirror_age_s().is_some_and(|age_s| age_s > MIRROR_AGE_MAX_S);
        if now_late == late {
            continue;
        }
        if now_late {
            // What witnesses see from now on may be more than the copy holds: better that than nobody seeing it.
            rounds.evidence.show_up_to(None);
            tracing::error!("the copy at the second site is more than {MIRROR_AGE_MAX_S} s behind");
        }
        match rounds.status.note_mirror(now_late).await {
            Ok(()) => late = now_late,
            Err(error) => tracing::error!(%error, "that the second site is late could not be recorded"),
        }
    }
}

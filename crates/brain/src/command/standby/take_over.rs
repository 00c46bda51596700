//! From standing by to serving: claim the next epoch, wait until the other node has certainly ended, make the copy the data
//! folder.

use super::{Watching, blocking};
use crate::command::restore::{adopt_keys, keys_beside};
use crate::mirror::State;
use anyhow::{Context as _, Result};
use brain_backup::{Claim, LeaseFolder, Snapshot};
use brain_kernel::clock::{Clock as _, SystemClock};
use brain_kernel::error::Failure;
use brain_trust::EvidenceEntry;
use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How late a process may notice that its time is over, beyond the time of safety.
const NOTICED_IN: Duration = Duration::from_secs(1);
/// How often it is looked whether the other node has said that it ended.
const LOOK: Duration = Duration::from_millis(200);

/// Why a standby takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The active node shows no sign of life.
    Silence,
    /// Somebody said so.
    Asked,
    /// It was begun before this start.
    Begun,
}

impl Cause {
    fn word(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Asked => "asked",
            Self::Begun => "begun before",
        }
    }
}

/// A take-over that is done but for the record of it.
#[derive(Debug)]
pub struct TakeOver {
    epoch: u64,
    from: String,
    cause: Cause,
    snapshot: Snapshot,
    /// The moment up to which it shows everything.
    as_of: DateTime<Utc>,
    /// Seconds the other node had been silent.
    silence_s: u64,
    seconds: u64,
}

impl TakeOver {
    /// What stands in the evidence log of it: from which moment the node goes on, so that what was lost is evident.
    pub fn entry(&self) -> EvidenceEntry {
        let age_s = (SystemClock.now() - self.as_of).num_seconds().max(0);
        EvidenceEntry {
            kind: "mirror.take_over".to_owned(),
            actor: "system".to_owned(),
            subject: self.snapshot.id.clone(),
            body: serde_json::json!({
                "epoch": self.epoch, "from": self.from, "cause": self.cause.word(),
                "as_of": self.as_of.to_rfc3339(), "age_s": age_s, "silence_s": self.silence_s,
                "seconds": self.seconds, "evidence_size": self.snapshot.evidence_size,
                "evidence_root": self.snapshot.evidence_root,
            }),
        }
    }
}

impl Watching {
    /// Take over; `None` where another node was quicker. A failure leaves the claim, and is tried again.
    pub(super) async fn take_over(&mut self, cause: Cause, data: &Path) -> Result<Option<TakeOver>> {
        let began = Instant::now();
        let silence_s = self.vigil.silence(self.began.elapsed()).unwrap_or_default().as_secs();
        let folder = self.folder.clone();
        let Some(before) = blocking(move || folder.highest()).await? else { return Ok(None) };
        tracing::warn!(cause = cause.word(), epoch = before.epoch, from = before.name, "taking over");
        let (epoch, from) = if before.holder == self.id {
            (before.epoch, "?".to_owned())
        } else {
            let Some(epoch) = self.claim(before.epoch + 1).await? else { return Ok(None) };
            (epoch, before.name)
        };
        self.answer_request()?;
        self.wait_for_end(epoch.saturating_sub(1)).await?;
        // What the other node copied last.
        if let Err(error) = self.follow().await {
            tracing::warn!(%error, "the last snapshot cannot be fetched; going on with the copy there is");
        }
        let snapshot = self.become_node(epoch, data).await?;
        let (as_of, seconds) = (self.as_of(&snapshot), began.elapsed().as_secs());
        Ok(Some(TakeOver { epoch, from, cause, snapshot, as_of, silence_s, seconds }))
    }

    async fn claim(&self, epoch: u64) -> Result<Option<u64>> {
        let claim = Claim { epoch, holder: self.id.clone(), name: self.name.clone(), at: SystemClock.now() };
        let folder = self.folder.clone();
        Ok(blocking(move || folder.claim(&claim)).await?.map(|_| epoch))
    }

    fn answer_request(&self) -> Result<()> {
        let request = self.place.join("promote");
        if request.exists() {
            std::fs::remove_file(&request)?;
        }
        Ok(())
    }

    /// Until the holder of `epoch` has said that it ended, or must have. A claim made before this start may have been
    /// made just now: it is waited for like any other.
    async fn wait_for_end(&self, epoch: u64) -> Result<()> {
        let claimed = Instant::now();
        let mut safety = self.mirror.times().safety;
        loop {
            let folder: LeaseFolder = self.folder.clone();
            if let Ok(Some(beat)) = blocking(move || folder.beat(epoch)).await {
                if beat.ended {
                    return Ok(());
                }
                safety = safety.max(beat.safety());
            }
            if claimed.elapsed() >= safety + NOTICED_IN {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Make the copy the data folder, which knows the epoch it holds.
    async fn become_node(&mut self, epoch: u64, data: &Path) -> Result<Snapshot> {
        let follower = self.follower.as_mut().context("the copy is not at hand")?;
        let state = State { holder: self.id.clone(), epoch, stood_by: false, last: None };
        let remember = |copy: &Path| -> brain_backup::Result<()> {
            state.save(copy).map_err(|cause| brain_backup::Error::File {
                path: copy.join("mirror.json").display().to_string(),
                cause,
            })
        };
        let taken = follower.take_over(data, Arc::new(SystemClock), remember).await;
        let snapshot = taken.map_err(Failure::from)?;
        adopt_keys(&keys_beside(data), &data.join("keys"))?;
        let (folder, id) = (self.folder.clone(), self.id.clone());
        // Nobody stands by any more; that it was not said costs nothing but a name in a list.
        if let Err(error) = blocking(move || folder.withdraw(&id)).await {
            tracing::warn!(%error, "the standby could not be taken from the list");
        }
        Ok(snapshot)
    }
}

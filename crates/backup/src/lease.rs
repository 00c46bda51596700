//! Who serves, as files in the mirror (`lease/`): one claim for each epoch, made once by whoever is first, and the signs of
//! life of its holder beside it. Nobody ever writes over what another wrote.
//!
//! ```text
//! lease/00000007.claim      who holds epoch 7; made once, all or nothing
//! lease/00000007.beat       its signs of life
//! lease/standby-<id>.json   a node that stands by
//! ```

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::repository::{create_private, replace_elsewhere};
use crate::tenure::{LEASE_S_MAX, LeaseTimes, OnLoss, Sign};
use crate::{Error, Result};

/// Longest file of a lease, bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Standbys listed at most.
const STANDBYS_MAX: usize = 100;
/// Digits of an epoch in a name.
const EPOCH_DIGITS: usize = 8;
/// Highest epoch there can be.
const EPOCH_MAX: u64 = 99_999_999;

/// Who claimed an epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The epoch, from 1.
    pub epoch: u64,
    /// Id of the data folder that holds it; empty where the claim was cut short.
    pub holder: String,
    /// Name of the node, for people.
    pub name: String,
    /// When by its own clock, for people.
    pub at: DateTime<Utc>,
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// Counts the signs.
    pub beat: u64,
    /// What the node does where it cannot reach the other site.
    pub on_loss: OnLoss,
    /// Longest time the node goes on after a look, milliseconds.
    pub safety_ms: u64,
    /// Whether it ended in order.
    pub ended: bool,
    /// What is at the other site; `None` before the first round.
    pub copied: Option<Copied>,
    /// When by its own clock, for people.
    pub at: DateTime<Utc>,
}

impl Beat {
    /// Longest time the node goes on after a look. No node has a longer one than the longest lease gives, whatever stands
    /// there: a take-over does not wait for ever.
    #[must_use]
    pub fn safety(&self) -> Duration {
        Duration::from_millis(self.safety_ms).min(LeaseTimes::of(LEASE_S_MAX).safety)
    }
}

/// How far the copy at the other site reaches: a snapshot shows the node as it was for longer than its own moment where
/// nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The newest snapshot.
    pub snapshot: String,
    /// The moment up to which it shows everything.
    pub as_of: DateTime<Utc>,
}

/// A node that stands by, as it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandbyCard {
    /// Id of the node.
    pub id: String,
    /// Name, for people.
    pub name: String,
    /// Snapshot its copy holds; empty before the first.
    pub snapshot: String,
    /// When by its own clock, for people.
    pub at: DateTime<Utc>,
}

/// The folder of leases in a mirror.
#[derive(Debug, Clone)]
pub struct LeaseFolder {
    root: PathBuf,
}

impl LeaseFolder {
    /// In the mirror at `mirror`.
    #[must_use]
    pub fn of(mirror: &Path) -> Self {
        Self { root: mirror.join("lease") }
    }

    /// Make a mirror of the folder at `mirror`, which must be there: what is not mounted is not made.
    pub fn establish(mirror: &Path) -> Result<Self> {
        if !mirror.is_dir() {
            let cause = io::Error::from(io::ErrorKind::NotFound);
            return Err(Error::File { path: mirror.display().to_string(), cause });
        }
        for part in ["lease", "objects", "snapshots"] {
            create_private(&mirror.join(part)).map_err(Error::at(mirror))?;
        }
        Ok(Self::of(mirror))
    }

    /// The claim of the highest epoch; `None` in a folder nobody has claimed.
    ///
    /// # Errors
    /// The folder cannot be read or is no mirror: then nobody knows who serves.
    pub fn highest(&self) -> Result<Option<Claim>> {
        let mut highest = None;
        for name in self.names()? {
            highest = highest.max(epoch_of(&name));
        }
        let Some(epoch) = highest else { return Ok(None) };
        // Whoever made the name holds the epoch, also where the words behind it were cut short.
        let unknown = Claim { epoch, holder: String::new(), name: String::new(), at: DateTime::UNIX_EPOCH };
        let read = read_json::<Claim>(&self.claim_file(epoch))?;
        Ok(Some(read.filter(|claim| claim.epoch == epoch).unwrap_or(unknown)))
    }

    /// Claim an epoch; `None` where somebody was first.
    ///
    /// # Errors
    /// The folder takes no file, or there is no such epoch.
    pub fn claim(&self, claim: &Claim) -> Result<Option<Post>> {
        if !(1..=EPOCH_MAX).contains(&claim.epoch) {
            return Err(Error::damaged(format!("epoch {}", claim.epoch)));
        }
        let path = self.claim_file(claim.epoch);
        let text = serde_json::to_vec_pretty(claim).map_err(|cause| Error::damaged(cause.to_string()))?;
        let mut options = fs::OpenOptions::new();
        // Made by one alone, on network folders too.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let made = options.open(&path).and_then(|mut file| {
            file.write_all(&text)?;
            brain_durable::sync_elsewhere(&file)
        });
        match made {
            Ok(()) => Ok(Some(Post { folder: self.clone(), claim: claim.clone(), beats: 0 })),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(Error::at(&path)(error)),
        }
    }

    /// Take an epoch up again that this holder claimed before.
    pub fn resume(&self, claim: Claim) -> Result<Post> {
        let beats = self.beat(claim.epoch)?.map_or(0, |beat| beat.beat);
        Ok(Post { folder: self.clone(), claim, beats })
    }

    /// The last sign of life of the holder of an epoch; `None` before its first.
    pub fn beat(&self, epoch: u64) -> Result<Option<Beat>> {
        read_json(&self.beat_file(epoch))
    }

    /// Who serves, as a standby sees it; `None` in a folder nobody has claimed.
    pub fn sign(&self) -> Result<Option<Sign>> {
        let Some(claim) = self.highest()? else { return Ok(None) };
        let beat = self.beat(claim.epoch)?;
        Ok(Some(Sign {
            epoch: claim.epoch,
            beat: beat.as_ref().map_or(0, |beat| beat.beat),
            stops: beat.as_ref().is_some_and(|beat| beat.on_loss == OnLoss::Stop),
            ended: beat.is_some_and(|beat| beat.ended),
        }))
    }

    /// Say that a node stands by.
    pub fn register(&self, card: &StandbyCard) -> Result<()> {
        if !self.root.is_dir() {
            let cause = io::Error::from(io::ErrorKind::NotFound);
            return Err(Error::File { path: self.root.display().to_string(), cause });
        }
        let path = self.standby_file(&card.id)?;
        let text = serde_json::to_vec_pretty(card).map_err(|cause| Error::damaged(cause.to_string()))?;
        replace_elsewhere(&path, &text).map_err(Error::at(&path))
    }

    /// Stand by no longer.
    pub fn withdraw(&self, id: &str) -> Result<()> {
        let path = self.standby_file(id)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::at(&path)(error)),
            _ => Ok(()),
        }
    }

    /// Nodes that stand by.
    pub fn standbys(&self) -> Result<Vec<StandbyCard>> {
        let names = self.names()?;
        let card = |name: &&String| {
            name.strip_prefix("standby-").is_some_and(|id| id.strip_suffix(".json").is_some())
        };
        let mut cards = Vec::new();
        for name in names.iter().filter(card).take(STANDBYS_MAX) {
            cards.extend(read_json::<StandbyCard>(&self.root.join(name))?);
        }
        Ok(cards)
    }

    fn names(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.root).and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<_>>()
        });
        entries.map_err(Error::at(&self.root))
    }

    fn claim_file(&self, epoch: u64) -> PathBuf {
        self.root.join(format!("{epoch:08}.claim"))
    }

    fn beat_file(&self, epoch: u64) -> PathBuf {
        self.root.join(format!("{epoch:08}.beat"))
    }

    fn standby_file(&self, id: &str) -> Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            return Err(Error::damaged(format!("standby {id:?}")));
        }
        Ok(self.root.join(format!("standby-{id}.json")))
    }
}

/// An epoch that is held.
#[derive(Debug)]
pub struct Post {
    folder: LeaseFolder,
    claim: Claim,
    beats: u64,
}

impl Post {
    /// The claim.
    #[must_use]
    pub const fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Look who holds the highest epoch, which is the answer, and show a sign of life where it is still this one.
    ///
    /// # Errors
    /// The site cannot be reached, or the claim is not there: then it is another folder.
    pub fn renew(&mut self, beat: Beat) -> Result<Claim> {
        let highest = self.folder.highest()?.filter(|claim| claim.epoch >= self.claim.epoch);
        let Some(highest) = highest else {
            let path = self.folder.claim_file(self.claim.epoch).display().to_string();
            return Err(Error::File { path, cause: io::Error::from(io::ErrorKind::NotFound) });
        };
        if highest.epoch == self.claim.epoch {
            let path = self.folder.beat_file(self.claim.epoch);
            // Whatever number stood there: another than before is a sign of life.
            self.beats = self.beats.wrapping_add(1);
            let beat = Beat { beat: self.beats, ..beat };
            let text = serde_json::to_vec_pretty(&beat).map_err(|cause| Error::damaged(cause.to_string()))?;
            replace_elsewhere(&path, &text).map_err(Error::at(&path))?;
        }
        Ok(highest)
    }
}

/// The epoch whose claim a file of this name is; `None` for what no node ever wrote, such as a copy under another name.
fn epoch_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".claim")?;
    let plain = digits.len() == EPOCH_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<u64>().ok())?.filter(|epoch| *epoch > 0)
}

/// What a file says; `None` where it is not there or cut short, as a claim may be.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::File::open(path) {
        Ok(file) => {
            let mut text = Vec::new();
            io::Read::read_to_end(&mut io::Read::take(file, FILE_BYTES_MAX), &mut text)
                .map_err(Error::at(path))?;
            Ok(serde_json::from_slice(&text).ok())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::at(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(epoch: u64, holder: &str) -> Claim {
        Claim { epoch, holder: holder.to_owned(), name: holder.to_owned(), at: DateTime::UNIX_EPOCH }
    }

    fn beat(ended: bool) -> Beat {
        Beat {
            beat: 0,
            on_loss: OnLoss::Stop,
            safety_ms: 12_000,
            ended,
            copied: None,
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_epoch_is_claimed_once_and_the_highest_counts() {
        let mirror = tempfile::tempdir().unwrap();
        let folder = LeaseFolder::establish(mirror.path()).unwrap();
        assert_eq!(folder.highest().unwrap(), None);
        let mut first = folder.claim(&claim(1, "a")).unwrap().unwrap();
        assert!(folder.claim(&claim(1, "b")).unwrap().is_none(), "somebody was first");
        assert_eq!(first.renew(beat(false)).unwrap().epoch, 1);
        assert_eq!(folder.sign().unwrap().unwrap().beat, 1);
        folder.claim(&claim(2, "b")).unwrap().unwrap();
        assert_eq!(folder.highest().unwrap().unwrap().holder, "b");
        assert_eq!(first.renew(beat(false)).unwrap().epoch, 2, "the first finds the higher epoch");
        assert_eq!(folder.beat(1).unwrap().unwrap().beat, 1, "and shows no sign any more");
    }

    #[test]
    fn a_claim_cut_short_is_held_by_nobody_known_and_a_folder_without_the_claim_is_another() {
        let mirror = tempfile::tempdir().unwrap();
        let folder = LeaseFolder::establish(mirror.path()).unwrap();
        let mut first = folder.claim(&claim(1, "a")).unwrap().unwrap();
        std::fs::write(mirror.path().join("lease/00000002.claim"), "{").unwrap();
        let highest = folder.highest().unwrap().unwrap();
        assert_eq!((highest.epoch, highest.holder.as_str()), (2, ""));
        std::fs::remove_file(mirror.path().join("lease/00000001.claim")).unwrap();
        std::fs::remove_file(mirror.path().join("lease/00000002.claim")).unwrap();
        assert!(first.renew(beat(false)).is_err());
        assert!(LeaseFolder::of(&mirror.path().join("away")).highest().is_err(), "not there is not nobody");
        assert!(LeaseFolder::establish(&mirror.path().join("away")).is_err(), "and it is not made");
    }

    #[test]
    fn names_and_numbers_that_no_node_wrote_neither_hold_an_epoch_nor_stop_anybody() {
        let mirror = tempfile::tempdir().unwrap();
        let folder = LeaseFolder::establish(mirror.path()).unwrap();
        let lease = mirror.path().join("lease");
        for name in ["18446744073709551615", "+0000007", "7", "00000000", "00000007 (1)"] {
            std::fs::write(lease.join(format!("{name}.claim")), "{}").unwrap();
        }
        assert_eq!(folder.highest().unwrap(), None);
        let mut first = folder.claim(&claim(1, "a")).unwrap().unwrap();
        first.renew(beat(false)).unwrap();
        let endless = Beat { beat: u64::MAX, safety_ms: u64::MAX, ..beat(false) };
        std::fs::write(lease.join("00000001.beat"), serde_json::to_vec(&endless).unwrap()).unwrap();
        assert_eq!(folder.beat(1).unwrap().unwrap().safety(), Duration::from_secs(360));
        let before = folder.sign().unwrap();
        folder.resume(claim(1, "a")).unwrap().renew(beat(false)).unwrap();
        assert_ne!(folder.sign().unwrap(), before, "a sign of life is told from the one before");
        for never in [0, EPOCH_MAX + 1, u64::MAX] {
            assert!(folder.claim(&claim(never, "a")).is_err(), "{never}");
        }
    }

    #[test]
    fn standbys_come_and_go_and_their_ids_lead_nowhere_else() {
        let mirror = tempfile::tempdir().unwrap();
        let folder = LeaseFolder::establish(mirror.path()).unwrap();
        let card = |id: &str| StandbyCard {
            id: id.to_owned(),
            name: "b".to_owned(),
            snapshot: String::new(),
            at: DateTime::UNIX_EPOCH,
        };
        folder.register(&card("b-1")).unwrap();
        assert_eq!(folder.standbys().unwrap(), [card("b-1")]);
        assert!(folder.register(&card("../b")).is_err());
        folder.withdraw("b-1").unwrap();
        folder.withdraw("b-1").unwrap();
        assert!(folder.standbys().unwrap().is_empty());
    }
}

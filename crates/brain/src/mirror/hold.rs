//! Holding the epoch: one thread looks and shows signs of life, another ends the process when it may serve no longer. The
//! second one waits for nothing, so that a site that hangs cannot hold it up.

use super::state::State;
use super::{end, highest, superseded, unreachable};
use crate::config::MirrorConfig;
use anyhow::Result;
use brain_backup::{Beat, Claim, Copied, LeaseFolder, OnLoss, Post, Tenure, Verdict};
use brain_kernel::clock::{Clock, SystemClock};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it is looked whether the process may go on.
const WATCH: Duration = Duration::from_millis(100);
/// Longest time the end of the process waits for the last sign of life.
const FAREWELL: Duration = Duration::from_secs(5);

/// Whether this data folder may be opened at all: whoever finds a higher epoch is refused.
pub fn admit(config: &MirrorConfig, data: &Path) -> Result<()> {
    if !config.is_on() {
        return Ok(());
    }
    let state = State::of(data)?;
    match highest(config) {
        Ok(Some(claim)) if may_hold(&claim, &state) => Ok(()),
        Ok(Some(claim)) => Err(superseded(config, &claim, state.epoch > 0).into()),
        Ok(None) if state.epoch == 0 => Ok(()),
        Ok(None) => lost(config, &state, "there is no mirror"),
        Err(error) => lost(config, &state, &error.to_string()),
    }
}

fn lost(config: &MirrorConfig, state: &State, cause: &str) -> Result<()> {
    match config.on_loss(state.stood_by) {
        OnLoss::Stop => Err(unreachable(config, cause).into()),
        OnLoss::GoOn => {
            tracing::warn!(folder = %config.folder.display(), cause, "the second site cannot be reached");
            Ok(())
        }
    }
}

/// A claim of this folder, or one that was cut short just above its own: nobody holds that one.
fn may_hold(claim: &Claim, state: &State) -> bool {
    claim.holder == state.holder || (claim.holder.is_empty() && claim.epoch == state.epoch + 1)
}

/// What the looking thread found last.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Why it failed; empty where it did not.
    pub error: String,
    /// Names of the nodes that stand by.
    pub standbys: Vec<String>,
    /// Epoch held; 0 where none is yet.
    pub epoch: u64,
    higher: Option<Claim>,
    copied: Option<Copied>,
}

struct Shared {
    began: Instant,
    tenure: Mutex<Tenure>,
    look: Mutex<Look>,
    /// The node has ended in order.
    over: AtomicBool,
}

impl Shared {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn tenure(&self) -> MutexGuard<'_, Tenure> {
        self.tenure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> MutexGuard<'_, Look> {
        self.look.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The epoch, held for as long as the node serves.
pub struct Held {
    config: MirrorConfig,
    shared: Arc<Shared>,
    farewell: Sender<()>,
    looking: Mutex<Option<JoinHandle<()>>>,
}

impl Held {
    /// Claim the epoch or take it up again, and hold it from now on; `None` where nothing is mirrored.
    pub fn take(config: &MirrorConfig, name: &str, data: &Path) -> Result<Option<Self>> {
        if !config.is_on() {
            return Ok(None);
        }
        let state = State::of(data)?;
        let shared = Arc::new(Shared {
            began: Instant::now(),
            tenure: Mutex::new(Tenure::new(
                state.epoch,
                config.times().safety,
                config.on_loss(state.stood_by),
                Duration::ZERO,
            )),
            look: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let mut holder = Holder {
            config: config.clone(),
            name: name.to_owned(),
            data: data.to_owned(),
            state,
            post: None,
            shared: shared.clone(),
        };
        holder.look(false);
        let first = shared.look().clone();
        if let Some(claim) = first.higher {
            return Err(superseded(config, &claim, holder.state.epoch > 0).into());
        }
        if !first.error.is_empty() {
            lost(config, &holder.state, &first.error)?;
        }
        let (farewell, asked) = channel();
        let looking = std::thread::Builder::new().name("mirror-lease".to_owned());
        let looking = looking.spawn(move || holder.keep(&asked))?;
        let (watched, watching) = (shared.clone(), config.clone());
        std::thread::Builder::new()
            .name("mirror-watch".to_owned())
            .spawn(move || watch(&watched, &watching))?;
        let looking = Mutex::new(Some(looking));
        Ok(Some(Self { config: config.clone(), shared, farewell, looking }))
    }

    /// What was found last.
    pub fn look(&self) -> Look {
        self.shared.look().clone()
    }

    /// What is at the other site now; said with the next sign of life.
    pub fn copied(&self, copied: Copied) {
        self.shared.look().copied = Some(copied);
    }

    /// End the process here and now where it may serve no longer. Called before anything is committed: a process that
    /// was stopped for a while and goes on commits nothing first.
    pub fn fence(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let (shared, config) = (self.shared.clone(), self.config.clone());
        move || refuse(&shared, &config)
    }

    /// The node has ended: say so, so that nobody waits for it.
    pub async fn end(&self) {
        self.shared.over.store(true, Ordering::Release);
        // Sent to a thread that ended already, it says nothing new.
        let _ = self.farewell.send(());
        let looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner).take();
        let waiting = tokio::task::spawn_blocking(move || looking.is_none_or(|thread| thread.join().is_ok()));
        if !matches!(tokio::time::timeout(FAREWELL, waiting).await, Ok(Ok(true))) {
            tracing::warn!(
                "the second site did not take the last sign of life; a standby waits for the lease"
            );
        }
    }
}

/// Whoever looks.
struct Holder {
    config: MirrorConfig,
    name: String,
    data: PathBuf,
    state: State,
    post: Option<Post>,
    shared: Arc<Shared>,
}

impl Holder {
    fn keep(mut self, asked: &Receiver<()>) {
        let beat = self.config.times().beat;
        loop {
            match asked.recv_timeout(beat) {
                Err(RecvTimeoutError::Timeout) => self.look(false),
                _ => return self.look(true),
            }
        }
    }

    /// Look once, and show a sign of life; `ended` where it is the last.
    fn look(&mut self, ended: bool) {
        let began = self.shared.now();
        let failed = match self.try_look(began, ended) {
            Ok(()) => String::new(),
            Err(failure) => failure.message(Language::En),
        };
        let mut look = self.shared.look();
        if look.error != failed {
            if failed.is_empty() {
                tracing::info!("the second site is reached again");
            } else {
                tracing::warn!(failed, "the second site cannot be reached");
            }
            look.error = failed;
        }
    }

    fn try_look(&mut self, began: Duration, ended: bool) -> Result<(), Failure> {
        let folder = LeaseFolder::of(&self.config.folder);
        if self.post.is_none() {
            self.obtain(began)?;
        }
        let Some(post) = &mut self.post else { return Ok(()) };
        let standbys: Vec<String> =
            folder.standbys().map_err(Failure::from)?.into_iter().map(|card| card.name).collect();
        if !standbys.is_empty() && !self.state.stood_by {
            self.state.stood_by = true;
            save(&self.state, &self.data);
        }
        let on_loss = self.config.on_loss(self.state.stood_by);
        // Before it is shown: a standby acts on what is shown.
        self.shared.tenure().set_on_loss(on_loss);
        let safety_ms = u64::try_from(self.config.times().safety.as_millis()).unwrap_or(u64::MAX);
        let copied = self.shared.look().copied.clone();
        let beat = Beat { beat: 0, on_loss, safety_ms, ended, copied, at: SystemClock.now() };
        let highest = post.renew(beat).map_err(Failure::from)?;
        self.shared.tenure().looked(began, highest.epoch);
        let mut look = self.shared.look();
        look.standbys = standbys;
        look.epoch = self.state.epoch;
        look.higher = (highest.epoch > self.state.epoch).then_some(highest);
        Ok(())
    }

    /// Claim an epoch, or take the one up again that this folder held.
    fn obtain(&mut self, began: Duration) -> Result<(), Failure> {
        let folder = if self.state.epoch == 0 {
            LeaseFolder::establish(&self.config.folder)?
        } else {
            LeaseFolder::of(&self.config.folder)
        };
        let epoch = match folder.highest()? {
            None if self.state.epoch > 0 => return Err(unreachable(&self.config, "there is no mirror")),
            None => 1,
            Some(claim) if claim.holder == self.state.holder => {
                let post = folder.resume(claim)?;
                self.hold(post, began);
                return Ok(());
            }
            Some(claim) if may_hold(&claim, &self.state) => claim.epoch + 1,
            Some(claim) => {
                // Above whatever this folder held, so that it ends.
                self.shared.tenure().looked(began, claim.epoch.max(self.state.epoch + 1));
                self.shared.look().higher = Some(claim);
                return Ok(());
            }
        };
        let (holder, name) = (self.state.holder.clone(), self.name.clone());
        // Remembered first: a claim whose holder forgot itself would be nobody's.
        save(&self.state, &self.data);
        // Where somebody was quicker the next look says who.
        if let Some(post) = folder.claim(&Claim { epoch, holder, name, at: SystemClock.now() })? {
            self.hold(post, began);
        }
        Ok(())
    }

    fn hold(&mut self, post: Post, began: Duration) {
        self.state.epoch = post.claim().epoch;
        save(&self.state, &self.data);
        let (safety, on_loss) = (self.config.times().safety, self.config.on_loss(self.state.stood_by));
        *self.shared.tenure() = Tenure::new(self.state.epoch, safety, on_loss, began);
        self.post = Some(post);
    }
}

fn save(state: &State, data: &Path) {
    // What stands there of the copy is the shipping's to say.
    let changed = State::update(data, |kept| *kept = State { last: kept.last.take(), ..state.clone() });
    if let Err(error) = changed {
        tracing::error!(%error, "what is remembered of the second site could not be written");
    }
}

/// End the process as soon as it may serve no longer.
fn watch(shared: &Shared, config: &MirrorConfig) {
    let mut alone = false;
    loop {
        std::thread::sleep(WATCH);
        if shared.over.load(Ordering::Acquire) {
            return;
        }
        refuse(shared, config);
        let now_alone = shared.tenure().verdict(shared.now()) == Verdict::ServeAlone;
        if now_alone && !alone {
            tracing::error!("the second site cannot be reached; the node goes on without it, as configured");
        }
        alone = now_alone;
    }
}

fn refuse(shared: &Shared, config: &MirrorConfig) {
    let verdict = shared.tenure().verdict(shared.now());
    match verdict {
        Verdict::Serve | Verdict::ServeAlone => {}
        Verdict::Superseded(epoch) => {
            let found = shared.look().higher.clone();
            let unknown = Claim { epoch, holder: String::new(), name: "?".to_owned(), at: SystemClock.now() };
            end(&superseded(config, &found.unwrap_or(unknown), true))
        }
        Verdict::Lost => {
            let cause = shared.look().error.clone();
            let cause = if cause.is_empty() { "it does not answer" } else { &cause };
            end(&unreachable(config, cause))
        }
    }
}

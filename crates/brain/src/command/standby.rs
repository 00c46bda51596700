//! `brain standby`: a node at the second site that follows the mirror, and serves in place of the active one when that
//! has ended.

mod take_over;

pub use take_over::TakeOver;

use crate::cli::{self, Standby, StandbyAction};
use crate::command::restore::keys_beside;
use crate::command::serve;
use crate::config::{Loaded, MirrorConfig};
use crate::folder;
use crate::mirror::new_id;
use crate::{modules, terminal};
use anyhow::{Context as _, Result, bail};
use brain_api::Door;
use brain_backup::{Copied, Duty, Followed, Follower, LeaseFolder, Sign, Snapshot, StandbyCard, Vigil};
use brain_kernel::clock::{Clock as _, SystemClock};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_trust::Keyring;
use chrono::{DateTime, Utc};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use take_over::Cause;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How often the sign of life is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often it is looked for a new snapshot.
const FOLLOW: Duration = Duration::from_secs(2);
/// Longest time until a running standby has taken a request.
const TAKEN_IN: Duration = Duration::from_secs(60);

/// Stand by, or say something to the standby that does.
pub async fn standby(loaded: Loaded, given: Standby) -> Result<ExitCode> {
    if !loaded.config.mirror.is_on() {
        bail!(
            "请设置 mirror.folder 为第二站点的文件夹。\nSet mirror.folder to the folder of the second site."
        );
    }
    match given.action {
        Some(StandbyAction::Promote) => promote(&place_of(&loaded.config.node.data)?).await,
        Some(StandbyAction::Leave) => leave(&loaded.config.mirror, &place_of(&loaded.config.node.data)?),
        None => Box::pin(stand_by(loaded, given.kek)).await,
    }
}

/// Where the copy is kept: beside the data folder it will be.
fn place_of(data: &Path) -> Result<PathBuf> {
    let mut place = std::path::absolute(data)?;
    place.as_mut_os_string().push(".standby");
    Ok(place)
}

async fn promote(place: &Path) -> Result<ExitCode> {
    if !folder::Folder::is_held(place) {
        bail!(
            "此数据文件夹没有运行中的备用节点，请先执行 brain standby。\n\
             No standby runs on this data folder; start one with brain standby."
        );
    }
    let request = place.join("promote");
    brain_crypto::replace_private_file(&request, b"now")?;
    let asked = Instant::now();
    while request.exists() {
        if asked.elapsed() > TAKEN_IN {
            std::fs::remove_file(&request)?;
            bail!("备用节点没有响应。\nThe standby does not answer.");
        }
        tokio::time::sleep(LOOK).await;
    }
    terminal::line("备用节点正在接管。 The standby is taking over.");
    Ok(ExitCode::SUCCESS)
}

fn leave(mirror: &MirrorConfig, place: &Path) -> Result<ExitCode> {
    if folder::Folder::is_held(place) {
        bail!("备用节点仍在运行，请先停止。\nThe standby still runs; stop it first.");
    }
    LeaseFolder::of(&mirror.folder).withdraw(&id_of(place)?).map_err(Failure::from)?;
    Ok(ExitCode::SUCCESS)
}

/// The standby as its health says it.
#[derive(Debug, Default)]
struct Words(Mutex<String>);

impl Words {
    fn set(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn stand_by(mut loaded: Loaded, kek: Option<String>) -> Result<ExitCode> {
    let data = loaded.config.node.data.clone();
    if std::fs::read_dir(&data).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!(
            "{0} 已有数据：备用节点从空的数据文件夹开始。旧的主节点请先把它移到别处保存。\n\
             {0} holds data already: a standby begins with an empty data folder. Move that of a former active node away \
             and keep it.",
            data.display()
        );
    }
    let place = place_of(&data)?;
    std::fs::create_dir_all(&place).with_context(|| format!("cannot create {}", place.display()))?;
    let lock = folder::lock(&place.join("lock"))?;
    loaded.config.crypto.kek_older.extend(kek);
    let ring = modules::keyring(&loaded.config.crypto, &keys_beside(&data)).map_err(Failure::from)?;
    let words = Arc::new(Words::default());
    let health = listen(&loaded, words.clone()).await?;
    let mirror = loaded.config.mirror.clone();
    let (at, within) = (mirror.folder.clone(), place.clone());
    let follower = blocking(move || Follower::open(&at, &within)).await?;
    let id = id_of(&place)?;
    let watching = Watching {
        folder: LeaseFolder::of(&mirror.folder),
        vigil: Vigil::new(mirror.times().lease),
        began: Instant::now(),
        name: loaded.config.node.name.clone(),
        id,
        mirror,
        place,
        ring: Arc::new(ring),
        follower: Some(follower),
        words,
        copied: None,
        trouble: String::new(),
    };
    let Some(taken) = watching.until_needed(&data).await? else {
        health.end().await;
        return Ok(ExitCode::SUCCESS);
    };
    health.end().await;
    drop(lock);
    Box::pin(serve::serve_after(loaded, Some(taken))).await
}

/// The listener of a node that stands by.
struct Health {
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Health {
    async fn end(self) {
        drop(self.stop);
        if let Ok(Err(error)) = self.serving.await {
            tracing::warn!(%error, "the listener of the standby failed");
        }
    }
}

async fn listen(loaded: &Loaded, words: Arc<Words>) -> Result<Health> {
    let http = &loaded.config.http;
    let listener = TcpListener::bind(http.listen).await.with_context(|| {
        format!("无法监听 {0}。\nCannot listen on {0}; choose another port.", http.listen)
    })?;
    let address = listener.local_addr()?;
    let said: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(move || words.get());
    let interface = brain_api::waiting(loaded.config.limits.clone(), loaded.config.network(), said);
    let (stop, asked) = oneshot::channel::<()>();
    let doors = vec![Door::plain(listener)];
    let serving = tokio::spawn(brain_api::serve(doors, interface, async move { drop(asked.await) }));
    terminal::line(&format!("{} · standby · http://{address}", loaded.config.node.name));
    Ok(Health { stop, serving })
}

/// One that watches and follows.
struct Watching {
    mirror: MirrorConfig,
    folder: LeaseFolder,
    vigil: Vigil,
    began: Instant,
    id: String,
    name: String,
    place: PathBuf,
    ring: Arc<Keyring>,
    /// Away while a thread works with it.
    follower: Option<Follower>,
    words: Arc<Words>,
    /// What the active node said last of the copy.
    copied: Option<Copied>,
    /// What was wrong last; the log is told once.
    trouble: String,
}

impl Watching {
    /// Follow until it is time; `None` when the process is asked to stop.
    async fn until_needed(mut self, data: &Path) -> Result<Option<TakeOver>> {
        let stopped = serve::stopped();
        tokio::pin!(stopped);
        let mut followed = None::<Instant>;
        loop {
            if followed.is_none_or(|at| at.elapsed() >= FOLLOW) {
                let outcome = self.follow().await;
                self.note(outcome.map(drop));
                followed = Some(Instant::now());
            }
            let cause = self.look().await;
            self.say();
            if let Some(cause) = cause {
                match self.take_over(cause, data).await {
                    Ok(Some(taken)) => return Ok(Some(taken)),
                    Ok(None) => tracing::warn!("another node was quicker; following it"),
                    Err(error) => self.note(Err(error)),
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = &mut stopped => return Ok(None),
            }
        }
    }

    /// Look at the sign of life; why to take over, if so.
    async fn look(&mut self) -> Option<Cause> {
        let folder = self.folder.clone();
        let seen = blocking(move || {
            let claim = folder.highest()?;
            let copied = match &claim {
                Some(claim) => folder.beat(claim.epoch)?.and_then(|beat| beat.copied),
                None => None,
            };
            Ok((folder.sign()?, claim, copied))
        });
        let asked = self.place.join("promote").exists();
        let (sign, claim) = match seen.await {
            Ok((sign, claim, copied)) => {
                self.copied = copied.or_else(|| self.copied.take());
                (sign, claim)
            }
            Err(error) => {
                self.vigil.saw(self.began.elapsed(), None);
                self.note(Err(error));
                return None;
            }
        };
        self.vigil.saw(self.began.elapsed(), sign);
        let holder = claim.map(|claim| claim.holder).unwrap_or_default();
        if !self.is_ready() {
            return None;
        }
        // A take-over that was begun before this start.
        if holder == self.id {
            return Some(Cause::Begun);
        }
        if asked && sign.is_some() {
            return Some(Cause::Asked);
        }
        match self.vigil.duty(self.began.elapsed()) {
            Duty::Claim(_) if self.has_database() => Some(Cause::Silence),
            _ => None,
        }
    }

    fn is_ready(&self) -> bool {
        self.follower.as_ref().is_some_and(|follower| follower.snapshot().is_some())
    }

    fn has_database(&self) -> bool {
        self.follower.as_ref().is_some_and(Follower::has_database)
    }

    /// Bring the copy up to date, and say that this node stands by.
    async fn follow(&mut self) -> Result<Option<Followed>> {
        let Some(mut follower) = self.follower.take() else { bail!("the copy is not at hand") };
        let ring = self.ring.clone();
        let (follower, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = follower.advance(&ring);
            (follower, outcome)
        })
        .await
        .context("the copy was lost")?;
        self.follower = Some(follower);
        let followed = outcome.map_err(Failure::from)?;
        let Some(new) = followed.as_ref().filter(|followed| followed.new) else { return Ok(followed) };
        tracing::debug!(snapshot = new.snapshot.id, objects = new.objects, bytes = new.bytes, "followed");
        let card = StandbyCard {
            id: self.id.clone(),
            name: self.name.clone(),
            snapshot: new.snapshot.id.clone(),
            at: SystemClock.now(),
        };
        let folder = self.folder.clone();
        blocking(move || folder.register(&card)).await?;
        Ok(followed)
    }

    /// The moment up to which a snapshot shows everything, as far as the active node said.
    fn as_of(&self, snapshot: &Snapshot) -> DateTime<Utc> {
        let said = self.copied.as_ref().filter(|copied| copied.snapshot == snapshot.id);
        said.map_or(snapshot.created_at, |copied| copied.as_of.max(snapshot.created_at))
    }

    fn note(&mut self, outcome: Result<()>) {
        let trouble = outcome.err().map(|error| cli::explain(&error, Language::En)).unwrap_or_default();
        if !trouble.is_empty() && trouble != self.trouble {
            tracing::warn!(trouble, "the standby has trouble; trying again");
        }
        self.trouble = trouble;
    }

    fn say(&self) {
        let snapshot = self.follower.as_ref().and_then(Follower::snapshot);
        let mut text = match snapshot {
            None => "snapshot: none yet\n".to_owned(),
            Some(snapshot) => {
                let as_of = self.as_of(snapshot);
                let lag_s = (SystemClock.now() - as_of).num_seconds().max(0);
                format!("snapshot: {}\nas of: {}\nlag_s: {lag_s}\n", snapshot.id, as_of.to_rfc3339())
            }
        };
        let silence = self.vigil.silence(self.began.elapsed()).map(|silence| silence.as_secs());
        match (self.vigil.sign(), silence) {
            (Some(Sign { epoch, stops, .. }), Some(silence)) => {
                let how = if stops { "" } else { ", takes over only when asked" };
                text.push_str(&format!("active: epoch {epoch}, silent for {silence} s{how}\n"));
            }
            _ => text.push_str("active: not seen\n"),
        }
        if !self.trouble.is_empty() {
            text.push_str(&format!("trouble: {}\n", self.trouble.replace('\n', " ")));
        }
        self.words.set(text);
    }
}

/// The id this place is known by, made once.
fn id_of(place: &Path) -> Result<String> {
    let path = place.join("id");
    if !path.exists() {
        brain_crypto::replace_private_file(&path, new_id()?.as_bytes())?;
    }
    let mut id = String::new();
    std::io::Read::read_to_string(&mut std::io::Read::take(File::open(&path)?, 64), &mut id)?;
    Ok(id)
}

/// Work with files of another site, beside the threads that answer.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, brain_backup::Error> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.context("work with the second site was lost")?;
    Ok(done.map_err(Failure::from)?)
}

//! What a source needs of a node, in a temporary folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brain_connect::{
    Backoff, Control, Error, Fetched, Landing, Limits, Position, Secret, Settings, Surroundings, fetch,
};
use brain_egress::Egress;
use brain_kernel::clock::{Clock, SystemClock};
use chrono::{DateTime, TimeDelta, Utc};

/// Tries again at once.
pub(crate) const AT_ONCE: Backoff =
    Backoff { attempts_max: 3, first: Duration::ZERO, longest: Duration::ZERO };

/// The machine's clock, some time ahead: files written now have been there for a while.
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.0
    }
}

pub(crate) struct Node {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) surroundings: Surroundings,
    pub(crate) limits: Limits,
    pub(crate) backoff: Backoff,
    pub(crate) control: Control,
}

impl Node {
    /// A node that may call these origins.
    pub(crate) fn new(allow: &[String]) -> Self {
        Self::into_networks(allow, &[])
    }

    /// A node that may call these origins, and whose names may lead into these networks.
    pub(crate) fn into_networks(allow: &[String], networks: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        let networks = networks.iter().map(|network| (*network).to_owned()).collect();
        let options =
            brain_egress::Options { allow: allow.to_vec(), networks, ..brain_egress::Options::default() };
        let surroundings = Surroundings {
            egress: Egress::new(&options).unwrap(),
            clock: Arc::new(Ahead(TimeDelta::hours(1))),
            folders: vec![folder.path().join("in")],
            // The last part names the connector, to a broker that all tests share, too.
            own: Some(folder.path().join("own").join(folder.path().file_name().unwrap())),
        };
        let (limits, control) = (Limits::default(), Control::default());
        Self { folder, surroundings, limits, backoff: AT_ONCE, control }
    }

    /// The same node, some time later than the machine's clock says.
    pub(crate) fn ahead_by(mut self, time: TimeDelta) -> Self {
        self.surroundings.clock = Arc::new(Ahead(time));
        self
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    /// Fetch one batch: its text, and where it leads; also the attempts.
    pub(crate) async fn batch(
        &self,
        settings: &Settings,
        secret: Option<&str>,
        after: Option<&Position>,
    ) -> (Result<Option<(String, Fetched)>, Error>, u32) {
        let secret = secret.map(|secret| Secret::new(secret.to_owned()));
        let source = match settings.open(secret, self.surroundings.clone()) {
            Ok(source) => source,
            Err(error) => return (Err(error), 0),
        };
        let mut landing = Landing::new(self.folder.path().join("landing"), self.limits).await.unwrap();
        let (fetched, attempts) =
            fetch(source.as_ref(), after, &mut landing, &self.control, &self.backoff).await;
        let read = |file: &Path| std::fs::read_to_string(file).unwrap();
        let read = fetched.map(|fetched| fetched.map(|fetched| (read(landing.file().unwrap()), fetched)));
        (read, attempts)
    }

    /// Fetch batches until there is nothing more: their texts, and where they lead.
    pub(crate) async fn drain(
        &self,
        settings: &Settings,
        position: Option<Position>,
    ) -> (Vec<String>, Option<Position>) {
        self.drain_with(settings, None, position).await
    }

    /// Like [`drain`](Self::drain), with a secret.
    pub(crate) async fn drain_with(
        &self,
        settings: &Settings,
        secret: Option<&str>,
        mut position: Option<Position>,
    ) -> (Vec<String>, Option<Position>) {
        let mut texts = Vec::new();
        loop {
            let Some((text, fetched)) = self.batch(settings, secret, position.as_ref()).await.0.unwrap()
            else {
                return (texts, position);
            };
            texts.push(text);
            // Stored and read again, as it is between two runs.
            let stored = fetched.position.into_value().to_string();
            position = Some(Position::stored(serde_json::from_str(&stored).unwrap()));
            if !fetched.more {
                return (texts, position);
            }
        }
    }

    /// What sources told, in English.
    pub(crate) fn told(&self) -> Vec<String> {
        self.control.notices.list().into_iter().map(|notice| notice.en).collect()
    }
}

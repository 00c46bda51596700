//! What a source is: the plug-in every kind implements.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use brain_egress::Egress;
use brain_kernel::clock::Clock;
use brain_kernel::language::Text;
use brain_kernel::progress::{Cancel, Progress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{Error, Landing, Result};

/// Longest position, bytes of JSON.
const POSITION_BYTES_MAX: usize = 8 << 20;
/// Names of fields or columns in a finding.
pub(crate) const FIELDS_MAX: usize = 200;

/// How far a source has been read (读取位置). Only the source that wrote it can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Position(Value);

impl Position {
    /// The position that this state of a source makes.
    pub(crate) fn of(state: &impl Serialize) -> Result<Self> {
        let value = serde_json::to_value(state).map_err(|error| Error::Position(error.to_string()))?;
        let bytes = value.to_string().len();
        if bytes > POSITION_BYTES_MAX {
            return Err(Error::TooMuch {
                what: Text::new("读取位置", "The position"),
                limit: POSITION_BYTES_MAX as u64,
                unit: Text::new("字节", "bytes"),
            });
        }
        Ok(Self(value))
    }

    /// The state in it. A position of another kind of source is refused: it was not written by this one.
    pub(crate) fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        T::deserialize(&self.0).map_err(|error| Error::Position(error.to_string()))
    }

    /// A position as it was stored.
    #[must_use]
    pub fn stored(value: Value) -> Self {
        Self(value)
    }

    /// What to store.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }
}

/// A password, token or key. It is never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the header or the connection that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a source needs of the node it runs on.
#[derive(Clone)]
pub struct Surroundings {
    /// The way out.
    pub egress: Egress,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Folders of this machine that may be read, with everything below.
    pub folders: Vec<PathBuf>,
    /// A folder of the connector's own, made when it is needed: what it keeps between two fetches. None where a source
    /// is only tried out.
    pub own: Option<PathBuf>,
}

/// Notices kept of one fetch or run; more would say the same.
const NOTICES_MAX: usize = 20;

/// What people should know of a fetch that did not fail (告知): messages that were gone, a spool that is full.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<Text>>>);

impl Notices {
    /// What was told until now, each thing once.
    #[must_use]
    pub fn list(&self) -> Vec<Text> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, notice: Text) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < NOTICES_MAX && !list.contains(&notice) {
            list.push(notice);
        }
    }
}

/// Progress and notices out, cancellation in.
#[derive(Debug, Clone, Default)]
pub struct Control {
    /// Counts bytes written.
    pub progress: Progress,
    /// Looked at between rows, pages and blocks.
    pub cancel: Cancel,
    /// What people should know although nothing failed.
    pub notices: Notices,
}

impl Control {
    /// [`Error::Cancelled`] once somebody asked to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Tell people something, and the log.
    pub(crate) fn tell(&self, notice: Text) {
        tracing::warn!(notice = notice.en, "a source has something to tell");
        self.notices.add(notice);
    }
}

/// What a look at a source found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was found, in words.
    pub found: Text,
    /// Names of fields or columns that were seen, at most 200.
    pub fields: Vec<String>,
}

impl Finding {
    /// A table with these columns, and with rows or without.
    pub(crate) fn of_columns(columns: Vec<String>, filled: bool) -> Self {
        let count = columns.len();
        let found = if filled {
            Text::new(format!("{count} 列，有数据"), format!("{count} columns, with rows"))
        } else {
            Text::new(format!("{count} 列，没有数据"), format!("{count} columns, without rows"))
        };
        Self { found, fields: columns.into_iter().take(FIELDS_MAX).collect() }
    }
}

/// A batch: the landing's file holds it, or the landing is empty and only the position moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// How far the source is read once this batch has landed.
    pub position: Position,
    /// Whether there is more to fetch at once.
    pub more: bool,
}

/// A source of data (数据源).
#[async_trait::async_trait]
pub trait Source: Send + Sync {
    /// Reach the source and say what is there, without fetching it.
    async fn test(&self, control: &Control) -> Result<Finding>;

    /// Write the next batch after a position (`None`: from the beginning) into the landing. `None` when there is
    /// nothing new. Repeating it with the same position brings the same rows again, and any that came since.
    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>>;

    /// Take away what reading has left at the source and would stay there for ever. Most sources have nothing.
    async fn forget(&self, _control: &Control) -> Result<()> {
        Ok(())
    }
}

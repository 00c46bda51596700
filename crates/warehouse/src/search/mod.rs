//! Search over the catalogue, the built-in code lists, what other crates offer, and firms (检索).
//!
//! Invariant: whoever may read the catalogue finds what stands in it; a firm is shown only from a row that the caller's
//! own session read, and only where everything it could be found by is as the caller sees it, so that a search tells
//! nothing that a read would not.
//! The index lies in `<data>/search`, is derived, and is brought in line when the catalogue has changed. Start reading at
//! [`Search::ask`].

mod entries;
mod firms;

pub use brain_search::{Counted, Entry, Facets, Filters, Hit, Kind, Marked, Piece};

use crate::handle::Inner;
use crate::query::Session;
use crate::{Error, Result, Warehouse};
use arc_swap::ArcSwap;
use brain_kernel::error::Failure;
use brain_kernel::progress::Cancel;
use brain_search::{Index, LIMIT_MAX, OFFSET_MAX, Opened, Question, kinds_asked, stamp_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// Label of entries that everybody who is signed in may know of, as he may read the whole catalogue.
pub const EVERYBODY: &str = "everybody";
/// Label that no caller carries: these hits go through [`firms`].
const FIRM: &str = "firm";
/// Firms shown beside other hits.
const FIRMS_BESIDE: usize = 5;
/// How long changes of the catalogue gather before they are indexed.
const SETTLE: Duration = Duration::from_secs(2);
/// How long an answer waits for a refresh under way before it is given from what is indexed.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often popularity is counted again where nothing else changes.
const RECOUNT: Duration = Duration::from_hours(1);

/// What the warehouse keeps for searching.
#[derive(Default)]
pub(crate) struct SearchState {
    /// Opened by the first who searches or refreshes.
    index: OnceCell<Arc<Index>>,
    /// Entries of other crates, by source.
    offered: ArcSwap<BTreeMap<&'static str, Vec<Entry>>>,
    /// One refresh at a time.
    turn: Mutex<()>,
    /// How often something outside the catalogue changed.
    looks: AtomicU64,
    /// What the index is in line with: generation of the catalogue, and looks.
    seen: Seen,
}

/// What the index is in line with.
#[derive(Default)]
struct Seen(std::sync::Mutex<Option<(u64, u64)>>);

impl Seen {
    fn get(&self) -> Option<(u64, u64)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, now: (u64, u64)) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }
}

impl SearchState {
    /// Something outside the catalogue changed that search finds; the next who asks or refreshes brings it in line.
    pub(crate) fn look_again(&self) {
        self.looks.fetch_add(1, Ordering::AcqRel);
    }
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// Words, and filters as `key:value`.
    pub text: String,
    /// Filters.
    pub filters: Filters,
    /// Hits to skip, at most [`OFFSET_MAX`].
    pub offset: usize,
    /// Hits to answer, at most [`LIMIT_MAX`].
    pub limit: usize,
    /// Leave firms out: nothing of them is read, and nothing recorded.
    pub without_firms: bool,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// What and where.
    #[serde(flatten)]
    pub hit: Hit,
    /// Whether the caller may read it: of datasets, columns and firms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readable: Option<bool>,
}

/// Firms that were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirmHits {
    /// Hits, best first.
    pub hits: Vec<Found>,
    /// Firms found in all; left out for a caller who does not see all firms.
    pub total: Option<u64>,
    /// Whether more may be found.
    pub has_more: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchAnswer {
    /// Hits, best first, firms apart.
    pub hits: Vec<Found>,
    /// Hits in all, firms apart.
    pub total: u64,
    /// Counts by kind, zone, side, grade and owner.
    pub facets: Facets,
    /// Whether no entry has all the words, so that those with half of them are shown.
    pub relaxed: bool,
    /// Whether the text was longer than what is read.
    pub shortened: bool,
    /// Whether the index is behind the catalogue: it is being written, or cannot be.
    pub stale: bool,
    /// Firms; left out where none were asked for, or the caller may read no firms.
    pub firms: Option<FirmHits>,
}

/// Searching; cheap to make.
#[derive(Clone)]
pub struct Search {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Search.
    pub fn search(&self) -> Search {
        Search { inner: Arc::clone(&self.inner) }
    }
}

impl Search {
    /// What a crate above has to be found, by a name of its own; replaces what it offered before.
    pub fn offer(&self, source: &'static str, entries: Vec<Entry>) {
        self.inner.search.offered.rcu(|offered| {
            let mut next = BTreeMap::clone(offered);
            next.insert(source, entries.clone());
            next
        });
        self.inner.search.look_again();
    }

    /// Answer in the words of the catalogue as it is now, and show the firms that this session may see.
    pub async fn ask(
        &self,
        session: &Session,
        request: SearchRequest,
        cancel: Cancel,
    ) -> Result<SearchAnswer> {
        let index = self.index().await?;
        // Reading goes on where writing cannot: on a full disk the index answers from what it knows.
        let stale = match tokio::time::timeout(PATIENCE, self.refresh_catalogue()).await {
            Ok(Ok(())) => false,
            // Firms are being indexed, which takes a minute or two for a province.
            Err(_) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the search index is behind the catalogue");
                true
            }
        };
        let kinds = kinds_asked(&request.text, &request.filters);
        let wanted = !request.without_firms && (kinds.is_empty() || kinds.contains(&Kind::Firm));
        let firms = if wanted {
            let alone = kinds == [Kind::Firm];
            self.firms(&index, session, &request, alone, cancel).await?
        } else {
            None
        };
        let question = self.question(request, EVERYBODY);
        let mut answer = blocking(move || index.search(&question)).await?;
        if let Some(total) = firms.as_ref().and_then(|firms| firms.total).filter(|total| *total > 0) {
            answer.facets.kind.push(Counted { value: Kind::Firm.as_str().to_owned(), count: total });
        }
        Ok(SearchAnswer {
            hits: answer.hits.into_iter().map(|hit| found(session, hit)).collect(),
            total: answer.total,
            facets: answer.facets,
            relaxed: answer.relaxed,
            shortened: answer.shortened,
            stale,
            firms,
        })
    }

    /// Bring everything in line: the catalogue, the code lists, what was offered, and firms.
    pub async fn refresh(&self) -> Result<()> {
        self.refresh_catalogue().await?;
        self.refresh_firms().await
    }

    /// [`Self::refresh`] whenever the catalogue changes, for as long as the node runs.
    pub async fn keep(&self) {
        let mut changes = self.inner.catalogue.changes();
        loop {
            // The node starts, or changes come in a row; neither should wait for this.
            tokio::time::sleep(SETTLE).await;
            changes.mark_unchanged();
            if let Err(error) = self.refresh().await {
                tracing::error!(%error, "the search index could not be brought in line");
            }
            match tokio::time::timeout(RECOUNT, changes.changed()).await {
                Ok(Ok(())) => {}
                // The hour is over: how often things are used is counted again.
                Err(_) => self.inner.search.look_again(),
                // The warehouse is gone.
                Ok(Err(_)) => return,
            }
        }
    }

    fn question(&self, request: SearchRequest, viewer: &str) -> Question {
        Question {
            text: request.text,
            filters: request.filters,
            viewer: vec![viewer.to_owned()],
            today: self.inner.clock.now().date_naive(),
            offset: request.offset.min(OFFSET_MAX),
            limit: request.limit.min(LIMIT_MAX),
        }
    }

    /// The index, opened by the first who wants it.
    async fn index(&self) -> Result<Arc<Index>> {
        let folder = self.inner.options.root.join("search");
        let open = || async {
            let (index, opened) = blocking(move || Index::open(&folder)).await?;
            if let Opened::Emptied(reason) = opened {
                tracing::warn!(reason, "the search index was not whole and is built again");
            }
            Ok::<_, Error>(Arc::new(index))
        };
        Ok(Arc::clone(self.inner.search.index.get_or_try_init(open).await?))
    }

    /// Everything but firms; nothing is done where the catalogue has not changed.
    async fn refresh_catalogue(&self) -> Result<()> {
        let search = &self.inner.search;
        // Read before the entries are: a change meanwhile is brought in line by the next.
        let now = (self.inner.catalogue.generation(), search.looks.load(Ordering::Acquire));
        if search.seen.get() == Some(now) {
            return Ok(());
        }
        let _turn = search.turn.lock().await;
        let index = self.index().await?;
        let mut sources: Vec<(&'static str, Vec<Entry>)> = vec![
            ("catalogue", self.inner.catalogue_entries().await?),
            ("standards", entries::standards()),
            ("terms", self.inner.term_entries().await?),
        ];
        for (source, entries) in search.offered.load().iter() {
            sources.push((source, entries.clone()));
        }
        blocking(move || {
            for (source, entries) in sources {
                let stamp = stamp_of(&entries);
                if index.stamp(source).as_deref() != Some(&stamp) {
                    let done = index.refresh(source, &stamp, entries.into_iter().map(Ok::<_, Failure>))?;
                    tracing::debug!(source, ?done, "search index refreshed");
                }
            }
            Ok(())
        })
        .await?;
        search.seen.set(now);
        Ok(())
    }
}

/// A hit, with whether the caller may read the dataset it is or belongs to.
fn found(session: &Session, hit: Hit) -> Found {
    let dataset = match hit.kind {
        Kind::Dataset => Some(hit.id.as_str()),
        Kind::Column => hit.parent.as_deref(),
        _ => None,
    };
    Found { readable: dataset.map(|dataset| session.may_read(dataset)), hit }
}

/// Work of the index, off the threads that serve requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> brain_search::Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
    done.map_err(|error| {
        tracing::error!(%error, "search failed");
        Error::passed(error)
    })
}

//! The index on disk: opened whole or made anew, and brought in line with its sources.

use crate::entry::{Entry, hash_of, print_of};
use crate::schema::{Fields, KEY, PRINT, SOURCE, schema};
use crate::{Result, SearchError};
use brain_kernel::error::Failure;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tantivy::schema::Schema;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, Searcher, Term};

/// Changes with what the fields hold, so that an index of an older build is made anew.
const FORMAT: u32 = 1;
/// Memory of one refresh; entries beyond it go to disk in a further segment.
const REFRESH_BYTES: usize = 100 << 20;
/// Threads of one refresh.
const REFRESH_THREADS: usize = 2;

/// Search over what the sources handed in. One process has it open.
pub struct Index {
    folder: PathBuf,
    index: tantivy::Index,
    schema: Schema,
    fields: Fields,
    reader: IndexReader,
    state: Mutex<State>,
}

/// How an index was found on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// There was none.
    New,
    /// Whole and of this format.
    Kept,
    /// Damaged, half-written or of another format; emptied. Why, for the log.
    Emptied(String),
}

/// What a refresh did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Entries that are new.
    pub added: u64,
    /// Entries that changed.
    pub changed: u64,
    /// Entries that are gone.
    pub removed: u64,
    /// Entries left as they were.
    pub kept: u64,
}

/// What each commit says of itself; it is written with the commit, so that both are there or neither is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    format: u32,
    /// What each source looked like when it was last read whole.
    stamps: BTreeMap<String, String>,
}

impl Index {
    /// The index of a folder. Whatever is wrong with it ends in an empty one, which [`Index::refresh`] fills.
    pub fn open(folder: &Path) -> Result<(Self, Opened)> {
        let at = |source| SearchError::Folder { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(at)?;
        let empty = std::fs::read_dir(folder).map_err(at)?.next().is_none();
        if empty {
            return Ok((Self::create(folder)?, Opened::New));
        }
        match Self::whole(folder) {
            Ok(index) => Ok((index, Opened::Kept)),
            Err(reason) => {
                std::fs::remove_dir_all(folder).map_err(at)?;
                std::fs::create_dir_all(folder).map_err(at)?;
                Ok((Self::create(folder)?, Opened::Emptied(reason)))
            }
        }
    }

    fn create(folder: &Path) -> Result<Self> {
        let (schema, fields) = schema();
        let index = tantivy::Index::create_in_dir(folder, schema.clone())?;
        Self::over(folder, index, schema, fields, State { format: FORMAT, ..State::default() })
    }

    /// The index if every byte of it is as written, it is of this format, and its last commit was finished.
    fn whole(folder: &Path) -> std::result::Result<Self, String> {
        let words = |error: tantivy::TantivyError| error.to_string();
        let (schema, fields) = schema();
        let index = tantivy::Index::open_in_dir(folder).map_err(words)?;
        if index.schema() != schema {
            return Err("other fields".to_owned());
        }
        let damaged = index.validate_checksum().map_err(words)?;
        if !damaged.is_empty() {
            return Err(format!("{} damaged file(s)", damaged.len()));
        }
        let payload = index.load_metas().map_err(words)?.payload.ok_or("never filled")?;
        let state: State = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
        if state.format != FORMAT {
            return Err(format!("format {}, this build writes {FORMAT}", state.format));
        }
        Self::over(folder, index, schema, fields, state).map_err(|error| error.to_string())
    }

    fn over(
        folder: &Path,
        index: tantivy::Index,
        schema: Schema,
        fields: Fields,
        state: State,
    ) -> Result<Self> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { folder: folder.to_owned(), index, schema, fields, reader, state: Mutex::new(state) })
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Entries in it.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a source looked like when it was last read whole; a caller with the same stamp need not refresh.
    #[must_use]
    pub fn stamp(&self, source: &str) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stamps.get(source).cloned()
    }

    /// Bring the entries of a source in line with `entries`, in one commit: readers see all of it or nothing.
    ///
    /// Only what changed is written. Refreshes wait for each other; a failing iterator changes nothing.
    pub fn refresh(
        &self,
        source: &str,
        stamp: &str,
        entries: impl IntoIterator<Item = std::result::Result<Entry, Failure>>,
    ) -> Result<Refreshed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = self.held(source)?;
        let mut writer = self.index.writer_with_num_threads(REFRESH_THREADS, REFRESH_BYTES)?;
        let outcome = self.write(&mut writer, source, &mut held, entries);
        let refreshed = match outcome {
            Ok(refreshed) => refreshed,
            Err(error) => {
                writer.rollback()?;
                return Err(error);
            }
        };
        let mut next = state.clone();
        next.stamps.insert(source.to_owned(), stamp.to_owned());
        let payload = serde_json::to_string(&next)?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        *state = next;
        writer.wait_merging_threads()?;
        self.reader.reload()?;
        Ok(refreshed)
    }

    fn write(
        &self,
        writer: &mut IndexWriter,
        source: &str,
        held: &mut FxHashMap<u64, u64>,
        entries: impl IntoIterator<Item = std::result::Result<Entry, Failure>>,
    ) -> Result<Refreshed> {
        let mut refreshed = Refreshed::default();
        let mut seen = FxHashSet::default();
        for entry in entries {
            let entry = entry.map_err(SearchError::Entries)?;
            let card = serde_json::to_string(&entry)?;
            let (key, print) = (entry.key(source), print_of(&entry, &card));
            // A source that names one thing twice keeps the first.
            if !seen.insert(key) {
                continue;
            }
            match held.remove(&key) {
                Some(known) if known == print => {
                    refreshed.kept += 1;
                    continue;
                }
                Some(_) => {
                    writer.delete_term(Term::from_field_u64(self.fields.key, key));
                    refreshed.changed += 1;
                }
                None => refreshed.added += 1,
            }
            writer.add_document(self.fields.document(&self.schema, source, &entry, &card))?;
        }
        // What is left was there and is no longer.
        for key in held.keys() {
            writer.delete_term(Term::from_field_u64(self.fields.key, *key));
            refreshed.removed += 1;
        }
        Ok(refreshed)
    }

    /// Key and print of every entry of a source.
    fn held(&self, source: &str) -> Result<FxHashMap<u64, u64>> {
        let mut held = FxHashMap::default();
        let wanted = hash_of(&source);
        for segment in self.reader.searcher().segment_readers() {
            let fast = segment.fast_fields();
            let key = fast.column_first_or_default::<u64>(KEY)?;
            let print = fast.column_first_or_default::<u64>(PRINT)?;
            let from = fast.column_first_or_default::<u64>(SOURCE)?;
            for document in segment.doc_ids_alive().filter(|document| from.get_val(*document) == wanted) {
                held.insert(key.get_val(document), print.get_val(document));
            }
        }
        Ok(held)
    }

    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }
}

//! Corpora inside the warehouse (语料库): defined over columns of datasets and files that were brought, built by runs,
//! kept as versions.
//!
//! Invariants: texts are read through the caller's session, with the right to take them along; documents of a version are
//! a dataset of the catalogue, so that grade, grant, mask and audit stand before every row; the grade of a corpus is at
//! least the highest of what it was made of; a version is whole or absent, whatever stops the node.
//! Deliberately absent: how texts are extracted, judged and compared (`brain-corpus`), HTTP.
//! Start reading at [`Corpora`], then `run.rs` and `land.rs`.

mod card;
mod define;
mod definition;
mod documents;
mod export;
mod files;
mod gather;
mod journal;
mod land;
mod pack;
mod recover;
#[cfg(test)]
mod recovery_tests;
mod rows;
mod run;
mod stale;
mod version;

pub use card::{CorpusCard, CorpusDetail, FileCard, RunCard};
pub use definition::{Definition, NewCorpus, Parameters, TextSource};
pub use documents::{DocumentCard, DocumentQuery, RejectedCard, RejectedQuery};
pub use export::{ExportFormat, Exported};
pub use journal::InputUsed;
pub use run::UnderWay;
pub use stale::Stale;
pub use version::{Counted, Reason, SplitCard, VersionCard, VersionDetail};

use crate::error::refuse;
use crate::handle::Inner;
use crate::query::Session;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::{Party, Role};
use brain_store::corpus::{self as rows_of, CorpusRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Purpose under which texts are read for a corpus, and documents of one are looked at.
pub const PURPOSE: &str = "browse";
/// Roles that define corpora and look at them.
pub const MAKERS: [Role; 3] = crate::terms::WRITERS;
/// Most corpora of a node.
const CORPORA_MAX: u64 = 500;
/// Zone of the datasets of a corpus.
const ZONE: &str = "topic";
/// What the name of the dataset of rejected documents ends with.
const REJECTED: &str = "_rejected";

/// How characters of scanned pages are recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CorpusOptions {
    /// `auto` takes `tesseract` where the machine has it, `off` takes none, anything else is the path of the program.
    pub ocr: String,
}

impl Default for CorpusOptions {
    fn default() -> Self {
        Self { ocr: "auto".to_owned() }
    }
}

/// Corpora of a node; cheap to make.
#[derive(Clone)]
pub struct Corpora {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Corpora.
    pub fn corpora(&self) -> Corpora {
        Corpora { inner: Arc::clone(&self.inner) }
    }
}

impl Corpora {
    /// A corpus that the caller may know of: of one's own making, or one whose documents one may read. To others there is
    /// none.
    async fn seen(&self, session: &Session, id: &str) -> Result<(CorpusRow, Definition)> {
        may(session.party())?;
        let row = rows_of::find(self.inner.store.db(), id).await?.ok_or_else(|| unknown(id))?;
        let definition = definition::stored(&row)?;
        if self.is_seen(session, &row, &definition) {
            return Ok((row, definition));
        }
        Err(unknown(id))
    }

    fn is_seen(&self, session: &Session, row: &CorpusRow, definition: &Definition) -> bool {
        let party = session.party();
        if row.created_by == party.account {
            return true;
        }
        let dataset = documents_of(&row.name);
        if self.inner.catalogue.snapshot().contains_key(&dataset) {
            return session.may_read(&dataset);
        }
        // Before the first version there is nothing but what it shall be made of.
        owner_of(party) == row.owner
            && definition.sources.iter().all(|source| session.may_read(&source.dataset))
    }

    /// A corpus that the caller may change: of one's own making, or of one's own organisation.
    async fn own(&self, session: &Session, id: &str) -> Result<(CorpusRow, Definition)> {
        let (row, definition) = self.seen(session, id).await?;
        if row.created_by == session.party().account || owner_of(session.party()) == row.owner {
            return Ok((row, definition));
        }
        Err(refuse(
            ErrorKind::Forbidden,
            "warehouse/corpus-not-owner",
            "只有语料库所属单位可以修改、运行它。",
            "Only those of the organisation that owns a corpus change and run it.",
        ))
    }
}

impl Inner {
    /// Where files that were brought lie.
    fn corpus_files(&self, corpus: &str) -> PathBuf {
        self.options.root.join("corpora").join(corpus)
    }

    /// Where runs work; nothing in it outlives them.
    fn corpus_scratch(&self) -> PathBuf {
        self.options.root.join("tmp").join("corpus")
    }
}

/// Whose a corpus is that this party defines.
fn owner_of(party: &Party) -> String {
    party.organisation.as_ref().map_or(brain_trust::NODE_OWNER, |code| code.as_str()).to_owned()
}

/// The dataset of a corpus's documents.
fn documents_of(name: &str) -> String {
    format!("{ZONE}.corpus_{name}")
}

/// The dataset of the documents that did not stay.
fn rejected_of(name: &str) -> String {
    format!("{ZONE}.corpus_{name}{REJECTED}")
}

fn may(actor: &Party) -> Result<()> {
    if MAKERS.contains(&actor.role) {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/corpus-not-allowed",
        "只有系统管理员、政府用户和行业组织可以管理语料库。",
        "Only system administrators, government users and industry bodies work on corpora.",
    ))
}

fn unknown(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-corpus",
        format!("没有语料库 {id}，或您无权查看。"),
        format!("There is no corpus {id}, or you may not see it."),
    )
}

impl From<brain_corpus::Error> for Error {
    fn from(error: brain_corpus::Error) -> Self {
        Self::passed(error)
    }
}

fn corrupt(field: &'static str, value: &str) -> Error {
    Error::from(brain_store::Error::Corrupt { field, value: value.to_owned() })
}

/// Work that computes or waits for the disk, off the threads that wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?
}

//! Entity resolution inside the warehouse (实体归一): runs over tables, pairs for people to decide, clusters with their
//! history, golden records.
//!
//! Invariants: nothing is written into the tables that are matched; records are read, and shown, through the caller's
//! session alone; the store holds keys, probabilities and levels of agreement, and of golden values only those of columns
//! below general 3; what a person decided stands until its records change; no cluster changes without an event that names
//! its cause, in one transaction with its evidence.
//! Start reading at [`Matching`], then `run.rs` and `review.rs`.

mod card;
mod cluster;
mod decide;
mod estimate;
mod golden;
mod keys;
mod master;
mod partition;
mod plan;
mod queue;
pub(crate) mod read;
mod report;
mod review;
mod run;
mod set;
mod sight;
mod weigh;

pub use card::{
    ClusterCard, ClusterDetail, ClusterEvent, ClusterLink, ClusterMember, DecisionCard, FieldCard,
    FieldEvidence, GoldenCard, LookupHit, PairCard, PairDetail, PairsPage, RecordCard, RunCard, RunDetail,
    SetCard, SetDetail,
};
pub use cluster::ClusterQuery;
pub use decide::{NewDecision, Verdict};
pub use estimate::{Band, Estimate, Share};
pub use plan::{GoldenRules, Plan, Preset, Side, Step};
pub use report::{Report, StepReport};
pub use review::{PairQuery, PairState, TakeBatch};
pub use run::UnderWay;
pub use set::NewSet;

use crate::error::refuse;
use crate::handle::Inner;
use crate::query::Session;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_store::matching::{self as rows, SetRow};
use std::sync::Arc;

/// Purpose under which records are read for matching and shown for review: looking at rows.
pub const PURPOSE: &str = "browse";
/// Roles that match and review.
pub const REVIEWERS: [Role; 3] = crate::terms::WRITERS;
/// Most match sets of a node.
const SETS_MAX: u64 = 200;
/// Longest reason, characters.
const REASON_CHARACTERS_MAX: usize = 1_000;
/// Longest text looked for, characters.
const QUERY_CHARACTERS_MAX: usize = 200;

/// Entity resolution of a node; cheap to make.
#[derive(Clone)]
pub struct Matching {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Entity resolution.
    pub fn matching(&self) -> Matching {
        Matching { inner: Arc::clone(&self.inner) }
    }
}

impl Matching {
    /// A set all of whose datasets the caller may read; to others there is none.
    async fn seen_set(&self, session: &Session, id: &str) -> Result<(SetRow, Plan)> {
        may(session.party())?;
        let row = rows::set(self.inner.store.db(), id).await?.ok_or_else(|| unknown_set(id))?;
        let plan = plan::stored(&row)?;
        if plan.datasets().iter().all(|dataset| session.may_read(dataset)) {
            return Ok((row, plan));
        }
        Err(unknown_set(id))
    }
}

fn may(actor: &Party) -> Result<()> {
    if REVIEWERS.contains(&actor.role) {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/matching-not-allowed",
        "只有系统管理员、政府用户和行业组织可以做实体匹配。",
        "Only system administrators, government users and industry bodies may match records.",
    ))
}

fn unknown_set(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-match-set",
        format!("没有匹配方案 {id}，或您无权读取其数据集。"),
        format!("There is no match set {id}, or you may not read its datasets."),
    )
}

fn corrupt(field: &'static str, value: &str) -> Error {
    Error::from(brain_store::Error::Corrupt { field, value: value.to_owned() })
}

/// A reason that says something, or none where none is needed.
fn reason(text: &str, needed: bool) -> Result<()> {
    let length = text.trim().chars().count();
    if (usize::from(needed)..=REASON_CHARACTERS_MAX).contains(&length) && !text.contains('\0') {
        return Ok(());
    }
    Err(Error::Failure(
        Failure::new(
            ErrorKind::InvalidArgument,
            "warehouse/match-reason",
            format!("须写明理由，且不超过 {REASON_CHARACTERS_MAX} 个字符。"),
            format!("A reason is required, up to {REASON_CHARACTERS_MAX} characters."),
        )
        .with_pointer("/reason"),
    ))
}

/// A text looked for; nothing where it is empty.
fn looked_for(text: Option<&String>) -> Result<Option<String>> {
    let Some(text) = text.map(|text| text.trim()).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() <= QUERY_CHARACTERS_MAX && !text.contains('\0') {
        return Ok(Some(text.to_owned()));
    }
    Err(refuse(
        ErrorKind::InvalidArgument,
        "warehouse/match-query",
        format!("查找的文字至多 {QUERY_CHARACTERS_MAX} 个字符。"),
        format!("A text looked for has up to {QUERY_CHARACTERS_MAX} characters."),
    ))
}

/// Work that computes, off the threads that wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?
}

//! Data quality of the lake's tables (数据质量): rules of the owner, checks after each commit and on demand, history,
//! tickets, and who may see which part of it.
//!
//! Invariants: a check changes no value; what it leaves in the store are counts, sentences and a profile, never a row;
//! values of a profile and failing rows reach only who may read them, through the door; every version of rules, every
//! check and every step of a ticket is one transaction with its evidence.
//! Start reading at [`QualityControl`], then `check`.

mod card;
mod check;
mod examples;
mod expression;
mod lists;
mod rules;
mod scan;
mod show;
mod sight;
mod ticket;
mod work;

pub use card::{
    Baseline, Check, CheckPoint, Glance, ProfileCard, ProposalCard, QualityCard, RuleCard, TicketCard,
    TicketDetail, TicketLine, TicketQuery,
};
pub use rules::NewRules;
pub(crate) use rules::passed;
pub use ticket::{TicketState, TicketStep};

use crate::error::refuse;
use crate::handle::Inner;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::Party;
use std::sync::Arc;

/// Who does what nobody asked for.
pub(crate) const SYSTEM: &str = "system";
/// Purpose under which profiles and examples are looked at: the same as rows in the catalogue.
pub const PURPOSE: &str = "browse";
/// Longest words of a decision, in characters.
const WORDS_CHARACTERS_MAX: usize = 1_000;

/// Quality of a node's datasets; cheap to make.
#[derive(Clone)]
pub struct QualityControl {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Data quality.
    pub fn quality(&self) -> QualityControl {
        QualityControl { inner: Arc::clone(&self.inner) }
    }
}

impl QualityControl {
    /// The dataset's owner, where the party may speak for it; to others who may not, it is refused.
    fn require_owner(&self, actor: &Party, dataset: &str) -> Result<String> {
        let owner = self.owner_of(dataset)?;
        if crate::grading::decide::may_confirm(actor, &owner) {
            return Ok(owner);
        }
        Err(refuse(
            ErrorKind::Forbidden,
            "warehouse/quality-not-owner",
            "只有数据所有者可以检查其数据、修改规则和处理工单。",
            "Only the owner of the data may check it, change its rules and work on its tickets.",
        ))
    }

    fn owner_of(&self, dataset: &str) -> Result<String> {
        let snapshot = self.inner.catalogue.snapshot();
        let found = snapshot.get(dataset).map(|entry| entry.owner.clone());
        found.ok_or_else(|| Error::UnknownDataset { name: dataset.to_owned(), nearest: Vec::new() })
    }
}

/// Words that say something.
fn words(text: &str) -> Result<()> {
    if !text.trim().is_empty() && text.chars().count() <= WORDS_CHARACTERS_MAX && !text.contains('\0') {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::InvalidArgument,
        "warehouse/quality-reason",
        "须写明理由，且不超过 1000 个字符。",
        "A reason is required, up to 1000 characters.",
    ))
}

fn corrupt(field: &'static str, value: &str) -> Error {
    Error::from(brain_store::Error::Corrupt { field, value: value.to_owned() })
}

//! Retention (数据留存): rules say how long data is kept and why, a sweep proposes what has run out, the owner approves,
//! and what goes leaves a certificate in the evidence log.
//!
//! Invariants: without a rule every version stays readable; nothing is deleted without the owner's approval; what was
//! deleted is refused by name instead of failing; a deletion cut short is finished at the next start.
//! Start reading at [`Retention`], then `rule`.

mod decide;
mod rule;
mod sweep;

pub use decide::{DeletedFile, DeletionCertificate, DeletionProposal};
pub use rule::{Rule, What};

use crate::error::refuse;
use crate::handle::Inner;
use crate::{Result, Warehouse};
use std::sync::Arc;

/// Retention of a node's datasets; cheap to make.
#[derive(Clone)]
pub struct Retention {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Retention and deletion.
    pub fn retention(&self) -> Retention {
        Retention { inner: Arc::clone(&self.inner) }
    }
}

impl Retention {
    /// The rules in force, as `<data>/retention.toml` says them; none where there is no file.
    pub fn rules(&self) -> Result<Vec<Rule>> {
        rule::read(&self.inner.options.root.join("retention.toml"))
    }
}

//! Classification and grading (数据分类分级, GB/T 43697-2024): proposal with evidence → owner's confirmation → approval →
//! enforced at the next read, everywhere, because the catalogue's grades are what the door decides on.
//!
//! Invariants: nothing here lowers a grade by itself; a label counts from its approval; who approves is neither who
//! confirmed nor who proposed; every step and its evidence entry are one transaction; examples in evidence are masked.
//! Start reading at [`Grading`], then `effective` for what counts and `observe` for where evidence comes from.

mod card;
pub(crate) mod decide;
pub(crate) mod effective;
mod filing;
pub(crate) mod lineage;
mod observe;
mod propose;
mod report;
mod rules;

pub use card::{Classification, ClassificationQuery, Label, LabelKind, State};
pub use decide::{DegradingRequest, LabelRequest, Method};
pub use filing::{Filing, FilingRow};
pub use observe::ColumnEvidence;
pub use propose::GradingRun;
pub use report::{DatasetGrades, GradeCount, GradingReport};

use crate::Warehouse;
use crate::handle::Inner;
use std::sync::Arc;

/// How a label is stored.
pub(crate) const LABEL: &str = "label";
/// How a de-grading is stored.
pub(crate) const DEGRADING: &str = "degrading";
/// Who proposes what a scan found.
pub(crate) const SYSTEM: &str = "system";

/// Classification and grading of a node's datasets; cheap to make.
#[derive(Clone)]
pub struct Grading {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Classification and grading.
    pub fn grading(&self) -> Grading {
        Grading { inner: Arc::clone(&self.inner) }
    }
}

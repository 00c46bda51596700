//! Grants (授权): no data without one (授权才可用).

mod issue;
mod resolve;
mod rule;
mod seed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use brain_kernel::clock::Clock;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::{Mask, Predicate};
use brain_kernel::side::DataSide;
use brain_policy::Action;
use brain_store::{Store, grant as rows};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{Evidence, Result};
use resolve::{Snapshot, Wanted};

pub(crate) use issue::check_rows;
pub(crate) use resolve::Miss;

/// Zone of data products (数据产品). A product is opened by a grant that names products, never by one for datasets at
/// large: whoever may read every dataset still asks the owner of a product.
pub const PRODUCT_ZONE: &str = "product";
/// Owner of what belongs to no organisation.
pub const NODE_OWNER: &str = "node";

/// Purpose that stands for any.
pub const ANY_PURPOSE: &str = "*";

/// A permission as it applies to one caller, one dataset and one purpose now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// Id of the permission it comes from.
    pub id: String,
    /// Dataset name.
    pub dataset: String,
    /// Which rows; `OwnOrganisation` and `OwnRegion` are about the caller it was resolved for.
    pub rows: Predicate,
    /// How columns are hidden.
    pub masks: BTreeMap<String, Mask>,
    /// Purpose it was asked for.
    pub purpose: String,
    /// Last instant it is valid; `None` until revoked.
    pub until: Option<DateTime<Utc>>,
    /// Why it was given.
    pub basis: Text,
    /// Agreement it rests on.
    pub agreement: Option<String>,
}

/// What resolution needs to know about a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetFacts {
    /// Name `<zone>.<table>`.
    pub name: String,
    /// Grade of the whole dataset.
    pub grade: Grade,
    /// Where the data comes from.
    pub side: DataSide,
    /// Owning organisation (USCC) or `node`.
    pub owner: String,
    /// Column with the owner of each row, when rows belong to different owners.
    pub restricted_by: Option<String>,
    /// Zone.
    pub zone: String,
    /// Columns and their grades; a grant with a grade limit masks those above it.
    pub columns: Vec<ColumnFacts>,
}

/// What resolution needs to know about a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFacts {
    /// Column name.
    pub name: String,
    /// Its grade.
    pub grade: Grade,
}

/// To whom a permission is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Everybody with the role.
    Role(Role),
    /// One account, by id.
    Account(String),
}

/// Which of the datasets that match its pattern a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// All of them.
    #[default]
    All,
    /// Those that are not an enterprise's and whose rows do not belong to different owners.
    Unrestricted,
    /// Those whose rows belong to different owners, and of them only the rows of the caller's organisation.
    OwnRows,
    /// Those the caller's organisation owns.
    Owned,
}

/// A permission to be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// To whom.
    pub subject: Subject,
    /// Dataset name, or a prefix ending in `*`.
    pub dataset: String,
    /// Which of the matching datasets.
    #[serde(default)]
    pub reach: Reach,
    /// Which rows; all when left out.
    #[serde(default = "every_row")]
    pub rows: Predicate,
    /// How columns are hidden.
    #[serde(default)]
    pub masks: BTreeMap<String, Mask>,
    /// Highest dataset grade reached; no limit when left out.
    #[serde(default)]
    pub grade_max: Option<Grade>,
    /// Columns of this grade or higher are hidden.
    #[serde(default)]
    pub mask_from: Option<Grade>,
    /// For what; `*` is any purpose.
    pub purpose: String,
    /// Last instant it is valid; until revoked when left out.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Why it is given.
    pub basis: Text,
    /// Columns it opens, every other one is hidden, also one added later; every column when left out.
    #[serde(default)]
    pub columns: Option<BTreeSet<String>>,
    /// What may be done; reading, running and exporting when left out.
    #[serde(default)]
    pub actions: Option<BTreeSet<Action>>,
    /// Number or name of the agreement it rests on.
    #[serde(default)]
    pub agreement: Option<String>,
}

/// A permission as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantCard {
    /// Stable id.
    pub id: String,
    /// What was given to whom.
    #[serde(flatten)]
    pub grant: NewGrant,
    /// Account id of the issuer, or `system`.
    pub issued_by: String,
    /// When it was given.
    pub issued_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The request it came of.
    pub request: Option<String>,
}

pub(crate) fn every_row() -> Predicate {
    Predicate::All(Vec::new())
}

/// A cheap-clone handle to the permissions of the node.
#[derive(Clone)]
pub struct Grants(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    clock: Arc<dyn Clock>,
    snapshot: ArcSwap<Snapshot>,
    // Two reloads must not overtake each other.
    reload: Mutex<()>,
}

impl Grants {
    pub(crate) async fn open(store: Store, evidence: Evidence, clock: Arc<dyn Clock>) -> Result<Self> {
        seed::run(&store, &evidence).await?;
        let grants = Self(Arc::new(Inner {
            store,
            evidence,
            clock,
            snapshot: ArcSwap::default(),
            reload: Mutex::default(),
        }));
        grants.reload().await?;
        Ok(grants)
    }

    /// The most permitting valid grant that opens `dataset` to `party` for this. In memory, no waiting.
    ///
    /// Only a part of a decision: labels and policies are asked by [`crate::Policy`].
    pub(crate) fn best(
        &self,
        party: &Party,
        dataset: &DatasetFacts,
        action: Action,
        purpose: &str,
        now: DateTime<Utc>,
    ) -> Option<Grant> {
        self.0.snapshot.load().best(party, dataset, &Wanted { action, purpose, now })
    }

    /// What this very grant opens, or nothing where it does not open `dataset` to `party` for this.
    pub(crate) fn the(
        &self,
        id: &str,
        party: &Party,
        dataset: &DatasetFacts,
        action: Action,
        purpose: &str,
        now: DateTime<Utc>,
    ) -> Option<Grant> {
        self.0.snapshot.load().the(id, party, dataset, &Wanted { action, purpose, now })
    }

    /// Every grant that names the dataset for this caller, and why it does or does not open it.
    pub(crate) fn candidates(
        &self,
        party: &Party,
        dataset: &DatasetFacts,
        action: Action,
        purpose: &str,
        now: DateTime<Utc>,
    ) -> Vec<(Arc<GrantCard>, Option<Miss>)> {
        self.0.snapshot.load().candidates(party, dataset, &Wanted { action, purpose, now })
    }

    /// Every grant not taken back.
    pub(crate) fn all(&self) -> Vec<Arc<GrantCard>> {
        self.0.snapshot.load().all()
    }

    /// Read the grants again. Done after every change made through this handle; call it when another program changed
    /// the database.
    pub async fn reload(&self) -> Result<()> {
        let _turn = self.0.reload.lock().await;
        let rules = rows::active(self.0.store.db())
            .await?
            .into_iter()
            .map(rule::from_row)
            .collect::<Result<Vec<_>>>()?;
        self.0.snapshot.store(Arc::new(Snapshot::new(rules)));
        Ok(())
    }
}

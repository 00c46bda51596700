//! Who may do what with what, and why: labels, then grants, then attribute policies — one decision for everything
//! that is read, run, published or moved.

mod change;
mod decide;
mod explain;
mod pseudonym;
mod usage;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use brain_kernel::clock::Clock;
use brain_kernel::grade::Grade;
use brain_kernel::party::Party;
use brain_policy::Book;
use brain_store::{Store, rule_version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{Error, Evidence, Grants, Result, Vault};
use usage::Usage;

pub use brain_policy::Rule;
pub use change::{Change, ChangeCard, ChangeState};
pub use decide::{Ask, Decision, Reason};
pub use explain::{Candidate, Explanation};
pub use pseudonym::Salt;
pub use usage::UseCard;

/// What the security administrator says about an account (主体标记).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SubjectLabel")]
pub struct Label {
    /// Highest grade it may see.
    pub clearance: Grade,
    /// Industry code of its organisation (GB/T 4754), where policies need it.
    #[serde(default)]
    pub industry: Option<String>,
}

/// A cheap-clone handle to decisions.
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    store: Store,
    evidence: Evidence,
    grants: Grants,
    clock: Arc<dyn Clock>,
    rules: ArcSwap<Rules>,
    usage: Usage,
    salt: pseudonym::Root,
    // Two reloads must not overtake each other.
    reload: Mutex<()>,
}

/// Everything in force that is not a grant.
struct Rules {
    book: Book,
    labels: HashMap<String, Label>,
    /// Highest grade that leaves as a file.
    download: Grade,
}

/// Highest grade that leaves the node as a file where nobody decided otherwise: important data (重要数据) stays.
const DOWNLOAD: Grade = Grade::General4;

impl Policy {
    pub(crate) async fn open(
        store: Store,
        evidence: Evidence,
        grants: Grants,
        clock: Arc<dyn Clock>,
        vault: &Vault,
    ) -> Result<Self> {
        let salt = pseudonym::Root::open(vault).await?;
        let rules = ArcSwap::from_pointee(change::in_force(rule_version::active(store.db()).await?)?);
        let (usage, reload) = (Usage::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { store, evidence, grants, clock, rules, usage, salt, reload })))
    }

    /// Read the rules again. Done after every change made through this handle.
    pub async fn reload(&self) -> Result<()> {
        let _turn = self.0.reload.lock().await;
        let rules = change::in_force(rule_version::active(self.0.store.db()).await?)?;
        self.0.rules.store(Arc::new(rules));
        Ok(())
    }

    /// The salt under which columns are pseudonymised for a caller: one per tenant, never shown.
    #[must_use]
    pub fn salt(&self, party: &Party) -> Salt {
        self.0.salt.of(party)
    }

    /// Highest grade that leaves the node as a file.
    #[must_use]
    pub fn download_label(&self) -> Grade {
        self.0.rules.load().download
    }
}

impl Rules {
    fn label(&self, party: &Party) -> Label {
        self.labels.get(&party.account).cloned().unwrap_or_else(|| Label {
            clearance: brain_policy::label::default_clearance(party.role),
            industry: None,
        })
    }
}

fn corrupt(field: &'static str) -> Error {
    Error::Corrupt { field }
}

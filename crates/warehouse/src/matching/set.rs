//! Match sets: made, changed, listed.

use super::card::{RunCard, SetCard, SetDetail};
use super::estimate::estimate;
use super::{Matching, Plan, SETS_MAX, looked_for, may, plan, reason, refuse};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_store::PageRequest;
use brain_store::matching::{self as rows, ClusterFilter, PairFilter, SetRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A match set to be made, or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NewMatchSet")]
#[serde(deny_unknown_fields)]
pub struct NewSet {
    /// 名称 · Name.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// 内容 · Plan.
    pub plan: Plan,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    pub reason: String,
}

impl Matching {
    /// Sets whose datasets the caller may read, by name.
    pub async fn sets(&self, session: &Session) -> Result<Vec<SetCard>> {
        may(session.party())?;
        let mut cards = Vec::new();
        for row in rows::sets(self.inner.store.db(), SETS_MAX).await? {
            let plan = plan::stored(&row)?;
            if plan.datasets().iter().all(|dataset| session.may_read(dataset)) {
                cards.push(self.set_card(row, &plan).await?);
            }
        }
        Ok(cards)
    }

    /// One set with its plan and what is known of its precision.
    pub async fn set(&self, session: &Session, id: &str) -> Result<SetDetail> {
        let (row, plan) = self.seen_set(session, id).await?;
        let verdicts = rows::verdicts(self.inner.store.db(), id).await?;
        let model = self.last_report(id).await?.and_then(|report| report.expected);
        let estimate = estimate(&verdicts, (plan.lower, plan.upper), model);
        Ok(SetDetail { card: self.set_card(row, &plan).await?, plan, estimate })
    }

    /// Make a set.
    pub async fn create_set(&self, session: &Session, new: NewSet) -> Result<SetDetail> {
        let new = Self::judged(session, new)?;
        let db = self.inner.store.db();
        if rows::sets(db, SETS_MAX).await?.len() as u64 >= SETS_MAX {
            return Err(refuse(
                ErrorKind::Exhausted,
                "warehouse/match-sets-full",
                format!("匹配方案至多 {SETS_MAX} 个。"),
                format!("A node has up to {SETS_MAX} match sets."),
            ));
        }
        let (now, actor) = (self.inner.store.now(), session.party());
        let row = SetRow {
            id: self.inner.store.new_id(),
            name: new.name.trim().to_owned(),
            plan: serde_json::to_value(&new.plan)?,
            salt: self.inner.store.new_id(),
            revision: 1,
            changed_by: actor.account.clone(),
            created_at: now,
            updated_at: now,
        };
        let transaction = self.inner.store.transaction().await?;
        rows::insert_set(&transaction, row.clone()).await.map_err(taken)?;
        let body = json!({ "name": row.name, "revision": 1, "plan": row.plan, "reason": new.reason });
        self.inner.record_act(&transaction, actor, ("match.set", &row.id), body).await?;
        transaction.commit().await?;
        self.set(session, &row.id).await
    }

    /// Change a set of which a revision was seen. Its clusters follow at the next run.
    pub async fn change_set(&self, session: &Session, id: &str, seen: i64, new: NewSet) -> Result<SetDetail> {
        let (row, _) = self.seen_set(session, id).await?;
        let new = Self::judged(session, new)?;
        let actor = session.party();
        let next = SetRow {
            name: new.name.trim().to_owned(),
            plan: serde_json::to_value(&new.plan)?,
            revision: seen + 1,
            changed_by: actor.account.clone(),
            updated_at: self.inner.store.now(),
            ..row
        };
        let transaction = self.inner.store.transaction().await?;
        rows::replace_set(&transaction, next.clone(), seen).await.map_err(taken)?;
        let body =
            json!({ "name": next.name, "revision": next.revision, "plan": next.plan, "reason": new.reason });
        self.inner.record_act(&transaction, actor, ("match.set", id), body).await?;
        transaction.commit().await?;
        self.set(session, id).await
    }

    /// The set as it will be stored, every column named.
    fn judged(session: &Session, new: NewSet) -> Result<NewSet> {
        may(session.party())?;
        reason(&new.reason, true)?;
        if looked_for(Some(&new.name))?.is_none() {
            return Err(Error::Failure(
                Failure::new(
                    ErrorKind::InvalidArgument,
                    "warehouse/match-plan",
                    "须有名称。",
                    "A name is required.",
                )
                .with_pointer("/name"),
            ));
        }
        new.plan.check()?;
        for dataset in new.plan.datasets() {
            // Who may not read it learns it now, and not when it runs.
            session.grant_of(&dataset)?;
        }
        let plan = new.plan.resolved(|dataset| session.columns(dataset))?;
        Ok(NewSet { plan, ..new })
    }

    async fn set_card(&self, row: SetRow, plan: &Plan) -> Result<SetCard> {
        let db = self.inner.store.db();
        let filter =
            PairFilter { set: row.id.clone(), state: Some("open".to_owned()), ..PairFilter::default() };
        let open = rows::count_pairs(db, &filter).await?;
        let filter = ClusterFilter { set: row.id.clone(), ..ClusterFilter::default() };
        let clusters = rows::clusters(db, &filter, PageRequest::new(1, 1)).await?.total;
        let last_run = rows::newest_run(db, &row.id).await?.map(|run| self.run_card(run));
        Ok(SetCard {
            datasets: plan.datasets(),
            preset: plan.preset,
            upper: plan.upper,
            lower: plan.lower,
            open,
            clusters,
            last_run,
            id: row.id,
            name: row.name,
            revision: row.revision,
            changed_by: row.changed_by,
            updated_at: row.updated_at,
        })
    }

    /// A run as it is shown: one under way with how far it is.
    pub(super) fn run_card(&self, row: rows::RunRow) -> RunCard {
        let live = self.inner.matching.progress(&row.id);
        RunCard::of(row, live)
    }
}

fn taken(error: brain_store::Error) -> Error {
    let brain_store::Error::AlreadyExists(_) = error else { return error.into() };
    refuse(
        ErrorKind::AlreadyExists,
        "warehouse/match-set-exists",
        "已有同名的匹配方案。",
        "There is a match set of this name already.",
    )
}

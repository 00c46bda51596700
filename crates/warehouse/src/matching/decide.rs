//! A person decides a pair; that is final until he, or another, decides again, or its records change.

use super::card::PairDetail;
use super::cluster::Cause;
use super::queue::{AUTOMATIC, CLOSED, DIFFERENT, OPEN, SAME, UNSURE};
use super::{Matching, reason, refuse};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_store::matching::{self as rows, DecisionRow, PairRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a person says of a pair (判定).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchVerdict")]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 同一: they are one thing.
    Same,
    /// 不同: they are two.
    Different,
    /// 无法判断: it cannot be told.
    Unsure,
    /// 撤回: what was decided is taken back; the pair is open again.
    Withdrawn,
}

impl Verdict {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Unsure => "unsure",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The verdict with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Same, Self::Different, Self::Unsure, Self::Withdrawn]
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }

    /// The state of a pair so decided.
    const fn state(self) -> &'static str {
        match self {
            Self::Same => SAME,
            Self::Different => DIFFERENT,
            Self::Unsure => UNSURE,
            Self::Withdrawn => OPEN,
        }
    }
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NewMatchDecision")]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// 判定 · The verdict.
    pub verdict: Verdict,
    /// 理由；改判、撤回和否定自动通过时须写明 · Why; needed where it changes a decision or an automatic pair.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub reason: String,
    /// 所见的修订号 · Revision that was seen.
    pub revision: i64,
}

impl Matching {
    /// Decide a pair whose two records the caller sees. Of two people at once the second learns what the first said.
    pub async fn decide(&self, session: &Session, id: &str, new: NewDecision) -> Result<PairDetail> {
        let shown = self.pair(session, id).await?;
        if !(shown.card.left.visible && shown.card.right.visible) {
            return Err(refuse(
                ErrorKind::Forbidden,
                "warehouse/match-not-visible",
                "您的授权看不到这两条记录，不能判定。",
                "Your grants do not show both records, so you cannot decide.",
            ));
        }
        let row = self.pair_row(id).await?;
        let first = matches!(row.state.as_str(), OPEN) && new.verdict != Verdict::Withdrawn;
        reason(&new.reason, !first)?;
        self.write(session, row, &new).await?;
        self.pair(session, id).await
    }

    async fn write(&self, session: &Session, row: PairRow, new: &NewDecision) -> Result<()> {
        let (store, actor) = (&self.inner.store, session.party());
        let transaction = store.transaction().await?;
        // Read again inside: what was shown may have changed since.
        let row =
            rows::pair(&transaction, &row.id).await?.ok_or_else(|| super::review::unknown_pair(&row.id))?;
        let now = store.now();
        let taken = row.lease_until.filter(|until| *until > now).zip(row.reviewer.as_ref());
        if let Some((until, reviewer)) = taken.filter(|(_, reviewer)| **reviewer != actor.account) {
            let until = until.format("%H:%M UTC");
            return Err(conflict(
                "warehouse/match-taken",
                format!("{reviewer} 已领取这一对，{until} 前由其判定。"),
                format!("{reviewer} has taken this pair until {until}."),
            ));
        }
        if row.revision != new.revision {
            return Err(self.decided_meanwhile(&transaction, &row).await?);
        }
        let undecided = matches!(row.state.as_str(), OPEN | AUTOMATIC);
        if row.state == CLOSED || (new.verdict == Verdict::Withdrawn && undecided) {
            return Err(refuse(
                ErrorKind::Precondition,
                "warehouse/match-state",
                "这一对已不再候选，或没有可撤回的判定。",
                "The pair is not proposed any more, or there is no decision to take back.",
            ));
        }
        let next = PairRow {
            state: new.verdict.state().to_owned(),
            changed: false,
            reviewer: None,
            lease_until: None,
            revision: row.revision + 1,
            updated_at: now,
            ..row.clone()
        };
        rows::replace_pair(&transaction, next.clone(), new.revision).await.map_err(somebody_faster)?;
        let decision = DecisionRow {
            pair: row.id.clone(),
            number: 0,
            verdict: new.verdict.name().to_owned(),
            reason: new.reason.trim().to_owned(),
            actor: actor.account.clone(),
            at: now,
            run_id: row.run_id.clone(),
            probability: row.probability,
            sample: row.sample,
            print: row.print.clone(),
        };
        rows::add_decision(&transaction, decision).await.map_err(somebody_faster)?;
        let words = self.inner.trust.evidence().algorithm().digest(&[new.reason.as_bytes()]).to_string();
        let body = json!({
            "set": row.set_id, "run": row.run_id, "verdict": new.verdict.name(), "was": row.state,
            "probability": row.probability, "print": row.print, "reason": words, "revision": next.revision,
        });
        self.inner.record_act(&transaction, actor, ("match.decision", &row.id), body).await?;
        let cause = Cause { kind: "decision", id: &row.id, actor, set: &row.set_id };
        self.inner.recluster_around(&transaction, &next, cause).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn decided_meanwhile(
        &self,
        transaction: &brain_store::Transaction,
        row: &PairRow,
    ) -> Result<Error> {
        let last = rows::decisions(transaction, std::slice::from_ref(&row.id)).await?.pop();
        Ok(match last {
            Some(last) => conflict(
                "warehouse/match-decided-meanwhile",
                format!("{} 刚判定为“{}”，请重新打开这一对。", last.actor, title(&last.verdict).0),
                format!("{} has just decided “{}”; open the pair again.", last.actor, title(&last.verdict).1),
            ),
            None => somebody_faster(brain_store::Error::Stale { what: "match pair", id: row.id.clone() }),
        })
    }
}

fn title(verdict: &str) -> (&'static str, &'static str) {
    match Verdict::from_name(verdict) {
        Some(Verdict::Same) => ("同一", "same"),
        Some(Verdict::Different) => ("不同", "different"),
        Some(Verdict::Unsure) => ("无法判断", "unsure"),
        Some(Verdict::Withdrawn) | None => ("撤回", "withdrawn"),
    }
}

/// Somebody else was faster: a new run, or another person.
fn somebody_faster(error: brain_store::Error) -> Error {
    match error {
        brain_store::Error::Stale { .. } | brain_store::Error::AlreadyExists(_) => conflict(
            "warehouse/match-decided-meanwhile",
            "这一对刚被他人或新的匹配任务改动，请重新打开。",
            "Somebody else, or a new run, has just changed this pair; open it again.",
        ),
        other => other.into(),
    }
}

fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Error {
    let failure = Failure::new(ErrorKind::Precondition, code, zh, en);
    Error::Failure(failure.with_hint("请领取下一对。", "Take the next pair."))
}

//! The queue as people see it: listed, taken in batches, opened.

use super::card::{DecisionCard, FieldCard, FieldEvidence, PairCard, PairDetail, PairsPage, RecordCard};
use super::plan::Plan;
use super::report::Report;
use super::sight::{Sight, Wanted};
use super::{Matching, corrupt, keys, looked_for, refuse};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::ErrorKind;
use brain_kernel::language::Text;
use brain_matching::Model;
use brain_store::matching::{self as rows, PairFilter, PairRow};
use brain_store::{Page, PageRequest};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Pairs on a page at most: each shows two records.
const PAGE_SIZE_MAX: u64 = 100;
/// Pairs looked through for some the caller sees.
const LOOKED_THROUGH: u64 = 2_000;
/// Pairs looked at at once while looking through.
const LOOKED_AT_ONCE: u64 = 200;
/// Most pairs one takes at once, and the longest time, minutes.
const BATCH_MAX: u32 = 50;
const MINUTES_MAX: u32 = 240;

/// Where a pair stands (配对状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchPairState")]
#[serde(rename_all = "snake_case")]
pub enum PairState {
    /// 自动通过: joined without asking.
    Automatic,
    /// 待复核: waits for a person.
    Open,
    /// 同一: a person said so.
    Same,
    /// 不同: a person said so.
    Different,
    /// 无法判断: a person could not tell.
    Unsure,
    /// 不再候选: no run proposes it any more.
    Closed,
}

impl PairState {
    /// Stable name, as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Open => "open",
            Self::Same => "same",
            Self::Different => "different",
            Self::Unsure => "unsure",
            Self::Closed => "closed",
        }
    }

    /// The state with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Automatic, Self::Open, Self::Same, Self::Different, Self::Unsure, Self::Closed];
        all.into_iter().find(|state| state.name() == name)
    }
}

/// Which pairs to list. Everything given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MatchPairQuery")]
#[serde(default, deny_unknown_fields)]
pub struct PairQuery {
    /// 状态 · State.
    pub state: Option<PairState>,
    /// 概率不低于 · Probability from here.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub at_least: Option<f64>,
    /// 概率不高于 · Probability up to here.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub at_most: Option<f64>,
    /// 记录键的开头 · What the key of a record begins with.
    #[schemars(length(max = 200))]
    pub key: Option<String>,
    /// 只看我领取的 · Only those I have taken.
    pub mine: bool,
    /// 只看判定后记录有变的 · Only those whose records changed after a decision.
    pub changed: bool,
    /// 只看抽查的 · Only the random sample.
    pub sample: bool,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub page: Option<u64>,
    /// 每页条数，至多 100 · Pairs per page, at most 100.
    #[schemars(range(min = 1, max = 100))]
    pub page_size: Option<u64>,
}

/// A batch to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TakeMatchBatch")]
#[serde(default, deny_unknown_fields)]
pub struct TakeBatch {
    /// 领取几对，至多 50 · How many pairs, at most 50.
    #[schemars(range(min = 1, max = 50))]
    pub count: u32,
    /// 保留多少分钟，至多 240 · For how many minutes, at most 240.
    #[schemars(range(min = 1, max = 240))]
    pub minutes: u32,
}

impl Default for TakeBatch {
    fn default() -> Self {
        Self { count: 10, minutes: 30 }
    }
}

/// Models of runs by id, by step.
type Models = BTreeMap<String, Vec<Model>>;

impl Matching {
    /// Pairs of a set in the order of the queue, with what the caller sees of their records.
    pub async fn pairs(&self, session: &Session, set: &str, query: &PairQuery) -> Result<PairsPage> {
        let (_, plan) = self.seen_set(session, set).await?;
        let now = self.inner.store.now();
        let filter = PairFilter {
            set: set.to_owned(),
            state: query.state.map(|state| state.name().to_owned()),
            at_least: query.at_least,
            at_most: query.at_most,
            key: looked_for(query.key.as_ref())?,
            reviewer: query.mine.then(|| (session.party().account.clone(), now)),
            changed: query.changed,
            sample: query.sample,
        };
        let size = query.page_size.unwrap_or(20).min(PAGE_SIZE_MAX);
        let request = PageRequest::new(query.page.unwrap_or(1), size);
        let Page { items, total, page, page_size } =
            rows::pairs(self.inner.store.db(), &filter, request).await?;
        let items = self.cards(session, &plan, items).await?;
        Ok(Page { items, total, page, page_size })
    }

    /// One pair with every decision about it.
    pub async fn pair(&self, session: &Session, id: &str) -> Result<PairDetail> {
        let row = self.pair_row(id).await?;
        let (_, plan) = self.seen_set(session, &row.set_id).await.map_err(|_| unknown_pair(id))?;
        let decisions = rows::decisions(self.inner.store.db(), &[id.to_owned()]).await?;
        let print = row.print.clone();
        let decisions = decisions.into_iter().map(|row| DecisionCard::of(row, &print)).collect();
        let card = self.cards(session, &plan, vec![row]).await?.pop().ok_or_else(|| unknown_pair(id))?;
        Ok(PairDetail { card, decisions })
    }

    /// Take pairs for a while, in the order of the queue; only such whose records the caller sees. What he has taken
    /// before and not decided comes first.
    pub async fn take(&self, session: &Session, set: &str, batch: &TakeBatch) -> Result<Vec<PairCard>> {
        let (_, plan) = self.seen_set(session, set).await?;
        if !(1..=BATCH_MAX).contains(&batch.count) || !(1..=MINUTES_MAX).contains(&batch.minutes) {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/match-batch",
                format!("一次领取 1 到 {BATCH_MAX} 对，保留 1 到 {MINUTES_MAX} 分钟。"),
                format!("A batch is 1 to {BATCH_MAX} pairs for 1 to {MINUTES_MAX} minutes."),
            ));
        }
        let (store, account) = (&self.inner.store, session.party().account.clone());
        let now = store.now();
        let until = now + TimeDelta::minutes(i64::from(batch.minutes));
        let mut ids: Vec<String> = rows::taken(store.db(), set, &account, now, u64::from(batch.count))
            .await?
            .into_iter()
            .map(|row| row.id)
            .collect();
        let mut looked = 0;
        while (ids.len() as u32) < batch.count && looked < LOOKED_THROUGH {
            let some = rows::free_pairs(store.db(), set, &account, now, (looked, LOOKED_AT_ONCE)).await?;
            let last = (some.len() as u64) < LOOKED_AT_ONCE;
            looked += LOOKED_AT_ONCE;
            let sight = Sight::of(session, &plan, &wanted(&plan, &some)).await?;
            let seen = some.into_iter().filter(|row| {
                sight.sees(&row.left_dataset, &row.left_key) && sight.sees(&row.right_dataset, &row.right_key)
            });
            for row in seen {
                if (ids.len() as u32) < batch.count && !ids.contains(&row.id) {
                    ids.push(row.id);
                }
            }
            if last {
                break;
            }
        }
        let transaction = store.transaction().await?;
        rows::take(&transaction, (set, &account), &ids, (now, until)).await?;
        transaction.commit().await?;
        let taken = rows::taken(store.db(), set, &account, now, u64::from(batch.count)).await?;
        self.cards(session, &plan, taken).await
    }

    /// Give back what the caller has taken and not decided; how many pairs.
    pub async fn release(&self, session: &Session, set: &str) -> Result<u64> {
        self.seen_set(session, set).await?;
        let transaction = self.inner.store.transaction().await?;
        let given_back = rows::release(&transaction, set, &session.party().account).await?;
        transaction.commit().await?;
        Ok(given_back)
    }

    pub(super) async fn pair_row(&self, id: &str) -> Result<PairRow> {
        rows::pair(self.inner.store.db(), id).await?.ok_or_else(|| unknown_pair(id))
    }

    /// Pairs with what the caller sees of their records, and the evidence in words.
    pub(super) async fn cards(
        &self,
        session: &Session,
        plan: &Plan,
        pairs: Vec<PairRow>,
    ) -> Result<Vec<PairCard>> {
        let sight = Sight::of(session, plan, &wanted(plan, &pairs)).await?;
        let models = self.models(&pairs).await?;
        let now = self.inner.store.now();
        pairs.into_iter().map(|row| card(row, plan, &sight, &models, now)).collect()
    }

    async fn models(&self, pairs: &[PairRow]) -> Result<Models> {
        let mut models = Models::new();
        for pair in pairs {
            if models.contains_key(&pair.run_id) {
                continue;
            }
            let report = rows::run(self.inner.store.db(), &pair.run_id).await?.and_then(|run| run.report);
            let report: Option<Report> = report
                .map(serde_json::from_value)
                .transpose()
                .map_err(|_| corrupt("match_run.report", &pair.run_id))?;
            // A run that was broken off has left pairs without the words of its levels.
            let steps = report.map(|report| report.steps.into_iter().map(|step| step.model).collect());
            models.insert(pair.run_id.clone(), steps.unwrap_or_default());
        }
        Ok(models)
    }
}

/// Field and the columns of its two sides.
fn fields(plan: &Plan, row: &PairRow) -> Vec<(String, [Option<String>; 2])> {
    let Some(step) = usize::try_from(row.step).ok().and_then(|step| plan.steps.get(step)) else {
        return Vec::new();
    };
    let Ok(specification) = plan.specification() else { return Vec::new() };
    let sides = [&step.left, step.right.as_ref().unwrap_or(&step.left)];
    let column = |dataset: &str, field: &str| {
        let side = sides.into_iter().find(|side| side.dataset == dataset)?;
        side.columns.get(field).cloned()
    };
    specification
        .fields
        .iter()
        .map(|field| {
            (
                field.name.clone(),
                [column(&row.left_dataset, &field.name), column(&row.right_dataset, &field.name)],
            )
        })
        .filter(|(_, columns)| columns.iter().any(Option::is_some))
        .collect()
}

fn wanted(plan: &Plan, pairs: &[PairRow]) -> Wanted {
    let mut wanted = Wanted::default();
    for row in pairs {
        wanted.record(&row.left_dataset, &row.left_key);
        wanted.record(&row.right_dataset, &row.right_key);
        for (_, [left, right]) in fields(plan, row) {
            for (dataset, column) in [(&row.left_dataset, left), (&row.right_dataset, right)] {
                if let Some(column) = column {
                    wanted.column(dataset, &column);
                }
            }
        }
    }
    wanted
}

/// What is stored as evidence.
#[derive(Debug, Default, Deserialize)]
struct Stored {
    levels: Vec<(Option<u8>, f64)>,
    kin: f64,
}

fn card(row: PairRow, plan: &Plan, sight: &Sight, models: &Models, now: DateTime<Utc>) -> Result<PairCard> {
    let stored: Stored =
        serde_json::from_value(row.evidence.clone()).map_err(|_| corrupt("match_pair.evidence", &row.id))?;
    let model = usize::try_from(row.step).ok().and_then(|step| models.get(&row.run_id)?.get(step));
    let record = |dataset: &str, key: &str| {
        let visible = sight.sees(dataset, key);
        RecordCard { dataset: dataset.to_owned(), visible, key: visible.then(|| keys::shown(key)) }
    };
    let value = |dataset: &str, key: &str, column: Option<&String>| {
        column.and_then(|column| sight.value(dataset, key, column)).map(str::to_owned)
    };
    let fields = fields(plan, &row).into_iter().map(|(field, [left_column, right_column])| {
        let left = value(&row.left_dataset, &row.left_key, left_column.as_ref());
        let right = value(&row.right_dataset, &row.right_key, right_column.as_ref());
        let masked = |dataset: &str, column: Option<&String>| {
            column.is_some_and(|column| sight.masks(dataset, column))
        };
        FieldCard {
            differs: left.as_deref().map(str::trim) != right.as_deref().map(str::trim),
            left_masked: masked(&row.left_dataset, left_column.as_ref()),
            right_masked: masked(&row.right_dataset, right_column.as_ref()),
            evidence: evidence(&field, model, &stored),
            left,
            right,
            field,
            left_column,
            right_column,
        }
    });
    let fields = fields
        .filter(|field| field.left.is_some() || field.right.is_some() || !field.evidence.is_empty())
        .collect();
    let lease = row.lease_until.filter(|until| *until > now);
    Ok(PairCard {
        left: record(&row.left_dataset, &row.left_key),
        right: record(&row.right_dataset, &row.right_key),
        fields,
        relatives: (stored.kin < 0.0).then(|| FieldEvidence {
            method: "relatives".to_owned(),
            level: None,
            bits: stored.kin,
            says: relatives(stored.kin),
        }),
        state: PairState::from_name(&row.state).ok_or_else(|| corrupt("match_pair.state", &row.state))?,
        taken_by: lease.and(row.reviewer.clone()),
        taken_until: lease,
        id: row.id,
        set: row.set_id,
        run: row.run_id,
        probability: row.probability,
        weight: row.weight,
        sample: row.sample,
        changed: row.changed,
        revision: row.revision,
        updated_at: row.updated_at,
    })
}

fn evidence(field: &str, model: Option<&Model>, stored: &Stored) -> Vec<FieldEvidence> {
    let Some(model) = model else { return Vec::new() };
    let compared =
        model.comparisons.iter().zip(&stored.levels).filter(|(comparison, _)| comparison.field == field);
    compared
        .map(|(comparison, (level, bits))| {
            let level = level.and_then(|level| comparison.levels.get(usize::from(level)));
            FieldEvidence {
                method: comparison.method.clone(),
                level: level.map(|level| level.name.clone()),
                bits: *bits,
                says: if level.is_some() {
                    words(*bits)
                } else {
                    Text::new(
                        "未比较（缺值，或已由另一项说明）",
                        "not compared: a value is missing, or another line says it",
                    )
                },
            }
        })
        .collect()
}

/// What so many bits mean: by how much they make one thing likelier.
fn words(bits: f64) -> Text {
    let factor = bits.abs().min(40.0).exp2();
    let factor = if factor < 10.0 { format!("{factor:.1}") } else { format!("{factor:.0}") };
    let (zh, en) = match bits {
        bits if bits >= 10.0 => ("极有力地支持同一", "very strong evidence for one thing"),
        bits if bits >= 4.0 => ("有力地支持同一", "strong evidence for one thing"),
        bits if bits >= 1.0 => ("支持同一", "evidence for one thing"),
        bits if bits > -1.0 => return Text::new("几乎没有影响", "says next to nothing"),
        bits if bits > -4.0 => ("支持不同", "evidence for two things"),
        bits if bits > -10.0 => ("有力地支持不同", "strong evidence for two things"),
        _ => ("极有力地支持不同", "very strong evidence for two things"),
    };
    Text::new(format!("{zh}（{factor} 倍）"), format!("{en} (× {factor})"))
}

fn relatives(bits: f64) -> Text {
    let factor = bits.abs().min(40.0).exp2();
    Text::new(
        format!("关联主体（同集团、同一家庭）也会如此相似，因此打折（{factor:.1} 倍）"),
        format!(
            "relatives (firms of a group, people of a household) would look like it too, which takes off × {factor:.1}"
        ),
    )
}

pub(super) fn unknown_pair(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-match-pair",
        format!("没有配对 {id}，或您无权读取其数据集。"),
        format!("There is no pair {id}, or you may not read its datasets."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_told_in_words_on_either_side_of_nothing() {
        assert_eq!(words(3.0).zh, "支持同一（8.0 倍）");
        assert_eq!(words(-12.0).en, "very strong evidence for two things (× 4096)");
        assert_eq!(words(0.4).zh, "几乎没有影响");
        assert!(relatives(-2.0).zh.contains("4.0 倍"));
    }

    #[test]
    fn every_state_has_a_name_of_its_own() {
        for state in ["automatic", "open", "same", "different", "unsure", "closed"] {
            assert_eq!(PairState::from_name(state).map(PairState::name), Some(state));
        }
        assert_eq!(PairState::from_name("else"), None);
    }
}

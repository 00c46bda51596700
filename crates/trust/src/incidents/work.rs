//! Working on an incident: each step one transaction that says which revision it saw.

use brain_kernel::party::{Party, Role};
use brain_store::account;
use brain_store::incident::{self as rows, IncidentRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::state::{IncidentState, IncidentStep};
use super::{IncidentDetail, Incidents};
use crate::identity::require_role;
use crate::{Error, Result};

/// Longest words of a step, in characters.
const WORDS_CHARACTERS_MAX: usize = 4_000;

/// Who is to work on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOwner {
    /// User name or account id of a security administrator; oneself when left out.
    #[serde(default)]
    pub owner: Option<String>,
    /// Words for the timeline.
    #[serde(default)]
    pub note: String,
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// Why it happened, or why it was none.
    pub cause: String,
    /// What was done so that it does not happen again; may be empty where it was none.
    #[serde(default)]
    pub measures: String,
    /// 误报: whether it was none.
    #[serde(default)]
    pub false_alarm: bool,
}

impl Incidents {
    /// Give it to somebody.
    pub async fn assign(&self, actor: &Party, id: &str, seen: i64, new: NewOwner) -> Result<IncidentDetail> {
        let owner = self.owner(actor, new.owner.as_deref()).await?;
        let detail = json!({ "owner": owner });
        let change = |row: IncidentRow| IncidentRow { owner: Some(owner), ..row };
        self.step(actor, id, seen, IncidentStep::Assign, &new.note, detail, change).await
    }

    /// It goes no further.
    pub async fn contain(&self, actor: &Party, id: &str, seen: i64, note: &str) -> Result<IncidentDetail> {
        require_words("note", note)?;
        self.step(actor, id, seen, IncidentStep::Contain, note, json!({}), |row| row).await
    }

    /// End it: with cause and measures once it is contained, or as a false alarm before.
    pub async fn close(
        &self,
        actor: &Party,
        id: &str,
        seen: i64,
        closure: Closure,
    ) -> Result<IncidentDetail> {
        require_words("cause", &closure.cause)?;
        let step = if closure.false_alarm { IncidentStep::Dismiss } else { IncidentStep::Close };
        if closure.false_alarm {
            check_words(&closure.measures)?;
        } else {
            require_words("measures", &closure.measures)?;
        }
        let digest = |text: &str| self.0.evidence.algorithm().digest(&[text.as_bytes()]);
        let detail = json!({ "cause": digest(&closure.cause), "measures": digest(&closure.measures) });
        let now = self.0.store.now();
        let Closure { cause, measures, false_alarm } = closure;
        let note = if measures.trim().is_empty() { cause.clone() } else { format!("{cause}\n{measures}") };
        let change = move |row: IncidentRow| IncidentRow {
            cause: Some(cause),
            measures: (!measures.trim().is_empty()).then_some(measures),
            false_alarm,
            closed_at: Some(now),
            ..row
        };
        self.step(actor, id, seen, step, &note, detail, change).await
    }

    /// It was closed too early; the reason stays on the record, and the former cause and measures stay in the timeline.
    pub async fn reopen(&self, actor: &Party, id: &str, seen: i64, reason: &str) -> Result<IncidentDetail> {
        require_words("reason", reason)?;
        let change = |row: IncidentRow| IncidentRow {
            owner: None,
            closed_at: None,
            false_alarm: false,
            cause: None,
            measures: None,
            ..row
        };
        self.step(actor, id, seen, IncidentStep::Reopen, reason, json!({}), change).await
    }

    /// Add a line to the timeline.
    pub async fn note(&self, actor: &Party, id: &str, seen: i64, note: &str) -> Result<IncidentDetail> {
        require_words("note", note)?;
        self.step(actor, id, seen, IncidentStep::Note, note, json!({}), |row| row).await
    }

    /// Begin the clock of a duty that the severity alone does not bring.
    pub async fn begin_duty(&self, actor: &Party, id: &str, seen: i64, duty: &str) -> Result<IncidentDetail> {
        let known = self.0.rulebook.duty(duty);
        let known =
            known.ok_or_else(|| Error::not_found("duty", &duty.chars().take(80).collect::<String>()))?;
        let row = known.row(id, self.0.store.now());
        let detail = json!({ "duty": duty, "due_at": row.due_at });
        self.step_with(actor, id, seen, IncidentStep::BeginDuty, "", detail, |row| row, Duty::Begin(row))
            .await
    }

    /// Record that a duty was done; `note` says to whom and how.
    pub async fn finish_duty(
        &self,
        actor: &Party,
        id: &str,
        seen: i64,
        duty: &str,
        note: &str,
    ) -> Result<IncidentDetail> {
        require_words("note", note)?;
        let detail = json!({ "duty": duty });
        let work = Duty::Finish(duty.to_owned());
        self.step_with(actor, id, seen, IncidentStep::FinishDuty, note, detail, |row| row, work).await
    }

    #[expect(clippy::too_many_arguments, reason = "who, what, which revision, and what changes")]
    async fn step(
        &self,
        actor: &Party,
        id: &str,
        seen: i64,
        step: IncidentStep,
        note: &str,
        detail: Value,
        change: impl FnOnce(IncidentRow) -> IncidentRow,
    ) -> Result<IncidentDetail> {
        self.step_with(actor, id, seen, step, note, detail, change, Duty::None).await
    }

    #[expect(clippy::too_many_arguments, reason = "as above, and the clock that starts or stops with it")]
    async fn step_with(
        &self,
        actor: &Party,
        id: &str,
        seen: i64,
        step: IncidentStep,
        note: &str,
        detail: Value,
        change: impl FnOnce(IncidentRow) -> IncidentRow,
        duty: Duty,
    ) -> Result<IncidentDetail> {
        require_role(actor, Role::SecurityAdministrator)?;
        check_words(note)?;
        let row = self.row(id).await?;
        let state = IncidentState::from_name(&row.state).ok_or(Error::Corrupt { field: "incident.state" })?;
        let next =
            state.after(step).ok_or_else(|| Error::IncidentState { id: id.to_owned(), state, step })?;
        let now = self.0.store.now();
        let row = change(row);
        // What the caller saw may be any number; the update asks whether it is the stored one.
        let revision = row.revision + 1;
        let row = IncidentRow { state: next.name().to_owned(), revision, updated_at: now, ..row };
        let transaction = self.0.store.transaction().await?;
        rows::update(&transaction, row.clone(), seen).await?;
        match duty {
            Duty::None => {}
            Duty::Begin(duty) => rows::add_duties(&transaction, vec![duty]).await?,
            Duty::Finish(duty) => rows::finish_duty(&transaction, id, &duty, &actor.account, now).await?,
        }
        self.write_step(&transaction, &row, step, &actor.account, note, detail).await?;
        transaction.commit().await?;
        self.detail(row).await
    }

    /// The account meant: a security administrator who may sign in, for only they can work on it.
    async fn owner(&self, actor: &Party, named: Option<&str>) -> Result<String> {
        let Some(named) = named.map(str::trim).filter(|name| !name.is_empty()) else {
            return Ok(actor.account.clone());
        };
        let db = self.0.store.db();
        let found = match account::find(db, named).await? {
            Some(found) => Some(found),
            None => account::find_by_username(db, &named.to_lowercase()).await?,
        };
        let fits =
            |found: &account::Account| !found.disabled && found.role == Role::SecurityAdministrator.name();
        found.filter(fits).map(|found| found.id).ok_or_else(|| {
            Error::invalid(
                "owner",
                "责任人须是启用中的安全管理员账号。",
                "The owner must be an open account of a security administrator.",
            )
        })
    }
}

/// A clock that starts or stops with a step.
enum Duty {
    None,
    Begin(rows::DutyRow),
    Finish(String),
}

pub(super) fn check_words(text: &str) -> Result<()> {
    if text.chars().count() <= WORDS_CHARACTERS_MAX && !text.contains('\0') {
        return Ok(());
    }
    Err(Error::invalid(
        "note",
        format!("文字不超过 {WORDS_CHARACTERS_MAX} 个字符。"),
        format!("Words have up to {WORDS_CHARACTERS_MAX} characters."),
    ))
}

fn require_words(field: &'static str, text: &str) -> Result<()> {
    check_words(text)?;
    if !text.trim().is_empty() {
        return Ok(());
    }
    let zh = match field {
        "cause" => "请写明原因。",
        "measures" => "请写明整改措施。",
        "reason" => "重新打开须说明理由。",
        _ => "请写明做了什么。",
    };
    Err(Error::invalid(field, zh, format!("{field} must say something.")))
}

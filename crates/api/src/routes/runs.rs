//! Component runs that answer later: state, progress, result, and stopping them.

use crate::answer::{Done, Reply};
use crate::call::Call;
use crate::component_runs::View;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::problem::Problem;
use crate::progress::{RunProgress, RunState};
use crate::queries::shortened;
use axum::http::Method;
use brain_component::Outcome;
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A component run in the background. Only the account that began it sees it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ComponentRun {
    /// Stable id; ask for it at `/api/v1/runs/{id}`.
    pub run_id: String,
    /// Component.
    pub component: String,
    /// Where it stands; never `queued`.
    pub state: RunState,
    /// How far it is.
    pub progress: RunProgress,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Until when an ended run is kept; earlier ones go sooner when there are many.
    pub kept_until: Option<DateTime<Utc>>,
    /// The result of a run that succeeded, in the shape of the component's own operation.
    pub outcome: Option<Outcome>,
    /// What went wrong in one that did not.
    pub failure: Option<Problem>,
}

impl ComponentRun {
    pub(crate) fn of(view: View, language: Language) -> Self {
        let outcome = view.ended.as_ref().map(|(_, _, outcome)| outcome.as_ref());
        let state = match outcome {
            None => RunState::Running,
            Some(Ok(_)) => RunState::Succeeded,
            Some(Err(_)) if view.cancelled => RunState::Cancelled,
            Some(Err(_)) => RunState::Failed,
        };
        let failure = outcome.and_then(|outcome| outcome.as_ref().err());
        Self {
            run_id: view.id,
            component: view.component,
            state,
            progress: RunProgress::from(&view.progress),
            created_at: view.created_at,
            finished_at: view.ended.as_ref().map(|(at, _, _)| *at),
            kept_until: view.ended.as_ref().map(|(_, until, _)| *until),
            outcome: outcome.and_then(|outcome| outcome.as_ref().ok().cloned()),
            failure: failure.map(|failure| Problem::new(failure, language, &view.trace_id)),
        }
    }
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/runs/{id}", "runs_show", show).about(
            "本人的一次后台组件运行：状态、进度，结束后含结果",
            "One of one's own background component runs: state, progress, and the result once it ended",
        ),
        Endpoint::new(Method::DELETE, "/api/v1/runs/{id}", "runs_stop", stop)
            .about("取消运行；已结束的则不再保留", "Stop a run; one that has ended is forgotten")
            .status(204),
    ]
    .map(|endpoint| endpoint.tag("components").roles(&Role::WORKING).codes(&["api/not-found"]))
    .into()
}

async fn show(call: Call) -> Result<Reply<ComponentRun>, Failure> {
    let (account, id) = (&call.party()?.account, call.path("id")?);
    let view = call.app.component_runs.find(account, id).ok_or_else(|| unknown(id))?;
    Ok(ComponentRun::of(view, call.ambient.language).into())
}

async fn stop(call: Call) -> Result<Done, Failure> {
    let (account, id) = (&call.party()?.account, call.path("id")?);
    if call.app.component_runs.stop(account, id) { Ok(Done::default()) } else { Err(unknown(id).into()) }
}

fn unknown(id: &str) -> Error {
    Error::NotFound { what: ("后台运行", "background run"), id: shortened(id) }
}

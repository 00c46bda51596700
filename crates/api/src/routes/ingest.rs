//! Data in: mappings, uploads, and the runs that take them in.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Upload};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::limits::Cost;
use crate::paging::page_request;
use crate::progress::{RunProgress, RunState};
use crate::queries::shortened;
use crate::runs::Live;
use crate::upload::{self, Accepted, Stored};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_kernel::side::DataSide;
use brain_store::ingest_run::{IngestRun, IngestRunFilter, RunState as StoredState};
use brain_trust::Scope;
use brain_warehouse::ingest::{IngestOptions, IngestReport, IngestRequest};
use brain_warehouse::mapping::{AUTO, Mapping};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Roles that may take data in.
const STEWARDS: [Role; 3] = [Role::SystemAdministrator, Role::Government, Role::IndustryBody];

/// A mapping one can take a file in with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MappingCard {
    /// Name to give when taking in.
    pub name: String,
    /// Title.
    pub title: Text,
    /// What such files hold.
    pub description: Text,
    /// Who answers for the data.
    pub owner: String,
    /// Public, industry or enterprise data.
    pub side: DataSide,
    /// Grade of the tables.
    pub grade: Grade,
    /// First table written.
    pub dataset: Option<String>,
    /// Every table written.
    pub datasets: Vec<String>,
    /// File name patterns it knows.
    pub files: Vec<String>,
}

/// A run that was begun.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunStarted {
    /// Ask for it at `/api/v1/ingest/runs/{id}`.
    pub run_id: String,
}

/// One ingest run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunCard {
    /// Stable id.
    pub run_id: String,
    /// Where it stands.
    pub state: RunState,
    /// Account id of who asked.
    pub actor: String,
    /// Mapping.
    pub mapping: String,
    /// File as its sender named it.
    pub file: String,
    /// First dataset it lands in, once known.
    pub dataset: Option<String>,
    /// Progress, while it is alive.
    pub progress: Option<RunProgress>,
    /// Rows that landed.
    pub rows_landed: i64,
    /// Rows put aside with a reason.
    pub rows_quarantined: i64,
    /// Version committed.
    pub version: Option<i64>,
    /// When it was asked for.
    pub created_at: Option<DateTime<Utc>>,
    /// When work began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The full report of a run that succeeded, as it was stored.
    #[schemars(with = "Option<IngestReport>")]
    pub report: Option<Value>,
    /// What went wrong in one that did not.
    #[schemars(with = "Option<RunFailure>")]
    pub failure: Option<Value>,
}

/// Why a run landed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFailure {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub detail: Text,
    /// How to mend it.
    pub hint: Option<Text>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IngestQuery {
    /// 映射名称，或 auto · Name of a mapping, or auto.
    mapping: String,
    /// auto 时的目标表，如 raw.my_table · Target of auto, for example raw.my_table.
    dataset: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RunsQuery {
    /// 只列出此状态 · Only runs in this state.
    state: Option<RunState>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoints = [
        Endpoint::new(Method::POST, "/api/v1/ingest", "ingest_start", start)
            .about("上传文件并在后台入库", "Send a file and take it in, in the background")
            .cost(Cost::Ingest)
            .roles(&STEWARDS)
            .status(202)
            .unhurried()
            .codes(&[
                "warehouse/unknown-mapping",
                "api/too-large",
                "api/too-many-runs",
                "api/too-many-own-runs",
                "api/upload-disk",
                "api/upload-kind",
                "api/upload-infected",
                "api/scan-failed",
            ]),
        Endpoint::new(Method::GET, "/api/v1/ingest/runs", "ingest_runs", list)
            .about(
                "入库任务：本人的；系统管理员可见全部",
                "Ingest runs: one's own, or everybody's for a system administrator",
            )
            .roles(&STEWARDS),
        Endpoint::new(Method::GET, "/api/v1/ingest/runs/{id}", "ingest_run", show)
            .about("一个入库任务的进度与报告", "Progress and report of a run")
            .roles(&STEWARDS),
        Endpoint::new(Method::POST, "/api/v1/ingest/runs/{id}/cancel", "ingest_cancel", cancel)
            .about("取消入库任务；不留下任何数据", "Cancel a run; nothing of it lands")
            .roles(&STEWARDS)
            .status(204),
    ]
    .map(|endpoint| endpoint.tag("ingest").key_use(KeyUse::Scope(Scope::Ingest)));
    let mappings = Endpoint::new(Method::GET, "/api/v1/mappings", "mappings_list", mappings)
        .about("可用的映射", "The mappings there are")
        .audience(Audience::SignedIn)
        .tag("ingest");
    let mut endpoints = Vec::from(endpoints);
    endpoints.push(mappings);
    endpoints
}

async fn mappings(call: Call) -> Result<Reply<Vec<MappingCard>>, Failure> {
    let card = |mapping: Mapping| {
        let datasets: Vec<String> = mapping.tables.iter().map(|table| table.dataset.clone()).collect();
        MappingCard {
            name: mapping.name,
            title: mapping.title,
            description: mapping.description,
            owner: mapping.owner,
            side: mapping.side,
            grade: mapping.grade,
            dataset: datasets.first().cloned(),
            datasets,
            files: mapping.tables.into_iter().flat_map(|table| table.files).collect(),
        }
    };
    Ok(call.app.warehouse.mappings()?.into_iter().map(card).collect::<Vec<_>>().into())
}

async fn start(call: Call<IngestQuery, Upload>) -> Result<Reply<RunStarted>, Failure> {
    let party = call.party()?.clone();
    let (IngestQuery { mapping, dataset }, upload, call) = call.apart();
    // Both are checked before gigabytes are sent, and again when the run begins.
    call.app.runs.admits(&party.account)?;
    let known = call.app.warehouse.mappings()?;
    if mapping != AUTO && !known.iter().any(|one| one.name == mapping) {
        return Err(Error::NotFound { what: ("映射", "mapping"), id: shortened(&mapping) }.into());
    }
    let id = Uuid::now_v7().to_string();
    let limit_bytes = call.app.options.upload_limit_bytes;
    let Stored { path, name, folder } =
        upload::receive(&call, upload, &id, limit_bytes, Accepted::Tables).await?;
    let wishes = IngestOptions {
        run_id: Some(id.clone()),
        file_name: Some(name),
        dataset,
        ..IngestOptions::default()
    };
    let request = IngestRequest { path, mapping, options: wishes };
    call.app.runs.start(call.app.warehouse.clone(), party, &id, request, folder)?;
    Ok(RunStarted { run_id: id }.into())
}

async fn list(call: Call<RunsQuery>) -> Result<Reply<Page<RunCard>>, Failure> {
    let party = call.party()?;
    let state = call.query.state.map(stored_state);
    let actor = (party.role != Role::SystemAdministrator).then(|| party.account.clone());
    let request = page_request(call.query.page, call.query.page_size);
    let found = call.app.warehouse.runs(&IngestRunFilter { state, actor }, request).await?;
    let card = |run: IngestRun| {
        let live = call.app.runs.live(&run.id);
        of_stored(run, live.as_ref())
    };
    Ok(Page::from(found.map(card)).into())
}

async fn show(call: Call) -> Result<Reply<RunCard>, Failure> {
    Ok(find(&call).await?.into())
}

async fn cancel(call: Call) -> Result<Done, Failure> {
    let card = find(&call).await?;
    // A run that ended meanwhile has nothing left to stop; saying so would be a race the caller cannot win.
    if let Some(live) = call.app.runs.live(&card.run_id) {
        live.cancel.cancel();
    }
    Ok(Done::default())
}

/// The run of the path, if the caller may know of it: one's own, or any for a system administrator.
async fn find(call: &Call) -> Result<RunCard, Failure> {
    let (party, id) = (call.party()?, call.path("id")?);
    let live = call.app.runs.live(id);
    let card = match call.app.warehouse.run(id).await? {
        Some(run) => Some(of_stored(run, live.as_ref())),
        None => live.map(|live| of_live(id, &live)),
    };
    let visible = |card: &RunCard, party: &Party| {
        party.role == Role::SystemAdministrator || card.actor == party.account
    };
    let unknown = || Error::NotFound { what: ("入库任务", "ingest run"), id: shortened(id) };
    Ok(card.filter(|card| visible(card, party)).ok_or_else(unknown)?)
}

fn of_stored(run: IngestRun, live: Option<&Live>) -> RunCard {
    RunCard {
        run_id: run.id,
        state: state_of(run.state),
        actor: run.actor,
        mapping: run.mapping,
        file: run.file,
        dataset: run.dataset,
        progress: live.map(|live| RunProgress::from(&live.progress)),
        rows_landed: run.rows_landed,
        rows_quarantined: run.rows_quarantined,
        version: run.version,
        created_at: Some(run.created_at),
        started_at: run.started_at,
        finished_at: run.finished_at,
        report: run.report,
        failure: run.failure,
    }
}

/// A run so young that the store does not know it yet.
fn of_live(id: &str, live: &Live) -> RunCard {
    RunCard {
        run_id: id.to_owned(),
        state: RunState::Queued,
        actor: live.actor.clone(),
        mapping: live.mapping.clone(),
        file: live.file.clone(),
        dataset: None,
        progress: Some(RunProgress::from(&live.progress)),
        rows_landed: 0,
        rows_quarantined: 0,
        version: None,
        created_at: None,
        started_at: None,
        finished_at: None,
        report: None,
        failure: None,
    }
}

fn state_of(state: StoredState) -> RunState {
    match state {
        StoredState::Queued => RunState::Queued,
        StoredState::Running => RunState::Running,
        StoredState::Succeeded => RunState::Succeeded,
        StoredState::Failed => RunState::Failed,
        StoredState::Cancelled => RunState::Cancelled,
    }
}

fn stored_state(state: RunState) -> StoredState {
    match state {
        RunState::Queued => StoredState::Queued,
        RunState::Running => StoredState::Running,
        RunState::Succeeded => StoredState::Succeeded,
        RunState::Failed => StoredState::Failed,
        RunState::Cancelled => StoredState::Cancelled,
    }
}

//! Column lineage: questions, impact of a change, and OpenLineage events in and out.

use crate::answer::Reply;
use crate::bounds::within_length;
use crate::call::{Call, Document, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::limits::Cost;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_lineage::sql::{Catalogue, Dialect, Script, analyse};
use brain_trust::Scope;
use brain_warehouse::lineage::{BatchAnswer, ImpactRow, LineageGraph, LineageQuery};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who may say where data comes from: those who may load it.
const STEWARDS: [Role; 3] = [Role::SystemAdministrator, Role::Government, Role::IndustryBody];
/// Who may have a script read: everybody who works with data, and who runs the node.
const READERS: [Role; 5] = [
    Role::SystemAdministrator,
    Role::Government,
    Role::IndustryBody,
    Role::Enterprise,
    Role::ComponentAuthor,
];

/// What a change reaches.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Impact {
    /// Everything that depends on it, nearest first.
    pub(crate) rows: Vec<ImpactRow>,
    /// Whether there is more than the answer may hold.
    pub(crate) truncated: bool,
}

/// An event was taken.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct EventReceived {
    /// Events taken: 1.
    pub(crate) received: u32,
}

/// Characters of SQL text read at once; longer scripts are read by `brain lineage parse`.
const SQL_CHARACTERS_MAX: usize = 1_000_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ParseRequest {
    /// SQL 文本，一条或多条语句 · SQL text, one statement or more.
    #[schemars(length(max = 1_000_000))]
    sql: String,
    /// 方言 · Dialect.
    #[serde(default)]
    dialect: Dialect,
    /// 各表的字段；不给则 `*` 无法展开 · Columns of tables; without them `*` stays as it is.
    #[serde(default)]
    tables: BTreeMap<String, Vec<String>>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/lineage", "lineage_show", show)
            .about("数据集或字段的上下游血缘", "What a dataset or column comes from and what depends on it")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-dataset"]),
        Endpoint::new(Method::GET, "/api/v1/lineage/impact", "lineage_impact", impact)
            .about("改动影响到哪些字段、组件和页面", "Which columns, components and pages a change reaches")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-dataset"]),
        Endpoint::new(Method::POST, "/api/v1/lineage", "lineage_receive", receive)
            .cost(Cost::Ingest)
            .about("接收一个 OpenLineage 事件", "Take one OpenLineage event")
            .roles(&STEWARDS)
            .key_use(KeyUse::Scope(Scope::Ingest))
            .status(201)
            .codes(&["lineage/event", "lineage/too-long", "warehouse/lineage-full"]),
        Endpoint::new(Method::POST, "/api/v1/lineage/batch", "lineage_receive_batch", receive_batch)
            .cost(Cost::Ingest)
            .about("接收一批 OpenLineage 事件", "Take a batch of OpenLineage events")
            .roles(&STEWARDS)
            .key_use(KeyUse::Scope(Scope::Ingest))
            .codes(&["lineage/event", "lineage/too-many", "warehouse/lineage-full"]),
        Endpoint::new(Method::GET, "/api/v1/lineage/runs/{id}", "lineage_run", run)
            .about("一次运行的 OpenLineage 事件", "A run of this node as an OpenLineage event")
            .roles(&STEWARDS)
            .codes(&["warehouse/unknown-run"]),
        Endpoint::new(Method::POST, "/api/v1/lineage/parse", "lineage_parse", parse)
            .cost(Cost::Run)
            .about("解析 SQL 文本的字段级血缘", "Column lineage of SQL text")
            .roles(&READERS)
            .key_use(KeyUse::Scope(Scope::Read)),
    ]
    .map(|endpoint| endpoint.tag("lineage"))
    .into()
}

async fn show(call: Call<LineageQuery>) -> Result<Reply<LineageGraph>, Failure> {
    Ok(call.app.warehouse.lineage().ask(&call.query).await?.into())
}

async fn impact(call: Call<LineageQuery>) -> Result<Reply<Impact>, Failure> {
    let (rows, truncated) = call.app.warehouse.lineage().impact(&call.query).await?;
    Ok(Impact { rows, truncated }.into())
}

async fn receive(call: Call<NoQuery, Document>) -> Result<Reply<EventReceived>, Failure> {
    call.app.warehouse.lineage().receive(call.party()?, &call.body.0).await?;
    Ok(EventReceived { received: 1 }.into())
}

async fn receive_batch(call: Call<NoQuery, Document>) -> Result<Reply<BatchAnswer>, Failure> {
    Ok(call.app.warehouse.lineage().receive_batch(call.party()?, &call.body.0).await?.into())
}

async fn run(call: Call) -> Result<Reply<Value>, Failure> {
    let event = call.app.warehouse.lineage().event_of_run(call.party()?, call.path("id")?).await?;
    Ok(event.into())
}

async fn parse(call: Call<NoQuery, Json<ParseRequest>>) -> Result<Reply<Script>, Failure> {
    let Json(request) = call.body;
    within_length("/sql", &request.sql, SQL_CHARACTERS_MAX)?;
    let read = move || {
        let mut catalogue = Catalogue::new();
        for (table, columns) in request.tables {
            catalogue.add(&table, columns);
        }
        analyse(&request.sql, request.dialect, &catalogue)
    };
    let script = tokio::task::spawn_blocking(read).await;
    Ok(script.map_err(|error| Error::Internal(error.to_string()))??.into())
}

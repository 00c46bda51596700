//! SQL models: list, one with its history, plan, run.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::limits::Cost;
use crate::paging::page_request;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::progress::Progress;
use brain_warehouse::model::{AttemptCard, ModelDetail, ModelList, ModelRequest, ModelRun, ModelStep};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Those who load data make models of it.
const MAKERS: [Role; 3] = [Role::SystemAdministrator, Role::Government, Role::IndustryBody];
/// Those who see how models stand; a query names columns others need not know.
const READERS: [Role; 5] = [
    Role::SystemAdministrator,
    Role::SecurityAdministrator,
    Role::Auditor,
    Role::Government,
    Role::IndustryBody,
];

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ListQuery {
    /// 选择，如 `+subject.enterprise`、`tag:master,zone:subject` · Which; all when left out.
    #[schemars(length(max = 4000))]
    select: String,
    /// 排除 · Which not.
    #[schemars(length(max = 4000))]
    exclude: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RunsQuery {
    /// 模型 · Only of this model.
    #[schemars(length(max = 200))]
    model: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数 · Items per page.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

/// What a run would do.
#[derive(Debug, Serialize, JsonSchema)]
struct ModelPlan {
    /// Each after those it reads.
    steps: Vec<ModelStep>,
}

/// What a run did.
#[derive(Debug, Serialize, JsonSchema)]
struct ModelRuns {
    /// Each after those it reads.
    runs: Vec<ModelRun>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    const CHOICE: [&str; 3] =
        ["warehouse/model-selection", "warehouse/unknown-model", "warehouse/model-no-cursor"];
    [
        Endpoint::new(Method::GET, "/api/v1/models", "models_list", list)
            .about(
                "数据模型：顺序、状态及原因、有误的文件",
                "Models in order with their health and why; broken files",
            )
            .codes(&["warehouse/model-selection", "warehouse/unknown-model"])
            .roles(&READERS),
        Endpoint::new(Method::GET, "/api/v1/models/runs", "models_runs", runs)
            .about("模型运行历史", "What came of every attempt at a model")
            .roles(&READERS),
        Endpoint::new(Method::GET, "/api/v1/models/{name}", "models_show", show)
            .about("一个模型：查询、字段、测试、历史", "One model: query, columns, tests, history")
            .codes(&["warehouse/unknown-dataset"])
            .roles(&READERS),
        Endpoint::new(Method::POST, "/api/v1/models/plan", "models_plan", plan)
            .about("试算：将运行什么、为何、估计行数；不写入", "Dry run: what would run, why, how many rows")
            .codes(&CHOICE)
            .roles(&MAKERS),
        Endpoint::new(Method::POST, "/api/v1/models/run", "models_run", run)
            .about(
                "运行过期的模型；测试通过才发布",
                "Run the stale models; a version is published when its tests pass",
            )
            .codes(&CHOICE)
            .cost(Cost::Sql)
            .unhurried()
            .roles(&MAKERS),
    ]
    .map(|endpoint| endpoint.tag("models"))
    .into()
}

async fn list(call: Call<ListQuery>) -> Result<Reply<ModelList>, Failure> {
    Ok(call.app.warehouse.model_list(&call.query.select, &call.query.exclude).await?.into())
}

async fn runs(call: Call<RunsQuery>) -> Result<Reply<Page<AttemptCard>>, Failure> {
    let page = page_request(call.query.page, call.query.page_size);
    Ok(Page::from(call.app.warehouse.model_runs(call.query.model.as_deref(), page).await?).into())
}

async fn show(call: Call) -> Result<Reply<ModelDetail>, Failure> {
    Ok(call.app.warehouse.model_show(call.path("name")?).await?.into())
}

async fn plan(call: Call<NoQuery, Json<ModelRequest>>) -> Result<Reply<ModelPlan>, Failure> {
    let steps = call.app.warehouse.plan_models(call.party()?, &call.body.0).await?;
    Ok(ModelPlan { steps }.into())
}

async fn run(call: Call<NoQuery, Json<ModelRequest>>) -> Result<Reply<ModelRuns>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let origin = Some(call.access_origin("models_run"));
    let (party, request) = (call.party()?, &call.body.0);
    let runs = call.app.warehouse.run_models(party, request, origin, Progress::new(), running.cancel());
    Ok(ModelRuns { runs: runs.await? }.into())
}

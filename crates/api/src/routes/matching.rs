//! Entity resolution: match sets, runs, pairs for review, clusters, and the way from any name of a thing to all of them.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::limits::Cost;
use crate::paging::PageQuery;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_warehouse::Session;
use brain_warehouse::matching::{
    ClusterCard, ClusterDetail, ClusterQuery, LookupHit, Matching, NewDecision, NewSet, PURPOSE, PairCard,
    PairDetail, PairQuery, REVIEWERS, RunCard, RunDetail, SetCard, SetDetail, TakeBatch,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const SET: &str = "/api/v1/matching/sets/{id}";

/// A set that was read, as it shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ChangedMatchSet")]
#[serde(deny_unknown_fields)]
struct ChangedSet {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 新内容 · What it shall be.
    set: NewSet,
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "MatchLookupQuery")]
#[serde(default, deny_unknown_fields)]
struct LookupQuery {
    /// 品牌、简称、法定名称或信用代码 · A brand, short name, legal name or credit code.
    #[schemars(length(min = 1, max = 200))]
    text: String,
}

/// How many pairs were given back.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MatchReleased")]
struct Released {
    /// Pairs.
    pairs: u64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = sets();
    endpoints.extend(pairs());
    endpoints.extend(clusters());
    endpoints.into_iter().map(|endpoint| endpoint.tag("matching").roles(&REVIEWERS)).collect()
}

fn sets() -> Vec<Endpoint> {
    const PLAN: [&str; 5] = [
        "warehouse/match-plan",
        "warehouse/match-reason",
        "warehouse/match-set-exists",
        "warehouse/no-grant",
        "warehouse/unknown-dataset",
    ];
    vec![
        Endpoint::new(Method::GET, "/api/v1/matching/sets", "matching_sets", list)
            .about("匹配方案", "Match sets"),
        Endpoint::new(Method::POST, "/api/v1/matching/sets", "matching_set_create", create)
            .about("新建匹配方案", "Make a match set")
            .status(201)
            .codes(&PLAN),
        Endpoint::new(Method::GET, SET, "matching_set_show", show)
            .about("一个匹配方案，含查准率估计", "One match set, with the estimated precision")
            .codes(&["warehouse/unknown-match-set"]),
        Endpoint::new(Method::PUT, SET, "matching_set_change", change)
            .about("修改匹配方案", "Change a match set")
            .codes(&[
                "warehouse/unknown-match-set",
                "warehouse/match-plan",
                "warehouse/match-reason",
                "warehouse/match-set-exists",
                "store/stale",
            ]),
        Endpoint::new(Method::GET, "/api/v1/matching/sets/{id}/runs", "matching_runs", runs)
            .about("匹配任务，最近的在前", "Runs of a match set, newest first")
            .codes(&["warehouse/unknown-match-set"]),
        Endpoint::new(Method::POST, "/api/v1/matching/sets/{id}/runs", "matching_run_start", start)
            .about("开始匹配；进度和结果见任务", "Begin a run; it says how far it is and what came of it")
            .status(202)
            .cost(Cost::Sql)
            .codes(&[
                "warehouse/unknown-match-set",
                "warehouse/match-running",
                "warehouse/match-busy",
                "warehouse/match-masked",
                "warehouse/match-column",
            ]),
        Endpoint::new(Method::GET, "/api/v1/matching/runs/{id}", "matching_run_show", run)
            .about("一个匹配任务及其报告", "One run with its report")
            .codes(&["warehouse/unknown-match-run"]),
        Endpoint::new(Method::POST, "/api/v1/matching/runs/{id}/cancel", "matching_run_cancel", cancel)
            .about("取消匹配任务", "Cancel a run")
            .status(204)
            .codes(&["warehouse/unknown-match-run"]),
    ]
}

fn pairs() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/matching/sets/{id}/pairs", "matching_pairs", pair_list)
            .about("候选配对，按调用者可见范围", "Pairs, as the caller may see their records")
            .cost(Cost::Sql)
            .codes(&["warehouse/unknown-match-set", "warehouse/match-query"]),
        Endpoint::new(Method::POST, "/api/v1/matching/sets/{id}/batch", "matching_batch_take", take)
            .about(
                "领取一批待复核的配对，到期自动归还",
                "Take a batch of open pairs; it is given back when its time is over",
            )
            .cost(Cost::Sql)
            .codes(&["warehouse/unknown-match-set", "warehouse/match-batch"]),
        Endpoint::new(Method::POST, "/api/v1/matching/sets/{id}/release", "matching_batch_release", release)
            .about("归还领取而未判定的配对", "Give back what was taken and not decided")
            .codes(&["warehouse/unknown-match-set"]),
        Endpoint::new(Method::GET, "/api/v1/matching/pairs/{id}", "matching_pair_show", pair)
            .about("一对记录及其判定经过", "One pair with every decision about it")
            .cost(Cost::Sql)
            .codes(&["warehouse/unknown-match-pair"]),
        Endpoint::new(Method::POST, "/api/v1/matching/pairs/{id}/decisions", "matching_decide", decide)
            .about("判定一对记录；撤回也是一次判定", "Decide a pair; taking back is a decision too")
            .cost(Cost::Sql)
            .codes(&[
                "warehouse/unknown-match-pair",
                "warehouse/match-not-visible",
                "warehouse/match-taken",
                "warehouse/match-decided-meanwhile",
                "warehouse/match-state",
                "warehouse/match-reason",
                "warehouse/match-cluster-too-large",
            ]),
    ]
}

fn clusters() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/matching/sets/{id}/clusters", "matching_clusters", cluster_list)
            .about("实体簇，最近变更的在前", "Clusters, the last changed first")
            .cost(Cost::Sql)
            .codes(&["warehouse/unknown-match-set", "warehouse/match-query"]),
        Endpoint::new(Method::GET, "/api/v1/matching/clusters/{id}", "matching_cluster_show", cluster)
            .about(
                "一个实体簇：记录、变更、金记录",
                "One cluster: its records, what happened to it, its golden record",
            )
            .cost(Cost::Sql)
            .codes(&["warehouse/unknown-match-cluster"]),
        Endpoint::new(Method::GET, "/api/v1/matching/sets/{id}/lookup", "matching_lookup", lookup)
            .about(
                "由品牌、简称、法定名称或信用代码查同一主体的全部名称",
                "From a brand, short name, legal name or credit code to all names of the same thing",
            )
            .cost(Cost::Sql)
            .codes(&["warehouse/unknown-match-set", "warehouse/match-query"]),
    ]
}

fn matching<Q, B>(call: &Call<Q, B>) -> Matching {
    call.app.warehouse.matching()
}

/// A session whose rows are handed on when its record is on disk.
fn session<Q, B>(call: &Call<Q, B>, operation: &str) -> Result<Session, Failure> {
    let session = call.app.warehouse.session(call.party()?, PURPOSE);
    Ok(session.coming_from(call.access_origin(operation)).held())
}

async fn list(call: Call) -> Result<Reply<Vec<SetCard>>, Failure> {
    Ok(matching(&call).sets(&session(&call, "matching_sets")?).await?.into())
}

async fn create(call: Call<NoQuery, Json<NewSet>>) -> Result<Reply<SetDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    let session = session(&call, "matching_set_create")?;
    let made = matching(&call).create_set(&session, new).await?;
    session.finish().await?;
    Ok(made.into())
}

async fn show(call: Call) -> Result<Reply<SetDetail>, Failure> {
    let session = session(&call, "matching_set_show")?;
    Ok(matching(&call).set(&session, call.path("id")?).await?.into())
}

async fn change(call: Call<NoQuery, Json<ChangedSet>>) -> Result<Reply<SetDetail>, Failure> {
    let (_, Json(ChangedSet { revision, set }), call) = call.apart();
    let session = session(&call, "matching_set_change")?;
    let changed = matching(&call).change_set(&session, call.path("id")?, revision, set).await?;
    session.finish().await?;
    Ok(changed.into())
}

async fn runs(call: Call<PageQuery>) -> Result<Reply<Page<RunCard>>, Failure> {
    let (session, page) = (session(&call, "matching_runs")?, call.query.request());
    Ok(Page::from(matching(&call).runs(&session, call.path("id")?, page).await?).into())
}

async fn start(call: Call) -> Result<Reply<RunCard>, Failure> {
    // The run goes on after the answer, and its rows go nowhere: the session records a beginning and an end.
    let session = call.app.warehouse.session(call.party()?, PURPOSE);
    let session = session.coming_from(call.access_origin("matching_run_start"));
    Ok(matching(&call).start(session, call.path("id")?).await?.into())
}

async fn run(call: Call) -> Result<Reply<RunDetail>, Failure> {
    let session = session(&call, "matching_run_show")?;
    Ok(matching(&call).show_run(&session, call.path("id")?).await?.into())
}

async fn cancel(call: Call) -> Result<Done, Failure> {
    let session = session(&call, "matching_run_cancel")?;
    matching(&call).cancel(&session, call.path("id")?).await?;
    Ok(Done::default())
}

async fn pair_list(call: Call<PairQuery>) -> Result<Reply<Page<PairCard>>, Failure> {
    let session = session(&call, "matching_pairs")?;
    let page = matching(&call).pairs(&session, call.path("id")?, &call.query).await?;
    session.finish().await?;
    Ok(Page::from(page).into())
}

async fn take(call: Call<NoQuery, Json<TakeBatch>>) -> Result<Reply<Vec<PairCard>>, Failure> {
    let (_, Json(batch), call) = call.apart();
    let session = session(&call, "matching_batch_take")?;
    let pairs = matching(&call).take(&session, call.path("id")?, &batch).await?;
    session.finish().await?;
    Ok(pairs.into())
}

async fn release(call: Call) -> Result<Reply<Released>, Failure> {
    let session = session(&call, "matching_batch_release")?;
    let pairs = matching(&call).release(&session, call.path("id")?).await?;
    Ok(Released { pairs }.into())
}

async fn pair(call: Call) -> Result<Reply<PairDetail>, Failure> {
    let session = session(&call, "matching_pair_show")?;
    let pair = matching(&call).pair(&session, call.path("id")?).await?;
    session.finish().await?;
    Ok(pair.into())
}

async fn decide(call: Call<NoQuery, Json<NewDecision>>) -> Result<Reply<PairDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    let session = session(&call, "matching_decide")?;
    let pair = matching(&call).decide(&session, call.path("id")?, new).await?;
    session.finish().await?;
    Ok(pair.into())
}

async fn cluster_list(call: Call<ClusterQuery>) -> Result<Reply<Page<ClusterCard>>, Failure> {
    let session = session(&call, "matching_clusters")?;
    let page = matching(&call).clusters(&session, call.path("id")?, &call.query).await?;
    session.finish().await?;
    Ok(Page::from(page).into())
}

async fn cluster(call: Call) -> Result<Reply<ClusterDetail>, Failure> {
    let session = session(&call, "matching_cluster_show")?;
    let cluster = matching(&call).cluster(&session, call.path("id")?).await?;
    session.finish().await?;
    Ok(cluster.into())
}

async fn lookup(call: Call<LookupQuery>) -> Result<Reply<Vec<LookupHit>>, Failure> {
    let session = session(&call, "matching_lookup")?;
    let found = matching(&call).lookup(&session, call.path("id")?, &call.query.text).await?;
    session.finish().await?;
    Ok(found.into())
}

//! Classification and grading: what is of which grade, what waits for a decision, and the decisions.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_warehouse::grading::{
    Classification, ClassificationQuery, DegradingRequest, Filing, Grading, GradingReport, GradingRun,
    LabelRequest,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Those who answer for data: they propose and confirm for the owner.
const OWNERS: [Role; 3] = [Role::Government, Role::IndustryBody, Role::Enterprise];
/// Those who may take a step besides: owners, and who approves.
const DECIDERS: [Role; 4] =
    [Role::SecurityAdministrator, Role::Government, Role::IndustryBody, Role::Enterprise];
/// Those who see how things stand.
const READERS: [Role; 5] =
    [Role::SecurityAdministrator, Role::Auditor, Role::Government, Role::IndustryBody, Role::Enterprise];
/// Who approves.
const APPROVERS: [Role; 1] = [Role::SecurityAdministrator];
/// Those who file, and who looks whether it was done.
const FILERS: [Role; 2] = [Role::SecurityAdministrator, Role::Government];
const FILING_READERS: [Role; 3] = [Role::SecurityAdministrator, Role::Auditor, Role::Government];

/// Words of a decision.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    reason: String,
}

/// A dataset by name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// 数据集 · Dataset.
    dataset: String,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/grading", "grading_list", list)
            .about("分类分级标签，新的在前", "Labels, newest first")
            .roles(&READERS),
        Endpoint::new(Method::GET, "/api/v1/grading/report", "grading_report", report)
            .about("各级别的数据清单", "What is of which grade")
            .roles(&READERS),
        Endpoint::new(Method::POST, "/api/v1/grading", "grading_propose", propose)
            .about("提出定级", "Propose a label")
            .status(201)
            .codes(&["warehouse/unknown-dataset", "warehouse/unknown-column", "warehouse/grading-not-owner"])
            .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/grading/degradings", "grading_degrade", degrade)
            .about("申请降级：派生数据少继承等级", "Ask that derived data inherits less")
            .status(201)
            .codes(&["warehouse/grading-k", "warehouse/grading-not-derived", "warehouse/grading-not-owner"])
            .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/grading/scan", "grading_scan", scan)
            .about("扫描数据集并提出定级建议", "Look at a dataset and propose labels")
            .codes(&["warehouse/unknown-dataset"])
            .unhurried()
            .roles(&DECIDERS),
        Endpoint::new(Method::POST, "/api/v1/grading/{id}/confirm", "grading_confirm", confirm)
            .about("所有者确认", "Confirm for the owner")
            .codes(&["warehouse/unknown-classification", "warehouse/grading-state"])
            .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/grading/{id}/reject", "grading_reject", reject)
            .about("驳回", "Reject")
            .codes(&["warehouse/unknown-classification", "warehouse/grading-state"])
            .roles(&DECIDERS),
        Endpoint::new(Method::POST, "/api/v1/grading/{id}/approve", "grading_approve", approve)
            .about("批准；下一次读取即生效", "Approve; it counts at the next read")
            .codes(&[
                "warehouse/unknown-classification",
                "warehouse/grading-state",
                "warehouse/grading-same-person",
            ])
            .roles(&APPROVERS),
        Endpoint::new(Method::GET, "/api/v1/grading/filings", "grading_filings", filings)
            .about("重要数据备案表与期限", "The form of important data, and what is due")
            .roles(&FILING_READERS),
        Endpoint::new(Method::POST, "/api/v1/grading/filings", "grading_file", file)
            .about("登记已备案", "Record that a dataset was filed")
            .codes(&["warehouse/grading-not-important"])
            .roles(&FILERS),
    ]
    .map(|endpoint| endpoint.tag("grading"))
    .into()
}

fn grading<Q, B>(call: &Call<Q, B>) -> Grading {
    call.app.warehouse.grading()
}

async fn list(call: Call<ClassificationQuery>) -> Result<Reply<Page<Classification>>, Failure> {
    Ok(Page::from(grading(&call).list(call.party()?, &call.query).await?).into())
}

async fn report(call: Call) -> Result<Reply<GradingReport>, Failure> {
    Ok(grading(&call).report(call.party()?).await?.into())
}

async fn propose(call: Call<NoQuery, Json<LabelRequest>>) -> Result<Reply<Classification>, Failure> {
    let actor = call.party()?.clone();
    Ok(grading(&call).propose(&actor, call.body.0).await?.into())
}

async fn degrade(call: Call<NoQuery, Json<DegradingRequest>>) -> Result<Reply<Classification>, Failure> {
    let actor = call.party()?.clone();
    Ok(grading(&call).degrade(&actor, call.body.0).await?.into())
}

async fn scan(call: Call<NoQuery, Json<Named>>) -> Result<Reply<GradingRun>, Failure> {
    Ok(grading(&call).scan(call.party()?, &call.body.0.dataset).await?.into())
}

async fn confirm(call: Call<NoQuery, Json<Decision>>) -> Result<Reply<Classification>, Failure> {
    Ok(grading(&call).confirm(call.party()?, call.path("id")?, &call.body.0.reason).await?.into())
}

async fn approve(call: Call<NoQuery, Json<Decision>>) -> Result<Reply<Classification>, Failure> {
    Ok(grading(&call).approve(call.party()?, call.path("id")?, &call.body.0.reason).await?.into())
}

async fn reject(call: Call<NoQuery, Json<Decision>>) -> Result<Reply<Classification>, Failure> {
    Ok(grading(&call).reject(call.party()?, call.path("id")?, &call.body.0.reason).await?.into())
}

async fn filings(call: Call) -> Result<Reply<Vec<Filing>>, Failure> {
    Ok(grading(&call).filings(call.party()?).await?.into())
}

async fn file(call: Call<NoQuery, Json<Named>>) -> Result<Reply<Filing>, Failure> {
    Ok(grading(&call).file(call.party()?, &call.body.0.dataset).await?.into())
}

//! Data quality: rules, checks, score and trend of a dataset, its profile and failing rows, and tickets.

use super::datasets::DatasetRows;
use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use crate::limits::Cost;
use crate::rows::{self, Window};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_warehouse::Session;
use brain_warehouse::quality::{
    Baseline, Check, NewRules, PURPOSE, ProfileCard, ProposalCard, QualityCard, QualityControl, TicketCard,
    TicketDetail, TicketQuery,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Those who answer for data: they check it, change its rules and work on its tickets.
const OWNERS: [Role; 3] = [Role::Government, Role::IndustryBody, Role::Enterprise];
/// Those who see how things stand.
const READERS: [Role; 5] =
    [Role::SecurityAdministrator, Role::Auditor, Role::Government, Role::IndustryBody, Role::Enterprise];

/// Words of a decision.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    reason: String,
}

/// A step of a ticket.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TicketWords {
    /// 所见的修订号 · Revision that was seen.
    revision: i64,
    /// 说明；解决和重新打开须写明 · Words; resolving and reopening need them.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    note: String,
}

/// Which rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfRule {
    /// 规则编号 · Id of the rule.
    rule: String,
}

/// The version of the rules now in force.
#[derive(Debug, Serialize, JsonSchema)]
struct RulesVersion {
    /// Version.
    version: u64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    const STEP: [&str; 4] = [
        "warehouse/unknown-ticket",
        "warehouse/quality-ticket-state",
        "warehouse/quality-not-owner",
        "store/stale",
    ];
    [
        Endpoint::new(Method::GET, "/api/v1/datasets/{name}/quality", "quality_show", show)
            .about(
                "数据集的质量：规则、评分、趋势、工单",
                "Quality of a dataset: rules, score, trend, tickets",
            )
            .codes(&["warehouse/unknown-dataset"])
            .audience(Audience::SignedIn),
        Endpoint::new(Method::POST, "/api/v1/datasets/{name}/quality/check", "quality_check", check)
            .about("立即检查最新版本", "Check the latest version now")
            .codes(&["warehouse/unknown-dataset", "warehouse/quality-not-owner"])
            .cost(Cost::Sql)
            .unhurried()
            .roles(&OWNERS),
        Endpoint::new(
            Method::PUT,
            "/api/v1/datasets/{name}/quality/rules",
            "quality_rules_change",
            change_rules,
        )
        .about("修改质量规则", "Change the quality rules")
        .codes(&[
            "warehouse/unknown-dataset",
            "warehouse/quality-not-owner",
            "warehouse/quality-reference",
            "warehouse/quality-rules-changed",
            "quality/toml",
            "quality/rule",
        ])
        .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/datasets/{name}/quality/proposals", "quality_propose", propose)
            .about("从画像提出规则建议", "Propose rules from a profile")
            .codes(&["warehouse/unknown-dataset", "warehouse/quality-not-owner"])
            .cost(Cost::Sql)
            .unhurried()
            .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/datasets/{name}/quality/baseline", "quality_baseline", baseline)
            .about("把最近画像设为漂移基线", "Make the last profile the baseline of drift")
            .codes(&[
                "warehouse/unknown-dataset",
                "warehouse/quality-not-owner",
                "warehouse/quality-no-profile",
            ])
            .roles(&OWNERS),
        Endpoint::new(Method::GET, "/api/v1/datasets/{name}/quality/profile", "quality_profile", profile)
            .about(
                "数据画像；无权读取的列不显示值",
                "The profile; without values of columns the caller may not read",
            )
            .codes(&["warehouse/unknown-dataset", "warehouse/quality-no-profile"])
            .cost(Cost::Sql)
            .roles(&Role::WORKING),
        Endpoint::new(Method::GET, "/api/v1/datasets/{name}/quality/examples", "quality_examples", examples)
            .about("不合格的行，按调用者可见范围", "Rows that fail a rule, as the caller may see them")
            .codes(&[
                "warehouse/unknown-dataset",
                "warehouse/no-grant",
                "warehouse/unknown-quality-rule",
                "warehouse/quality-no-examples",
            ])
            .cost(Cost::Sql)
            .roles(&Role::WORKING),
        Endpoint::new(Method::GET, "/api/v1/quality/tickets", "quality_tickets", tickets)
            .about("质量工单", "Quality tickets")
            .roles(&READERS),
        Endpoint::new(Method::GET, "/api/v1/quality/tickets/{id}", "quality_ticket_show", ticket)
            .about("一张工单及其经过", "A ticket with its timeline")
            .codes(&["warehouse/unknown-ticket"])
            .roles(&READERS),
        Endpoint::new(
            Method::POST,
            "/api/v1/quality/tickets/{id}/acknowledge",
            "quality_ticket_acknowledge",
            acknowledge,
        )
        .about("接手工单", "Take a ticket")
        .codes(&STEP)
        .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/quality/tickets/{id}/note", "quality_ticket_note", note)
            .about("在工单上记录", "Add a line to a ticket")
            .codes(&STEP)
            .roles(&OWNERS),
        Endpoint::new(
            Method::POST,
            "/api/v1/quality/tickets/{id}/resolve",
            "quality_ticket_resolve",
            resolve,
        )
        .about("解决工单；规则须已通过", "Resolve a ticket; its rule must have passed")
        .codes(&[
            "warehouse/unknown-ticket",
            "warehouse/quality-ticket-state",
            "warehouse/quality-not-owner",
            "warehouse/quality-still-failing",
            "warehouse/quality-reason",
        ])
        .roles(&OWNERS),
        Endpoint::new(Method::POST, "/api/v1/quality/tickets/{id}/reopen", "quality_ticket_reopen", reopen)
            .about("重新打开工单", "Reopen a ticket")
            .codes(&STEP)
            .roles(&OWNERS),
    ]
    .map(|endpoint| endpoint.tag("quality"))
    .into()
}

fn quality<Q, B>(call: &Call<Q, B>) -> QualityControl {
    call.app.warehouse.quality()
}

/// A session whose rows are handed on when its record is on disk.
fn session<Q, B>(call: &Call<Q, B>, operation: &str) -> Result<Session, Failure> {
    let session = call.app.warehouse.session(call.party()?, PURPOSE);
    Ok(session.coming_from(call.access_origin(operation)).held())
}

async fn show(call: Call) -> Result<Reply<QualityCard>, Failure> {
    Ok(quality(&call).show(call.party()?, call.path("name")?).await?.into())
}

async fn check(call: Call) -> Result<Reply<Check>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    Ok(quality(&call).check(call.party()?, call.path("name")?, running.cancel()).await?.into())
}

async fn change_rules(call: Call<NoQuery, Json<NewRules>>) -> Result<Reply<RulesVersion>, Failure> {
    let (_, Json(new), call) = call.apart();
    let version = quality(&call).change_rules(call.party()?, call.path("name")?, new).await?;
    Ok(RulesVersion { version }.into())
}

async fn propose(call: Call) -> Result<Reply<Vec<ProposalCard>>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let session = session(&call, "quality_propose")?;
    let proposals = quality(&call).propose(&session, call.path("name")?, running.cancel()).await;
    finished(&session, proposals).await
}

async fn baseline(call: Call<NoQuery, Json<Reason>>) -> Result<Reply<Baseline>, Failure> {
    let (_, Json(decision), call) = call.apart();
    Ok(quality(&call).set_baseline(call.party()?, call.path("name")?, &decision.reason).await?.into())
}

async fn profile(call: Call) -> Result<Reply<ProfileCard>, Failure> {
    let session = session(&call, "quality_profile")?;
    let profile = quality(&call).profile(&session, call.path("name")?).await;
    finished(&session, profile).await
}

/// What was found, handed on once the record of the session is on disk.
async fn finished<T>(session: &Session, found: brain_warehouse::Result<T>) -> Result<Reply<T>, Failure> {
    match found {
        Ok(found) => {
            session.finish().await?;
            Ok(Reply::from(found))
        }
        Err(error) => {
            session.finish_with(Some(error.code())).await?;
            Err(error.into())
        }
    }
}

async fn examples(call: Call<OfRule>) -> Result<Reply<DatasetRows>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let session = session(&call, "quality_examples")?;
    let name = call.path("name")?;
    let stream = quality(&call).examples(&session, name, &call.query.rule, running.cancel()).await?;
    let page = rows::page(stream, Window::new(None, Some(100))).await?;
    session.finish().await?;
    let (columns, rows, has_more) = (page.columns, page.rows, page.has_more);
    let total = Some(rows.len() as u64);
    Ok(DatasetRows { columns, rows, total, has_more, inputs: session.inputs() }.into())
}

async fn tickets(call: Call<TicketQuery>) -> Result<Reply<Page<TicketCard>>, Failure> {
    Ok(Page::from(quality(&call).tickets(call.party()?, &call.query).await?).into())
}

async fn ticket(call: Call) -> Result<Reply<TicketDetail>, Failure> {
    Ok(quality(&call).ticket(call.party()?, call.path("id")?).await?.into())
}

async fn acknowledge(call: Call<NoQuery, Json<TicketWords>>) -> Result<Reply<TicketDetail>, Failure> {
    let (_, Json(step), call) = call.apart();
    let quality = quality(&call);
    Ok(quality.acknowledge(call.party()?, call.path("id")?, step.revision, &step.note).await?.into())
}

async fn note(call: Call<NoQuery, Json<TicketWords>>) -> Result<Reply<TicketDetail>, Failure> {
    let (_, Json(step), call) = call.apart();
    Ok(quality(&call).note(call.party()?, call.path("id")?, step.revision, &step.note).await?.into())
}

async fn resolve(call: Call<NoQuery, Json<TicketWords>>) -> Result<Reply<TicketDetail>, Failure> {
    let (_, Json(step), call) = call.apart();
    Ok(quality(&call).resolve(call.party()?, call.path("id")?, step.revision, &step.note).await?.into())
}

async fn reopen(call: Call<NoQuery, Json<TicketWords>>) -> Result<Reply<TicketDetail>, Failure> {
    let (_, Json(step), call) = call.apart();
    Ok(quality(&call).reopen(call.party()?, call.path("id")?, step.revision, &step.note).await?.into())
}

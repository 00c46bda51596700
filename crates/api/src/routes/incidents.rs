//! Incidents and drills: seen by security administrators and auditors, worked on by security administrators.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Endpoint, KeyUse};
use crate::paging::page_request;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::incidents::{
    Closure, Filter, IncidentCard, IncidentDetail, IncidentState, NewIncident, NewOwner, Severity,
};
use brain_trust::{Incidents, Rulebook, Scope};
use schemars::JsonSchema;
use serde::Deserialize;

/// Those who see incidents.
const OVERSEERS: [Role; 2] = [Role::SecurityAdministrator, Role::Auditor];
/// Refusals of every step.
const STEP_CODES: [&str; 4] =
    ["trust/not-found", "trust/incident-state", "trust/invalid-argument", "store/stale"];

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct IncidentsQuery {
    /// 状态 · State.
    state: Option<IncidentState>,
    /// 只列出未关闭的 · Only those that are not closed.
    unclosed: bool,
    /// 级别 · Severity.
    severity: Option<Severity>,
    /// 责任人账号 · Account id of the owner.
    #[schemars(length(max = 256))]
    owner: Option<String>,
    /// 只列演练，或只列真实事件 · Only drills, or only what is none.
    drill: Option<bool>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AssignBody {
    /// The revision that was read.
    revision: i64,
    /// To whom.
    #[serde(default)]
    to: NewOwner,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WordsBody {
    /// The revision that was read.
    revision: i64,
    /// 说明 · Words; they stay on the record.
    #[schemars(length(min = 1, max = 4000))]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CloseBody {
    /// The revision that was read.
    revision: i64,
    /// How it ends.
    closure: Closure,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DutyBody {
    /// The revision that was read.
    revision: i64,
    /// 义务编号 · Id of the duty.
    #[schemars(length(min = 1, max = 64))]
    duty: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    /// The revision that was read.
    revision: i64,
    /// 义务编号 · Id of the duty.
    #[schemars(length(min = 1, max = 64))]
    duty: String,
    /// 报告对象与方式 · To whom it was reported and how.
    #[schemars(length(min = 1, max = 4000))]
    note: String,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let reading = [
        Endpoint::new(Method::GET, "/api/v1/incidents", "incidents_list", list)
            .about("安全事件与演练，新的在前", "Incidents and drills, newest first"),
        Endpoint::new(Method::GET, "/api/v1/incidents/{id}", "incidents_show", show)
            .about("一个事件：时间线、依据、报告时限", "One incident: timeline, records behind it, duties")
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::GET, "/api/v1/alerts/rules", "alerts_rules", rules)
            .about("告警规则与法定报告义务", "Alert rules and duties by law"),
    ]
    .map(|endpoint| endpoint.roles(&OVERSEERS).key_use(KeyUse::Scope(Scope::Read)));
    let working = [
        Endpoint::new(Method::POST, "/api/v1/incidents", "incidents_raise", raise)
            .about("上报事件，或开始演练", "Report an incident, or begin a drill")
            .status(201)
            .codes(&["trust/invalid-argument"]),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/assign", "incidents_assign", assign)
            .about("指派责任人", "Give it to somebody"),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/contain", "incidents_contain", contain)
            .about("标为已控制", "It goes no further"),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/close", "incidents_close", close)
            .about("关闭：原因与措施，或误报", "Close it with cause and measures, or as a false alarm"),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/reopen", "incidents_reopen", reopen)
            .about("重新打开，须说明理由", "Open it again, with a reason"),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/notes", "incidents_note", note)
            .about("在时间线上记录", "Add a line to the timeline"),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/duties", "incidents_begin_duty", begin_duty)
            .about("增加一项法定报告义务并开始计时", "Begin the clock of a duty by law"),
        Endpoint::new(Method::POST, "/api/v1/incidents/{id}/reports", "incidents_report", report)
            .about("登记一项义务已履行", "Record that a duty was done"),
    ]
    .map(|endpoint| {
        let endpoint = endpoint.roles(&[Role::SecurityAdministrator]);
        if endpoint.id == "incidents_raise" { endpoint } else { endpoint.codes(&STEP_CODES) }
    });
    reading.into_iter().chain(working).map(|endpoint| endpoint.tag("incidents")).collect()
}

fn incidents<Q, B>(call: &Call<Q, B>) -> Incidents {
    call.app.trust.incidents()
}

async fn list(call: Call<IncidentsQuery>) -> Result<Reply<Page<IncidentCard>>, Failure> {
    let query = &call.query;
    let filter = Filter {
        state: query.state.map(|state| state.name().to_owned()),
        unclosed: query.unclosed,
        severity: query.severity.map(|severity| severity.name().to_owned()),
        owner: query.owner.clone(),
        drill: query.drill,
    };
    let page = page_request(query.page, query.page_size);
    Ok(Page::from(incidents(&call).list(call.party()?, &filter, page).await?).into())
}

async fn show(call: Call) -> Result<Reply<IncidentDetail>, Failure> {
    Ok(incidents(&call).show(call.party()?, call.path("id")?).await?.into())
}

async fn rules(call: Call) -> Result<Reply<Rulebook>, Failure> {
    Ok(call.app.trust.alerts().rulebook(call.party()?)?.into())
}

async fn raise(call: Call<NoQuery, Json<NewIncident>>) -> Result<Reply<IncidentDetail>, Failure> {
    let actor = call.party()?.clone();
    Ok(incidents(&call).raise(&actor, call.body.0).await?.into())
}

async fn assign(call: Call<NoQuery, Json<AssignBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let incidents = incidents(&call);
    let Json(AssignBody { revision, to }) = call.body;
    Ok(incidents.assign(&actor, &id, revision, to).await?.into())
}

async fn contain(call: Call<NoQuery, Json<WordsBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let Json(WordsBody { revision, note }) = &call.body;
    Ok(incidents(&call).contain(call.party()?, call.path("id")?, *revision, note).await?.into())
}

async fn close(call: Call<NoQuery, Json<CloseBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let incidents = incidents(&call);
    let Json(CloseBody { revision, closure }) = call.body;
    Ok(incidents.close(&actor, &id, revision, closure).await?.into())
}

async fn reopen(call: Call<NoQuery, Json<WordsBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let Json(WordsBody { revision, note }) = &call.body;
    Ok(incidents(&call).reopen(call.party()?, call.path("id")?, *revision, note).await?.into())
}

async fn note(call: Call<NoQuery, Json<WordsBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let Json(WordsBody { revision, note }) = &call.body;
    Ok(incidents(&call).note(call.party()?, call.path("id")?, *revision, note).await?.into())
}

async fn begin_duty(call: Call<NoQuery, Json<DutyBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let Json(DutyBody { revision, duty }) = &call.body;
    Ok(incidents(&call).begin_duty(call.party()?, call.path("id")?, *revision, duty).await?.into())
}

async fn report(call: Call<NoQuery, Json<ReportBody>>) -> Result<Reply<IncidentDetail>, Failure> {
    let Json(ReportBody { revision, duty, note }) = &call.body;
    Ok(incidents(&call).finish_duty(call.party()?, call.path("id")?, *revision, duty, note).await?.into())
}

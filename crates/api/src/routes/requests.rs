//! Requests for access: asking, deciding, delegating.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use crate::paging::page_request;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::requests::form::{Form, FormName, FormSpec};
use brain_trust::requests::purpose::{self, PurposeCard};
use brain_trust::requests::state::State;
use brain_trust::requests::{DelegationCard, NewDelegation};
use brain_trust::{Approval, NewRequest, RequestCard};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RequestQuery {
    /// 状态；缺省为全部 · State; all when left out.
    state: Option<State>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

/// What one can ask for, and what must be written down first.
#[derive(Debug, Serialize, JsonSchema)]
struct Purposes {
    /// Purposes to choose from.
    purposes: Vec<PurposeCard>,
    /// What each form asks.
    forms: Vec<FormSpec>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FilledForm {
    /// The revision that was read.
    revision: i64,
    /// Which form.
    form: FormName,
    /// An answer for each of its fields.
    answers: Form,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApproveBody {
    /// The revision that was read.
    revision: i64,
    /// The request as it stands, or less.
    #[serde(default)]
    approval: Approval,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RejectBody {
    /// The revision that was read.
    revision: i64,
    /// Why.
    #[schemars(length(min = 1, max = 500))]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RevisionBody {
    /// The revision that was read.
    revision: i64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    asking()
        .into_iter()
        .chain(deciding())
        .chain(delegating())
        .map(|endpoint| endpoint.tag("requests"))
        .collect()
}

/// Who may decide: accounts of owners, those they delegate to, and the security administrator.
const DECIDING: [Role; 5] = [
    Role::SecurityAdministrator,
    Role::Government,
    Role::IndustryBody,
    Role::Enterprise,
    Role::ComponentAuthor,
];

fn asking() -> [Endpoint; 6] {
    [
        Endpoint::new(Method::GET, "/api/v1/requests/purposes", "requests_purposes", purposes)
            .audience(Audience::SignedIn)
            .about("可申请的用途与须填的表", "Purposes one can ask for, and the forms they need"),
        Endpoint::new(Method::GET, "/api/v1/requests", "requests_mine", mine)
            .roles(&Role::WORKING)
            .about("我的申请", "One's own requests"),
        Endpoint::new(Method::POST, "/api/v1/requests", "requests_submit", submit)
            .roles(&Role::WORKING)
            .about("申请数据", "Ask for access to a dataset")
            .status(201)
            .codes(&[
                "trust/invalid-argument",
                "warehouse/unknown-dataset",
                "warehouse/unknown-product",
                "warehouse/product",
                "warehouse/product-state",
            ]),
        Endpoint::new(Method::GET, "/api/v1/requests/{id}", "requests_show", show)
            .audience(Audience::SignedIn)
            .about("一个申请", "One request")
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/requests/{id}/forms", "requests_fill", fill)
            .roles(&Role::WORKING)
            .about("填写评估或同意记录", "Fill in a form of one's own request")
            .codes(&["trust/not-found", "trust/invalid-argument", "trust/request-state", "store/stale"]),
        Endpoint::new(Method::POST, "/api/v1/requests/{id}/withdraw", "requests_withdraw", withdraw)
            .roles(&Role::WORKING)
            .about("撤回自己的申请", "Take back one's own undecided request")
            .codes(&["trust/not-found", "trust/request-state", "store/stale"]),
    ]
}

fn deciding() -> [Endpoint; 4] {
    [
        Endpoint::new(Method::GET, "/api/v1/requests/inbox", "requests_inbox", inbox)
            .roles(&DECIDING)
            .about("待我审批的申请", "Requests one may decide"),
        Endpoint::new(Method::POST, "/api/v1/requests/{id}/approve", "requests_approve", approve)
            .roles(&DECIDING)
            .about("批准；授权下一次读取即生效", "Approve; the grant acts at the next read")
            .codes(&[
                "trust/not-found",
                "trust/not-owner",
                "trust/form-missing",
                "trust/invalid-argument",
                "trust/request-state",
                "store/stale",
                "warehouse/unknown-dataset",
            ]),
        Endpoint::new(Method::POST, "/api/v1/requests/{id}/reject", "requests_reject", reject)
            .roles(&DECIDING)
            .about("驳回", "Say no, and why")
            .codes(&[
                "trust/not-found",
                "trust/not-owner",
                "trust/invalid-argument",
                "trust/request-state",
                "store/stale",
            ]),
        Endpoint::new(Method::POST, "/api/v1/requests/{id}/revoke", "requests_revoke", revoke)
            .roles(&DECIDING)
            .about(
                "收回或交还授权；下一次读取即失效",
                "Take or give the grant back; the next read is refused",
            )
            .codes(&["trust/not-found", "trust/request-state", "store/stale"]),
    ]
}

fn delegating() -> [Endpoint; 3] {
    [
        Endpoint::new(Method::GET, "/api/v1/delegations", "delegations_list", delegations)
            .roles(&DECIDING)
            .about("本单位的审批委托", "Delegations one's owner gave")
            .codes(&["trust/not-owner"]),
        Endpoint::new(Method::POST, "/api/v1/delegations", "delegations_give", delegate)
            .roles(&DECIDING)
            .about("委托他人审批", "Let another account decide until a day")
            .status(201)
            .codes(&["trust/not-found", "trust/not-owner", "trust/invalid-argument"]),
        Endpoint::new(Method::DELETE, "/api/v1/delegations/{id}", "delegations_end", end_delegation)
            .roles(&DECIDING)
            .about("收回委托", "Take a delegation back")
            .status(204)
            .codes(&["trust/not-found", "store/not-found"]),
    ]
}

async fn purposes(_: Call) -> Result<Reply<Purposes>, Failure> {
    Ok(Purposes { purposes: purpose::all(), forms: purpose::forms() }.into())
}

async fn mine(call: Call<RequestQuery>) -> Result<Reply<Page<RequestCard>>, Failure> {
    let page = page_request(call.query.page, call.query.page_size);
    Ok(Page::from(call.app.trust.requests().mine(call.party()?, call.query.state, page).await?).into())
}

async fn inbox(call: Call<RequestQuery>) -> Result<Reply<Page<RequestCard>>, Failure> {
    let page = page_request(call.query.page, call.query.page_size);
    Ok(Page::from(call.app.trust.requests().inbox(call.party()?, call.query.state, page).await?).into())
}

async fn submit(call: Call<NoQuery, Json<NewRequest>>) -> Result<Reply<RequestCard>, Failure> {
    let actor = call.party()?.clone();
    let request = call.app.warehouse.products().under_contract(&actor, call.body.0)?;
    let dataset = call.app.warehouse.catalogue().facts(&request.dataset)?;
    Ok(call.app.trust.requests().submit(&actor, &dataset, request).await?.into())
}

async fn show(call: Call) -> Result<Reply<RequestCard>, Failure> {
    Ok(call.app.trust.requests().get(call.party()?, call.path("id")?).await?.into())
}

async fn fill(call: Call<NoQuery, Json<FilledForm>>) -> Result<Reply<RequestCard>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let FilledForm { revision, form, answers } = call.body.0;
    Ok(call.app.trust.requests().fill(&actor, &id, revision, form, answers).await?.into())
}

async fn withdraw(call: Call<NoQuery, Json<RevisionBody>>) -> Result<Reply<RequestCard>, Failure> {
    let requests = call.app.trust.requests();
    Ok(requests.withdraw(call.party()?, call.path("id")?, call.body.0.revision).await?.into())
}

async fn approve(call: Call<NoQuery, Json<ApproveBody>>) -> Result<Reply<RequestCard>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let requests = call.app.trust.requests();
    let card = requests.get(&actor, &id).await?;
    let dataset = call.app.warehouse.catalogue().facts(&card.dataset)?;
    let ApproveBody { revision, approval } = call.body.0;
    Ok(requests.approve(&actor, &id, revision, &dataset, approval).await?.into())
}

async fn reject(call: Call<NoQuery, Json<RejectBody>>) -> Result<Reply<RequestCard>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let RejectBody { revision, note } = call.body.0;
    Ok(call.app.trust.requests().reject(&actor, &id, revision, note).await?.into())
}

async fn revoke(call: Call<NoQuery, Json<RevisionBody>>) -> Result<Reply<RequestCard>, Failure> {
    let requests = call.app.trust.requests();
    Ok(requests.revoke(call.party()?, call.path("id")?, call.body.0.revision).await?.into())
}

async fn delegations(call: Call<RequestQuery>) -> Result<Reply<Page<DelegationCard>>, Failure> {
    let page = page_request(call.query.page, call.query.page_size);
    Ok(Page::from(call.app.trust.requests().delegations(call.party()?, page).await?).into())
}

async fn delegate(call: Call<NoQuery, Json<NewDelegation>>) -> Result<Reply<DelegationCard>, Failure> {
    let actor = call.party()?.clone();
    Ok(call.app.trust.requests().delegate(&actor, call.body.0).await?.into())
}

async fn end_delegation(call: Call) -> Result<Done, Failure> {
    call.app.trust.requests().end_delegation(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

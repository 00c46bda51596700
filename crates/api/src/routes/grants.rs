//! Grants: given and taken back by the security administrator, read by the auditor too.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::paging::page_request;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::{GrantCard, NewGrant};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct GrantQuery {
    /// 是否包含已收回的 · Also those taken back.
    revoked: bool,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let security = [Role::SecurityAdministrator];
    [
        Endpoint::new(Method::GET, "/api/v1/grants", "grants_list", list)
            .about("授权列表", "Grants")
            .roles(&[Role::SecurityAdministrator, Role::Auditor]),
        Endpoint::new(Method::POST, "/api/v1/grants", "grants_issue", issue)
            .about("授权；下一次读取即生效", "Give a grant; it acts at the next read")
            .roles(&security)
            .status(201)
            .codes(&["trust/invalid-argument", "trust/not-found"]),
        Endpoint::new(Method::DELETE, "/api/v1/grants/{id}", "grants_revoke", revoke)
            .about("收回授权；下一次读取即失效", "Take a grant back; the next read is refused")
            .roles(&security)
            .status(204)
            .codes(&["store/not-found"]),
    ]
    .map(|endpoint| endpoint.tag("grants"))
    .into()
}

async fn list(call: Call<GrantQuery>) -> Result<Reply<Page<GrantCard>>, Failure> {
    let request = page_request(call.query.page, call.query.page_size);
    let page = call.app.trust.grants().list(call.party()?, call.query.revoked, request).await?;
    Ok(Page::from(page).into())
}

async fn issue(call: Call<NoQuery, Json<NewGrant>>) -> Result<Reply<GrantCard>, Failure> {
    let actor = call.party()?.clone();
    Ok(call.app.trust.grants().issue(&actor, call.body.0).await?.into())
}

async fn revoke(call: Call) -> Result<Done, Failure> {
    call.app.trust.grants().revoke(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

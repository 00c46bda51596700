//! Retention (数据留存): rules, what is due for deletion, and the owner's word on it.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::paging::PageQuery;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_warehouse::retention::{DeletionProposal, Rule};
use schemars::JsonSchema;
use serde::Deserialize;

/// Who may see what is due for deletion: owners, and who watches over them.
const READERS: [Role; 6] = [
    Role::SystemAdministrator,
    Role::SecurityAdministrator,
    Role::Auditor,
    Role::Government,
    Role::IndustryBody,
    Role::Enterprise,
];
/// Who may own data.
const OWNERS: [Role; 3] = [Role::Government, Role::IndustryBody, Role::Enterprise];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecisionRequest {
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 500))]
    reason: String,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/retention/rules", "retention_rules", rules)
            .about("数据留存规则", "Rules of retention")
            .roles(&READERS)
            .codes(&["warehouse/retention-rules"]),
        Endpoint::new(Method::GET, "/api/v1/retention/proposals", "retention_proposals", proposals)
            .about("待删除与已删除的数据", "What is due for deletion, and what was deleted")
            .roles(&READERS),
        Endpoint::new(
            Method::POST,
            "/api/v1/retention/proposals/{id}/approval",
            "retention_approve",
            approve,
        )
        .about("所有者批准删除，返回删除证明", "Approve a deletion as owner; answers the certificate")
        .roles(&OWNERS)
        .codes(&[
            "warehouse/unknown-proposal",
            "warehouse/retention-not-owner",
            "warehouse/retention-state",
        ]),
        Endpoint::new(Method::POST, "/api/v1/retention/proposals/{id}/rejection", "retention_reject", reject)
            .about("所有者驳回删除", "Reject a deletion as owner")
            .roles(&OWNERS)
            .codes(&[
                "warehouse/unknown-proposal",
                "warehouse/retention-not-owner",
                "warehouse/retention-state",
            ]),
    ]
    .map(|endpoint| endpoint.tag("datasets"))
    .into()
}

async fn rules(call: Call) -> Result<Reply<Vec<Rule>>, Failure> {
    Ok(call.app.warehouse.retention().rules()?.into())
}

async fn proposals(call: Call<PageQuery>) -> Result<Reply<Page<DeletionProposal>>, Failure> {
    let page = call.app.warehouse.retention().proposals(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn approve(call: Call<NoQuery, Json<DecisionRequest>>) -> Result<Reply<DeletionProposal>, Failure> {
    let party = call.party()?.clone();
    let id = call.path("id")?.to_owned();
    Ok(call.app.warehouse.retention().approve(&party, &id, &call.body.0.reason).await?.into())
}

async fn reject(call: Call<NoQuery, Json<DecisionRequest>>) -> Result<Reply<DeletionProposal>, Failure> {
    let party = call.party()?.clone();
    let id = call.path("id")?.to_owned();
    Ok(call.app.warehouse.retention().reject(&party, &id, &call.body.0.reason).await?.into())
}

//! Who can see what and why; the rules behind it; what is never used.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use crate::paging::page_request;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::{Party, Role};
use brain_trust::policy::{ChangeCard, ChangeState, Rule, UseCard};
use brain_trust::{Action, Ask, Change, DatasetFacts, Explanation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Purpose asked about where none is named.
const PURPOSE: &str = "browse";
/// Answers given at once at most.
const ANSWERS_MAX: usize = 1_000;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct AccessQuery {
    /// 账号编号或用户名；缺省为本人，指定数据集时安全管理员为全部账号 · Account id or user name; oneself when left out, or every
    /// account where a security administrator names a dataset.
    #[schemars(length(max = 100))]
    account: Option<String>,
    /// 数据集；缺省为全部 · Dataset; every one when left out.
    #[schemars(length(max = 200))]
    dataset: Option<String>,
    /// 用途，缺省 browse · Purpose; browse when left out.
    #[schemars(length(max = 200))]
    purpose: Option<String>,
    /// 操作，缺省 read · Action; read when left out.
    action: Option<Action>,
}

/// Answers, one for each account and dataset asked about.
#[derive(Debug, Serialize, JsonSchema)]
struct Answers {
    /// The answers.
    items: Vec<Explanation>,
    /// Whether more were left off.
    has_more: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RuleKind {
    #[default]
    Policy,
    Label,
    Channel,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ChangeQuery {
    /// 策略、账号标记或出口，缺省策略 · Policies, labels of accounts or ways out; policies when left out.
    kind: RuleKind,
    /// 状态；缺省为全部 · State; all when left out.
    state: Option<ChangeState>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// 同意或否决 · Yes or no.
    confirm: bool,
}

/// Everything in force.
#[derive(Debug, Serialize, JsonSchema)]
struct Policies {
    /// Attribute policies.
    items: Vec<Rule>,
}

/// Every grant and policy with its use.
#[derive(Debug, Serialize, JsonSchema)]
struct Uses {
    /// Least used first.
    items: Vec<UseCard>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let explain = Endpoint::new(Method::GET, "/api/v1/access", "access_explain", explain)
        .about("谁能看什么、为什么", "Who can see what, and why")
        .audience(Audience::SignedIn)
        .codes(&["trust/not-found", "warehouse/unknown-dataset"]);
    let reading = [Role::SecurityAdministrator, Role::Auditor];
    let changing = [Role::SecurityAdministrator];
    let rules = [
        Endpoint::new(Method::GET, "/api/v1/access/usage", "access_usage", usage)
            .about(
                "授权与策略的使用次数，未用与多余的",
                "How often grants and policies are used, and which are not needed",
            )
            .roles(&reading),
        Endpoint::new(Method::GET, "/api/v1/policies", "policies_list", policies)
            .about("生效的属性策略", "Attribute policies in force")
            .roles(&reading),
        Endpoint::new(Method::GET, "/api/v1/policy-changes", "policy_changes_list", changes)
            .about("策略与标记的版本", "Versions of policies and labels")
            .roles(&reading),
        Endpoint::new(Method::POST, "/api/v1/policy-changes", "policy_changes_propose", propose)
            .about(
                "变更策略或标记；涉及重要数据须两人",
                "Change a policy or label; two people where important data is touched",
            )
            .roles(&changing)
            .status(201)
            .codes(&["trust/invalid-argument", "trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/policy-changes/{id}/decision", "policy_changes_decide", decide)
            .about("确认或否决他人的变更", "Confirm or refuse what another proposed")
            .roles(&changing)
            .codes(&["trust/not-found", "trust/second-person", "store/stale"]),
    ];
    rules.into_iter().chain([explain]).map(|endpoint| endpoint.tag("access")).collect()
}

async fn explain(call: Call<AccessQuery>) -> Result<Reply<Answers>, Failure> {
    let (actor, query) = (call.party()?, &call.query);
    let policy = call.app.trust.policy();
    let parties: Vec<Party> = match (&query.account, &query.dataset) {
        (Some(account), _) => vec![policy.party(actor, account).await?],
        (None, Some(_)) => policy.parties(actor).await?,
        (None, None) => vec![actor.clone()],
    };
    let catalogue = call.app.warehouse.catalogue();
    let datasets: Vec<DatasetFacts> = match &query.dataset {
        Some(name) => vec![catalogue.facts(name)?],
        None => catalogue.all_facts(),
    };
    let purpose = query.purpose.as_deref().unwrap_or(PURPOSE);
    let ask = Ask { action: query.action.unwrap_or(Action::Read), purpose, channel: None };
    let pairs = parties.iter().flat_map(|party| datasets.iter().map(move |dataset| (party, dataset)));
    let items =
        pairs.take(ANSWERS_MAX).map(|(party, dataset)| policy.explain(party, dataset, &ask)).collect();
    Ok(Answers { items, has_more: parties.len() * datasets.len() > ANSWERS_MAX }.into())
}

async fn usage(call: Call) -> Result<Reply<Uses>, Failure> {
    Ok(Uses { items: call.app.trust.policy().usage(call.party()?).await? }.into())
}

async fn policies(call: Call) -> Result<Reply<Policies>, Failure> {
    Ok(Policies { items: call.app.trust.policy().policies() }.into())
}

async fn changes(call: Call<ChangeQuery>) -> Result<Reply<Page<ChangeCard>>, Failure> {
    let page = page_request(call.query.page, call.query.page_size);
    let kind = match call.query.kind {
        RuleKind::Policy => "policy",
        RuleKind::Label => "label",
        RuleKind::Channel => "channel",
    };
    let found = call.app.trust.policy().changes(call.party()?, kind, call.query.state, page).await?;
    Ok(Page::from(found).into())
}

async fn propose(call: Call<NoQuery, Json<Change>>) -> Result<Reply<ChangeCard>, Failure> {
    let actor = call.party()?.clone();
    Ok(call.app.trust.policy().propose(&actor, call.body.0).await?.into())
}

async fn decide(call: Call<NoQuery, Json<Confirmation>>) -> Result<Reply<ChangeCard>, Failure> {
    let policy = call.app.trust.policy();
    Ok(policy.decide_change(call.party()?, call.path("id")?, call.body.0.confirm).await?.into())
}

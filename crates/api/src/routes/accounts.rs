//! Accounts: made and closed by the system administrator; approved, unlocked and given roles by the security
//! administrator; read by the auditor too.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::paging::PageQuery;
use crate::routes::security::Ended;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_trust::{AccountCard, AccountKind, NewAccount, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountRequest {
    /// 类别，缺省为人员；服务账号没有口令，只有密钥 · Person when left out; a service has no password, only keys.
    kind: Option<AccountKind>,
    /// 用户名 · Name to sign in with.
    username: String,
    /// 显示名称 · Name to show.
    display_name: String,
    /// 角色 · Role.
    role: Role,
    /// 所属企业的统一社会信用代码，企业用户必填 · USCC of the organisation; needed for an enterprise account.
    organisation: Option<Uscc>,
    /// 管辖地区 · Region it answers for.
    region: Option<RegionCode>,
    /// 首次口令，人员必填 · First password; needed for a person.
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
    /// 首次登录是否须改口令，默认是 · Whether the first password must be changed; true when left out.
    must_change_password: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    /// 停用或启用 · Close or open the account.
    disabled: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    /// 新角色；不能是三类管理员之一 · The new role; none of the separated administrators.
    role: Role,
}

/// A password for one use, shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OneTimePassword {
    /// The password; it must be changed at the next sign-in.
    pub password: String,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [Endpoint::new(Method::GET, "/api/v1/accounts", "accounts_list", list)
        .about("账号列表", "Accounts")
        .roles(&Role::ADMINISTRATORS)]
    .into_iter()
    .chain(of_system())
    .chain(of_security())
    .map(|endpoint| endpoint.tag("accounts"))
    .collect()
}

/// What the system administrator does with accounts.
fn of_system() -> [Endpoint; 3] {
    [
        Endpoint::new(Method::POST, "/api/v1/accounts", "accounts_create", create)
            .about(
                "新建账号；管理员与审计员账号须经安全管理员批准后启用",
                "Make an account; one of an administrator or auditor stays closed until the security administrator approves it",
            )
            .status(201)
            .codes(&["trust/username-taken", "trust/weak-password", "trust/invalid-argument"]),
        Endpoint::new(Method::PATCH, "/api/v1/accounts/{id}", "accounts_change", change)
            .about(
                "停用或启用账号；停用即刻终止其会话与密钥",
                "Close or open an account; closing ends its sessions and keys at once",
            )
            .status(204)
            .codes(&["trust/last-administrator", "trust/approval-needed"]),
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/password", "accounts_reset_password", reset)
            .about("重置口令，返回一次性口令", "Reset the password to one for one use")
            .step_up()
            .codes(&["trust/step-up-required", "trust/not-found"]),
    ]
    .map(|endpoint| endpoint.roles(&[Role::SystemAdministrator]))
}

/// What the security administrator does with them.
fn of_security() -> [Endpoint; 5] {
    [
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/approval", "accounts_approve", approve)
            .about(
                "批准并启用管理员或审计员账号",
                "Approve and open an account of an administrator or auditor",
            )
            .status(204)
            .step_up()
            .codes(&["trust/step-up-required", "trust/not-found"]),
        Endpoint::new(Method::PUT, "/api/v1/accounts/{id}/role", "accounts_role", role)
            .about("更换角色；其会话随即失效", "Give another role; the account's sessions end")
            .status(204)
            .step_up()
            .codes(&["trust/step-up-required", "trust/own-account", "trust/invalid-argument"]),
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/unlock", "accounts_unlock", unlock)
            .about("解除锁定", "Unlock an account before its time")
            .status(204)
            .codes(&["trust/not-found"]),
        Endpoint::new(
            Method::DELETE,
            "/api/v1/accounts/{id}/second-factor",
            "accounts_reset_second_factor",
            reset_factor,
        )
        .about(
            "清除第二因素；其会话随即失效，下次登录须重新设置",
            "Take the second factors off; the account's sessions end and it sets up new ones",
        )
        .status(204)
        .step_up()
        .codes(&["trust/step-up-required", "trust/own-account", "trust/not-found"]),
        Endpoint::new(
            Method::DELETE,
            "/api/v1/accounts/{id}/sessions",
            "accounts_end_sessions",
            end_sessions,
        )
        .about("立即结束其全部会话", "End every session of an account at once")
        .codes(&["trust/not-found"]),
    ]
    .map(|endpoint| endpoint.roles(&[Role::SecurityAdministrator]))
}

async fn list(call: Call<PageQuery>) -> Result<Reply<Page<AccountCard>>, Failure> {
    let page = call.app.trust.identity().accounts(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn create(call: Call<NoQuery, Json<AccountRequest>>) -> Result<Reply<AccountCard>, Failure> {
    let actor = call.party()?.clone();
    let Json(request) = call.body;
    let new = NewAccount {
        kind: request.kind.unwrap_or_default(),
        username: request.username,
        display_name: request.display_name,
        role: request.role,
        organisation: request.organisation,
        region: request.region,
        // An empty one is refused as too short where a password is needed.
        password: request.password.unwrap_or_else(|| Secret::new("")),
        must_change_password: request.must_change_password.unwrap_or(true),
    };
    Ok(call.app.trust.identity().create_account(&actor, new).await?.into())
}

async fn change(call: Call<NoQuery, Json<AccountChange>>) -> Result<Done, Failure> {
    let (actor, id) = (call.party()?, call.path("id")?);
    call.app.trust.identity().set_disabled(actor, id, call.body.0.disabled).await?;
    Ok(Done::default())
}

async fn reset(call: Call) -> Result<Reply<OneTimePassword>, Failure> {
    let once = call.app.trust.identity().reset_password(call.party()?, call.path("id")?).await?;
    Ok(OneTimePassword { password: once.expose().to_owned() }.into())
}

async fn approve(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().approve_account(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn role(call: Call<NoQuery, Json<RoleChange>>) -> Result<Done, Failure> {
    call.app.trust.identity().set_role(call.party()?, call.path("id")?, call.body.0.role).await?;
    Ok(Done::default())
}

async fn unlock(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().unlock_account(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn reset_factor(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().reset_second_factor(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn end_sessions(call: Call) -> Result<Reply<Ended>, Failure> {
    let ended = call.app.trust.identity().end_sessions_of(call.party()?, call.path("id")?).await?;
    Ok(Ended { ended }.into())
}

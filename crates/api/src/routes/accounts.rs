//! Accounts (made by the system administrator, approved by the security administrator) and API keys.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use crate::paging::PageQuery;
use crate::routes::session::require_session;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_trust::{AccountCard, ApiKeyCard, NewAccount, Secret};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountRequest {
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
    /// 首次口令 · First password.
    #[schemars(with = "String")]
    password: Secret,
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
struct KeyRequest {
    /// 用途名称 · What it is for.
    name: String,
    /// 失效时间 · When it stops working.
    expires_at: DateTime<Utc>,
}

/// A key just made; the secret is shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewKey {
    /// Stable id.
    pub id: String,
    /// The key itself, to be sent as `Authorization: Bearer`.
    pub secret: String,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// A password for one use, shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OneTimePassword {
    /// The password; it must be changed at the next sign-in.
    pub password: String,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let system = [Role::SystemAdministrator];
    [
        Endpoint::new(Method::GET, "/api/v1/accounts", "accounts_list", list)
            .about("账号列表", "Accounts")
            .roles(&Role::ADMINISTRATORS),
        Endpoint::new(Method::POST, "/api/v1/accounts", "accounts_create", create)
            .about(
                "新建账号；管理员与审计员账号须经安全管理员批准后启用",
                "Make an account; one of an administrator or auditor stays closed until the security administrator approves it",
            )
            .roles(&system)
            .status(201)
            .codes(&["trust/username-taken", "trust/weak-password", "trust/invalid-argument"]),
        Endpoint::new(Method::PATCH, "/api/v1/accounts/{id}", "accounts_change", change)
            .about(
                "停用或启用账号；停用即刻终止其会话与密钥",
                "Close or open an account; closing ends its sessions and keys at once",
            )
            .roles(&system)
            .status(204)
            .codes(&["trust/last-administrator", "trust/approval-needed"]),
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/approval", "accounts_approve", approve)
            .about(
                "批准并启用管理员或审计员账号",
                "Approve and open an account of an administrator or auditor",
            )
            .roles(&[Role::SecurityAdministrator])
            .status(204)
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/password", "accounts_reset_password", reset)
            .about("重置口令，返回一次性口令", "Reset the password to one for one use")
            .roles(&system),
        Endpoint::new(Method::GET, "/api/v1/api-keys", "api_keys_list", keys)
            .about(
                "接口密钥列表：本人的；安全管理员可见全部",
                "API keys: one's own, or everybody's for the security administrator",
            )
            .audience(Audience::SignedIn),
        Endpoint::new(Method::POST, "/api/v1/api-keys", "api_keys_create", create_key)
            .about("新建接口密钥，密钥只显示一次", "Make an API key; it is shown once")
            .audience(Audience::SignedIn)
            .status(201)
            .codes(&["trust/invalid-argument", "api/session-needed"]),
        Endpoint::new(Method::DELETE, "/api/v1/api-keys/{id}", "api_keys_revoke", revoke_key)
            .about(
                "吊销接口密钥：本人的；安全管理员可吊销任何密钥",
                "Revoke an API key: one's own, or any for the security administrator",
            )
            .audience(Audience::SignedIn)
            .status(204),
    ]
    .map(|endpoint| endpoint.tag("accounts"))
    .into()
}

async fn list(call: Call<PageQuery>) -> Result<Reply<Page<AccountCard>>, Failure> {
    let page = call.app.trust.identity().accounts(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn create(call: Call<NoQuery, Json<AccountRequest>>) -> Result<Reply<AccountCard>, Failure> {
    let actor = call.party()?.clone();
    let Json(request) = call.body;
    let new = NewAccount {
        username: request.username,
        display_name: request.display_name,
        role: request.role,
        organisation: request.organisation,
        region: request.region,
        password: request.password,
        must_change_password: request.must_change_password.unwrap_or(true),
    };
    Ok(call.app.trust.identity().create_account(&actor, new).await?.into())
}

async fn change(call: Call<NoQuery, Json<AccountChange>>) -> Result<Done, Failure> {
    let (actor, id) = (call.party()?, call.path("id")?);
    call.app.trust.identity().set_disabled(actor, id, call.body.0.disabled).await?;
    Ok(Done::default())
}

async fn approve(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().approve_account(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn reset(call: Call) -> Result<Reply<OneTimePassword>, Failure> {
    let once = call.app.trust.identity().reset_password(call.party()?, call.path("id")?).await?;
    Ok(OneTimePassword { password: once.expose().to_owned() }.into())
}

async fn keys(call: Call<PageQuery>) -> Result<Reply<Page<ApiKeyCard>>, Failure> {
    let page = call.app.trust.identity().api_keys(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn create_key(call: Call<NoQuery, Json<KeyRequest>>) -> Result<Reply<NewKey>, Failure> {
    require_session(&call)?;
    let Json(request) = &call.body;
    let made =
        call.app.trust.identity().create_api_key(call.party()?, &request.name, request.expires_at).await?;
    let key = NewKey { id: made.id, secret: made.secret.expose().to_owned(), expires_at: made.expires_at };
    Ok(key.into())
}

async fn revoke_key(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().revoke_api_key(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

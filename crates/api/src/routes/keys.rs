//! API keys (接口密钥): everybody's own, and those of service accounts.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::paging::PageQuery;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::{ApiKeyCard, NewApiKey, Scope};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeyRequest {
    /// 用途名称 · What it is for.
    name: String,
    /// 范围，缺省只读：read、run、run:<组件>、ingest、admin；不超出账号的角色 · Scopes, reading only when left out; never
    /// more than the account's role.
    scopes: Option<Vec<Scope>>,
    /// 失效时间 · When it stops working.
    expires_at: DateTime<Utc>,
}

impl KeyRequest {
    fn scopes(&self) -> Vec<Scope> {
        self.scopes.clone().unwrap_or_else(|| vec![Scope::Read])
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// 旧密钥继续有效的小时数，缺省 0 · Hours the old key works on; 0 when left out.
    #[serde(default)]
    grace_hours: u32,
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

impl From<NewApiKey> for NewKey {
    fn from(made: NewApiKey) -> Self {
        Self { id: made.id, secret: made.secret.expose().to_owned(), expires_at: made.expires_at }
    }
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/api-keys", "api_keys_list", list)
            .about(
                "接口密钥列表：本人的；安全管理员可见全部",
                "API keys: one's own, or everybody's for the security administrator",
            )
            .audience(Audience::SignedIn),
        Endpoint::new(Method::POST, "/api/v1/api-keys", "api_keys_create", create)
            .about("新建接口密钥，密钥只显示一次", "Make an API key; it is shown once")
            .audience(Audience::SignedIn)
            .key_use(KeyUse::Never)
            .status(201)
            .codes(&["trust/invalid-argument", "api/session-needed"]),
        Endpoint::new(Method::POST, "/api/v1/api-keys/{id}/rotation", "api_keys_rotate", rotate)
            .about(
                "换发接口密钥；旧密钥可再用若干小时",
                "Replace an API key; the old one may work on for some hours",
            )
            .audience(Audience::SignedIn)
            .key_use(KeyUse::Never)
            .status(201)
            .codes(&["trust/not-found", "api/session-needed"]),
        Endpoint::new(Method::DELETE, "/api/v1/api-keys/{id}", "api_keys_revoke", revoke)
            .about(
                "吊销接口密钥：本人的；安全管理员可吊销任何密钥",
                "Revoke an API key: one's own, or any for the security administrator",
            )
            .audience(Audience::SignedIn)
            .key_use(KeyUse::Any)
            .status(204),
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/api-keys", "service_keys_create", create_for)
            .about("为服务账号新建接口密钥", "Make an API key for a service account")
            .roles(&[Role::SystemAdministrator])
            .key_use(KeyUse::Never)
            .status(201)
            .codes(&["trust/invalid-argument", "trust/not-found"]),
    ]
    .map(|endpoint| endpoint.tag("accounts"))
    .into()
}

async fn list(call: Call<PageQuery>) -> Result<Reply<Page<ApiKeyCard>>, Failure> {
    let page = call.app.trust.identity().api_keys(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn create(call: Call<NoQuery, Json<KeyRequest>>) -> Result<Reply<NewKey>, Failure> {
    let Json(request) = &call.body;
    let identity = call.app.trust.identity();
    let made =
        identity.create_api_key(call.party()?, &request.name, request.scopes(), request.expires_at).await?;
    Ok(NewKey::from(made).into())
}

async fn create_for(call: Call<NoQuery, Json<KeyRequest>>) -> Result<Reply<NewKey>, Failure> {
    let Json(request) = &call.body;
    let (identity, id) = (call.app.trust.identity(), call.path("id")?);
    let made = identity
        .create_service_key(call.party()?, id, &request.name, request.scopes(), request.expires_at)
        .await?;
    Ok(NewKey::from(made).into())
}

async fn rotate(call: Call<NoQuery, Json<Rotation>>) -> Result<Reply<NewKey>, Failure> {
    let (identity, id) = (call.app.trust.identity(), call.path("id")?);
    Ok(NewKey::from(identity.rotate_api_key(call.party()?, id, call.body.0.grace_hours).await?).into())
}

async fn revoke(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().revoke_api_key(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

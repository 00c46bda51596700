//! The node itself: settings of the portal, this document, health and metrics, and the door for MCP clients.

use crate::answer::{Passed, Reply, Text};
use crate::call::{Call, NoQuery, Whole};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::health::health;
use crate::limits::Cost;
use crate::mcp;
use crate::services::DemoAccount;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, Response, header};
use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_kernel::party::Role;
use brain_trust::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the portal needs to know before anybody signs in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PortalSettings {
    /// Name of the node.
    pub node_name: String,
    /// `center`, `brain` or `edge`.
    pub role: String,
    /// Version of the program.
    pub version: String,
    /// Languages the portal speaks, the default first.
    pub languages: Vec<Language>,
    /// Whether every administrator must show a second factor; a demonstration may go without, and says so.
    pub second_factor_enforced: bool,
    /// Address that passkeys and sign-ins of other nodes are bound to; left out where none is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Accounts of a public demonstration; left out everywhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub demo_accounts: Vec<DemoAccount>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/portal", "portal_settings", portal)
            .about("门户设置", "Settings of the portal"),
        Endpoint::new(Method::GET, "/api/v1/openapi.json", "openapi", openapi)
            .about("本接口文档", "This document"),
        Endpoint::new(Method::POST, "/api/v1/mcp", "mcp", model_context)
            .about("模型上下文协议（流式 HTTP）", "Model Context Protocol, streamable HTTP")
            .cost(Cost::Run)
            .roles(&Role::WORKING)
            .key_use(KeyUse::Scope(Scope::Run))
            .headers(&[("mcp-protocol-version", "协议版本 · Protocol version")]),
        Endpoint::new(Method::GET, "/livez", "livez", alive).about("进程存活", "The process is alive"),
        Endpoint::new(Method::GET, "/readyz", "readyz", ready)
            .cost(Cost::Ordinary)
            .about("存储与数据湖可用", "Store and lake can be reached")
            .codes(&["store/unreachable"]),
        Endpoint::new(Method::GET, "/metrics", "metrics", metrics)
            .about(
                "指标（Prometheus 文本）；仅本机或系统管理员",
                "Metrics as Prometheus text; this machine or system administrators only",
            )
            .audience(Audience::LocalOrAdministrator),
    ]
    .into()
}

async fn portal(call: Call) -> Result<Reply<PortalSettings>, Failure> {
    let options = &call.app.options;
    let identity = call.app.trust.identity();
    let required = identity.second_factor_required_roles();
    let settings = PortalSettings {
        node_name: options.node_name.clone(),
        role: options.node_role.clone(),
        version: options.version.clone(),
        languages: vec![Language::Zh, Language::En],
        second_factor_enforced: Role::ADMINISTRATORS.iter().all(|role| required.contains(role)),
        public_url: options.site.as_ref().map(|site| site.origin().to_owned()),
        demo_accounts: options.demo_accounts.clone(),
    };
    Ok(settings.into())
}

async fn openapi(call: Call) -> Result<Passed, Failure> {
    let bytes = Bytes::from_owner(call.app.document.clone());
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Passed(response))
}

async fn model_context(call: Call<NoQuery, Whole>) -> Result<Passed, Failure> {
    mcp::answer(call).await.map(Passed)
}

async fn alive(_: Call) -> Result<Text, Failure> {
    Ok(plain("ok\n"))
}

/// The first line is for machines; the others say how each part stands. A backup that is late does not take the node
/// out of service.
async fn ready(call: Call) -> Result<Text, Failure> {
    call.app.warehouse.ready().await?;
    let mut text = String::from("ok\n");
    for part in health(&call.app.trust, &call.app.warehouse).await? {
        let state = if part.ok { "ok" } else { "not ok" };
        text.push_str(&format!("{}: {state}\n", part.name));
    }
    Ok(Text { status: 200, media_type: "text/plain; charset=utf-8", body: Body::from(text) })
}

async fn metrics(call: Call) -> Result<Text, Failure> {
    metrics::gauge!("brain_warehouse_memory_bytes").set(call.app.warehouse.memory_bytes() as f64);
    if let Some(backup) = call.app.trust.status().last_backup().await? {
        metrics::gauge!("brain_backup_last_ok").set(if backup.ok { 1.0 } else { 0.0 });
        let good = backup.last_good.map_or(0.0, |at| at.timestamp() as f64);
        metrics::gauge!("brain_backup_last_good_timestamp_seconds").set(good);
    }
    if let (Some(mirror), Some(age_s)) =
        (call.app.trust.status().mirror(), call.app.trust.status().mirror_age_s())
    {
        metrics::gauge!("brain_mirror_age_seconds").set(age_s as f64);
        metrics::gauge!("brain_mirror_epoch").set(mirror.epoch as f64);
        metrics::gauge!("brain_mirror_standbys").set(mirror.standbys.len() as f64);
    }
    let body = Body::from(call.app.metrics.render());
    Ok(Text { status: 200, media_type: "text/plain; version=0.0.4; charset=utf-8", body })
}

fn plain(text: &'static str) -> Text {
    Text { status: 200, media_type: "text/plain; charset=utf-8", body: Body::from(text) }
}

//! Trusted status (可信状态): this node's statement for peers and auditors, what peers said, what counts as good.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use crate::health::health;
use crate::paging::PageQuery;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::status::{
    BackupRecord, DrillRecord, HealthPart, KnownGood, Measurement, NewKnownGood, NodePublicKeys,
    PeerStanding, SignedStatement, VerificationRecord,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who watches over nodes.
const WATCHERS: [Role; 4] =
    [Role::SystemAdministrator, Role::SecurityAdministrator, Role::Auditor, Role::Government];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NonceQuery {
    /// 随机数，32 至 128 位十六进制 · A random number of 32 to 128 hexadecimal digits; it comes back signed.
    #[schemars(length(min = 32, max = 128))]
    nonce: String,
}

/// How this node stands.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OwnStatus {
    /// Name by which other nodes know it.
    pub name: String,
    /// Keys its statements are signed with; what peers register.
    pub keys: NodePublicKeys,
    /// What it measured of itself last.
    pub measurement: Option<Measurement>,
    /// Its parts.
    pub health: Vec<HealthPart>,
    /// How the last backup ended.
    pub backup: Option<BackupRecord>,
    /// How the last restore drill ended.
    pub drill: Option<DrillRecord>,
    /// How the last check of the evidence log ended.
    pub verification: Option<VerificationRecord>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let known_good = "/api/v1/status/known-good";
    [
        Endpoint::new(Method::GET, "/api/v1/status/statement", "status_statement", statement)
            .about(
                "可信状态报告：对端凭节点证书获取，监管角色登录获取",
                "The signed statement: for peers by their certificate, for those who watch over nodes signed in",
            )
            .audience(Audience::PeerOr(WATCHERS.to_vec()))
            .codes(&["trust/invalid-argument", "trust/peer-refused"]),
        Endpoint::new(Method::GET, "/api/v1/status", "status_own", own)
            .about("本节点状态", "How this node stands")
            .roles(&WATCHERS),
        Endpoint::new(Method::GET, "/api/v1/status/peers", "status_peers", peers)
            .about("其他节点最近的状态报告", "What other nodes said of themselves last")
            .roles(&WATCHERS),
        Endpoint::new(Method::POST, "/api/v1/status/peers/{id}/check", "status_check", check)
            .about("立即核验一个节点", "Verify a node now")
            .roles(&[Role::SecurityAdministrator])
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::GET, known_good, "known_good_list", list)
            .about("可信基准值", "What counts as good")
            .roles(&Role::ADMINISTRATORS),
        Endpoint::new(Method::POST, known_good, "known_good_add", add)
            .about("登记可信基准值", "Hold a version, program or configuration for good")
            .roles(&[Role::SecurityAdministrator])
            .status(201)
            .codes(&["trust/invalid-argument"]),
        Endpoint::new(Method::DELETE, "/api/v1/status/known-good/{id}", "known_good_withdraw", withdraw)
            .about("撤下可信基准值", "Take a value back")
            .roles(&[Role::SecurityAdministrator])
            .status(204)
            .codes(&["store/not-found"]),
    ]
    .map(|endpoint| endpoint.tag("status"))
    .into()
}

async fn statement(call: Call<NonceQuery>) -> Result<Reply<SignedStatement>, Failure> {
    let health = health(&call.app.trust, &call.app.warehouse).await?;
    Ok(call.app.trust.status().statement(&call.query.nonce, health).await?.into())
}

async fn own(call: Call) -> Result<Reply<OwnStatus>, Failure> {
    let status = call.app.trust.status();
    let own = OwnStatus {
        name: status.name().to_owned(),
        keys: status.public_keys(),
        measurement: status.measurement(),
        health: health(&call.app.trust, &call.app.warehouse).await?,
        backup: status.last_backup().await?,
        drill: status.last_drill().await?,
        verification: status.last_verification().await?,
    };
    Ok(own.into())
}

async fn peers(call: Call<PageQuery>) -> Result<Reply<Page<PeerStanding>>, Failure> {
    let page = call.app.trust.status().peer_standings(call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn check(call: Call<NoQuery>) -> Result<Reply<PeerStanding>, Failure> {
    Ok(call.app.trust.status().check_peer(call.party()?, call.path("id")?).await?.into())
}

async fn list(call: Call) -> Result<Reply<Vec<KnownGood>>, Failure> {
    Ok(call.app.trust.status().known_good(call.party()?).await?.into())
}

async fn add(call: Call<NoQuery, Json<NewKnownGood>>) -> Result<Reply<KnownGood>, Failure> {
    let party = call.party()?.clone();
    Ok(call.app.trust.status().add_known_good(&party, call.body.0).await?.into())
}

async fn withdraw(call: Call) -> Result<Done, Failure> {
    call.app.trust.status().withdraw_known_good(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

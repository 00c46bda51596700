//! The evidence log, for those who supervise.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Endpoint, KeyUse};
use crate::error::Error;
use crate::guard::SUPERVISORS;
use crate::limits::Cost;
use crate::paging::page_request;
use crate::queries::shortened;
use axum::http::{HeaderValue, Method, header};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::evidence::verifier::Bundle;
use brain_trust::evidence::{
    AlarmCard, BundleRequest, ConsistencyProof, EntryFilter, InclusionProof, PeerStatus, RecordedEntry,
    WitnessedLog,
};
use brain_trust::{LogHead, Scope, Verification};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct EntryQuery {
    /// 种类；以 . 结尾则为一族，如 session. · Kind, or a family when it ends in a full stop.
    kind: Option<String>,
    /// 操作者账号 · Account id of the actor.
    actor: Option<String>,
    /// 对象 · Subject.
    subject: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TraceQuery {
    /// 追溯对象，如 dataset:subject.enterprise、account:…、organisation:…、contract:… ·
    /// What to follow, for example dataset:subject.enterprise.
    #[schemars(length(min = 3, max = 256))]
    about: String,
    /// 页码，从 1 起 · Page, from 1.
    #[serde(default)]
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BundleQuery {
    /// 追溯对象；与 seq 二选一 · What to follow; this or seq.
    #[schemars(length(max = 256))]
    about: Option<String>,
    /// 存证序号 · Position of one entry.
    seq: Option<u64>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
    /// 须证明延续的较早检查点的长度 · Size of an older checkpoint the log shall be proved to continue.
    since: Option<u64>,
    /// 不含个人信息 · Leave out personal values.
    without_personal: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConsistencyQuery {
    /// 旧长度 · Entries in the smaller log.
    old: u64,
    /// 新长度 · Entries in the larger log.
    new: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Erasure {
    /// 何人，如 account:… · Whose values, for example account:….
    #[schemars(length(min = 3, max = 256))]
    subject: String,
    /// 原因，写入存证 · Why; it is recorded.
    #[schemars(length(min = 1, max = 500))]
    reason: String,
}

/// What was erased.
#[derive(Debug, Serialize, JsonSchema)]
struct Erased {
    /// Values destroyed.
    values: u64,
}

/// Witnesses of our log, logs we witness, and what was found.
#[derive(Debug, Serialize, JsonSchema)]
struct Witnessing {
    /// Nodes that counter-sign our checkpoints.
    witnesses: Vec<PeerStatus>,
    /// Logs whose checkpoints we counter-sign.
    logs: Vec<WitnessedLog>,
    /// Proofs that a log misbehaved, newest first.
    alarms: Page<AlarmCard>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let supervised = [
        Endpoint::new(Method::GET, "/api/v1/evidence", "evidence_list", list)
            .about("存证记录，新的在前", "Entries of the evidence log, newest first"),
        Endpoint::new(Method::GET, "/api/v1/evidence/head", "evidence_head", head)
            .about("签名检查点", "The signed checkpoint"),
        Endpoint::new(Method::GET, "/api/v1/evidence/{seq}/proof", "evidence_proof", proof)
            .about("一条存证的包含证明", "Inclusion proof of an entry")
            .codes(&["trust/not-found", "trust/evidence-damaged", "trust/evidence-contradicted"]),
        Endpoint::new(Method::GET, "/api/v1/evidence/consistency", "evidence_consistency", consistency)
            .about("两个长度之间的一致性证明", "Consistency proof between two sizes"),
        Endpoint::new(Method::GET, "/api/v1/evidence/trace", "evidence_trace", trace)
            .about("一个对象的全部关键操作，旧的在前", "Every act on one thing, oldest first"),
        Endpoint::new(Method::GET, "/api/v1/evidence/bundle", "evidence_bundle", bundle)
            .cost(Cost::Export)
            .about("可离线校验的证明包", "A proof bundle to be checked offline")
            .codes(&["trust/not-found", "trust/evidence-damaged", "trust/evidence-contradicted"]),
        Endpoint::new(Method::GET, "/api/v1/evidence/witnesses", "evidence_witnesses", witnesses)
            .about("见证方、被见证的日志与告警", "Witnesses, witnessed logs and alarms"),
        Endpoint::new(Method::POST, "/api/v1/evidence/verify", "evidence_verify", verify)
            .cost(Cost::Verify)
            .about("校验全部存证", "Recompute the whole log and check every signed head")
            .unhurried(),
    ]
    .map(|endpoint| endpoint.tag("evidence").roles(&SUPERVISORS).key_use(KeyUse::Scope(Scope::Read)));
    let erase = Endpoint::new(Method::POST, "/api/v1/evidence/erase", "evidence_erase", erase)
        .tag("evidence")
        .roles(&[Role::SecurityAdministrator])
        .about(
            "销毁一人的盐，使存证中的个人信息不可还原",
            "Destroy a person's salt, so that the log says nothing of them",
        )
        .codes(&["trust/not-found"]);
    supervised.into_iter().chain([erase]).collect()
}

async fn list(call: Call<EntryQuery>) -> Result<Reply<Page<RecordedEntry>>, Failure> {
    let EntryQuery { kind, actor, subject, page, page_size } = &call.query;
    let (page, page_size) = (*page, *page_size);
    let filter = EntryFilter { kind: kind.clone(), actor: actor.clone(), subject: subject.clone() };
    let found = call.app.trust.evidence().entries(&filter, page_request(page, page_size)).await?;
    call.note("evidence.read", Some(found.items.len() as u64)).await?;
    Ok(Page::from(found).into())
}

async fn head(call: Call) -> Result<Reply<LogHead>, Failure> {
    Ok(call.app.trust.evidence().head().await?.into())
}

async fn proof(call: Call<NoQuery>) -> Result<Reply<InclusionProof>, Failure> {
    let text = call.path("seq")?;
    let what = ("存证", "evidence entry");
    let seq = text.parse().map_err(|_| Error::NotFound { what, id: shortened(text) })?;
    Ok(call.app.trust.evidence().prove(seq).await?.into())
}

async fn consistency(call: Call<ConsistencyQuery>) -> Result<Reply<ConsistencyProof>, Failure> {
    let ConsistencyQuery { old, new } = call.query;
    Ok(call.app.trust.evidence().consistency(old, new).await?.into())
}

async fn trace(call: Call<TraceQuery>) -> Result<Reply<Page<RecordedEntry>>, Failure> {
    let TraceQuery { about, page, page_size } = &call.query;
    let found = call.app.trust.evidence().trace(about, page_request(*page, *page_size)).await?;
    call.note("evidence.read", Some(found.items.len() as u64)).await?;
    Ok(Page::from(found).into())
}

async fn bundle(call: Call<BundleQuery>) -> Result<Reply<Bundle>, Failure> {
    let BundleQuery { about, seq, page, page_size, since, without_personal } = &call.query;
    let (about, page) = (about.clone(), page_request(*page, *page_size));
    let (since, without_personal) = (*since, *without_personal);
    let request = BundleRequest { about, seq: *seq, page, since, without_personal };
    let bundle = call.app.trust.evidence().bundle(&request).await?;
    call.note("evidence.export", None).await?;
    let attachment = HeaderValue::from_static("attachment; filename=\"evidence-bundle.json\"");
    Ok(Reply::from(bundle).with_header(header::CONTENT_DISPOSITION, attachment))
}

async fn witnesses(call: Call) -> Result<Reply<Witnessing>, Failure> {
    let evidence = call.app.trust.evidence();
    Ok(Witnessing {
        witnesses: evidence.peers().await?,
        logs: evidence.witnessed_logs().await?,
        alarms: evidence.alarms(page_request(None, None)).await?.into(),
    }
    .into())
}

async fn verify(call: Call) -> Result<Reply<Verification>, Failure> {
    Ok(call.app.trust.evidence().verify().await?.into())
}

async fn erase(call: Call<NoQuery, Json<Erasure>>) -> Result<Reply<Erased>, Failure> {
    let actor = call.party()?.account.clone();
    let Json(Erasure { subject, reason }) = call.body;
    if reason.trim().is_empty() || reason.chars().count() > 500 {
        return Err(brain_trust::Error::Invalid {
            field: "reason",
            zh: "请写明原因，至多 500 个字符。".to_owned(),
            en: "Say why, in at most 500 characters.".to_owned(),
        }
        .into());
    }
    let values = call.app.trust.evidence().erase(&actor, &subject, &reason).await?;
    Ok(Erased { values }.into())
}

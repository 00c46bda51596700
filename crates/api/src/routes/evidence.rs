//! The evidence log, for those who supervise.

use crate::answer::{Page, Reply};
use crate::call::{Call, NoQuery};
use crate::endpoint::{Endpoint, KeyUse};
use crate::error::Error;
use crate::guard::SUPERVISORS;
use crate::paging::page_request;
use crate::queries::shortened;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_trust::evidence::{ConsistencyProof, EntryFilter, InclusionProof, RecordedEntry};
use brain_trust::{SignedHead, Verification};
use schemars::JsonSchema;
use serde::Deserialize;

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
struct ConsistencyQuery {
    /// 旧长度 · Entries in the smaller log.
    old: u64,
    /// 新长度 · Entries in the larger log.
    new: u64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/evidence", "evidence_list", list)
            .about("存证记录，新的在前", "Entries of the evidence log, newest first"),
        Endpoint::new(Method::GET, "/api/v1/evidence/head", "evidence_head", head)
            .about("签名树头", "The signed head"),
        Endpoint::new(Method::GET, "/api/v1/evidence/{seq}/proof", "evidence_proof", proof)
            .about("一条存证的包含证明", "Inclusion proof of an entry")
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::GET, "/api/v1/evidence/consistency", "evidence_consistency", consistency)
            .about("两个长度之间的一致性证明", "Consistency proof between two sizes"),
        Endpoint::new(Method::POST, "/api/v1/evidence/verify", "evidence_verify", verify)
            .about("校验全部存证", "Recompute the whole log and check every signed head")
            .unhurried(),
    ]
    .map(|endpoint| endpoint.tag("evidence").roles(&SUPERVISORS).key_use(KeyUse::Scope(Scope::Read)))
    .into()
}

async fn list(call: Call<EntryQuery>) -> Result<Reply<Page<RecordedEntry>>, Failure> {
    let EntryQuery { kind, actor, subject, page, page_size } = call.query;
    let filter = EntryFilter { kind, actor, subject };
    let found = call.app.trust.evidence().entries(&filter, page_request(page, page_size)).await?;
    Ok(Page::from(found).into())
}

async fn head(call: Call) -> Result<Reply<SignedHead>, Failure> {
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

async fn verify(call: Call) -> Result<Reply<Verification>, Failure> {
    Ok(call.app.trust.evidence().verify().await?.into())
}

//! What anyone may fetch to check the log from outside: checkpoint and tiles (C2SP tlog-tiles), and being a witness of
//! other logs (C2SP tlog-witness). Hashes say nothing about entries; the entries themselves are for supervisors.

use crate::answer::{Reply, Text};
use crate::call::{Call, NoQuery, Plain};
use crate::endpoint::{Endpoint, Spoken, text};
use crate::error::Error;
use crate::guard::SUPERVISORS;
use crate::queries::shortened;
use axum::body::Body;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_trust::evidence::WitnessAnswer;
use brain_trust::evidence::verifier::VerifierKey;
use brain_trust::evidence::verifier::tile::{TileAddress, parse_index};
use schemars::JsonSchema;
use serde::Serialize;

const NOTE: &str = "text/plain; charset=utf-8";
const OCTETS: &str = "application/octet-stream";
const PROBLEM: &str = "text/plain; charset=utf-8";

/// Answers of C2SP tlog-witness.
const WITNESS: [Spoken; 5] = [
    Spoken { status: "400", media_type: "text/plain", words: "请求有误 · Malformed", shape: text },
    Spoken {
        status: "403",
        media_type: "text/plain",
        words: "没有已知密钥的签名 · No signature of a known key",
        shape: text,
    },
    Spoken {
        status: "404",
        media_type: "text/plain",
        words: "不见证此日志 · Not a log this node witnesses",
        shape: text,
    },
    Spoken {
        status: "409",
        media_type: "text/x.tlog.size",
        words: "已见证到另一长度 · Another size was witnessed",
        shape: text,
    },
    Spoken {
        status: "422",
        media_type: "text/plain",
        words: "与已见证的不一致 · Inconsistent with what was signed",
        shape: text,
    },
];
/// Hashes and entries as bytes.
const BYTES: [Spoken; 1] =
    [Spoken { status: "200", media_type: OCTETS, words: "成功 · Success", shape: text }];

/// What another node's operator writes into its configuration.
#[derive(Debug, Serialize, JsonSchema)]
struct PublishedKeys {
    /// Identity of the log.
    origin: String,
    /// Digest of the log.
    hash: String,
    /// Keys its checkpoints are signed with.
    log: Vec<VerifierKey>,
    /// Keys this node signs checkpoints of others with.
    witness: Vec<VerifierKey>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let public = [
        Endpoint::new(Method::GET, "/api/v1/evidence/keys", "evidence_keys", keys)
            .about("存证与见证的公钥", "Public keys of the log and of this node as a witness"),
        Endpoint::new(Method::GET, "/api/v1/evidence/log/checkpoint", "log_checkpoint", checkpoint)
            .about("检查点（C2SP 签名文本）", "Checkpoint (C2SP signed note)"),
        Endpoint::new(Method::GET, "/api/v1/evidence/log/tile/{level}/{*index}", "log_tile", tile)
            .about("散列瓦片（C2SP tlog-tiles）", "Tile of hashes (C2SP tlog-tiles)")
            .spoken(&BYTES),
        Endpoint::new(Method::POST, "/api/v1/witness/add-checkpoint", "witness_add", add)
            .about("请求见证签名（C2SP tlog-witness）", "Ask for a counter-signature (C2SP tlog-witness)")
            .spoken(&WITNESS)
            .between_nodes(),
        Endpoint::new(Method::GET, "/api/v1/witness/{origin}/checkpoint", "witness_checkpoint", witnessed)
            .about("所见证日志的最新检查点", "The last checkpoint of a log that this node witnessed")
            .between_nodes(),
    ]
    .map(|endpoint| endpoint.tag("evidence"));
    let entries =
        Endpoint::new(Method::GET, "/api/v1/evidence/log/tile/entries/{*index}", "log_entries", entries)
            .tag("evidence")
            .roles(&SUPERVISORS)
            .about("存证原文包（C2SP tlog-tiles）", "Bundle of entries (C2SP tlog-tiles)")
            .spoken(&BYTES);
    public.into_iter().chain([entries]).collect()
}

async fn keys(call: Call) -> Result<Reply<PublishedKeys>, Failure> {
    let evidence = call.app.trust.evidence();
    let (log, witness) = evidence.published_keys();
    let (origin, hash) = (evidence.origin().to_owned(), evidence.algorithm().name().to_owned());
    Ok(PublishedKeys { origin, hash, log, witness }.into())
}

async fn checkpoint(call: Call) -> Result<Text, Failure> {
    // A stranger does not make the node sign: what is signed already is shown.
    let head = call.app.trust.evidence().latest_head().await?;
    let head = head.ok_or_else(|| not_found("checkpoint"))?;
    Ok(Text { status: 200, media_type: NOTE, body: Body::from(head.note) })
}

async fn tile(call: Call<NoQuery>) -> Result<Text, Failure> {
    let path = format!("{}/{}", call.path("level")?, call.path("index")?);
    let address = TileAddress::parse(&path).ok_or_else(|| not_found(&path))?;
    let found = call.app.trust.evidence().tile(address).await?;
    let bytes = found.ok_or_else(|| not_found(&path))?;
    Ok(Text { status: 200, media_type: OCTETS, body: Body::from(bytes) })
}

async fn entries(call: Call<NoQuery>) -> Result<Text, Failure> {
    let path = call.path("index")?;
    let (index, width) = parse_index(path).ok_or_else(|| not_found(path))?;
    let found = call.app.trust.evidence().entry_bundle(index, width).await?;
    let bytes = found.ok_or_else(|| not_found(path))?;
    Ok(Text { status: 200, media_type: OCTETS, body: Body::from(bytes) })
}

async fn add(call: Call<NoQuery, Plain>) -> Result<Text, Failure> {
    let answer = call.app.trust.evidence().add_checkpoint(&call.body.0).await?;
    let (status, media_type, text) = match answer {
        WitnessAnswer::Cosigned(lines) => (200, NOTE, lines),
        WitnessAnswer::Malformed(reason) => (400, PROBLEM, format!("{reason}\n")),
        WitnessAnswer::NotSigned => {
            (403, PROBLEM, "no valid signature of a known key of this log\n".to_owned())
        }
        WitnessAnswer::UnknownLog => (404, PROBLEM, "not a log this node is a witness of\n".to_owned()),
        WitnessAnswer::Conflict(size) => (409, "text/x.tlog.size", format!("{size}\n")),
        WitnessAnswer::Inconsistent => {
            (422, PROBLEM, "the log does not continue what was signed\n".to_owned())
        }
    };
    Ok(Text { status, media_type, body: Body::from(text) })
}

async fn witnessed(call: Call<NoQuery>) -> Result<Text, Failure> {
    let origin = call.path("origin")?;
    let note = call.app.trust.evidence().witnessed_checkpoint(origin).await?;
    Ok(Text { status: 200, media_type: NOTE, body: Body::from(note.ok_or_else(|| not_found(origin))?) })
}

fn not_found(id: &str) -> Failure {
    Error::NotFound { what: ("检查点或瓦片", "checkpoint or tile"), id: shortened(id) }.into()
}

//! What nodes say to each other about exchange. Only a node that proved itself with its certificate is let in, and it
//! finds only what it has a part in.

use crate::answer::{Octets as OctetsOut, Reply};
use crate::call::{Call, Json, NoQuery, Octets};
use crate::endpoint::{Audience, Endpoint};
use crate::error::Error;
use axum::http::Method;
use brain_exchange::{Offer, Progress, Proposal, Standing, Verdict};
use brain_kernel::error::Failure;
use brain_trust::status::SignedDocument;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the consumer has.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HaveBody {
    /// Source version that arrived last.
    #[serde(default)]
    have: Option<u64>,
}

/// A body that says nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NothingBody {}

const UNKNOWN: [&str; 2] = ["exchange/unknown-subscription", "trust/peer-refused"];
const DELIVERING: [&str; 6] = [
    "exchange/unknown-delivery",
    "exchange/not-active",
    "exchange/step",
    "exchange/busy",
    "exchange/spool-lost",
    "warehouse/delivery-view-changed",
];

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |endpoint: Endpoint| {
        endpoint.audience(Audience::PeerOr(Vec::new())).between_nodes().unhurried().tag("exchange")
    };
    about_subscriptions().into_iter().chain(of_provider()).chain(of_consumer()).map(endpoint).collect()
}

fn about_subscriptions() -> [Endpoint; 3] {
    [
        Endpoint::new(Method::POST, "/api/v1/exchange/peer/subscriptions", "exchange_peer_propose", propose)
            .about("对端提出交换订阅", "Another node proposes a subscription")
            .codes(&["exchange/invalid", "exchange/full", "warehouse/unknown-dataset", "trust/form-missing"]),
        Endpoint::new(
            Method::GET,
            "/api/v1/exchange/peer/subscriptions/{id}",
            "exchange_peer_standing",
            standing,
        )
        .about("对端询问订阅状态", "How a subscription stands here")
        .codes(&UNKNOWN),
        Endpoint::new(Method::POST, "/api/v1/exchange/peer/subscriptions/{id}/end", "exchange_peer_end", end)
            .about("对端终止订阅", "The other node ends a subscription")
            .codes(&UNKNOWN),
    ]
}

fn of_provider() -> [Endpoint; 3] {
    [
        Endpoint::new(
            Method::POST,
            "/api/v1/exchange/peer/subscriptions/{id}/delivery",
            "exchange_peer_delivery",
            delivery,
        )
        .about("备好尚未交付的版本并给出清单", "Make ready what the consumer lacks; its signed manifest")
        .codes(&[
            "exchange/unknown-subscription",
            "exchange/not-active",
            "exchange/busy",
            "warehouse/delivery-columns",
            "warehouse/delivery-owner",
        ]),
        Endpoint::new(
            Method::GET,
            "/api/v1/exchange/peer/deliveries/{id}/batches/{seq}",
            "exchange_peer_batch",
            batch,
        )
        .about("取一个批次（授权逐批复核）", "One batch; the grant is asked again for each")
        .codes(&DELIVERING),
        Endpoint::new(
            Method::POST,
            "/api/v1/exchange/peer/deliveries/{id}/receipt",
            "exchange_peer_receipt",
            receipt,
        )
        .about("交回执，由提供方核对", "A receipt, held against the provider's own numbers")
        .codes(&["exchange/unknown-delivery", "exchange/not-active", "exchange/unsound"]),
    ]
}

fn of_consumer() -> [Endpoint; 4] {
    [
        Endpoint::new(
            Method::POST,
            "/api/v1/exchange/peer/subscriptions/{id}/offer",
            "exchange_peer_offer",
            offer,
        )
        .about(
            "推送方给出清单；回答已收到第几批",
            "A provider that pushes begins a delivery or goes on with it",
        )
        .codes(&[
            "exchange/unknown-subscription",
            "exchange/not-active",
            "exchange/unsound",
            "exchange/busy",
            "warehouse/delivery-columns",
        ]),
        Endpoint::new(
            Method::PUT,
            "/api/v1/exchange/peer/deliveries/{id}/batches/{seq}",
            "exchange_peer_push",
            push,
        )
        .about("推送一个批次", "A provider that pushes sends a batch")
        .codes(&[
            "exchange/unknown-delivery",
            "exchange/not-active",
            "exchange/step",
            "exchange/busy",
            "warehouse/delivery-batch",
            "warehouse/delivery-columns",
        ]),
        Endpoint::new(
            Method::POST,
            "/api/v1/exchange/peer/deliveries/{id}/finish",
            "exchange_peer_finish",
            finish,
        )
        .about("全部推送完毕，取回执", "Everything was sent; the consumer's signed receipt")
        .codes(&["exchange/unknown-delivery", "exchange/step", "exchange/busy"]),
        Endpoint::new(
            Method::POST,
            "/api/v1/exchange/peer/deliveries/{id}/verdict",
            "exchange_peer_verdict",
            verdict,
        )
        .about("提供方对回执的结论", "What the provider says of the receipt; what is accepted is published")
        .codes(&["exchange/unknown-delivery", "exchange/step", "exchange/busy"]),
    ]
}

fn sequence<Q, B>(call: &Call<Q, B>) -> Result<u64, Error> {
    let text = call.path("seq")?;
    text.parse().map_err(|_| Error::Malformed {
        place: "path",
        pointer: String::new(),
        reason: format!("{} is no number of a batch", text.chars().take(20).collect::<String>()),
    })
}

async fn propose(call: Call<NoQuery, Json<Proposal>>) -> Result<Reply<Standing>, Failure> {
    let peer = call.peer()?.to_owned();
    Ok(Box::pin(call.app.exchange.proposed(&peer, call.body.0)).await?.into())
}

async fn standing(call: Call) -> Result<Reply<Standing>, Failure> {
    Ok(Box::pin(call.app.exchange.standing(call.peer()?, call.path("id")?)).await?.into())
}

async fn end(call: Call<NoQuery, Json<NothingBody>>) -> Result<Reply<Standing>, Failure> {
    Ok(Box::pin(call.app.exchange.ended(call.peer()?, call.path("id")?)).await?.into())
}

async fn delivery(call: Call<NoQuery, Json<HaveBody>>) -> Result<Reply<Offer>, Failure> {
    let have = call.body.0.have;
    Ok(Box::pin(call.app.exchange.prepared(call.peer()?, call.path("id")?, have)).await?.into())
}

async fn batch(call: Call) -> Result<OctetsOut, Failure> {
    let sequence = sequence(&call)?;
    let bytes = Box::pin(call.app.exchange.batch(call.peer()?, call.path("id")?, sequence)).await?;
    Ok(OctetsOut(bytes))
}

async fn receipt(call: Call<NoQuery, Json<SignedDocument>>) -> Result<Reply<Verdict>, Failure> {
    let (peer, id) = (call.peer()?.to_owned(), call.path("id")?.to_owned());
    Ok(Box::pin(call.app.exchange.receipt(&peer, &id, call.body.0)).await?.into())
}

async fn offer(call: Call<NoQuery, Json<SignedDocument>>) -> Result<Reply<Progress>, Failure> {
    let (peer, id) = (call.peer()?.to_owned(), call.path("id")?.to_owned());
    Ok(Box::pin(call.app.exchange.offered(&peer, &id, call.body.0)).await?.into())
}

async fn push(call: Call<NoQuery, Octets>) -> Result<Reply<Progress>, Failure> {
    let sequence = sequence(&call)?;
    let (peer, id) = (call.peer()?.to_owned(), call.path("id")?.to_owned());
    Ok(Box::pin(call.app.exchange.pushed(&peer, &id, sequence, call.body.0)).await?.into())
}

async fn finish(call: Call<NoQuery, Json<NothingBody>>) -> Result<Reply<SignedDocument>, Failure> {
    Ok(Box::pin(call.app.exchange.pushed_all(call.peer()?, call.path("id")?)).await?.into())
}

async fn verdict(call: Call<NoQuery, Json<Verdict>>) -> Result<Reply<Progress>, Failure> {
    let (peer, id) = (call.peer()?.to_owned(), call.path("id")?.to_owned());
    Ok(Box::pin(call.app.exchange.judged(&peer, &id, call.body.0)).await?.into())
}

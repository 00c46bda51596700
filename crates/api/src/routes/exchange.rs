//! Exchange with other nodes (数据交换), for people: what comes in, what goes out, how complete and how late it is.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::paging::PageQuery;
use axum::http::Method;
use brain_exchange::{Delivery, MANAGERS, NewSubscription, Subscription, WATCHERS};
use brain_kernel::error::Failure;
use brain_trust::status::SignedDocument;
use schemars::JsonSchema;
use serde::Serialize;

/// What proves a delivery to others: both documents are checked with the keys of their nodes, without either node.
#[derive(Debug, Serialize, JsonSchema)]
struct DeliveryDocuments {
    /// The provider's signed list of what is in it.
    manifest: SignedDocument,
    /// The consumer's signed receipt; nothing before everything arrived.
    receipt: Option<SignedDocument>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let all = "/api/v1/exchange/subscriptions";
    let one = "/api/v1/exchange/subscriptions/{id}";
    [
        Endpoint::new(Method::GET, all, "exchange_list", list)
            .about("交换订阅：进与出", "Exchange subscriptions: what comes in and what goes out")
            .roles(&WATCHERS),
        Endpoint::new(Method::POST, all, "exchange_subscribe", subscribe)
            .about("向其他节点订阅数据；由对方数据所有者批准", "Subscribe to data of another node; its owner decides there")
            .roles(&MANAGERS)
            .status(201)
            .unhurried()
            .codes(&[
                "exchange/invalid",
                "exchange/full",
                "exchange/peer-refused",
                "exchange/unreachable",
                "trust/peer-refused",
                "warehouse/delivery-target",
                "warehouse/delivery-target-taken",
            ]),
        Endpoint::new(Method::GET, one, "exchange_show", show)
            .about("一个交换订阅", "One subscription")
            .roles(&WATCHERS)
            .codes(&["exchange/unknown-subscription"]),
        Endpoint::new(Method::POST, "/api/v1/exchange/subscriptions/{id}/run", "exchange_run", run)
            .about("立即交换；结果见交付记录", "Exchange now; the list of deliveries says what came of it")
            .roles(&MANAGERS)
            .status(202)
            .codes(&["exchange/unknown-subscription", "exchange/step", "exchange/busy"]),
        Endpoint::new(Method::POST, "/api/v1/exchange/subscriptions/{id}/revoke", "exchange_revoke", revoke)
            .about(
                "终止接收；已接收的数据保留",
                "End a subscription of this node; what arrived stays. At the provider its owner takes the grant back",
            )
            .roles(&MANAGERS)
            .unhurried()
            .codes(&["exchange/unknown-subscription", "exchange/step"]),
        Endpoint::new(
            Method::GET,
            "/api/v1/exchange/subscriptions/{id}/deliveries",
            "exchange_deliveries",
            deliveries,
        )
        .about("交付记录，最近的在前", "Deliveries of a subscription, newest first")
        .roles(&WATCHERS)
        .codes(&["exchange/unknown-subscription"]),
        Endpoint::new(
            Method::GET,
            "/api/v1/exchange/deliveries/{id}/documents",
            "exchange_documents",
            documents,
        )
        .about("交付清单与回执（可离线核验）", "Signed manifest and receipt of a delivery")
        .roles(&WATCHERS)
        .codes(&["exchange/unknown-delivery"]),
    ]
    .map(|endpoint| endpoint.tag("exchange"))
    .into()
}

async fn list(call: Call) -> Result<Reply<Vec<Subscription>>, Failure> {
    Ok(call.app.exchange.list(call.party()?).await?.into())
}

async fn subscribe(call: Call<NoQuery, Json<NewSubscription>>) -> Result<Reply<Subscription>, Failure> {
    let actor = call.party()?.clone();
    Ok(Box::pin(call.app.exchange.subscribe(&actor, call.body.0)).await?.into())
}

async fn show(call: Call) -> Result<Reply<Subscription>, Failure> {
    Ok(call.app.exchange.get(call.party()?, call.path("id")?).await?.into())
}

async fn run(call: Call) -> Result<Reply<Subscription>, Failure> {
    Ok(call.app.exchange.start(call.party()?, call.path("id")?).await?.into())
}

async fn revoke(call: Call) -> Result<Reply<Subscription>, Failure> {
    Ok(Box::pin(call.app.exchange.revoke(call.party()?, call.path("id")?)).await?.into())
}

async fn deliveries(call: Call<PageQuery>) -> Result<Reply<Page<Delivery>>, Failure> {
    let page = call.query.request();
    Ok(Page::from(call.app.exchange.deliveries(call.party()?, call.path("id")?, page).await?).into())
}

async fn documents(call: Call) -> Result<Reply<DeliveryDocuments>, Failure> {
    let (manifest, receipt) = call.app.exchange.documents(call.party()?, call.path("id")?).await?;
    Ok(DeliveryDocuments { manifest, receipt }.into())
}

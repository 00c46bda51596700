//! Data products: the shelf, one product, publishing and withdrawing, subscriptions, use.

use crate::answer::{Answer as _, Done, Formats, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::export;
use crate::paging::PageQuery;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, header};
use brain_kernel::csv;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::Scope;
use brain_warehouse::product::{
    Checked, Definition, Delivery, NewProduct, OFFERING, ProductCard, ProductDetail, ProductQuery,
    PublishNote, SubscriptionCard, Usage,
};
use chrono::{NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Days of a report of use where no period is named.
const USAGE_DAYS: i64 = 30;

/// Refusals of a definition, whether it is kept or planned.
const DEFINITION_CODES: [&str; 10] = [
    "warehouse/product",
    "warehouse/product-owner",
    "warehouse/product-rights",
    "warehouse/product-exists",
    "warehouse/products-full",
    "warehouse/unknown-product",
    "warehouse/unknown-dataset",
    "warehouse/sql",
    "warehouse/not-a-read",
    "trust/denied",
];

/// Refusals of a step on a product.
const STEP_CODES: [&str; 12] = [
    "warehouse/product",
    "warehouse/product-owner",
    "warehouse/product-rights",
    "warehouse/product-state",
    "warehouse/product-versions-full",
    "warehouse/unknown-product",
    "warehouse/unknown-dataset",
    "warehouse/sql",
    "warehouse/not-a-read",
    "trust/denied",
    "store/stale",
    "warehouse/query-timeout",
];

/// Who sees reports of use: owners their own, those who run and audit the node everything.
const METERING: [Role; 5] =
    [Role::SystemAdministrator, Role::Auditor, Role::Government, Role::IndustryBody, Role::Enterprise];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreatedProduct {
    /// 产品 · The product.
    product: NewProduct,
    /// 填写则同时发布 · Where given, it is published in the same step.
    #[serde(default)]
    publish: Option<PublishNote>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CheckedProduct {
    /// 已有产品的标识，用于比较 · An existing product to compare with.
    #[serde(default)]
    #[schemars(length(max = 60))]
    id: Option<String>,
    /// 定义 · The definition.
    definition: Definition,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RevisedProduct {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 新内容；标识不能改变 · What it shall be; its name stays.
    product: NewProduct,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PublishedProduct {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 版本说明 · About the version.
    publish: PublishNote,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EndedProduct {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 原因 · Why.
    #[schemars(length(min = 1, max = 1_000))]
    note: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UsageFormat {
    #[default]
    Json,
    Csv,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct UsageQuery {
    /// 产品；缺省为全部可见的 · Product; all one may see when left out.
    #[schemars(length(max = 60))]
    product: Option<String>,
    /// 起始日；缺省为 30 天前 · First day; 30 days ago when left out.
    from: Option<NaiveDate>,
    /// 截止日，含；缺省为今天 · Last day, included; today when left out.
    to: Option<NaiveDate>,
    /// 格式 · Format.
    format: Option<UsageFormat>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = shelf();
    endpoints.extend(steps());
    endpoints.extend(subscriptions());
    endpoints.into_iter().map(|endpoint| endpoint.tag("data_products")).collect()
}

fn shelf() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/products", "data_products_list", list)
            .audience(Audience::SignedIn)
            .about("数据产品货架", "The shelf of data products"),
        Endpoint::new(Method::GET, "/api/v1/products/usage", "data_products_usage", usage)
            .roles(&METERING)
            .about("产品用量与运营计数", "Use of products and the counters of operation")
            .codes(&["warehouse/product", "warehouse/product-owner", "warehouse/unknown-product"]),
        Endpoint::new(Method::GET, "/api/v1/products/{id}", "data_products_show", show)
            .audience(Audience::SignedIn)
            .about(
                "一个数据产品：字段、合约、服务水平、版本",
                "One product: fields, contract, service level, versions",
            )
            .codes(&["warehouse/unknown-product"]),
        Endpoint::new(Method::GET, "/api/v1/products/{id}/openapi", "data_products_openapi", openapi)
            .audience(Audience::SignedIn)
            .about("产品自己的接口文档", "The product's own interface document")
            .codes(&["warehouse/unknown-product", "warehouse/product-draft"]),
    ]
}

fn steps() -> Vec<Endpoint> {
    let one = "/api/v1/products/{id}";
    vec![
        Endpoint::new(Method::POST, "/api/v1/products", "data_products_create", create)
            .roles(&OFFERING)
            .about("新建数据产品，可同时发布", "Make a data product, and publish it in the same step")
            .status(201)
            .codes(&DEFINITION_CODES),
        Endpoint::new(Method::POST, "/api/v1/products/check", "data_products_check", check)
            .roles(&OFFERING)
            .about("试算：字段、级别、与当前版本的差异", "What it would be: fields, grades, differences")
            .codes(&DEFINITION_CODES),
        Endpoint::new(Method::PUT, one, "data_products_revise", revise)
            .roles(&OFFERING)
            .about("修改草稿；已发布的版本不变", "Change the draft; what is published stays")
            .codes(&STEP_CODES),
        Endpoint::new(Method::POST, "/api/v1/products/{id}/publish", "data_products_publish", publish)
            .roles(&OFFERING)
            .about("把草稿发布为新版本", "Publish the draft as the next version")
            .codes(&STEP_CODES),
        Endpoint::new(Method::POST, "/api/v1/products/{id}/deprecate", "data_products_deprecate", deprecate)
            .roles(&OFFERING)
            .about("标为即将停用：不再接受新申请", "Announce the end: no new requests")
            .codes(&STEP_CODES),
        Endpoint::new(Method::POST, "/api/v1/products/{id}/withdraw", "data_products_withdraw", withdraw)
            .roles(&OFFERING)
            .about("下架；下一次读取即被拒绝", "Withdraw; the next read is refused")
            .codes(&STEP_CODES),
    ]
}

fn subscriptions() -> Vec<Endpoint> {
    let all = "/api/v1/products/{id}/subscriptions";
    let one = "/api/v1/products/{id}/subscriptions/{subscription}";
    let codes: &[&str] = &["warehouse/unknown-product", "warehouse/unknown-subscription"];
    vec![
        Endpoint::new(Method::GET, all, "data_products_subscriptions", subscribed)
            .roles(&Role::WORKING)
            .about(
                "订阅及其滞后；所有者看全部",
                "Subscriptions and how far behind they are; all for the owner",
            )
            .codes(codes),
        Endpoint::new(Method::DELETE, one, "data_products_unsubscribe", unsubscribe)
            .roles(&Role::WORKING)
            .key_use(KeyUse::Scope(Scope::Read))
            .about("退订", "End one's own subscription")
            .status(204)
            .codes(codes),
        Endpoint::new(
            Method::GET,
            "/api/v1/products/{id}/subscriptions/{subscription}/deliveries",
            "data_products_deliveries",
            deliveries,
        )
        .roles(&Role::WORKING)
        .about("交付与回执", "Deliveries and receipts")
        .codes(codes),
    ]
}

async fn list(call: Call<ProductQuery>) -> Result<Reply<Page<ProductCard>>, Failure> {
    Ok(Page::from(call.app.warehouse.products().list(call.party()?, &call.query)).into())
}

async fn show(call: Call) -> Result<Reply<ProductDetail>, Failure> {
    Ok(call.app.warehouse.products().get(call.party()?, call.path("id")?).await?.into())
}

async fn openapi(call: Call) -> Result<Reply<Value>, Failure> {
    Ok(call.app.warehouse.products().openapi(call.party()?, call.path("id")?)?.into())
}

async fn create(call: Call<NoQuery, Json<CreatedProduct>>) -> Result<Reply<ProductDetail>, Failure> {
    let actor = call.party()?.clone();
    let CreatedProduct { product, publish } = call.body.0;
    Ok(call.app.warehouse.products().create(&actor, product, publish).await?.into())
}

async fn check(call: Call<NoQuery, Json<CheckedProduct>>) -> Result<Reply<Checked>, Failure> {
    let CheckedProduct { id, definition } = &call.body.0;
    let products = call.app.warehouse.products();
    Ok(products.check(call.party()?, id.as_deref(), definition).await?.into())
}

async fn revise(call: Call<NoQuery, Json<RevisedProduct>>) -> Result<Reply<ProductDetail>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let RevisedProduct { revision, product } = call.body.0;
    Ok(call.app.warehouse.products().revise(&actor, &id, revision, product).await?.into())
}

async fn publish(call: Call<NoQuery, Json<PublishedProduct>>) -> Result<Reply<ProductDetail>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let PublishedProduct { revision, publish } = call.body.0;
    Ok(call.app.warehouse.products().publish(&actor, &id, revision, publish).await?.into())
}

async fn deprecate(call: Call<NoQuery, Json<EndedProduct>>) -> Result<Reply<ProductDetail>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let EndedProduct { revision, note } = call.body.0;
    Ok(call.app.warehouse.products().deprecate(&actor, &id, revision, note).await?.into())
}

async fn withdraw(call: Call<NoQuery, Json<EndedProduct>>) -> Result<Reply<ProductDetail>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let EndedProduct { revision, note } = call.body.0;
    Ok(call.app.warehouse.products().withdraw(&actor, &id, revision, note).await?.into())
}

async fn subscribed(call: Call<PageQuery>) -> Result<Reply<Page<SubscriptionCard>>, Failure> {
    let (id, page) = (call.path("id")?, call.query.request());
    Ok(Page::from(call.app.warehouse.products().subscriptions(call.party()?, id, page).await?).into())
}

async fn unsubscribe(call: Call) -> Result<Done, Failure> {
    let (id, subscription) = (call.path("id")?, call.path("subscription")?);
    call.app.warehouse.products().unsubscribe(call.party()?, id, subscription).await?;
    Ok(Done::default())
}

async fn deliveries(call: Call<PageQuery>) -> Result<Reply<Page<Delivery>>, Failure> {
    let (id, subscription) = (call.path("id")?, call.path("subscription")?);
    let (products, page) = (call.app.warehouse.products(), call.query.request());
    Ok(Page::from(products.deliveries(call.party()?, id, subscription, page).await?).into())
}

async fn usage(call: Call<UsageQuery>) -> Result<Formats<Usage, false>, Failure> {
    let today = call.app.clock.now().date_naive();
    let to = call.query.to.unwrap_or(today);
    let from = call.query.from.unwrap_or(to - TimeDelta::days(USAGE_DAYS));
    let products = call.app.warehouse.products();
    let found = products.usage(call.party()?, call.query.product.as_deref(), (from, to)).await?;
    if call.query.format.unwrap_or_default() == UsageFormat::Json {
        return Ok(Reply::from(found).respond(200)?.into());
    }
    let mut out = Vec::new();
    csv::append_line(&mut out, Usage::COLUMNS.into_iter().map(csv::defused), csv::FILE_LINE_END);
    for line in &found.lines {
        csv::append_line(&mut out, line.cells().iter().map(csv::cell), csv::FILE_LINE_END);
    }
    call.note("data_products_usage", Some(found.lines.len() as u64)).await?;
    let mut response = Response::new(Body::from(out));
    let name = format!("attachment; filename=\"product-usage-{from}-{to}.csv\"");
    let name = HeaderValue::from_str(&name).map_err(|error| Error::Internal(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(export::CSV));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response.into())
}

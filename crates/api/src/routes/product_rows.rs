//! The rows of a data product: by page, as a file, and what changed for a subscriber.

use crate::answer::{Answer as _, Formats, ProductFile, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::cells::{self, ColumnType};
use crate::endpoint::{Endpoint, KeyUse};
use crate::error::Error;
use crate::export::{self, Format};
use crate::limits::Cost;
use crate::product_file::{self, FileFormat};
use crate::queries::Running;
use crate::rows::{self, RowPage, Window};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Role;
use brain_kernel::provenance::Input;
use brain_trust::{Action, Scope};
use brain_warehouse::product::tally::{Change, Counter};
use brain_warehouse::product::{
    Delivery, Form, NewReceipt, Offer, OpenProduct, ProductAsk, SubscriptionCard,
};
use brain_warehouse::query::{QueryLimits, Session};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Purpose of a read that names none.
const PURPOSE: &str = "product";

/// A page of a product's rows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductRows")]
pub(crate) struct ProductRows {
    /// Semantic version that was read.
    pub version: String,
    /// When the oldest of the newest versions of its inputs was committed.
    pub as_of: Option<DateTime<Utc>>,
    /// The columns, in order.
    pub columns: Vec<ColumnType>,
    /// The rows, each an array of cells, ordered by the columns from left to right.
    pub rows: Vec<Value>,
    /// Whether a next page exists.
    pub has_more: bool,
    /// The product, the number of its version, and the grant.
    pub inputs: Vec<Input>,
}

/// What changed for a subscriber, one page of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DataProductChanges")]
pub(crate) struct ProductChanges {
    /// The whole delivery: its two moments, rows and digest; acknowledge it when all pages are there.
    pub delivery: Delivery,
    /// Semantic version that was read.
    pub version: String,
    /// What was received before is void: take these rows as the whole.
    pub reset: bool,
    /// The columns, in order.
    pub columns: Vec<ColumnType>,
    /// Rows that came and went.
    pub changes: Vec<Change>,
    /// Whether a next page exists.
    pub has_more: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    #[default]
    Json,
    Csv,
    Arrow,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RowsQuery {
    /// 参数，JSON 对象 · Parameters, a JSON object.
    #[schemars(length(max = 4_000))]
    parameters: Option<String>,
    /// 格式，缺省 json · Format; json when left out.
    format: Option<Wanted>,
    /// 用途，与授权绑定 · Purpose, bound to the grant.
    #[schemars(length(max = 200))]
    purpose: Option<String>,
    /// 页码，从 1 起；仅用于 json · Page, from 1, for json.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// json：每页行数，至多 10000；csv 与 arrow：总行数，缺省为全部 · json: rows per page, at most 10000; csv and arrow:
    /// rows altogether, everything when left out.
    #[schemars(range(min = 1))]
    page_size: Option<u64>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct FileQuery {
    /// 参数，JSON 对象 · Parameters, a JSON object.
    #[schemars(length(max = 4_000))]
    parameters: Option<String>,
    /// 格式，缺省 csv · Format; csv when left out.
    format: Option<FileFormat>,
    /// 用途，与授权绑定 · Purpose, bound to the grant.
    #[schemars(length(max = 200))]
    purpose: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ChangesQuery {
    /// 从此时点起；缺省为已确认的位置 · Since this moment; the acknowledged position when left out.
    #[schemars(range(min = 0))]
    since: Option<i64>,
    /// 到此时点；缺省为最新 · Until this moment; the newest when left out.
    #[schemars(range(min = 1))]
    until: Option<i64>,
    /// 用途，与授权绑定 · Purpose, bound to the grant.
    #[schemars(length(max = 200))]
    purpose: Option<String>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页变更数，至多 10000 · Changes per page, at most 10000.
    #[schemars(range(min = 1, max = 10000))]
    page_size: Option<u64>,
}

/// Refusals of a read.
const READ_CODES: [&str; 13] = [
    "warehouse/unknown-product",
    "warehouse/product-withdrawn",
    "warehouse/product-draft",
    "warehouse/product-form",
    "warehouse/product",
    "warehouse/product-rights",
    "warehouse/product-publisher",
    "warehouse/product-changed",
    "warehouse/no-grant",
    "trust/denied",
    "warehouse/query-timeout",
    "warehouse/query-memory",
    "api/page-too-far",
];

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/products/{id}/rows", "data_products_rows", read)
            .cost(Cost::Sql)
            .headers(&[("if-none-match", "上次的 ETag · ETag of the last answer")])
            .about("分页读取产品", "Rows of a product by page")
            .codes(&READ_CODES),
        Endpoint::new(Method::GET, "/api/v1/products/{id}/file", "data_products_file", file)
            .cost(Cost::Export)
            .about("下载产品文件，带校验和", "The product as a file, with its checksum")
            .codes(&READ_CODES),
        Endpoint::new(Method::GET, "/api/v1/products/{id}/changes", "data_products_changes", changes)
            .cost(Cost::Sql)
            .about("自上次以来增减的行", "Rows that came and went since the last time")
            .codes(&[
                "warehouse/unknown-product",
                "warehouse/unknown-subscription",
                "warehouse/product-withdrawn",
                "warehouse/product-form",
                "warehouse/product-moment",
                "warehouse/product",
                "warehouse/product-changed",
                "warehouse/no-grant",
                "trust/denied",
                "api/file-too-large",
                "api/page-too-far",
            ]),
        Endpoint::new(Method::POST, "/api/v1/products/{id}/receipts", "data_products_receipt", receipt)
            .key_use(KeyUse::Scope(Scope::Read))
            .about("确认收到一次交付", "Acknowledge a delivery")
            .codes(&["warehouse/unknown-delivery", "warehouse/product-receipt", "store/stale"]),
        Endpoint::new(
            Method::POST,
            "/api/v1/products/{id}/subscriptions",
            "data_products_subscribe",
            subscribe,
        )
        .key_use(KeyUse::Scope(Scope::Read))
        .status(201)
        .about("订阅", "Subscribe")
        .codes(&READ_CODES),
    ]
    .map(|endpoint| endpoint.tag("data_products").roles(&Role::WORKING))
    .into()
}

/// What the caller asks of the product in the path.
fn asked<Q, B>(call: &Call<Q, B>, form: Form, parameters: Option<&str>) -> Result<ProductAsk, Failure> {
    let malformed =
        |reason: String| Error::Malformed { place: "query", pointer: "/parameters".to_owned(), reason };
    let parameters: Map<String, Value> = match parameters {
        None => Map::new(),
        Some(text) => serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?,
    };
    Ok(ProductAsk { product: call.path("id")?.to_owned(), form, parameters })
}

/// The session of a read.
fn session<Q, B>(call: &Call<Q, B>, operation: &str, purpose: Option<&str>) -> Result<Session, Failure> {
    let purpose = purpose.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(PURPOSE);
    let session = call.app.warehouse.session(call.party()?, purpose);
    Ok(session.coming_from(call.access_origin(operation)))
}

async fn read(call: Call<RowsQuery>) -> Result<Formats<ProductRows, true>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let query = &call.query;
    let ask = asked(&call, Form::Api, query.parameters.as_deref())?;
    let session = session(&call, "data_products_rows", query.purpose.as_deref())?;
    let format = match query.format.unwrap_or_default() {
        Wanted::Csv => Format::Csv,
        Wanted::Arrow => Format::Arrow,
        Wanted::Json => {
            let session = session.held();
            let open = session.product(&ask).await?;
            let window = Window::new(query.page, query.page_size);
            let tag = etag(&format!("{}-{}-{}", open.fingerprint(), window.skip, window.take))?;
            if call.headers.get(header::IF_NONE_MATCH) == Some(&tag) {
                session.finish().await?;
                return Ok(unchanged(tag).into());
            }
            let stream = open.rows(window.limits(), running.cancel()).await?;
            let page = rows::page(stream, window).await?;
            let answer = ProductRows {
                version: open.semver(),
                as_of: open.as_of(),
                columns: page.columns,
                rows: page.rows,
                has_more: page.has_more,
                inputs: vec![open.input()],
            };
            session.sent(length(&answer)?);
            session.finish().await?;
            return Ok(Reply::from(answer).with_header(header::ETAG, tag).respond(200)?.into());
        }
    };
    call.charge(Cost::Export)?;
    // Rows that leave as a file need what taking out needs.
    let session = session.acting(Action::Export);
    let open = session.product(&ask).await?;
    let limits = QueryLimits { rows: query.page_size, ..QueryLimits::default() };
    let stream = open.rows(limits, running.cancel()).await?;
    let named = if format == Format::Csv { "csv" } else { "arrow" };
    let statement = format!("{}@{}", open.input().dataset, open.semver());
    session.record_export(running.id(), &statement, named).await?;
    let mut response = export::respond(stream, running, format, query.page_size.is_none()).await?;
    response.headers_mut().insert(header::ETAG, etag(&open.fingerprint())?);
    Ok(response.into())
}

async fn file(call: Call<FileQuery>) -> Result<ProductFile, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let query = &call.query;
    let ask = asked(&call, Form::Download, query.parameters.as_deref())?;
    // Held: the file leaves when its number of rows and its checksum are on record.
    let session =
        session(&call, "data_products_file", query.purpose.as_deref())?.acting(Action::Export).held();
    let open = session.product(&ask).await?;
    let format = query.format.unwrap_or_default();
    let stream = open.rows(QueryLimits::default(), running.cancel()).await?;
    let written = product_file::write(stream, format, &call.app.options.uploads).await?;
    session.sent(written.bytes);
    open.record_file(format.name(), &written.sha256, (written.rows, written.bytes)).await?;
    session.finish().await?;
    let name = format!("{}-{}.{}", ask.product, open.semver(), format.name());
    let tag = etag(&open.fingerprint())?;
    Ok(ProductFile(product_file::respond(written, format, &name, tag)?))
}

async fn changes(call: Call<ChangesQuery>) -> Result<Reply<ProductChanges>, Failure> {
    let running = call.app.queries.begin(&call.party()?.account, None)?;
    let query = &call.query;
    let ask = asked(&call, Form::Subscription, None)?;
    let session = session(&call, "data_products_changes", query.purpose.as_deref())?;
    let session = session.acting(Action::Export).held();
    let offer = session.product(&ask).await?.offer(query.since, query.until).await?;
    let window = Window::new(query.page, query.page_size);
    let known = if window.skip == 0 { None } else { offer.offered().await? };
    let (delivery, page) = match known {
        Some(delivery) => {
            let stream = offer.changes(window.limits(), running.cancel()).await?;
            (delivery, rows::page(stream, window).await?)
        }
        None => counted(&offer, window, &running).await?,
    };
    let RowPage { mut columns, rows, has_more, .. } = page;
    columns.pop();
    let answer = ProductChanges {
        delivery,
        version: offer.product().semver(),
        reset: offer.reset,
        columns,
        changes: rows.into_iter().filter_map(change).collect(),
        has_more,
    };
    session.sent(length(&answer)?);
    session.finish().await?;
    Ok(answer.into())
}

/// Everything that is offered, counted, and one page of it: read once for both.
async fn counted(offer: &Offer, window: Window, running: &Running) -> Result<(Delivery, RowPage), Failure> {
    let mut stream = offer.changes(QueryLimits::default(), running.cancel()).await?.uncounted();
    let (mut counter, mut page, mut seen) = (Counter::default(), Vec::new(), 0_u64);
    let until = window.skip.saturating_add(window.take);
    while let Some(batch) = stream.next().await {
        let mut rows = Vec::new();
        cells::append_rows(&batch?, &mut rows).map_err(|error| Error::Internal(error.to_string()))?;
        for row in rows {
            if (window.skip..until).contains(&seen) {
                page.push(row.clone());
            }
            seen += 1;
            if let Some(change) = change(row) {
                counter.take(&change);
            }
        }
    }
    if stream.has_more() {
        return Err(too_large());
    }
    let delivery = offer.settle(counter.tally()).await?;
    stream.handed_out(page.len() as u64);
    Ok((
        delivery,
        RowPage {
            columns: cells::columns(stream.schema()),
            rows: page,
            has_more: seen > until,
            engine: stream.engine(),
        },
    ))
}

/// A row with the number of its copies behind it.
fn change(row: Value) -> Option<Change> {
    let Value::Array(mut cells) = row else { return None };
    let times = cells.pop()?.as_i64()?;
    Some(Change { times, row: Value::Array(cells) })
}

async fn subscribe(call: Call) -> Result<Reply<SubscriptionCard>, Failure> {
    let ask = asked(&call, Form::Subscription, None)?;
    let session = session(&call, "data_products_subscribe", None)?.acting(Action::Export).held();
    let open: OpenProduct = session.product(&ask).await?;
    let subscription = open.subscribe().await?;
    session.finish().await?;
    Ok(subscription.into())
}

async fn receipt(call: Call<NoQuery, Json<NewReceipt>>) -> Result<Reply<Delivery>, Failure> {
    let products = call.app.warehouse.products();
    Ok(products.acknowledge(call.party()?, call.path("id")?, &call.body.0).await?.into())
}

/// More rows than one query may return: neither a file nor a delivery is silently cut.
pub(crate) fn too_large() -> Failure {
    Failure::new(
        ErrorKind::Exhausted,
        "api/file-too-large",
        "行数超出单次查询的上限，未交付任何内容。",
        "There are more rows than one query may return; nothing was delivered.",
    )
    .with_hint(
        "请分页读取，或请管理员提高 warehouse.query_rows_max。",
        "Read by page, or ask the administrator to raise warehouse.query_rows_max.",
    )
}

fn etag(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(&format!("\"{text}\"")).map_err(|error| Error::Internal(error.to_string()))
}

/// 304: the caller has it already.
fn unchanged(tag: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(header::ETAG, tag);
    response
}

fn length(answer: &impl Serialize) -> Result<u64, Error> {
    let bytes = serde_json::to_vec(answer).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(bytes.len() as u64)
}

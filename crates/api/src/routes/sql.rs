//! SQL through the door: a page as JSON, or everything as CSV or Arrow.

use crate::answer::{Answer as _, Done, Formats, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::cells::ColumnType;
use crate::endpoint::{Endpoint, KeyUse};
use crate::export::{self, Format};
use crate::limits::Cost;
use crate::rows::{self, Window};
use axum::http::{HeaderName, HeaderValue, Method};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::provenance::Input;
use brain_trust::{Action, Scope};
use brain_warehouse::query::QueryLimits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Instant;

/// Purpose of a query that names none.
const PURPOSE: &str = "sql";

/// A page of a query's result.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SqlPage {
    /// Id of the query, for cancelling it and for the log.
    pub query_id: String,
    /// The columns, in order.
    pub columns: Vec<ColumnType>,
    /// The rows, each an array of cells in the order of the columns.
    pub rows: Vec<Value>,
    /// Whether a next page exists.
    pub has_more: bool,
    /// Wall time, seconds.
    pub seconds: f64,
    /// What answered: `embedded` for the node itself, or the engine of its cluster, such as `ballista`.
    pub engine: String,
    /// Datasets, versions and grants the result is computed from.
    pub inputs: Vec<Input>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    #[default]
    Json,
    Csv,
    Arrow,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SqlRequest {
    /// 一条只读语句 · One read: SELECT, WITH, EXPLAIN, SHOW TABLES or DESCRIBE.
    #[schemars(length(min = 1))]
    sql: String,
    /// 页码，从 1 起；仅用于 json。无 ORDER BY 时各页次序不保证一致 · Page, from 1, for json. Without ORDER BY the order
    /// may differ from page to page.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// json：每页行数，缺省 100，至多 10000；csv 与 arrow：总行数，缺省为全部 · json: rows per page, 100 when left out, at
    /// most 10000; csv and arrow: rows altogether, everything when left out.
    #[schemars(range(min = 1))]
    page_size: Option<u64>,
    /// 格式，缺省 json · Format; json when left out.
    format: Option<Wanted>,
    /// 用途，与授权绑定 · Purpose, bound to the grant.
    #[schemars(length(max = 200))]
    purpose: Option<String>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::POST, "/api/v1/sql", "sql_run", run)
            .about("运行一条只读查询", "Run one read")
            .cost(Cost::Sql)
            .headers(&[("x-query-id", "自定编号，用于取消 · An id of the caller's own, for cancelling")])
            .codes(&[
                "warehouse/sql",
                "warehouse/not-a-read",
                "warehouse/unknown-dataset",
                "warehouse/unknown-version",
                "warehouse/no-grant",
                "trust/denied",
                "warehouse/query-memory",
                "warehouse/query-timeout",
                "warehouse/cancelled",
                "cluster/unavailable",
                "cluster/lost",
                "cluster/failed",
                "cluster/version",
                "api/query-id-taken",
                "api/page-too-far",
            ]),
        Endpoint::new(Method::DELETE, "/api/v1/sql/{query_id}", "sql_cancel", cancel)
            .about("取消本人正在运行的查询", "Cancel one's own running query")
            .status(204),
    ]
    .map(|endpoint| endpoint.tag("sql").roles(&Role::WORKING).key_use(KeyUse::Scope(Scope::Read)))
    .into()
}

async fn run(call: Call<NoQuery, Json<SqlRequest>>) -> Result<Formats<SqlPage, true>, Failure> {
    let started = Instant::now();
    let party = call.party()?;
    let Json(request) = &call.body;
    let running = call.app.queries.begin(&party.account, call.header("x-query-id"))?;
    let purpose =
        request.purpose.as_deref().map(str::trim).filter(|text| !text.is_empty()).unwrap_or(PURPOSE);
    let session = call.app.warehouse.session(party, purpose).coming_from(call.access_origin("sql"));
    let format = match request.format.unwrap_or_default() {
        Wanted::Csv => Format::Csv,
        Wanted::Arrow => Format::Arrow,
        Wanted::Json => {
            let window = Window::new(request.page, request.page_size);
            let session = session.held().stating(&request.sql);
            let stream = session.sql(&request.sql, window.limits(), running.cancel()).await?;
            let page = rows::page(stream, window).await?;
            session.finish().await?;
            let answer = SqlPage {
                query_id: running.id().to_owned(),
                columns: page.columns,
                rows: page.rows,
                has_more: page.has_more,
                seconds: started.elapsed().as_secs_f64(),
                engine: page.engine.to_owned(),
                inputs: session.inputs(),
            };
            let mut reply = Reply::from(answer);
            if let Ok(id) = HeaderValue::from_str(running.id()) {
                reply = reply.with_header(HeaderName::from_static("x-query-id"), id);
            }
            return Ok(reply.respond(200)?.into());
        }
    };
    call.charge(Cost::Export)?;
    // Rows that leave as a file need what taking out needs.
    let session = session.acting(Action::Export).stating(&request.sql);
    let limits = QueryLimits { rows: request.page_size, ..QueryLimits::default() };
    let stream = session.sql(&request.sql, limits, running.cancel()).await?;
    let named = if format == Format::Csv { "csv" } else { "arrow" };
    session.record_export(running.id(), &request.sql, named).await?;
    Ok(export::respond(stream, running, format, request.page_size.is_none()).await?.into())
}

async fn cancel(call: Call) -> Result<Done, Failure> {
    call.app.queries.cancel(&call.party()?.account, call.path("query_id")?)?;
    Ok(Done::default())
}

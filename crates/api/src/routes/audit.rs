//! Audit records, for the auditor: who accessed what, and whether the records still are what was written.

use crate::answer::{Answer, AnswerShape, Page, Reply};
use crate::call::{Call, NoQuery};
use crate::endpoint::{Endpoint, KeyUse};
use crate::error::Error;
use crate::export::CSV;
use crate::paging::page_request;
use crate::queries::shortened;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, header};
use brain_kernel::csv;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::Scope;
use brain_trust::audit::{
    AuditDetail, AuditExport, AuditRecord, AuditStatus, AuditVerification, Channel, Outcome, RecordFilter,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// Media type of JSON lines.
const JSON_LINES: &str = "application/x-ndjson";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RecordsQuery {
    /// 账号 · Account id.
    #[schemars(length(max = 256))]
    account: Option<String>,
    /// 数据集 · Dataset.
    #[schemars(length(max = 256))]
    dataset: Option<String>,
    /// 结果 · Outcome.
    outcome: Option<Outcome>,
    /// 通道 · Channel.
    channel: Option<Channel>,
    /// 操作，如 read、export · Action, for example read or export.
    #[schemars(length(max = 64))]
    action: Option<String>,
    /// 起始时间（含）· Not before.
    from: Option<DateTime<Utc>>,
    /// 截止时间（不含）· Before.
    to: Option<DateTime<Utc>>,
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    page_size: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FileFormat {
    #[default]
    Csv,
    Jsonl,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ExportQuery {
    /// 格式，缺省 csv · Format; csv when left out.
    format: Option<FileFormat>,
    /// 账号 · Account id.
    #[schemars(length(max = 256))]
    account: Option<String>,
    /// 数据集 · Dataset.
    #[schemars(length(max = 256))]
    dataset: Option<String>,
    /// 结果 · Outcome.
    outcome: Option<Outcome>,
    /// 通道 · Channel.
    channel: Option<Channel>,
    /// 操作 · Action.
    #[schemars(length(max = 64))]
    action: Option<String>,
    /// 起始时间（含）· Not before.
    from: Option<DateTime<Utc>>,
    /// 截止时间（不含）· Before.
    to: Option<DateTime<Utc>>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/audit/records", "audit_list", list)
            .about("审计记录，新的在前", "Audit records, newest first"),
        Endpoint::new(Method::GET, "/api/v1/audit/records/{seq}", "audit_show", show)
            .about(
                "一次访问的全部记录与锚定位置",
                "Everything recorded of one access, and where it is anchored",
            )
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::GET, "/api/v1/audit/export", "audit_export", export)
            .about("导出审计记录；导出本身也被审计", "Export audit records; the export is audited itself")
            .codes(&["trust/audit-unavailable"]),
        Endpoint::new(Method::GET, "/api/v1/audit/status", "audit_status", status)
            .about("保存期限、条数与锚定情况", "Retention, number of records, and how they are anchored"),
        Endpoint::new(Method::POST, "/api/v1/audit/verify", "audit_verify", verify)
            .about("校验全部审计记录", "Check every audit record against the evidence log")
            .unhurried(),
    ]
    .map(|endpoint| endpoint.tag("audit").roles(&[Role::Auditor]).key_use(KeyUse::Scope(Scope::Read)))
    .into()
}

impl RecordsQuery {
    fn filter(&self) -> RecordFilter {
        RecordFilter {
            account: self.account.clone(),
            dataset: self.dataset.clone(),
            outcome: self.outcome.map(|outcome| outcome.name().to_owned()),
            channel: self.channel.map(|channel| channel.name().to_owned()),
            action: self.action.clone(),
            from: self.from,
            to: self.to,
        }
    }
}

async fn list(call: Call<RecordsQuery>) -> Result<Reply<Page<AuditRecord>>, Failure> {
    let page = page_request(call.query.page, call.query.page_size);
    let found = call.app.trust.audit().list(call.party()?, &call.query.filter(), page).await?;
    call.note("audit.read", Some(found.items.len() as u64)).await?;
    Ok(Page::from(found).into())
}

async fn show(call: Call) -> Result<Reply<AuditDetail>, Failure> {
    let text = call.path("seq")?;
    let unknown = || Error::NotFound { what: ("审计记录", "audit record"), id: shortened(text) };
    let seq = text.parse().map_err(|_| unknown())?;
    let detail = call.app.trust.audit().show(call.party()?, seq).await?;
    call.note("audit.read", Some(detail.records.len() as u64)).await?;
    Ok(detail.into())
}

async fn status(call: Call) -> Result<Reply<AuditStatus>, Failure> {
    Ok(call.app.trust.audit().status(call.party()?).await?.into())
}

async fn verify(call: Call<NoQuery>) -> Result<Reply<AuditVerification>, Failure> {
    Ok(call.app.trust.audit().verify(call.party()?).await?.into())
}

async fn export(call: Call<ExportQuery>) -> Result<RecordFile, Failure> {
    let query = &call.query;
    let filter = RecordFilter {
        account: query.account.clone(),
        dataset: query.dataset.clone(),
        outcome: query.outcome.map(|outcome| outcome.name().to_owned()),
        channel: query.channel.map(|channel| channel.name().to_owned()),
        action: query.action.clone(),
        from: query.from,
        to: query.to,
    };
    let origin = call.access_origin("audit_export");
    let records = call.app.trust.audit().export(call.party()?, filter, origin).await?;
    let format = query.format.unwrap_or_default();
    let head = if format == FileFormat::Csv { csv_head() } else { Vec::new() };
    let state = Some((records, format));
    // Compression asks once more after the end, and an unfold that has ended must not be asked.
    let tail = stream::StreamExt::fuse(stream::unfold(state, step));
    let body = stream::StreamExt::chain(stream::iter([Ok(Bytes::from(head))]), tail);
    let mut response = Response::new(Body::from_stream(body));
    let (media_type, name) = match format {
        FileFormat::Csv => (CSV, "attachment; filename=\"audit.csv\""),
        FileFormat::Jsonl => (JSON_LINES, "attachment; filename=\"audit.jsonl\""),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(RecordFile(response))
}

type Piece = Result<Bytes, std::io::Error>;
type Left = Option<(AuditExport, FileFormat)>;

/// The next records as lines. The transfer ends well only when the end of the export is on record.
async fn step(state: Left) -> Option<(Piece, Left)> {
    let (mut records, format) = state?;
    let lines = match records.next().await {
        Ok(None) => return None,
        Ok(Some(found)) => lines(&found, format),
        Err(error) => Err(Failure::from(error)),
    };
    match lines {
        Ok(bytes) => {
            records.sent(bytes.len() as u64);
            Some((Ok(Bytes::from(bytes)), Some((records, format))))
        }
        Err(failure) => {
            tracing::warn!(code = failure.code, "an export of audit records broke off");
            Some((Err(std::io::Error::other(failure)), None))
        }
    }
}

fn csv_head() -> Vec<u8> {
    let mut out = Vec::new();
    let names = AuditRecord::COLUMNS.iter().map(|name| (*name).to_owned());
    csv::append_line(&mut out, names, csv::FILE_LINE_END);
    out
}

fn lines(records: &[AuditRecord], format: FileFormat) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(records.len() * 256);
    for record in records {
        match format {
            FileFormat::Csv => {
                csv::append_line(&mut out, record.cells().iter().map(csv::cell), csv::FILE_LINE_END);
            }
            FileFormat::Jsonl => {
                serde_json::to_writer(&mut out, record)
                    .map_err(|error| Error::Internal(error.to_string()))?;
                out.push(b'\n');
            }
        }
    }
    Ok(out)
}

/// A file of records.
struct RecordFile(Response<Body>);

impl Answer for RecordFile {
    fn respond(self, _: u16) -> Result<Response<Body>, Failure> {
        Ok(self.0)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        [CSV_TYPE, JSON_LINES]
            .map(|media_type| AnswerShape { media_type, schema: json_schema!({ "type": "string" }) })
            .into()
    }
}

const CSV_TYPE: &str = "text/csv";

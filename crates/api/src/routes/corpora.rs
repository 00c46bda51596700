//! Corpora: definitions, files, runs, versions, their documents, and versions as files.

use crate::answer::{CorpusFile, Done, Page, Reply};
use crate::call::{Call, Json, NoQuery, Upload};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::limits::Cost;
use crate::paging::PageQuery;
use crate::product_file::streamed;
use crate::upload::{self, Accepted};
use axum::http::{HeaderName, HeaderValue, Method, Response, header};
use brain_kernel::error::Failure;
use brain_kernel::progress::Cancel;
use brain_warehouse::Session;
use brain_warehouse::corpus::{
    Corpora, CorpusCard, CorpusDetail, Definition, DocumentCard, DocumentQuery, ExportFormat, Exported,
    FileCard, MAKERS, NewCorpus, PURPOSE, RejectedCard, RejectedQuery, RunCard, VersionCard, VersionDetail,
};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

const CORPUS: &str = "/api/v1/corpora/{id}";
const RUNS: &str = "/api/v1/corpora/{id}/runs";
const VERSION: &str = "/api/v1/corpora/{id}/versions/{number}";
/// Header with the SHA-256 of a file, hexadecimal.
const SHA256: HeaderName = HeaderName::from_static("x-content-sha256");

/// Which corpora are wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "CorporaQuery")]
#[serde(default, deny_unknown_fields)]
struct ListQuery {
    /// 名称、标题或用途中的文字 · Text of the name, title or purpose.
    #[schemars(length(max = 200))]
    text: Option<String>,
}

/// A corpus that was read, as it shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ChangedCorpus")]
#[serde(deny_unknown_fields)]
struct Changed {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 新内容 · What it shall be.
    definition: Definition,
    /// 理由 · Why.
    #[schemars(length(min = 1, max = 1000))]
    reason: String,
}

/// How a version shall leave.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusExportQuery")]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// 格式 · Form of the file.
    format: ExportFormat,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = corpora();
    endpoints.extend(runs());
    endpoints.extend(versions());
    endpoints.into_iter().map(|endpoint| endpoint.tag("corpora").roles(&MAKERS)).collect()
}

fn corpora() -> Vec<Endpoint> {
    const DEFINITION: [&str; 7] = [
        "warehouse/corpus-definition",
        "warehouse/corpus-exists",
        "warehouse/corpus-column",
        "warehouse/corpus-masked",
        "corpus/option",
        "warehouse/no-grant",
        "warehouse/unknown-dataset",
    ];
    vec![
        Endpoint::new(Method::GET, "/api/v1/corpora", "corpora_list", list).about("语料库", "Corpora"),
        Endpoint::new(Method::POST, "/api/v1/corpora", "corpora_define", define)
            .about("定义语料库", "Define a corpus")
            .status(201)
            .codes(&DEFINITION),
        Endpoint::new(Method::GET, CORPUS, "corpora_show", show)
            .about("一个语料库及其定义、文件", "One corpus with its definition and files")
            .codes(&["warehouse/unknown-corpus"]),
        Endpoint::new(Method::PUT, CORPUS, "corpora_change", change)
            .about("修改语料库；下一个版本按新定义构建", "Change a corpus; the next version is made by it")
            .codes(&[
                "warehouse/unknown-corpus",
                "warehouse/corpus-definition",
                "warehouse/corpus-not-owner",
                "warehouse/corpus-column",
                "warehouse/corpus-masked",
                "corpus/option",
                "store/stale",
            ]),
        Endpoint::new(Method::POST, "/api/v1/corpora/{id}/files", "corpora_file_bring", bring)
            .about("为语料库上传一个文件", "Bring a file for a corpus")
            .status(201)
            .cost(Cost::Ingest)
            .unhurried()
            .codes(&[
                "warehouse/unknown-corpus",
                "warehouse/corpus-not-owner",
                "warehouse/corpus-file",
                "api/too-large",
                "api/upload-disk",
                "api/upload-kind",
                "api/upload-infected",
                "api/scan-failed",
            ]),
        Endpoint::new(Method::DELETE, "/api/v1/corpora/{id}/files/{file}", "corpora_file_remove", remove)
            .about("移除文件；由它构建的版本标为过时", "Remove a file; versions made of it are stale")
            .status(204)
            .codes(&[
                "warehouse/unknown-corpus",
                "warehouse/corpus-not-owner",
                "warehouse/unknown-corpus-file",
            ]),
    ]
}

fn runs() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, RUNS, "corpora_runs", run_list)
            .about("构建任务，最近的在前", "Runs of a corpus, newest first")
            .codes(&["warehouse/unknown-corpus"]),
        Endpoint::new(Method::POST, RUNS, "corpora_run_start", start)
            .about("开始构建；进度和结果见任务", "Begin a run; it says how far it is and what came of it")
            .status(202)
            .cost(Cost::Run)
            .codes(&[
                "warehouse/unknown-corpus",
                "warehouse/corpus-not-owner",
                "warehouse/corpus-running",
                "warehouse/corpus-busy",
                "warehouse/corpus-column",
                "warehouse/corpus-masked",
            ]),
        Endpoint::new(Method::GET, "/api/v1/corpus-runs/{id}", "corpora_run_show", run)
            .about("一个构建任务的进度与结果", "Progress and result of a run")
            .codes(&["warehouse/unknown-corpus-run"]),
        Endpoint::new(Method::POST, "/api/v1/corpus-runs/{id}/cancel", "corpora_run_cancel", cancel)
            .about("取消构建任务；不产生版本", "Cancel a run; no version comes of it")
            .status(204)
            .codes(&["warehouse/unknown-corpus-run", "warehouse/corpus-not-owner"]),
    ]
}

fn versions() -> Vec<Endpoint> {
    const ROWS: [&str; 5] = [
        "warehouse/unknown-corpus",
        "warehouse/unknown-corpus-version",
        "warehouse/corpus-rows-absent",
        "warehouse/corpus-query",
        "warehouse/no-grant",
    ];
    vec![
        Endpoint::new(Method::GET, "/api/v1/corpora/{id}/versions", "corpora_versions", version_list)
            .about("版本，最新的在前", "Versions of a corpus, newest first")
            .codes(&["warehouse/unknown-corpus"]),
        Endpoint::new(Method::GET, VERSION, "corpora_version", version)
            .about(
                "一个版本：逐步计数、原因、划分、词元、卡片、报告、血缘",
                "One version: counts of every step, reasons, splits, tokens, card, report, lineage",
            )
            .codes(&["warehouse/unknown-corpus", "warehouse/unknown-corpus-version"]),
        Endpoint::new(
            Method::GET,
            "/api/v1/corpora/{id}/versions/{number}/documents",
            "corpora_documents",
            documents,
        )
        .about("版本中的文档，按调用者可见范围", "Documents of a version, as the caller may see them")
        .cost(Cost::Sql)
        .codes(&ROWS),
        Endpoint::new(
            Method::GET,
            "/api/v1/corpora/{id}/versions/{number}/rejected",
            "corpora_rejected",
            rejected,
        )
        .about("未保留的文档及原因", "Documents that did not stay, and why")
        .cost(Cost::Sql)
        .codes(&ROWS),
        Endpoint::new(
            Method::GET,
            "/api/v1/corpora/{id}/versions/{number}/export",
            "corpora_export",
            export,
        )
        .about(
            "导出版本：Parquet、JSON Lines 或 Hugging Face 形式的文件夹（ZIP）；留审计与存证",
            "A version as a file: Parquet, JSON Lines, or a folder shaped for the Hugging Face hub (ZIP); with audit and evidence",
        )
        .cost(Cost::Export)
        .unhurried()
        .codes(&[
            "warehouse/unknown-corpus",
            "warehouse/unknown-corpus-version",
            "warehouse/corpus-rows-absent",
            "warehouse/no-grant",
            "trust/denied",
        ]),
    ]
}

fn corpora_of<Q, B>(call: &Call<Q, B>) -> Corpora {
    call.app.warehouse.corpora()
}

/// A session whose rows are handed out only when its record is on disk.
fn session<Q, B>(call: &Call<Q, B>, operation: &str) -> Result<Session, Failure> {
    Ok(open(call, operation)?.held())
}

fn open<Q, B>(call: &Call<Q, B>, operation: &str) -> Result<Session, Failure> {
    let session = call.app.warehouse.session(call.party()?, PURPOSE);
    Ok(session.coming_from(call.access_origin(operation)))
}

/// The number in the path; what is none is a version that does not exist.
fn number<Q, B>(call: &Call<Q, B>) -> Result<i64, Failure> {
    Ok(call.path("number")?.parse().unwrap_or_default())
}

async fn list(call: Call<ListQuery>) -> Result<Reply<Vec<CorpusCard>>, Failure> {
    let session = session(&call, "corpora_list")?;
    Ok(corpora_of(&call).list(&session, call.query.text.as_deref()).await?.into())
}

async fn define(call: Call<NoQuery, Json<NewCorpus>>) -> Result<Reply<CorpusDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    let session = session(&call, "corpora_define")?;
    Ok(corpora_of(&call).define(&session, new).await?.into())
}

async fn show(call: Call) -> Result<Reply<CorpusDetail>, Failure> {
    let session = session(&call, "corpora_show")?;
    Ok(corpora_of(&call).get(&session, call.path("id")?).await?.into())
}

async fn change(call: Call<NoQuery, Json<Changed>>) -> Result<Reply<CorpusDetail>, Failure> {
    let (_, Json(Changed { revision, definition, reason }), call) = call.apart();
    let session = session(&call, "corpora_change")?;
    let (corpora, id) = (corpora_of(&call), call.path("id")?);
    Ok(corpora.change(&session, id, revision, definition, &reason).await?.into())
}

async fn bring(call: Call<NoQuery, Upload>) -> Result<Reply<FileCard>, Failure> {
    let (_, upload, call) = call.apart();
    let session = session(&call, "corpora_file_bring")?;
    let corpus = call.path("id")?.to_owned();
    // Whether it is the caller's is known before megabytes are sent.
    corpora_of(&call).get(&session, &corpus).await?;
    let (id, limit_bytes) = (Uuid::now_v7().to_string(), call.app.options.upload_limit_bytes);
    let stored = upload::receive(&call, upload, &id, limit_bytes, Accepted::Documents).await?;
    Ok(corpora_of(&call).bring(&session, &corpus, &stored.path, &stored.name).await?.into())
}

async fn remove(call: Call) -> Result<Done, Failure> {
    let session = session(&call, "corpora_file_remove")?;
    corpora_of(&call).remove_file(&session, call.path("id")?, call.path("file")?).await?;
    Ok(Done::default())
}

async fn run_list(call: Call<PageQuery>) -> Result<Reply<Page<RunCard>>, Failure> {
    let (session, page) = (session(&call, "corpora_runs")?, call.query.request());
    Ok(Page::from(corpora_of(&call).runs(&session, call.path("id")?, page).await?).into())
}

async fn start(call: Call) -> Result<Reply<RunCard>, Failure> {
    // The run goes on after the answer, and its rows go nowhere: the session records a beginning and an end.
    let session = open(&call, "corpora_run_start")?;
    Ok(corpora_of(&call).start(session, call.path("id")?).await?.into())
}

async fn run(call: Call) -> Result<Reply<RunCard>, Failure> {
    let session = session(&call, "corpora_run_show")?;
    Ok(corpora_of(&call).show_run(&session, call.path("id")?).await?.into())
}

async fn cancel(call: Call) -> Result<Done, Failure> {
    let session = session(&call, "corpora_run_cancel")?;
    corpora_of(&call).cancel(&session, call.path("id")?).await?;
    Ok(Done::default())
}

async fn version_list(call: Call<PageQuery>) -> Result<Reply<Page<VersionCard>>, Failure> {
    let (session, page) = (session(&call, "corpora_versions")?, call.query.request());
    Ok(Page::from(corpora_of(&call).versions(&session, call.path("id")?, page).await?).into())
}

async fn version(call: Call) -> Result<Reply<VersionDetail>, Failure> {
    let session = session(&call, "corpora_version")?;
    Ok(corpora_of(&call).version(&session, call.path("id")?, number(&call)?).await?.into())
}

async fn documents(call: Call<DocumentQuery>) -> Result<Reply<Page<DocumentCard>>, Failure> {
    let session = session(&call, "corpora_documents")?;
    let (corpora, number) = (corpora_of(&call), number(&call)?);
    let page = corpora.documents(&session, call.path("id")?, number, &call.query).await?;
    session.finish().await?;
    Ok(Page::from(page).into())
}

async fn rejected(call: Call<RejectedQuery>) -> Result<Reply<Page<RejectedCard>>, Failure> {
    let session = session(&call, "corpora_rejected")?;
    let (corpora, number) = (corpora_of(&call), number(&call)?);
    let page = corpora.rejected(&session, call.path("id")?, number, &call.query).await?;
    session.finish().await?;
    Ok(Page::from(page).into())
}

async fn export(call: Call<ExportQuery>) -> Result<CorpusFile, Failure> {
    let session = open(&call, "corpora_export")?;
    let (number, format, cancel) = (number(&call)?, call.query.format, Cancel::new());
    let exported = corpora_of(&call).export(&session, call.path("id")?, number, format, cancel).await?;
    let Exported { file, bytes, sha256, name, .. } = exported;
    let text = |text: &str| HeaderValue::from_str(text).map_err(|error| Error::Internal(error.to_string()));
    let mut response = Response::new(streamed(file));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CorpusFile::media_type(format)));
    headers.insert(header::CONTENT_DISPOSITION, text(&format!("attachment; filename=\"{name}\""))?);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    headers.insert(SHA256, text(&sha256)?);
    Ok(CorpusFile(response))
}

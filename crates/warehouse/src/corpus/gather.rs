//! What a run reads, laid out as files in a folder of its own: texts of datasets through the caller's session, and the
//! files that were brought.

use super::definition::TextSource;
use super::files::{nothing_to_read, private_folder};
use super::journal::InputUsed;
use super::{Definition, blocking, refuse, rows_of};
use crate::handle::Inner;
use crate::matching::read::{cell, texts};
use crate::query::Session;
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::provenance::Input;
use datafusion::arrow::array::Array as _;
use datafusion::arrow::datatypes::DataType;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// Most rows of one dataset.
const ROWS_MAX: u64 = 5_000_000;
/// Longest time for reading one dataset, seconds.
const SECONDS_MAX: u64 = 3_600;
/// Most text of one dataset, bytes.
const BYTES_MAX: u64 = 64 << 30;

/// The caller may take these columns along as they are; under what.
pub(super) fn admitted(taking: &Session, source: &TextSource) -> Result<Input> {
    let dataset = &source.dataset;
    let (input, grant) = taking.grant_of(dataset)?;
    let known = taking.columns(dataset);
    for column in source.columns() {
        if !known.contains(&column) {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/corpus-column",
                format!("{dataset} 没有列 {column}。"),
                format!("{dataset} has no column {column}."),
            ));
        }
        if grant.masks.contains_key(&column) {
            return Err(Error::Failure(
                Failure::new(
                    ErrorKind::Forbidden,
                    "warehouse/corpus-masked",
                    format!("您的授权对 {dataset} 的列 {column} 做了脱敏，不能用来构建语料。"),
                    format!("Your grant masks the column {column} of {dataset}; no corpus is made of it."),
                )
                .with_hint(
                    "请申请该列可导出的明文授权，或换用其他列。",
                    "Ask for a grant that shows it and lets it be taken along, or name another column.",
                ),
            ));
        }
    }
    Ok(input)
}

/// Lay everything out below `folder`; what was used, datasets first.
pub(super) async fn gather(
    inner: &Inner,
    taking: &Session,
    (corpus, definition): (&str, &Definition),
    folder: &Path,
    (progress, cancel): (&Progress, &Cancel),
) -> Result<Vec<InputUsed>> {
    let files = rows_of::files(inner.store.db(), corpus, false).await?;
    if files.is_empty() && definition.sources.is_empty() {
        return Err(nothing_to_read());
    }
    let mut used = Vec::new();
    progress.begin("读取数据集", "Reading datasets", 0);
    for source in &definition.sources {
        used.push(dataset(taking, source, folder, (progress, cancel)).await?);
    }
    let kept = inner.corpus_files(corpus);
    for file in &files {
        let (from, below, name) = (kept.join(&file.id), folder.join("files"), file.name.clone());
        blocking(move || {
            private_folder(&below)?;
            let to = below.join(name);
            // A file that was brought is never written again, so that a second name is as good as a copy.
            if std::fs::hard_link(&from, &to).is_err() {
                std::fs::copy(&from, &to)?;
            }
            Ok(())
        })
        .await?;
        used.push(InputUsed::File {
            file: file.id.clone(),
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
        });
    }
    Ok(used)
}

async fn dataset(
    taking: &Session,
    source: &TextSource,
    folder: &Path,
    (progress, cancel): (&Progress, &Cancel),
) -> Result<InputUsed> {
    let name = &source.dataset;
    admitted(taking, source)?;
    let below = folder.join("datasets");
    private_folder(&below)?;
    let path = below.join(format!("{name}.jsonl"));
    let mut file = BufWriter::new(File::create_new(&path)?);
    let columns = source.columns();
    let mut stream = taking.columns_of(name, &columns, (ROWS_MAX, SECONDS_MAX), cancel.clone()).await?;
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if let Some(odd) = batch.schema().fields().iter().find(|field| !is_text(field.data_type())) {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/corpus-column",
                format!("{name} 的文本与标题字段须为文本，不能是 {}。", odd.data_type()),
                format!("Text and title of {name} are columns of text, not of {}.", odd.data_type()),
            ));
        }
        let cells = texts(&batch)?;
        let (text, title) = (cells.first(), cells.get(1));
        for row in 0..batch.num_rows() {
            rows += 1;
            let text = text.map_or("", |column| cell(column, row));
            let title = title.filter(|column| column.is_valid(row)).map(|column| cell(column, row));
            let line = json!({ "text": text, "title": title }).to_string();
            bytes += line.len() as u64;
            writeln!(file, "{line}")?;
        }
        progress.add(batch.num_rows() as u64);
        if bytes > BYTES_MAX {
            return Err(too_large(name));
        }
    }
    if stream.has_more() {
        return Err(too_large(name));
    }
    file.flush()?;
    let input = stream.inputs().iter().find(|input| input.dataset == *name);
    let (version, grant) = input.map(|input| (input.version, input.grant.clone())).unwrap_or_default();
    Ok(InputUsed::Dataset { dataset: name.clone(), version, grant, rows, columns })
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn too_large(name: &str) -> Error {
    refuse(
        ErrorKind::Exhausted,
        "warehouse/corpus-rows",
        format!("{name} 超过 {ROWS_MAX} 行或 {} GiB 文本；请用模型拆分后分别构建。", BYTES_MAX >> 30),
        format!(
            "{name} has more than {ROWS_MAX} rows or {} GiB of text; split it by a model.",
            BYTES_MAX >> 30
        ),
    )
}

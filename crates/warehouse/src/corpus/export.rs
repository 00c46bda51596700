//! A version as a file (导出): rows through the caller's session and its right to take them along, written whole before
//! the first byte leaves, so that size and checksum are on record.

use super::documents::{table, text_value};
use super::pack::{Pack, Written, digested};
use super::version::{dataset_version, facts};
use super::{Corpora, blocking, documents_of, rejected_of};
use crate::query::Session;
use crate::{Error, Result};
use brain_corpus::Split;
use brain_kernel::progress::Cancel;
use brain_store::corpus::VersionRow;
use brain_trust::Action;
use datafusion::arrow::array::RecordBatch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::File;

/// A form in which a version leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CorpusExportFormat")]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Apache Parquet, all splits in one file.
    Parquet,
    /// JSON Lines, all splits in one file.
    Jsonl,
    /// A folder as the Hugging Face hub shapes data sets, packed as ZIP.
    Huggingface,
}

impl ExportFormat {
    /// Stable name, as in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::Huggingface => "huggingface",
        }
    }

    /// What a file of it ends with.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::Huggingface => "zip",
        }
    }
}

/// A file that was written, without a name: it is gone with its handle.
#[derive(Debug)]
pub struct Exported {
    /// The file, at its beginning.
    pub file: File,
    /// Documents in it.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Name to save it under.
    pub name: String,
}

impl Corpora {
    /// Write a version out. The record of the access and the evidence are on disk when this returns.
    pub async fn export(
        &self,
        session: &Session,
        corpus: &str,
        number: i64,
        format: ExportFormat,
        cancel: Cancel,
    ) -> Result<Exported> {
        let (row, version) = self.version_row(session, corpus, number).await?;
        let taking = session.acting(Action::Export).held();
        let dataset = table(&documents_of(&row.name), dataset_version(version.dataset_version)?);
        let (facts, manifest) = facts(&version)?;
        let passages = Some(manifest.options.passages).filter(|passages| passages.enabled);
        let folder = self.inner.options.root.join("tmp");
        let mut pack = blocking(move || Pack::begin(format, &folder, passages)).await?;
        for split in Split::ALL {
            let sql = format!("SELECT * FROM {dataset} WHERE split = $1 ORDER BY id");
            let mut rows = taking.every_row(&sql, vec![text_value(split.name())], cancel.clone()).await?;
            while let Some(batch) = rows.next().await {
                let batch = batch?;
                pack = blocking(move || pack.documents(&batch).map(|()| pack)).await?;
            }
            pack = blocking(move || pack.end_of(split).map(|()| pack)).await?;
        }
        if format == ExportFormat::Huggingface {
            let left_out = rejected_of(&row.name);
            if let Some(at) = version.rejected_version.filter(|_| taking.may_read(&left_out)) {
                let sql = format!("SELECT * FROM {} ORDER BY source, line", table(&left_out, at));
                pack = self.left_out(&taking, &sql, pack, &cancel).await?;
            }
            let beside = self.beside(&version, &taking).await?;
            let texts = [
                ("README.md", facts.card),
                ("report.zh.md", facts.report.zh),
                ("report.en.md", facts.report.en),
                ("manifest.json", format!("{:#}\n", facts.manifest)),
                ("lineage.json", format!("{beside:#}\n")),
            ];
            pack = blocking(move || {
                for (name, text) in texts {
                    pack.text(name, &text)?;
                }
                Ok(pack)
            })
            .await?;
        }
        let Written { file, rows, bytes, sha256 } = blocking(move || digested(pack.finish()?)).await?;
        // Rows leave only when both are on disk: who took what along, and that it happened.
        taking.finish().await?;
        let (name, ending) = (&row.name, format.ending());
        let name = format!("{name}-v{number}.{ending}");
        let body = json!({
            "corpus": row.name, "version": number, "digest": version.digest, "format": format.name(), "rows": rows,
            "bytes": bytes, "sha256": sha256, "inputs": taking.inputs(),
        });
        let transaction = self.inner.store.transaction().await?;
        self.inner.record_act(&transaction, session.party(), ("corpus.export", corpus), body).await?;
        transaction.commit().await?;
        Ok(Exported { file, rows, bytes, sha256, name })
    }

    async fn left_out(&self, taking: &Session, sql: &str, mut pack: Pack, cancel: &Cancel) -> Result<Pack> {
        let rows = taking.every_row(sql, Vec::new(), cancel.clone()).await?;
        // What is beside the documents is not among the rows that the record counts.
        let mut rows = rows.uncounted();
        pack = blocking(move || pack.begin_lines("rejected.jsonl").map(|()| pack)).await?;
        while let Some(batch) = rows.next().await {
            let batch: RecordBatch = batch?;
            pack = blocking(move || pack.lines(&batch).map(|()| pack)).await?;
        }
        Ok(pack)
    }

    /// What the card cannot say of itself: where it came from, what changed since, what the grant hid.
    async fn beside(&self, version: &VersionRow, taking: &Session) -> Result<Value> {
        let stale = self.inner.stale(version).await?;
        let inputs = taking.inputs();
        let mut hidden = Vec::new();
        for input in &inputs {
            let (_, grant) = taking.grant_of(&input.dataset)?;
            hidden.extend(
                grant.masks.into_keys().map(|column| json!({ "dataset": input.dataset, "column": column })),
            );
        }
        let Value::Array(sources) = version.inputs.clone() else {
            return Err(Error::passed(brain_kernel::error::Failure::internal("warehouse/corpus-inputs")));
        };
        Ok(json!({
            "digest": version.digest, "made_at": version.made_at, "sources": sources, "stale": stale,
            "read_as": inputs, "hidden": hidden,
        }))
    }
}

//! From journal to finished run. Every step may have happened before a crash, so each looks before it acts.

use super::journal::{Journal, TableCommit};
use super::layout::{FILE_COLUMN, RUN_COLUMN, schema};
use super::{IngestReport, quarantine};
use crate::Result;
use crate::catalogue::record::Landed;
use crate::handle::Inner;
use crate::lake::commit::{Change, LINE_COLUMN, Note};
use crate::mapping::{ColumnType, Mapping, Mode, TableMapping};
use crate::source::Unpack;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_store::dataset::{NewColumn, NewDataset, NewVersion};
use brain_store::ingest_run::{self, Counters, Success};
use brain_trust::EvidenceEntry;
use std::path::PathBuf;

impl Inner {
    /// How much a packed file may become.
    pub(crate) fn unpack(&self) -> Unpack {
        Unpack::new(self.options.unpack_ratio_max, self.options.unpack_limit_mib)
    }

    /// Where journals of decided, unfinished runs lie.
    pub(crate) fn journal_folder(&self) -> PathBuf {
        self.options.root.join("lake").join("_runs")
    }

    /// Do what is still missing of a decided run and return its report.
    pub(super) async fn finish(&self, mut journal: Journal) -> Result<IngestReport> {
        let mut landed = Vec::new();
        for index in 0..journal.tables.len() {
            let Some(commit) = journal.tables.get(index) else { continue };
            let Some(table) = journal.mapping.tables.get(commit.table) else { continue };
            let refused = self.commit_refused(&journal, commit, table).await?;
            let version = self.commit_rows(&journal, commit, table).await?;
            if let Some(version) = refused {
                landed.push(self.landed_refused(&journal, table, version).await?);
            }
            if let Some(version) = version {
                landed.push(self.landed_rows(&journal, commit, table, version).await?);
            }
            if let Some(commit) = journal.tables.get_mut(index) {
                commit.report.version = version;
            }
        }
        let mut report = journal.report.clone();
        report.tables = journal.tables.iter().map(|table| table.report.clone()).collect();
        report.version = report.tables.first().and_then(|table| table.version);
        self.record_run(&journal, &landed, &report).await?;
        Journal::remove(&self.journal_folder(), &journal.run_id)?;
        self.reload_catalogue().await?;
        Ok(report)
    }

    /// Only the first `steps` steps of [`Self::finish`]: refused rows, rows, record.
    #[cfg(test)]
    pub(super) async fn finish_until(&self, journal: Journal, steps: usize) {
        let (Some(commit), Some(table)) = (journal.tables.first(), journal.mapping.tables.first()) else {
            return;
        };
        if steps > 0 {
            self.commit_refused(&journal, commit, table).await.unwrap();
        }
        if steps > 1 {
            self.commit_rows(&journal, commit, table).await.unwrap();
        }
        if steps > 2 {
            let folder = self.journal_folder();
            self.finish(journal.clone()).await.unwrap();
            journal.write(&folder).unwrap();
        }
    }

    async fn commit_refused(
        &self,
        journal: &Journal,
        commit: &TableCommit,
        table: &TableMapping,
    ) -> Result<Option<u64>> {
        if commit.refused.is_empty() {
            return Ok(None);
        }
        let dataset = table.quarantine();
        if let Some(done) = self.lake.version_of_run(&dataset, &journal.run_id).await? {
            return Ok(Some(done));
        }
        let note = note(journal, commit, Vec::new());
        let files = &commit.refused;
        self.lake.commit(&dataset, &quarantine::schema(), files, Change::Append, &note).await.map(Some)
    }

    /// Nothing is committed when the content was known, or when every row was refused: a wrong file must not empty a
    /// good table.
    async fn commit_rows(
        &self,
        journal: &Journal,
        commit: &TableCommit,
        table: &TableMapping,
    ) -> Result<Option<u64>> {
        let nothing_landed = commit.rows.is_empty() && commit.report.rows_read > 0;
        if commit.report.unchanged || nothing_landed {
            return Ok(None);
        }
        if let Some(done) = self.lake.version_of_run(&table.dataset, &journal.run_id).await? {
            return Ok(Some(done));
        }
        let (change, sources) = match table.mode {
            Mode::Append => (Change::Append, commit.file_hashes.clone()),
            Mode::Replace => (Change::Replace, Vec::new()),
        };
        let note = note(journal, commit, sources);
        self.lake.commit(&table.dataset, &schema(table), &commit.rows, change, &note).await.map(Some)
    }

    async fn landed_rows(
        &self,
        journal: &Journal,
        commit: &TableCommit,
        table: &TableMapping,
        version: u64,
    ) -> Result<Landed> {
        let report = &commit.report;
        let quarantine = table.quarantine();
        let quarantined = match self.lake.latest(&quarantine).await? {
            Some(latest) => self.lake.open(&quarantine, latest).await?.rows,
            None => 0,
        };
        Ok(Landed {
            dataset: described(&journal.mapping, table),
            columns: columns(&journal.mapping, table),
            version: self
                .version(journal, &table.dataset, version, Some(commit.content_hash.clone()))
                .await?,
            quarantined,
            valid_share: (report.rows_read > 0).then(|| report.rows_landed as f64 / report.rows_read as f64),
        })
    }

    async fn landed_refused(&self, journal: &Journal, table: &TableMapping, version: u64) -> Result<Landed> {
        let dataset = table.quarantine();
        Ok(Landed {
            dataset: described_refused(&journal.mapping, table),
            columns: quarantine::COLUMNS
                .iter()
                .map(|(name, zh, en)| NewColumn {
                    name: (*name).to_owned(),
                    data_type: if *name == "line" { "Int64" } else { "Utf8" }.to_owned(),
                    nullable: true,
                    title: Text::new(*zh, *en),
                    unit: None,
                    grade: refused_grade(&journal.mapping),
                })
                .collect(),
            version: self.version(journal, &dataset, version, None).await?,
            quarantined: 0,
            valid_share: None,
        })
    }

    async fn version(
        &self,
        journal: &Journal,
        dataset: &str,
        version: u64,
        hash: Option<String>,
    ) -> Result<NewVersion> {
        let table = self.lake.open(dataset, version).await?;
        Ok(NewVersion {
            dataset: dataset.to_owned(),
            version: version as i64,
            rows: table.rows as i64,
            bytes: table.bytes as i64,
            committed_at: self.clock.now(),
            run_id: Some(journal.run_id.clone()),
            content_hash: hash,
            inputs: Vec::new(),
        })
    }

    /// Catalogue, run and evidence in one transaction: they agree or none of them is there.
    async fn record_run(&self, journal: &Journal, landed: &[Landed], report: &IngestReport) -> Result<()> {
        let transaction = self.store.transaction().await?;
        for landed in landed {
            self.record(&transaction, landed).await?;
        }
        let first = journal.tables.first();
        let success = Success {
            dataset: report.dataset.clone(),
            version: report.version.map(|version| version as i64),
            content_hash: first.map(|table| table.content_hash.clone()).unwrap_or_default(),
            counters: Counters {
                rows_read: report.rows_read as i64,
                rows_landed: report.rows_landed as i64,
                rows_quarantined: report.rows_quarantined as i64,
            },
            report: serde_json::to_value(report)?,
        };
        ingest_run::succeed(&transaction, &journal.run_id, success, self.clock.now()).await?;
        let tables: Vec<_> = journal
            .tables
            .iter()
            .map(|table| {
                serde_json::json!({
                    "dataset": table.report.dataset,
                    "version": table.report.version,
                    "content_hash": table.content_hash,
                    "rows_landed": table.report.rows_landed,
                    "rows_quarantined": table.report.rows_quarantined,
                })
            })
            .collect();
        let entry = EvidenceEntry {
            kind: "ingest.finish".to_owned(),
            actor: journal.actor.clone(),
            subject: journal.run_id.clone(),
            body: serde_json::json!({
                "mapping": journal.mapping.name,
                "file": journal.file,
                "unchanged": report.unchanged,
                "tables": tables,
            }),
        };
        self.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn note(journal: &Journal, commit: &TableCommit, sources: Vec<String>) -> Note {
    Note { run_id: journal.run_id.clone(), content_hash: commit.content_hash.clone(), sources }
}

fn zone(dataset: &str) -> String {
    dataset.split('.').next().unwrap_or("raw").to_owned()
}

fn described(mapping: &Mapping, table: &TableMapping) -> NewDataset {
    NewDataset {
        name: table.dataset.clone(),
        title: table.title.clone().unwrap_or_else(|| mapping.title.clone()),
        description: mapping.description.clone(),
        owner: mapping.owner.clone(),
        side: mapping.side,
        zone: zone(&table.dataset),
        grade: mapping.grade,
        restricted_by: table.restricted_by.clone(),
        source: mapping.source.clone(),
        licence: mapping.licence.clone(),
    }
}

/// Refused records may hold anything that stood in the file, so they are graded sensitive at least.
fn refused_grade(mapping: &Mapping) -> Grade {
    mapping.grade.max(Grade::General3)
}

fn described_refused(mapping: &Mapping, table: &TableMapping) -> NewDataset {
    let of = described(mapping, table);
    NewDataset {
        name: table.quarantine(),
        title: Text::new(format!("{}（隔离区）", of.title.zh), format!("{} (refused rows)", of.title.en)),
        description: Text::new(
            "入库时未通过检查的记录：行号、列、值与原因。",
            "Records refused at ingest: line, column, value and reason.",
        ),
        grade: refused_grade(mapping),
        // A refused record cannot be trusted to name its owner.
        restricted_by: table.restricted_by.as_ref().map(|_| "ingest_id".to_owned()),
        ..of
    }
}

fn columns(mapping: &Mapping, table: &TableMapping) -> Vec<NewColumn> {
    let declared = table.columns.iter().map(|column| NewColumn {
        name: column.name.clone(),
        data_type: super::layout::arrow_type(column.kind).to_string(),
        nullable: !column.required,
        title: column.title.clone().unwrap_or_else(|| {
            let shown = column.source.iter().find(|name| !name.is_ascii()).unwrap_or(&column.name);
            Text::new(shown, &column.name)
        }),
        unit: (column.kind == ColumnType::Money).then(|| "CNY".to_owned()),
        grade: column.grade.unwrap_or(mapping.grade).max(mapping.grade),
    });
    let added = [
        (FILE_COLUMN, "Utf8", "来源文件", "Source file"),
        (LINE_COLUMN, "Int64", "来源行号", "Line in the source file"),
        (RUN_COLUMN, "Utf8", "入库任务", "Ingest run"),
    ]
    .map(|(name, kind, zh, en)| NewColumn {
        name: name.to_owned(),
        data_type: kind.to_owned(),
        nullable: false,
        title: Text::new(zh, en),
        unit: None,
        grade: mapping.grade,
    });
    declared.chain(added).collect()
}

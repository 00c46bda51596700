//! From the folder of a build to the datasets of a version: staged files, a journal, two commits, one transaction.

use super::journal::{Facts, InputUsed, Journal, Origin};
use super::rows::{Batch, Column, DOCUMENTS, REJECTED, WRITTEN, schema, titled};
use super::{Definition, documents_of, rejected_of, rows_of};
use crate::catalogue::record::Landed;
use crate::handle::Inner;
use crate::lake::commit::{Change, Note, StagedFile, StagingWriter};
use crate::{Error, Result};
use brain_corpus::{Built, read_card, read_documents, read_rejected, read_report};
use brain_kernel::grade::Grade;
use brain_kernel::language::{Language, Text};
use brain_kernel::side::DataSide;
use brain_store::corpus::{CorpusRow, RunRow, VersionRow};
use brain_store::dataset::{NewColumn, NewDataset, NewVersion};
use brain_store::{Transaction, grading};
use brain_trust::EvidenceEntry;
use serde_json::json;
use std::collections::BTreeMap;

/// Rows of a batch.
const BATCH_ROWS: usize = 4_096;
/// Text of a batch, bytes, about.
const BATCH_BYTES: usize = 16 << 20;
/// Text of one file of the lake, bytes, about: what a writer holds of it in memory.
const FILE_BYTES: usize = 128 << 20;

/// Writes rows into staged files of bounded size.
struct Stage<'a> {
    inner: &'a Inner,
    dataset: String,
    columns: &'static [Column],
    run: &'a str,
    batch: Batch,
    open: Option<StagingWriter>,
    bytes: usize,
    done: Vec<StagedFile>,
}

impl<'a> Stage<'a> {
    fn new(inner: &'a Inner, dataset: String, columns: &'static [Column], run: &'a str) -> Self {
        let (batch, open, bytes, done) = (Batch::new(columns), None, 0, Vec::new());
        Self { inner, dataset, columns, run, batch, open, bytes, done }
    }

    fn row(&mut self, push: impl FnOnce(&mut Batch)) -> Result<()> {
        push(&mut self.batch);
        let (rows, bytes) = self.batch.held();
        if rows < BATCH_ROWS && bytes < BATCH_BYTES {
            return Ok(());
        }
        self.flush()?;
        if self.bytes >= FILE_BYTES { self.close() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let (rows, bytes) = self.batch.held();
        if rows == 0 {
            return Ok(());
        }
        if self.open.is_none() {
            let part = self.done.len();
            self.open = Some(self.inner.lake.stage(&self.dataset, &schema(self.columns), self.run, part)?);
        }
        let batch = self.batch.take()?;
        if let Some(writer) = &mut self.open {
            writer.write(&batch)?;
        }
        self.bytes += bytes;
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        if let Some(writer) = self.open.take() {
            self.done.push(writer.finish(self.inner.clock.now().timestamp_millis())?);
        }
        self.bytes = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<StagedFile>> {
        self.flush()?;
        self.close()?;
        let folder = self.inner.lake.folder(&self.dataset);
        if folder.is_dir() {
            brain_durable::sync_folder(&folder)?;
        }
        Ok(self.done)
    }
}

/// Stage what was built, and say what is to be made of it. Blocks.
pub(super) fn decide(
    inner: &Inner,
    (corpus, definition): (&CorpusRow, &Definition),
    run: &str,
    built: &Built,
    inputs: Vec<InputUsed>,
) -> Result<Journal> {
    let mut documents = Stage::new(inner, documents_of(&corpus.name), &DOCUMENTS, run);
    read_documents(&built.folder, &built.manifest, |split, row| {
        documents.row(|batch| batch.document(split, &row))
    })?;
    let documents = documents.finish()?;
    let mut rejected = Stage::new(inner, rejected_of(&corpus.name), &REJECTED, run);
    read_rejected(&built.folder, |row| rejected.row(|batch| batch.rejected(&row)))?;
    let rejected = rejected.finish()?;
    let report = |language| read_report(&built.folder, language).map(|(_, report)| report);
    let facts = Facts {
        manifest: serde_json::to_value(&built.manifest)?,
        card: read_card(&built.folder).map_err(Error::passed)?,
        report: Text::new(
            report(Language::Zh).map_err(Error::passed)?,
            report(Language::En).map_err(Error::passed)?,
        ),
    };
    let (grade, text_grade, side) = label(inner, definition, &inputs);
    let origins = definition.sources.iter().flat_map(|source| {
        source.columns().into_iter().zip(WRITTEN).map(move |(input_column, column)| Origin {
            column: column.to_owned(),
            input: source.dataset.clone(),
            input_column,
        })
    });
    let digest = built.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Journal {
        name: corpus.name.clone(),
        title: definition.title.trim().to_owned(),
        purpose: definition.purpose.clone(),
        licence: definition.licence.clone(),
        owner: corpus.owner.clone(),
        side,
        grade,
        text_grade,
        source: said(&inputs),
        documents,
        rejected,
        origins: origins.collect(),
        inputs,
        digest: digest.unwrap_or_default(),
        count: built.manifest.tally.whole().documents,
        facts,
    })
}

/// What is read, in words: at most so many of them.
pub(super) fn said(inputs: &[InputUsed]) -> String {
    const NAMED: usize = 20;
    let mut words: Vec<String> = inputs.iter().take(NAMED).map(InputUsed::said).collect();
    if inputs.len() > NAMED {
        words.push(format!("… ({})", inputs.len()));
    }
    words.join("; ").chars().take(2_000).collect()
}

/// The label of a version (就高从严): the highest of the definition and of what was read, and the strictest side.
fn label(inner: &Inner, definition: &Definition, inputs: &[InputUsed]) -> (Grade, Grade, DataSide) {
    let snapshot = inner.catalogue.snapshot();
    let (mut grade, mut text) = (definition.grade, definition.grade);
    let mut sides = vec![definition.side];
    for input in inputs {
        let InputUsed::Dataset { dataset, columns, .. } = input else { continue };
        // A dataset that went meanwhile says nothing of its grade any more, so the highest is meant.
        let Some(entry) = snapshot.get(dataset) else {
            return (Grade::Core, Grade::Core, DataSide::Enterprise);
        };
        grade = grade.max(entry.grade);
        sides.push(entry.side);
        let read = entry.columns.iter().filter(|column| columns.contains(&column.name));
        text = read.map(|column| column.grade).fold(text, Grade::max);
    }
    let side = [DataSide::Enterprise, DataSide::Industry].into_iter().find(|side| sides.contains(side));
    (grade.max(text), text, side.unwrap_or(DataSide::Public))
}

impl Inner {
    /// Make what was decided a version; each step looks first whether it was done before.
    pub(super) async fn complete_corpus(&self, mut run: RunRow, journal: Journal) -> Result<RunRow> {
        let rejected = self.commit_part(&journal, &run.id, false).await?;
        let documents = self.commit_part(&journal, &run.id, true).await?;
        let now = self.store.now();
        let transaction = self.store.transaction().await?;
        for (of_documents, version) in [(true, documents), (false, rejected)] {
            let landed = self.landed_part(&journal, &run.id, of_documents, version).await?;
            self.record(&transaction, &landed).await?;
            let name = &landed.dataset.name;
            let origins = journal.origins.iter().filter(|_| of_documents).map(|origin| origin.row(name));
            grading::replace_origins(&transaction, name, &origins.collect::<Vec<_>>()).await?;
        }
        let newest = rows_of::newest_version(&transaction, &run.corpus).await?;
        let version = VersionRow {
            id: self.store.new_id(),
            corpus: run.corpus.clone(),
            number: newest.map_or(1, |newest| newest.number + 1),
            digest: journal.digest.clone(),
            run: run.id.clone(),
            corpus_revision: run.corpus_revision,
            documents: journal.count as i64,
            dataset_version: Some(documents as i64),
            rejected_version: Some(rejected as i64),
            inputs: serde_json::to_value(&journal.inputs)?,
            facts: serde_json::to_value(&journal.facts)?,
            made_by: run.actor.clone(),
            made_at: now,
        };
        "succeeded".clone_into(&mut run.state);
        (run.ended_at, run.journal, run.version) = (Some(now), None, Some(version.id.clone()));
        self.record_corpus_run(&transaction, &run, &version).await?;
        rows_of::insert_version(&transaction, version).await?;
        rows_of::update_run(&transaction, run.clone()).await?;
        transaction.commit().await?;
        self.reload_catalogue().await?;
        Ok(run)
    }

    async fn record_corpus_run(
        &self,
        transaction: &Transaction,
        run: &RunRow,
        version: &VersionRow,
    ) -> Result<()> {
        let entry = EvidenceEntry {
            kind: "corpus.run".to_owned(),
            actor: run.actor.clone(),
            subject: run.corpus.clone(),
            body: json!({
                "run": run.id, "state": run.state, "revision": run.corpus_revision, "version": version.number,
                "digest": version.digest, "documents": version.documents, "inputs": version.inputs,
            }),
        };
        self.trust.evidence().record_in(transaction, entry).await?;
        Ok(())
    }

    pub(super) async fn commit_part(&self, journal: &Journal, run: &str, of_documents: bool) -> Result<u64> {
        let (name, files, columns) = part(journal, of_documents);
        if let Some(done) = self.lake.version_of_run(&name, run).await? {
            return Ok(done);
        }
        let note = Note { run_id: run.to_owned(), content_hash: journal.digest.clone(), sources: Vec::new() };
        self.lake.commit(&name, &schema(columns), files, Change::Replace, &note).await
    }

    async fn landed_part(
        &self,
        journal: &Journal,
        run: &str,
        of_documents: bool,
        version: u64,
    ) -> Result<Landed> {
        let (name, _, columns) = part(journal, of_documents);
        let table = self.lake.open(&name, version).await?;
        let (zh, en) =
            if of_documents { ("语料", "corpus") } else { ("语料未保留文档", "documents left out") };
        let kinds: BTreeMap<String, String> = schema(columns)
            .fields()
            .iter()
            .map(|field| (field.name().clone(), field.data_type().to_string()))
            .collect();
        let column = |column: &Column| NewColumn {
            name: column.0.to_owned(),
            data_type: kinds.get(column.0).cloned().unwrap_or_default(),
            nullable: true,
            title: titled(column),
            unit: None,
            grade: if WRITTEN.contains(&column.0) { journal.text_grade } else { Grade::General1 },
        };
        let inputs = journal.inputs.iter().filter_map(InputUsed::dataset);
        Ok(Landed {
            dataset: NewDataset {
                name: name.clone(),
                title: Text::new(format!("{zh}：{}", journal.title), format!("{}: {en}", journal.title)),
                description: Text::new(&journal.purpose, &journal.purpose),
                owner: journal.owner.clone(),
                side: journal.side,
                zone: super::ZONE.to_owned(),
                grade: journal.grade,
                restricted_by: None,
                source: journal.source.clone(),
                licence: journal.licence.clone(),
            },
            columns: columns.iter().map(column).collect(),
            version: NewVersion {
                dataset: name,
                version: version as i64,
                rows: table.rows as i64,
                bytes: table.bytes as i64,
                committed_at: self.clock.now(),
                run_id: Some(run.to_owned()),
                content_hash: Some(journal.digest.clone()),
                inputs: inputs.map(|(name, version)| (name.to_owned(), version as i64)).collect(),
            },
            quarantined: 0,
            valid_share: None,
        })
    }
}

/// Dataset, staged files and columns of documents, or of those that did not stay.
fn part(journal: &Journal, of_documents: bool) -> (String, &[StagedFile], &'static [Column]) {
    if of_documents {
        (documents_of(&journal.name), &journal.documents, &DOCUMENTS)
    } else {
        (rejected_of(&journal.name), &journal.rejected, &REJECTED)
    }
}

//! What of a table is worth rearranging.

use super::Maintenance;
use crate::Result;
use crate::catalogue::entry::Entry;
use crate::lake::commit::StagedFile;
use crate::lake::files::TableFile;
use crate::lake::read::plain;
use crate::lake::rearrange::{Layout, RUN_PREFIX};
use brain_kernel::hexadecimal;
use brain_store::retention;
use datafusion::arrow::datatypes::SchemaRef;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;

/// New files one pass makes of a table at most; the rest is for the next.
const BATCHES_MAX: usize = 16;
/// Hexadecimal digits that tell one choice of columns from another.
const MARK_DIGITS: usize = 8;

/// Files that become one.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) files: Vec<StagedFile>,
}

/// What is done with a table.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) version: u64,
    pub(super) schema: SchemaRef,
    /// Columns by which rows are laid out; empty keeps them as they come.
    pub(super) columns: Vec<String>,
    /// Those columns in the names of files.
    pub(super) mark: String,
    pub(super) batches: Vec<Batch>,
}

impl Maintenance {
    /// What is worth doing with a table; `None` where its files are as they should be, or where it is not for us: made
    /// by a model in one piece, unknown to the catalogue, about to be deleted.
    pub(super) async fn plan(&self, dataset: &str) -> Result<Option<Plan>> {
        let inner = &self.inner;
        let snapshot = inner.catalogue.snapshot();
        let Some(entry) = snapshot.get(dataset) else { return Ok(None) };
        if inner.model_set().models.iter().any(|model| model.name == dataset) {
            return Ok(None);
        }
        let Some(layout) = inner.lake.layout(dataset).await? else { return Ok(None) };
        if entry.version != Some(layout.version)
            || retention::open_of(inner.store.db(), dataset).await?.is_some()
        {
            return Ok(None);
        }
        let columns = self.columns(entry);
        let mark = mark(&columns);
        let batches = self.batches(&layout, &columns, &mark);
        if batches.is_empty() {
            return Ok(None);
        }
        let schema = plain(&inner.lake.open(dataset, layout.version).await?.schema);
        Ok(Some(Plan { version: layout.version, schema, columns, mark, batches }))
    }

    /// Columns that are there of those named for the dataset, else its column of owners.
    fn columns(&self, entry: &Entry) -> Vec<String> {
        let named = self.options.cluster.get(&entry.name).cloned();
        let columns = named.unwrap_or_else(|| entry.restricted_by.iter().cloned().collect());
        let there = |name: &String| entry.columns.iter().any(|column| column.name == *name);
        columns.into_iter().filter(there).collect()
    }

    fn batches(&self, layout: &Layout, columns: &[String], mark: &str) -> Vec<Batch> {
        let mib = |mib: u64| mib.saturating_mul(1 << 20);
        let small = mib(self.options.small_file_mib);
        let laid_out = |file: &StagedFile| columns.is_empty() || is_marked(file, mark);
        let unordered: u64 = layout.files.iter().filter(|file| !laid_out(file)).map(|file| file.bytes).sum();
        let ordering = unordered > mib(self.options.cluster_above_mib);
        let few = (self.options.small_files_min as usize).max(2);
        let merging = layout.files.iter().filter(|file| file.bytes < small).count() >= few;
        let wanted = |file: &&StagedFile| (merging && file.bytes < small) || (ordering && !laid_out(file));
        let mut waiting: VecDeque<StagedFile> = layout.files.iter().filter(wanted).cloned().collect();
        let target = mib(self.options.target_file_mib);
        let mut batches = Vec::new();
        while let Some(first) = waiting.pop_front() {
            let mut bytes = first.bytes;
            let mut files = vec![first];
            while let Some(next) = waiting.pop_front_if(|next| bytes.saturating_add(next.bytes) <= target) {
                bytes = bytes.saturating_add(next.bytes);
                files.push(next);
            }
            // One file alone is worth it only for its order.
            let alone = files.len() == 1;
            if !alone || files.iter().any(|file| ordering && !laid_out(file)) {
                batches.push(Batch { files });
            }
            if batches.len() == BATCHES_MAX {
                break;
            }
        }
        batches
    }
}

/// The columns of an order, short enough for a file name.
fn mark(columns: &[String]) -> String {
    let mut digits = hexadecimal::encode(&Sha256::digest(columns.join("\n")));
    digits.truncate(MARK_DIGITS);
    digits
}

/// Whether a file was written in the order of `mark`.
fn is_marked(file: &StagedFile, mark: &str) -> bool {
    let known =
        TableFile { name: file.name.clone(), bytes: file.bytes, changed: chrono::DateTime::UNIX_EPOCH };
    let run = known.run().and_then(|run| run.strip_prefix(RUN_PREFIX));
    run.and_then(|run| run.strip_prefix(mark)).is_some_and(|rest| rest.starts_with('-'))
}

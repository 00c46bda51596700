//! Dictionaries behind the SQL functions, taken from the subject tables and renewed when those change.

use crate::extract::{Extractor, LexiconEntry};
use crate::handle::Inner;
use crate::standard::Regions;
use crate::standard::context::Versions;
use crate::{Error, Result};
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::physical_plan::collect;

/// Trust in a product's name by where it comes from.
const CURATED_WEIGHT: f32 = 1.0;
const MINED_WEIGHT: f32 = 0.9;

impl Inner {
    /// Renew region dictionary and product extractor where the tables behind them changed.
    pub(crate) async fn reload_standards(&self) -> Result<()> {
        let wanted = {
            let snapshot = self.catalogue.snapshot();
            let version = |name: &str| snapshot.get(name).and_then(|entry| entry.version);
            Versions {
                region: version("subject.region"),
                product: version("subject.product"),
                industry: version("subject.industry"),
            }
        };
        let known = self.standards.versions();
        if let Some(version) = wanted.region.filter(|_| wanted.region != known.region) {
            let rows = self.texts("subject.region", version, &["region_code", "name"]).await?;
            let pairs = rows.into_iter().filter_map(|mut row| {
                let name = row.pop().flatten()?;
                Some((row.pop().flatten()?, name))
            });
            self.standards.set_regions(Regions::new(pairs));
        }
        if (wanted.product, wanted.industry) != (known.product, known.industry) {
            let products = self.lexicon(wanted.product).await?;
            let classes = self.classes(wanted.industry).await?;
            let built = tokio::task::spawn_blocking(move || Extractor::new(products, classes)).await;
            let built = built.map_err(|error| std::io::Error::other(error.to_string()))?;
            self.standards.set_extractor(built.map_err(|error| Error::extractor(&error))?);
        }
        self.standards.set_versions(wanted);
        Ok(())
    }

    async fn lexicon(&self, version: Option<u64>) -> Result<Vec<LexiconEntry>> {
        let Some(version) = version else { return Ok(Vec::new()) };
        let columns = ["product_id", "name", "aliases", "industry_code", "curated", "is_food"];
        let rows = self.texts("subject.product", version, &columns).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().flatten();
                let (product_id, name) = (next()?, next()?);
                let aliases = next().unwrap_or_default();
                let industry_code = next();
                let curated = next().as_deref() == Some("true");
                // Dishes are no products of a manufacturer and their names swallow real ones.
                if next().as_deref() == Some("true") {
                    return None;
                }
                Some(LexiconEntry {
                    product_id,
                    name,
                    aliases: aliases
                        .split('|')
                        .filter(|alias| !alias.is_empty())
                        .map(str::to_owned)
                        .collect(),
                    industry_code,
                    weight: if curated { CURATED_WEIGHT } else { MINED_WEIGHT },
                    curated,
                })
            })
            .collect())
    }

    async fn classes(&self, version: Option<u64>) -> Result<Vec<(String, String, String)>> {
        let Some(version) = version else { return Ok(Vec::new()) };
        let rows = self.texts("subject.industry", version, &["code", "name", "note"]).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let mut row = row.into_iter();
                let (code, name) = (row.next().flatten()?, row.next().flatten()?);
                Some((code, name, row.next().flatten().unwrap_or_default()))
            })
            .collect())
    }

    /// Columns of a small table as text, for building dictionaries only; never handed to a caller.
    async fn texts(&self, dataset: &str, version: u64, columns: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        let table = self.lake.open(dataset, version).await?;
        let state = self.engine.parser();
        let projection = columns
            .iter()
            .map(|name| table.schema.index_of(name).map_err(datafusion::error::DataFusionError::from))
            .collect::<Result<Vec<_>, _>>()?;
        let plan = table.provider.scan(state, Some(&projection), &[], None).await?;
        let batches = collect(plan, state.task_ctx()).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            let texts = as_texts(batch)?;
            for row in 0..batch.num_rows() {
                let value =
                    |column: &StringViewArray| column.is_valid(row).then(|| column.value(row).to_owned());
                rows.push(texts.iter().map(value).collect());
            }
        }
        Ok(rows)
    }
}

fn as_texts(batch: &RecordBatch) -> Result<Vec<StringViewArray>> {
    let texts = batch.columns().iter().map(|column| {
        let text = cast(column, &DataType::Utf8View).map_err(datafusion::error::DataFusionError::from)?;
        Ok(text.as_string_view().clone())
    });
    texts.collect()
}

//! What a model's query sees: the versions chosen for this run, empty tables for missing optional ones, and the
//! dictionaries this program brings along.

use super::Model;
use crate::engine::CATALOG;
use crate::handle::Inner;
use crate::{Error, Result};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::datasource::empty::EmptyTable;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Versions read, by dataset.
pub(crate) type Versions = BTreeMap<String, u64>;

/// Prefix of dictionaries that are part of the program.
pub(crate) const BUILT_IN_ZONE: &str = "builtin";

impl Inner {
    /// The versions a run of `model` would read now; `None` where a required table is missing.
    pub(super) fn versions_for(&self, model: &Model) -> Option<Versions> {
        let snapshot = self.catalogue.snapshot();
        let mut versions = Versions::new();
        for name in model.reads().filter(|name| !name.starts_with(BUILT_IN_ZONE)) {
            match snapshot.get(name).and_then(|entry| entry.version) {
                Some(version) => {
                    versions.insert(name.to_owned(), version);
                }
                None if model.optional.contains_key(name) => {}
                None => return None,
            }
        }
        Some(versions)
    }

    /// A catalog with exactly what the model declares.
    pub(super) async fn model_tables(
        &self,
        model: &Model,
        versions: &Versions,
    ) -> Result<Arc<dyn CatalogProviderList>> {
        let mut tables = BTreeMap::new();
        for name in model.reads() {
            let provider: Arc<dyn TableProvider> = match (versions.get(name), model.optional.get(name)) {
                (Some(version), _) => Arc::clone(&self.lake.open(name, *version).await?.provider),
                (None, Some(schema)) => Arc::new(EmptyTable::new(Arc::clone(schema))),
                (None, None) => dictionary(name)?,
            };
            tables.insert(name.to_owned(), provider);
        }
        catalog_of(tables)
    }
}

/// A catalog of these tables, named `zone.table`.
pub(super) fn catalog_of(
    tables: BTreeMap<String, Arc<dyn TableProvider>>,
) -> Result<Arc<dyn CatalogProviderList>> {
    let catalog = Arc::new(MemoryCatalogProvider::new());
    for (name, provider) in tables {
        let (zone, table) = name.split_once('.').unwrap_or((BUILT_IN_ZONE, name.as_str()));
        let schema = match catalog.schema(zone) {
            Some(schema) => schema,
            None => {
                let schema = Arc::new(MemorySchemaProvider::new());
                catalog.register_schema(zone, Arc::clone(&schema) as Arc<dyn SchemaProvider>)?;
                schema
            }
        };
        schema.register_table(table.to_owned(), provider)?;
    }
    let list = MemoryCatalogProviderList::new();
    list.register_catalog(CATALOG.to_owned(), catalog);
    Ok(Arc::new(list))
}

pub(super) fn dictionary(name: &str) -> Result<Arc<dyn TableProvider>> {
    match name {
        "builtin.region" => {
            let rows = crate::standard::regions::built_in_rows();
            let rows: Vec<_> = rows.map(|(code, name)| vec![Some(code), Some(name)]).collect();
            text_table(&["code", "name"], &rows)
        }
        "builtin.industry" => {
            let rows: Vec<_> = crate::standard::industries::built_in_rows()
                .map(|row| {
                    let (code, name) = (row.code.to_owned(), row.name.to_owned());
                    let (parent, section) = (row.parent().map(str::to_owned), row.section.to_owned());
                    vec![Some(code), Some(name), Some(row.level().to_string()), parent, Some(section)]
                })
                .collect();
            text_table(&["code", "name", "level", "parent", "section"], &rows)
        }
        "builtin.product" => {
            let extractor = crate::standard::context::built_in_extractor()?;
            let rows: Vec<_> = (0..)
                .map_while(|index| extractor.product(index))
                .map(|product| {
                    vec![
                        Some(product.id.to_owned()),
                        Some(product.name.to_owned()),
                        product.english.map(str::to_owned),
                        product.industry_code.map(|code| format!("{code:04}")),
                    ]
                })
                .collect();
            text_table(&["product", "name", "name_en", "industry_code"], &rows)
        }
        _ => Err(Error::UnknownDataset { name: name.to_owned(), nearest: Vec::new() }),
    }
}

fn text_table(columns: &[&str], rows: &[Vec<Option<String>>]) -> Result<Arc<dyn TableProvider>> {
    let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Utf8View, true)).collect();
    let arrays = (0..columns.len())
        .map(|at| {
            let column = rows.iter().map(|row| row.get(at).and_then(Option::as_deref));
            Arc::new(column.collect::<StringViewArray>()) as ArrayRef
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)
        .map_err(datafusion::error::DataFusionError::from)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

//! Holding every model against the tables there are, or will be, without running one.

use super::make::{documented, planned};
use super::refresh::blamed;
use super::tables::{BUILT_IN_ZONE, catalog_of, dictionary};
use super::wrong::ModelError;
use super::{Model, ModelSet, load};
use crate::handle::Inner;
use crate::lake::read::{plain, with_views};
use crate::{Error, Result, Warehouse, mapping};
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a check of the models found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCheck {
    /// Models whose query was planned against its tables.
    pub checked: Vec<String>,
    /// Models whose tables are not known yet: model and table.
    pub unchecked: Vec<(String, String)>,
    /// What is wrong.
    pub errors: Vec<ModelError>,
}

impl Warehouse {
    /// Read every model file and plan every query: against the tables loaded, the tables other models will make, and
    /// those that mappings describe. Nothing is run.
    pub async fn check_models(&self) -> Result<ModelCheck> {
        let inner = &self.inner;
        let set = inner.reload_models()?;
        let mut check = ModelCheck { errors: set.broken.clone(), ..ModelCheck::default() };
        let described = described(inner, &mut check);
        let mut made: BTreeMap<String, SchemaRef> = BTreeMap::new();
        for model in &set.models {
            check.errors.extend(inner.loose(&set, model));
            match inner.tables_of(model, &made, &described).await? {
                Err(missing) => check.unchecked.push((model.name.clone(), missing)),
                Ok(tables) => match inner.plan_query(model, tables).await {
                    Ok(schema) => {
                        made.insert(model.name.clone(), schema);
                        check.checked.push(model.name.clone());
                    }
                    Err(error) => check.errors.push(error),
                },
            }
        }
        Ok(check)
    }
}

/// Columns of the tables that mappings describe. A mapping that is wrong is an error of the check.
fn described(inner: &Inner, check: &mut ModelCheck) -> BTreeMap<String, SchemaRef> {
    let mut tables = BTreeMap::new();
    match mapping::all(&inner.options.root) {
        Ok(mappings) => {
            for table in mappings.iter().flat_map(|mapping| &mapping.tables) {
                tables.insert(table.dataset.clone(), with_views(&crate::ingest::schema_of(table)));
            }
        }
        Err(error) => check.errors.push(ModelError {
            file: error.file.clone(),
            line: 1,
            problem: error.problem,
            fix: error.fix,
        }),
    }
    tables
}

type Tables = BTreeMap<String, Arc<dyn TableProvider>>;

impl Inner {
    /// What is wrong with a model of the operator that reads rows with an owner and does not say whose its own are:
    /// every firm would see them all.
    pub(super) fn loose(&self, set: &ModelSet, model: &Model) -> Option<ModelError> {
        let file = model.file.as_ref()?;
        if model.restricted_by.is_some() || model.unrestricted {
            return None;
        }
        let snapshot = self.catalogue.snapshot();
        let owned = |name: &str| {
            let published = snapshot.get(name).is_some_and(|entry| entry.restricted_by.is_some());
            published || set.models.iter().any(|known| known.name == name && known.restricted_by.is_some())
        };
        let name = model.reads().find(|name| owned(name))?;
        let problem = (
            &*format!("它读取的 {name} 按企业限制行，本模型没有写明各行属于谁"),
            &*format!(
                "{name}, which it reads, has rows of single firms, and the model does not say whose its rows are"
            ),
        );
        let fix = (
            "写 `-- restricted_by: 列名`；各行不属于任何一家企业（如汇总）时写 `-- restricted_by: none`。",
            "Write `-- restricted_by: <column>`, or `-- restricted_by: none` where no row is one firm's own, as in totals.",
        );
        Some(ModelError::new(1, problem, fix).in_file(file))
    }

    /// What a model's query would see, or the table that is not known.
    async fn tables_of(
        &self,
        model: &Model,
        made: &BTreeMap<String, SchemaRef>,
        described: &BTreeMap<String, SchemaRef>,
    ) -> Result<Result<Tables, String>> {
        let snapshot = self.catalogue.snapshot();
        let mut tables = Tables::new();
        for name in model.reads() {
            let version = snapshot.get(name).and_then(|entry| entry.version);
            let empty = |schema: &SchemaRef| -> Arc<dyn TableProvider> {
                Arc::new(EmptyTable::new(Arc::clone(schema)))
            };
            let provider = match (made.get(name), version) {
                _ if name.starts_with(BUILT_IN_ZONE) => dictionary(name)?,
                (Some(schema), _) => empty(schema),
                (None, Some(version)) => Arc::clone(&self.lake.open(name, version).await?.provider),
                (None, None) => match model.optional.get(name).or_else(|| described.get(name)) {
                    Some(schema) => empty(schema),
                    None => return Ok(Err(name.to_owned())),
                },
            };
            tables.insert(name.to_owned(), provider);
        }
        Ok(Ok(tables))
    }

    async fn plan_query(&self, model: &Model, tables: Tables) -> Result<SchemaRef, ModelError> {
        let planned = async {
            let state = self.engine.state(catalog_of(tables)?, self.options.memory_limit_mib)?;
            let plan = planned(&state, model).await?;
            let schema = with_views(&plain(&Arc::new(plan.schema().as_arrow().clone())));
            documented(model, &schema)?;
            Ok::<_, Error>(schema)
        };
        planned.await.map_err(|error| told(model, error))
    }
}

/// An error of planning at its place in the file.
fn told(model: &Model, error: Error) -> ModelError {
    let label = model.file.clone().unwrap_or_else(|| model.name.clone());
    match error {
        error @ Error::Sql(_) => load::sql_error(model, &error).in_file(&label),
        other => {
            let failure = Failure::from(blamed(other, model));
            let fix = failure.hint.map_or_else(
                || Text::new("修改后运行 brain model check。", "Mend it and run `brain model check`."),
                |hint| *hint,
            );
            ModelError { file: label, line: model.sql_line.max(1), problem: failure.detail, fix }
        }
    }
}

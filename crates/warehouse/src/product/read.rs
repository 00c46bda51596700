//! Reading a product: the consumer's grant decides, the publisher's rights open the inputs, and both are in the plan.

use super::parameter::{bind, placeholders};
use super::{Column, Form, Product, Published, Source, dataset_of, refuse};
use crate::engine::{CATALOG, DEFAULT_ZONE};
use crate::handle::Inner;
use crate::lake::read::TableAt;
use crate::query::catalog::{DoorCatalog, Prepared, Visit};
use crate::query::quoted;
use crate::query::session::within;
use crate::query::stack::deep;
use crate::query::{QueryLimits, QueryStream, Session, statement, view};
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::hexadecimal;
use brain_kernel::party::Party;
use brain_kernel::progress::Cancel;
use brain_kernel::provenance::Input;
use brain_trust::{EvidenceEntry, Grant};
use chrono::{DateTime, Utc};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{ScalarValue, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Versions of the inputs that one read sees.
pub(super) type Pinned = BTreeMap<String, u64>;

/// What is asked of a product.
#[derive(Debug, Clone)]
pub struct ProductAsk {
    /// Its id.
    pub product: String,
    /// In which form.
    pub form: Form,
    /// Values of its parameters.
    pub parameters: Map<String, Value>,
}

/// A product that is open to the caller: admitted, its parameters bound, the versions of its inputs fixed.
#[derive(Debug, Clone)]
pub struct OpenProduct {
    pub(super) session: Session,
    pub(super) product: Arc<Product>,
    pub(super) version: Arc<Published>,
    publisher: Party,
    grant: Grant,
    values: Vec<(String, ScalarValue)>,
    pub(super) pinned: Pinned,
    as_of: Option<DateTime<Utc>>,
}

/// Rows of a publisher as a plan, and the state it runs in.
pub(super) struct Rows {
    pub(super) state: SessionState,
    pub(super) plan: LogicalPlan,
    /// Grants under which the inputs were opened.
    pub(super) grants: BTreeMap<String, Grant>,
}

impl Session {
    /// Open a product for the caller, or say why not; a refusal is on record.
    pub async fn product(&self, ask: &ProductAsk) -> Result<OpenProduct> {
        let opened = self.opened_product(ask).await;
        self.told(opened.inspect_err(|error| {
            if let Error::Failure(failure) = error
                && matches!(failure.kind, ErrorKind::Forbidden | ErrorKind::Precondition)
            {
                self.visit().access.refused(&dataset_of(&ask.product), failure.code);
            }
        }))
    }

    async fn opened_product(&self, ask: &ProductAsk) -> Result<OpenProduct> {
        let (visit, inner) = (self.visit(), &self.visit().inner);
        // A de-grading that ran out raises the label of what is made of it, too.
        if inner.catalogue.is_due(inner.clock.now()) {
            inner.reload_catalogue().await?;
        }
        let product = inner.products_visible(&visit.party, &ask.product)?;
        let (name, owner) = (product.dataset(), &product.row.owner);
        visit.confine(&name)?;
        let version = offered(&product)?;
        let facts = inner.product_facts(&product, &version);
        let admitted = inner.trust.policy().admit(&visit.party, &facts, &visit.wanted());
        let grant = admitted.map_err(|error| match error {
            brain_trust::Error::NoGrant { dataset } => {
                Error::passed(Failure::from(Error::NoGrant { dataset, owner: owner.clone() }))
            }
            other => Error::passed(other),
        })?;
        visit.access.opened(&name, u64::try_from(version.number).unwrap_or_default(), &grant)?;
        if !version.definition.forms.contains(&ask.form) {
            return Err(refuse(
                ErrorKind::InvalidArgument,
                "warehouse/product-form",
                format!("产品 {} 不以此形态提供。", ask.product),
                format!("Product {} is not offered in this form.", ask.product),
            ));
        }
        let values = bind(version.definition.source.parameters(), &ask.parameters)?;
        let publisher = inner.publisher(owner, &version.published_by).await?;
        let pinned = inner.newest_inputs(&version.inputs)?;
        let as_of = inner.as_of(&version.inputs).await?;
        let session = self.clone();
        Ok(OpenProduct { session, product, version, publisher, grant, values, pinned, as_of })
    }

    /// Bytes of rows of this session were sent.
    pub fn sent(&self, bytes: u64) {
        self.visit().access.sent(bytes);
    }
}

/// The version readers get, or why there is none.
fn offered(product: &Product) -> Result<Arc<Published>> {
    let id = &product.row.id;
    match product.current().filter(|_| product.state.is_offered()) {
        Some(version) => Ok(Arc::clone(version)),
        None if product.current().is_some() => Err(refuse(
            ErrorKind::Precondition,
            "warehouse/product-withdrawn",
            format!("数据产品 {id} 已下架，不再提供。"),
            format!("Data product {id} was withdrawn and is not offered any more."),
        )),
        None => Err(refuse(
            ErrorKind::Precondition,
            "warehouse/product-draft",
            format!("数据产品 {id} 尚未发布。"),
            format!("Data product {id} is not published yet."),
        )),
    }
}

impl OpenProduct {
    /// Semantic version that is read.
    #[must_use]
    pub fn semver(&self) -> String {
        self.version.semver.to_string()
    }

    /// Product, number of its version, and grant, as a result names them.
    #[must_use]
    pub fn input(&self) -> Input {
        let version = u64::try_from(self.version.number).unwrap_or_default();
        Input { dataset: self.product.dataset(), version, grant: self.grant.id.clone() }
    }

    /// When the oldest of the newest versions of its inputs was committed.
    #[must_use]
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    /// What the rows depend on, in one word: version, versions of the inputs, grant and parameters.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let party = &self.session.visit().party;
        let values: Vec<String> = self.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = json!([
            self.version.number,
            self.pinned,
            self.grant.rows,
            self.grant.masks,
            values,
            party.organisation,
            party.region,
        ]);
        let hash = Sha256::digest(text.to_string());
        let short = hexadecimal::encode(hash.get(..12).unwrap_or(&hash));
        format!("{}-{short}", self.version.semver)
    }

    /// The rows, ordered by the columns from left to right, so that pages fit together and files are equal.
    pub async fn rows(&self, limits: QueryLimits, cancel: Cancel) -> Result<QueryStream> {
        let bounds = self.session.bounds(limits);
        let work = async {
            let (state, provider) = self.view(&self.pinned, bounds.memory_mib).await?;
            let order: Vec<_> = names(&provider).iter().map(|name| column(name).sort(true, true)).collect();
            let name = TableReference::bare(self.product.dataset());
            let plan =
                LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?.sort(order)?.build()?;
            let batches = self.session.execute(&state, plan, &bounds).await?;
            self.session.stream(batches, BTreeSet::from([self.input()]), &bounds, cancel.clone()).await
        };
        self.session.told(within(&bounds, &cancel, work).await)
    }

    /// The rows over these versions of the inputs as the consumer may see them.
    pub(super) async fn view(
        &self,
        pinned: &Pinned,
        memory_mib: u64,
    ) -> Result<(SessionState, Arc<dyn TableProvider>)> {
        let visit = self.session.visit();
        let behalf = visit.on_behalf_of(self.publisher.clone());
        let (owner, source) = (&self.product.row.owner, &self.version.definition.source);
        let sql = sql_of(source, &self.version.columns);
        let rows = publishers_rows(&behalf, owner, &sql, self.values.clone(), Some(pinned), memory_mib).await;
        let own = super::is_own(&visit.party, owner);
        let told = |error| if own { changed(error) } else { withheld(changed(error)) };
        let Rows { state, plan, .. } = rows.map_err(told)?;
        if !is_as_published(&plan, &self.version.columns) {
            return Err(another_shape());
        }
        let schema = Arc::clone(plan.schema().inner());
        let at = TableAt {
            dataset: self.product.dataset(),
            version: self.input().version,
            schema,
            rows: 0,
            bytes: 0,
            provider: Arc::new(ViewTable::new(plan, None)),
        };
        let (rows, masks) = (&self.grant.rows, &self.grant.masks);
        let provider = view::provider(&at, rows, masks, &visit.party, &visit.salt())?;
        Ok((state, provider))
    }

    /// Evidence that the rows leave the node as a file: call it before the first byte does.
    pub async fn record_file(&self, format: &str, digest: &str, (rows, bytes): (u64, u64)) -> Result<()> {
        let entry = EvidenceEntry {
            kind: "data_product.export".to_owned(),
            actor: self.session.visit().party.account.clone(),
            subject: self.product.dataset(),
            body: json!({
                "version": self.semver(), "format": format, "sha256": digest, "rows": rows, "bytes": bytes,
                "grant": self.grant.id, "agreement": self.grant.agreement, "inputs": self.pinned,
            }),
        };
        self.session.visit().inner.trust.evidence().record(entry).await.map_err(Error::passed)?;
        Ok(())
    }
}

impl Inner {
    fn products_visible(self: &Arc<Self>, party: &Party, id: &str) -> Result<Arc<Product>> {
        super::Products { inner: Arc::clone(self) }.visible(party, id)
    }

    /// The newest versions of these datasets.
    pub(super) fn newest_inputs(&self, inputs: &[String]) -> Result<Pinned> {
        let snapshot = self.catalogue.snapshot();
        let version = |name: &String| {
            let found = snapshot.get(name).and_then(|entry| entry.version);
            let missing = || Error::UnknownDataset { name: name.clone(), nearest: Vec::new() };
            Ok((name.clone(), found.ok_or_else(missing)?))
        };
        inputs.iter().map(version).collect::<Result<_>>().map_err(changed)
    }
}

/// What the inputs have become does not fit what was published: its owner must look after it.
fn changed(error: Error) -> Error {
    match error {
        Error::Sql(_) | Error::UnknownDataset { .. } => another_shape(),
        other => other,
    }
}

fn another_shape() -> Error {
    refuse(
        ErrorKind::Precondition,
        "warehouse/product-changed",
        "产品所依据的数据结构已改变，与已发布的版本不符，暂停提供；请所有者发布新版本。",
        "What the product is made of has another shape than was published; its owner must publish a new version.",
    )
}

/// What a consumer is told when the owner may not pass an input on any more: not which one.
fn withheld(error: Error) -> Error {
    match error {
        Error::Failure(failure) if failure.code == "warehouse/product-rights" => refuse(
            ErrorKind::Forbidden,
            failure.code,
            "所有者对其来源数据的权利已变化，暂停提供；请联系所有者。",
            "The owner's right to what the product is made of has changed; nothing is handed out. Ask the owner.",
        ),
        other => other,
    }
}

/// The statement of a source. Names only: values are bound.
pub(super) fn sql_of(source: &Source, columns: &[Column]) -> String {
    match source {
        Source::Query { sql, .. } => sql.clone(),
        Source::Dataset { dataset, .. } => {
            let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
            let parts: Vec<String> = dataset.splitn(2, '.').map(quoted).collect();
            format!("SELECT {} FROM {}", names.join(", "), parts.join("."))
        }
    }
}

/// Plan a statement with the rights of the visit's party, each input opened only as far as it may be passed on.
pub(super) async fn publishers_rows(
    visit: &Arc<Visit>,
    owner: &str,
    sql: &str,
    values: Vec<(String, ScalarValue)>,
    pinned: Option<&Pinned>,
    memory_mib: u64,
) -> Result<Rows> {
    let bare = visit.inner.engine.parser();
    let parsed = statement::parse(bare, sql)?;
    match &parsed {
        Statement::Statement(inner) if matches!(inner.as_ref(), Sql::Query(_)) => {}
        _ => return Err(Error::NotARead { statement: "a product that is no SELECT".into() }),
    }
    let (mut prepared, mut grants) = (Prepared::new(), BTreeMap::new());
    for reference in bare.resolve_table_references(&parsed)? {
        let resolved = reference.resolve(CATALOG, DEFAULT_ZONE);
        let (zone, table) = (resolved.schema.to_string(), resolved.table.to_string());
        let name = format!("{zone}.{table}");
        let unknown = || Error::UnknownDataset { name: name.clone(), nearest: Vec::new() };
        // The tables of the schema would tell what else its publisher may see.
        if &*resolved.catalog != CATALOG || zone == "information_schema" || table.contains('@') {
            return Err(unknown());
        }
        let version = pinned.and_then(|pinned| pinned.get(&name).copied());
        if pinned.is_some() && version.is_none() && !bare.table_functions().contains_key(&table) {
            return Err(unknown());
        }
        match visit.open_to_pass_on(owner, &name, version).await? {
            Some((opened, grant)) => {
                prepared.insert((zone, table), opened.provider);
                grants.insert(name, grant);
            }
            None if bare.table_functions().contains_key(&table) => {}
            None => return Err(unknown()),
        }
    }
    let names: Vec<String> = grants.keys().cloned().collect();
    let door = DoorCatalog::new(Arc::clone(visit), &names, prepared);
    let state = visit.inner.engine.state(door, memory_mib)?;
    let planning = async {
        let plan = state.statement_to_plan(parsed).await?;
        check_parameters(&plan, &values)?;
        let plan = if values.is_empty() { plan } else { plan.with_param_values(values)? };
        statement::check_plan(&plan)?;
        Ok::<_, Error>(plan)
    };
    let plan = deep(planning).await?;
    Ok(Rows { state, plan, grants })
}

/// The query uses exactly the parameters that are declared.
fn check_parameters(plan: &LogicalPlan, values: &[(String, ScalarValue)]) -> Result<()> {
    let used: BTreeSet<String> =
        plan.get_parameter_names()?.into_iter().map(|name| name.trim_start_matches('$').to_owned()).collect();
    let declared: BTreeSet<String> = values.iter().map(|(name, _)| name.clone()).collect();
    match used.symmetric_difference(&declared).next() {
        None => Ok(()),
        Some(name) if used.contains(name) => Err(super::wrong(
            "/definition/source/parameters",
            format!("查询用到参数 ${name}，但没有声明。"),
            format!("The query uses ${name}, which is not declared."),
        )),
        Some(name) => Err(super::wrong(
            "/definition/source/parameters",
            format!("参数 {name} 已声明，但查询没有用到。"),
            format!("Parameter {name} is declared, and the query does not use it."),
        )),
    }
}

/// Plan a query that nobody has given parameters yet.
pub(super) async fn draft_rows(visit: &Arc<Visit>, owner: &str, source: &Source, sql: &str) -> Result<Rows> {
    let memory_mib = visit.inner.options.query_memory_mib;
    publishers_rows(visit, owner, sql, placeholders(source.parameters()), None, memory_mib).await
}

fn is_as_published(plan: &LogicalPlan, columns: &[Column]) -> bool {
    let fields = plan.schema().fields();
    fields.len() == columns.len()
        && fields.iter().zip(columns).all(|(field, column)| {
            *field.name() == column.name && type_name(field.data_type()) == column.data_type
        })
}

/// Name of a type; the ways in which text is held are one to whoever reads it.
pub(super) fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "Utf8".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn names(provider: &Arc<dyn TableProvider>) -> Vec<String> {
    let schema: Arc<Schema> = provider.schema();
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

pub(super) fn column(name: &str) -> Expr {
    Expr::Column(datafusion::common::Column::from_name(name))
}

//! Data products (数据产品): a dataset or a query with parameters, offered under a contract as interface, download,
//! subscription or component.
//!
//! A product is read like a dataset `product.<id>`: the consumer needs a grant to it, asked for like any other. Its
//! query runs with the rights of who published it, and only over what that one may pass on ([`rights`]).
//! A published version never changes; what a reader gets is that version over the newest versions of its inputs.
//! Start reading at [`Products`], then [`read`] for the way out.

mod card;
mod change;
mod component;
mod contract;
mod definition;
mod difference;
mod meter;
mod moment;
mod openapi;
mod parameter;
mod read;
mod request;
mod rights;
mod sla;
mod state;
mod subscription;
pub mod tally;

pub use card::{FieldCard, ProductCard, ProductDetail, ProductQuery, VersionCard};
pub use change::{Checked, PublishNote};
pub use component::ProductComponent;
pub use contract::{Contract, Redistribution, Use};
pub use definition::{Definition, Form, NewProduct, Source};
pub use difference::{Difference, DifferenceKind};
pub use meter::{Counter, Usage, UsageLine};
pub use parameter::{Parameter, ParameterKind};
pub use read::{OpenProduct, ProductAsk};
pub use sla::{Sla, SlaReport};
pub use state::State;
pub use subscription::{Delivery, NewReceipt, Offer, SubscriptionCard};

use crate::error::refuse;
use crate::handle::Inner;
use crate::{Error, Result, Warehouse};
use arc_swap::ArcSwap;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::{Party, Role};
use brain_store::data_product::{self as rows, ProductRow, VersionRow};
use brain_trust::{NODE_OWNER, PRODUCT_ZONE};
use chrono::{DateTime, Utc};
use difference::Semver;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Purpose for which the rows of a product's inputs are opened.
pub(crate) const PURPOSE: &str = "product";
/// Account of the person at the node's terminal, who needs no account.
const LOCAL_OPERATOR: &str = "local-operator";
/// Roles that offer products: an organisation's, and whoever runs the node for the node's own data.
pub const OFFERING: [Role; 4] =
    [Role::SystemAdministrator, Role::Government, Role::IndustryBody, Role::Enterprise];

/// A column of a published version, and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    nullable: bool,
    title: Text,
    unit: Option<String>,
    /// Columns its values are computed from, as `(dataset, column)`; none where it counts rows or is a constant.
    origins: Vec<(String, String)>,
}

/// A version that was published.
#[derive(Debug, Clone)]
struct Published {
    number: i64,
    semver: Semver,
    definition: Definition,
    columns: Vec<Column>,
    inputs: Vec<String>,
    note: String,
    breaking: bool,
    differences: Vec<Difference>,
    published_by: String,
    published_at: DateTime<Utc>,
}

impl Published {
    fn of(row: VersionRow) -> Result<Self> {
        Ok(Self {
            number: row.number,
            semver: Semver::parse(&row.semver).unwrap_or_default(),
            definition: serde_json::from_value(row.definition)?,
            columns: serde_json::from_value(row.columns)?,
            inputs: serde_json::from_value(row.inputs)?,
            note: row.note,
            breaking: row.breaking,
            differences: serde_json::from_value(row.differences)?,
            published_by: row.published_by,
            published_at: row.published_at,
        })
    }
}

/// A product with its versions, oldest first.
#[derive(Debug, Clone)]
struct Product {
    row: ProductRow,
    state: State,
    draft: Definition,
    versions: Vec<Arc<Published>>,
}

impl Product {
    fn of(row: ProductRow, versions: Vec<Arc<Published>>) -> Result<Self> {
        let corrupt = || Error::passed(Failure::internal("warehouse/product-record"));
        let state = State::from_name(&row.state).ok_or_else(corrupt)?;
        let draft = serde_json::from_value(row.draft.clone())?;
        Ok(Self { row, state, draft, versions })
    }

    /// The version readers get.
    fn current(&self) -> Option<&Arc<Published>> {
        self.versions.iter().find(|version| Some(version.number) == self.row.current)
    }

    /// Its name as a dataset.
    fn dataset(&self) -> String {
        dataset_of(&self.row.id)
    }
}

/// Every product by id, swapped whole after each change, so that a withdrawal acts at the next read.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    products: ArcSwap<BTreeMap<String, Arc<Product>>>,
    /// Uses are counted by one at a time.
    counting: Mutex<()>,
    /// Moments are numbered by one at a time.
    numbering: Mutex<()>,
}

impl Inner {
    /// Read the products again. Call after every transaction that changed one.
    pub(crate) async fn reload_products(&self) -> Result<()> {
        let mut versions: BTreeMap<String, Vec<Arc<Published>>> = BTreeMap::new();
        for row in rows::versions(self.store.db()).await? {
            versions.entry(row.product.clone()).or_default().push(Arc::new(Published::of(row)?));
        }
        let mut products = BTreeMap::new();
        for row in rows::all(self.store.db()).await? {
            let own = versions.remove(&row.id).unwrap_or_default();
            products.insert(row.id.clone(), Arc::new(Product::of(row, own)?));
        }
        self.products.products.store(Arc::new(products));
        Ok(())
    }

    fn product(&self, id: &str) -> Result<Arc<Product>> {
        self.products.products.load().get(id).cloned().ok_or_else(|| unknown(id))
    }
}

/// The products of a node; cheap to clone.
#[derive(Clone)]
pub struct Products {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// The data products.
    pub fn products(&self) -> Products {
        Products { inner: Arc::clone(&self.inner) }
    }
}

impl Products {
    /// The product a caller may know of: a draft is its owner's alone.
    fn visible(&self, party: &Party, id: &str) -> Result<Arc<Product>> {
        let product = self.inner.product(id)?;
        if product.current().is_none() && !is_own(party, &product.row.owner) {
            return Err(unknown(id));
        }
        Ok(product)
    }

    /// The product, for whoever may change it.
    fn own(&self, party: &Party, id: &str) -> Result<Arc<Product>> {
        let product = self.visible(party, id)?;
        if is_own(party, &product.row.owner) && OFFERING.contains(&party.role) {
            return Ok(product);
        }
        Err(not_owner(&product.row.owner))
    }
}

/// `product.<id>`.
fn dataset_of(id: &str) -> String {
    format!("{PRODUCT_ZONE}.{id}")
}

/// In whose name a caller offers products.
fn owner_of(party: &Party) -> Result<String> {
    match (&party.organisation, party.role) {
        (Some(organisation), role) if OFFERING.contains(&role) => Ok(organisation.as_str().to_owned()),
        (None, Role::SystemAdministrator) => Ok(NODE_OWNER.to_owned()),
        _ => Err(refuse(
            ErrorKind::Forbidden,
            "warehouse/product-owner",
            "发布数据产品的账号须属于某个单位。",
            "Whoever offers data products acts for an organisation.",
        )),
    }
}

/// Whether a caller acts for the owner of a product.
fn is_own(party: &Party, owner: &str) -> bool {
    match &party.organisation {
        Some(organisation) => organisation.as_str() == owner,
        None => party.role == Role::SystemAdministrator && owner == NODE_OWNER,
    }
}

fn unknown(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-product",
        format!("没有数据产品 {id}。"),
        format!("There is no data product {id}."),
    )
}

fn not_owner(owner: &str) -> Error {
    refuse(
        ErrorKind::Forbidden,
        "warehouse/product-owner",
        format!("此产品属于 {owner}，只有其账号可以操作。"),
        format!("This product belongs to {owner}; only its accounts do this."),
    )
}

/// A refusal of something in what the caller sent.
fn wrong(pointer: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Error {
    let failure = Failure::new(ErrorKind::InvalidArgument, "warehouse/product", zh, en);
    Error::Failure(failure.with_pointer(pointer))
}

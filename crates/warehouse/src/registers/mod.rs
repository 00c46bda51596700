//! Registers of data standards and master data (数据标准与主数据): code lists, mappings, data elements, the columns bound to
//! them, and products with their history.
//!
//! Invariants: a register judges, maps and points, and changes no value of a dataset; what a bound column has to be is
//! checked by `quality`, which is the only checker; each change shares one transaction with its evidence.
//! Start reading at [`Registers`].

mod binding;
mod element;
mod list;
mod mapping;
mod product;

pub use binding::{Binding, NewBinding};
pub use element::{ElementCard, ElementDetail, Imported, NewElements};
pub use list::{CodeQuery, Judged, ListCard, ListImport, NewList};
pub use mapping::{Mapped, MappingCard, NewMapping, Target};
pub use product::{
    Described, Merged, NewPart, NewProduct, PartnerCode, ProductDetail, ProductLine, ProductQuery,
    ProductsPage, Split,
};

use crate::error::refuse;
use crate::handle::Inner;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_standards::StandardsError;
use brain_store::{Page, PageRequest};
use serde_json::Value;
use std::sync::Arc;

/// Roles that write registers; those that write terms.
pub const WRITERS: [Role; 3] = crate::terms::WRITERS;
/// Most code lists, and most mappings, of a node.
const LISTS_MAX: u64 = 1_000;
/// Longest text looked for, characters.
const QUERY_CHARACTERS_MAX: usize = 200;
/// Longest reason, characters.
const REASON_CHARACTERS_MAX: usize = 1_000;
/// Mapping target that stands for product master data.
pub const PRODUCTS: &str = "products";
/// What ids of lists begin with that are a partner's own and in no register here.
pub const PARTNER_PREFIX: &str = "partner.";

/// The registers of a node; cheap to make.
#[derive(Clone)]
pub struct Registers {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Data standards and master data.
    pub fn registers(&self) -> Registers {
        Registers { inner: Arc::clone(&self.inner) }
    }
}

impl Registers {
    fn digest(&self, table: &[u8]) -> String {
        self.inner.trust.evidence().algorithm().digest(&[table]).to_string()
    }
}

fn may_write(actor: &Party) -> Result<()> {
    if WRITERS.contains(&actor.role) {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/registers-not-allowed",
        "只有系统管理员、政府用户和行业组织可以维护数据标准和主数据。",
        "Only system administrators, government users and industry bodies may change standards and master data.",
    ))
}

fn standards(error: StandardsError) -> Error {
    Error::Failure(Failure::from(error))
}

/// An id that somebody else has taken meanwhile; `what` is the code of the failure and what has the id.
fn taken(error: brain_store::Error, what: (&'static str, &str, &str), id: &str) -> Error {
    let brain_store::Error::AlreadyExists(_) = error else { return error.into() };
    let (code, zh, en) = what;
    let exists = (format!("{zh} {id} 已存在。"), format!("There is a {en} {id} already."));
    let failure = Failure::new(ErrorKind::AlreadyExists, code, exists.0, exists.1);
    Error::Failure(
        failure
            .with_hint("要替换它，请带上所见的修订号。", "To replace it, send the revision that was seen."),
    )
}

/// At most so many characters of what somebody asked for, to say it back.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

fn reason(text: &str) -> Result<()> {
    let length = text.trim().chars().count();
    if (1..=REASON_CHARACTERS_MAX).contains(&length) && !text.contains('\0') {
        return Ok(());
    }
    Err(Error::Failure(
        Failure::new(
            ErrorKind::InvalidArgument,
            "warehouse/register-reason",
            format!("须写明理由，且不超过 {REASON_CHARACTERS_MAX} 个字符。"),
            format!("A reason is required, up to {REASON_CHARACTERS_MAX} characters."),
        )
        .with_pointer("/reason"),
    ))
}

/// A text looked for, folded for comparing.
fn looked_for(text: Option<&String>) -> Result<Option<String>> {
    let Some(text) = text.map(|text| text.trim()).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > QUERY_CHARACTERS_MAX {
        return Err(refuse(
            ErrorKind::InvalidArgument,
            "warehouse/register-query",
            format!("查找的文字至多 {QUERY_CHARACTERS_MAX} 个字符。"),
            format!("A text looked for has up to {QUERY_CHARACTERS_MAX} characters."),
        ));
    }
    Ok(Some(text.to_lowercase()))
}

/// One page of what was found.
fn page<T>(found: Vec<T>, page: Option<u64>, page_size: Option<u64>) -> Page<T> {
    let request =
        PageRequest::new(page.unwrap_or(1), page_size.unwrap_or(brain_store::page::PAGE_SIZE_DEFAULT));
    let skip = usize::try_from(request.offset()).unwrap_or(usize::MAX);
    let take = usize::try_from(request.page_size).unwrap_or(usize::MAX);
    Page {
        total: found.len() as u64,
        items: found.into_iter().skip(skip).take(take).collect(),
        page: request.page,
        page_size: request.page_size,
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Io(std::io::Error::other(error)))
}

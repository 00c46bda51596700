//! Paging: no list leaves this crate unbounded.

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, Select};
use serde::{Deserialize, Serialize};

use crate::Result;

/// Largest page anyone may ask for, in rows.
pub const PAGE_SIZE_MAX: u64 = 1_000;
/// Page size where the caller names none, in rows.
pub const PAGE_SIZE_DEFAULT: u64 = 50;

/// Which part of a list is wanted. Pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// Page number, from 1.
    pub page: u64,
    /// Rows per page, 1 to [`PAGE_SIZE_MAX`].
    pub page_size: u64,
}

impl PageRequest {
    /// A request with both numbers brought into bounds.
    #[must_use]
    pub fn new(page: u64, page_size: u64) -> Self {
        Self { page: page.max(1), page_size: page_size.clamp(1, PAGE_SIZE_MAX) }
    }

    /// Rows to skip.
    #[must_use]
    pub fn offset(self) -> u64 {
        self.page.max(1).saturating_sub(1).saturating_mul(self.page_size)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(1, PAGE_SIZE_DEFAULT)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Rows in the whole list.
    pub total: u64,
    /// This page's number, from 1.
    pub page: u64,
    /// Rows per page.
    pub page_size: u64,
}

impl<T> Page<T> {
    /// The same page with each item turned into something else.
    #[must_use]
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        let Self { items, total, page, page_size } = self;
        Page { items: items.into_iter().map(turn).collect(), total, page, page_size }
    }
}

/// Run `select` (already filtered and ordered) for one page: one count and one read.
pub(crate) async fn fetch<C, E, M>(db: &C, select: Select<E>, request: PageRequest) -> Result<Page<M>>
where
    C: ConnectionTrait,
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    let request = PageRequest::new(request.page, request.page_size);
    let paginator = select.paginate(db, request.page_size);
    let total = paginator.num_items().await?;
    let items =
        if request.offset() >= total { Vec::new() } else { paginator.fetch_page(request.page - 1).await? };
    Ok(Page { items, total, page: request.page, page_size: request.page_size })
}

//! Which part of a list a caller wants.

use brain_store::PageRequest;
use brain_store::page::PAGE_SIZE_DEFAULT;
use schemars::JsonSchema;
use serde::Deserialize;

/// Page and page size of a list.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// 页码，从 1 起 · Page, from 1.
    #[schemars(range(min = 1))]
    pub(crate) page: Option<u64>,
    /// 每页条数，至多 1000 · Items per page, at most 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) page_size: Option<u64>,
}

impl PageQuery {
    /// The request, with both numbers brought into bounds.
    pub(crate) fn request(self) -> PageRequest {
        page_request(self.page, self.page_size)
    }
}

/// See [`PageQuery::request`]; for queries that carry more than paging.
pub(crate) fn page_request(page: Option<u64>, page_size: Option<u64>) -> PageRequest {
    PageRequest::new(page.unwrap_or(1), page_size.unwrap_or(PAGE_SIZE_DEFAULT))
}

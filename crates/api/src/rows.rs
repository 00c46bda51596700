//! One page of a result, counted off a stream.

use crate::cells::{self, ColumnType};
use crate::error::Error;
use brain_kernel::error::{ErrorKind, Failure};
use brain_warehouse::{QueryLimits, QueryStream};
use serde_json::Value;

/// Rows of a JSON page when the caller names no number.
pub(crate) const PAGE_ROWS_DEFAULT: u64 = 100;
/// Rows of a JSON page at most; beyond it CSV and Arrow stream.
pub(crate) const PAGE_ROWS_MAX: u64 = 10_000;

/// A page of rows.
pub(crate) struct RowPage {
    pub(crate) columns: Vec<ColumnType>,
    pub(crate) rows: Vec<Value>,
    pub(crate) has_more: bool,
    /// What answered.
    pub(crate) engine: &'static str,
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) skip: u64,
    pub(crate) take: u64,
}

impl Window {
    /// Page `page` from 1, of `page_size` rows.
    pub(crate) fn new(page: Option<u64>, page_size: Option<u64>) -> Self {
        let take = page_size.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX);
        Self { skip: page.unwrap_or(1).max(1).saturating_sub(1).saturating_mul(take), take }
    }

    /// The part of a result that this page is.
    pub(crate) fn limits(self) -> QueryLimits {
        QueryLimits { skip: Some(self.skip), rows: Some(self.take), ..QueryLimits::default() }
    }
}

/// Read one page. The query's limits were `window.limits()`, so whatever it left behind is "more".
pub(crate) async fn page(mut stream: QueryStream, window: Window) -> Result<RowPage, Failure> {
    let (columns, engine) = (cells::columns(stream.schema()), stream.engine());
    let mut rows = Vec::new();
    while let Some(batch) = stream.next().await {
        cells::append_rows(&batch?, &mut rows).map_err(|error| Error::Internal(error.to_string()))?;
    }
    let has_more = stream.has_more();
    if has_more && (rows.len() as u64) < window.take {
        return Err(Failure::new(
            ErrorKind::Exhausted,
            "api/page-too-far",
            "此页超出单次查询的行数上限。",
            "This page lies beyond the most rows one query may return.",
        )
        .with_hint(
            "请加过滤条件，或按排序列续查（WHERE 列 > 上页末值）。",
            "Filter, or continue by a sorted column (WHERE column > last value).",
        ));
    }
    Ok(RowPage { columns, rows, has_more, engine })
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn pages_count_from_one_and_sizes_are_brought_into_bounds() {
        assert_eq!(Window::new(None, None), Window { skip: 0, take: 100 });
        assert_eq!(Window::new(Some(3), Some(50)), Window { skip: 100, take: 50 });
        assert_eq!(Window::new(Some(0), Some(0)), Window { skip: 0, take: 1 });
        assert_eq!(Window::new(Some(u64::MAX), Some(u64::MAX)).limits().skip, Some(u64::MAX));
    }
}

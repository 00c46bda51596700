//! The models this program brings along.

use super::Model;
use crate::Result;

/// File text by name; a test keeps the list and the folder equal.
pub(crate) const FILES: [(&str, &str); 9] = [
    ("chain", include_str!("../../models/subject/chain.sql")),
    ("chain_product", include_str!("../../models/subject/chain_product.sql")),
    ("enterprise", include_str!("../../models/subject/enterprise.sql")),
    ("enterprise_link", include_str!("../../models/subject/enterprise_link.sql")),
    ("enterprise_product", include_str!("../../models/subject/enterprise_product.sql")),
    ("industry", include_str!("../../models/subject/industry.sql")),
    ("product", include_str!("../../models/subject/product.sql")),
    ("product_link", include_str!("../../models/subject/product_link.sql")),
    ("region", include_str!("../../models/subject/region.sql")),
];

/// Every built-in model, each after those it reads.
pub(crate) fn models() -> Result<Vec<Model>> {
    super::order::ordered(FILES.iter().map(|(_, text)| Model::parse(text)).collect::<Result<_>>()?)
}

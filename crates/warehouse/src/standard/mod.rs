//! Standardisation functions for SQL.
//!
//! | function | result |
//! |---|---|
//! | `uscc_valid(text)` | whether the text is a credit code with the right check character, GB 32100-2015 |
//! | `uscc_clean(text)` | the credit code trimmed, half width, upper case; null where invalid |
//! | `capital_cny(text)` | registered capital in yuan; foreign currency at the kernel's reference rates |
//! | `capital_currency(text)` | its currency, ISO 4217 |
//! | `region_code(address, province, city)` | the deepest region named, six digits, GB/T 2260 |
//! | `date_parse(text)` | a date in any of the registers' spellings |
//! | `company_name_key(text)` | the key under which spellings of one company name are equal |
//! | `company_short_name(text)` | a company name without region and legal form |
//! | `pinyin_initials(text)` | first letters of the pinyin |
//! | `scope_products(scope)` | list of `{product, role, evidence, confidence}` |
//! | `scope_industry(scope, name)` | `{code, confidence}` of the GB/T 4754 class |
//!
//! A value that is missing or not understood becomes null.

pub(crate) mod context;
mod functions;
pub(crate) mod industries;
pub(crate) mod regions;
mod scope;

pub use regions::Regions;

use context::Standards;
use datafusion::logical_expr::ScalarUDF;
use std::sync::Arc;

/// Functions that look into nothing but their arguments.
pub(crate) fn portable_functions() -> Vec<Arc<ScalarUDF>> {
    self::functions::portable()
}

/// Every function a session knows beside DataFusion's own.
pub(crate) fn functions(standards: &Arc<Standards>) -> Vec<Arc<ScalarUDF>> {
    let mut all = portable_functions();
    all.push(self::functions::region_code(Arc::clone(standards)));
    all.extend(scope::functions(standards));
    all
}

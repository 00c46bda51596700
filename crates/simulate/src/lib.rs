//! A simulated province: enterprises, supply links, invoices, electricity and what happens to them, with known truth.
//!
//! Invariant: every row is a function of options, seed and index. Threads, sizes of files and the order of tables change
//! nothing, memory holds a few dozen bytes for each enterprise, and no enterprise, person or code is real: see
//! [`RESERVED_PREFIX`] and [`NAME_MARK`].
//! Deliberately absent: data. The crate holds figures fitted to data, each with its source (`parameters`), standard code
//! lists, and words; it reads no file and no clock.
//!
//! Start reading at [`Options`] and [`simulate`], then `firm` (traits), `link` (who supplies whom), `fate` (what happens)
//! and `table` (what is written).

mod calendar;
mod capital;
mod code;
mod contagion;
mod dice;
mod error;
mod fate;
mod firm;
mod link;
mod manifest;
mod name;
mod options;
mod parameters;
mod rows;
mod run;
mod scope;
mod table;
mod world;
mod write;

pub use code::{RESERVED_BODY, RESERVED_PREFIX};
pub use error::{Error, Result};
pub use manifest::{MANIFEST, Manifest, Marks, NOTE, TableManifest};
pub use name::MARK as NAME_MARK;
pub use options::{
    ENTERPRISES_MAX, ENTERPRISES_MIN, FAILURES_MAX, FileFormat, GAPS_MAX, LINKS_MAX, MONTHS_MAX, Options,
    PowerPeriod, SHARD_MIN,
};
pub use run::simulate;
pub use write::Written;

/// Figures the province is fitted to, for those who check what was written.
pub mod fitted {
    pub use crate::parameters::{
        CAPITAL_LN_MEAN, CAPITAL_LN_SD, CUSTOMERS_EXPONENT, CUSTOMERS_SIZE_CORRELATION,
        LINK_HALF_LIFE_MONTHS, RECIPROCITY, RETAIL_SHARE, SALES_LN_MEAN, SALES_LN_SD, SEASON,
        SUPPLIERS_EXPONENT, SUPPLIERS_SIZE_CORRELATION, VOID_SHARE, WHOLESALE_SHARE,
    };
}

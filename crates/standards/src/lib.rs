//! Data standards and master data (数据标准与主数据): code lists, units, data elements, product master data with its
//! history, and golden records of enterprises.
//!
//! Invariants: a value is judged, mapped or pointed to, never changed; a code that was once given never means another
//! thing; equal inputs give equal results, whatever their order.
//! Deliberately absent: files, clock, network, tables, and any list that is somebody else's to publish: GB/T 4754,
//! GB/T 2260 and HS come from the caller.
//! Start reading at [`list::CodeList`], then [`element::DataElement`] and [`product::Products`].

pub mod element;
pub mod enterprise;
pub mod error;
pub mod list;
pub mod product;
pub mod unit;

mod text;

pub use element::DataElement;
pub use error::{Result, StandardsError};
pub use list::{CodeList, Mapping};
pub use product::{ProductCode, Products};

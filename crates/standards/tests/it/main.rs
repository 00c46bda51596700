//! Standards and master data through the public interface.

mod elements;
mod enterprises;
mod lists;
mod products;
mod shared;

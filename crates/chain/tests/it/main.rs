//! Claims about the chain's mathematics.

mod contagion;
mod graph;
mod plain_files;
mod real_data;

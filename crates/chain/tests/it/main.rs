//! Claims about the chain's mathematics.

mod contagion;
mod plain_files;

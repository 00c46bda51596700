//! The interface as its callers meet it: a whole node in a temporary folder, spoken to over HTTP.

mod access;
mod data;
mod document;
mod mcp;
mod node;
mod problems;
mod sample;
mod session;
mod sql;

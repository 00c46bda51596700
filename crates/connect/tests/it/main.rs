//! Connectors against real servers and real folders.

mod folder;
mod http;
mod node;
mod postgres;
mod resume;

//! Operational state (运行状态库): accounts, grants, catalogue, runs, evidence — in SQLite or PostgreSQL.
//!
//! Invariant: one set of migrations describes the schema for both engines, a database written by a newer program is
//! refused, and every write that must be atomic with its evidence goes through one [`Transaction`].
//! Deliberately absent: rows of data tables (they live in the lake) and any decision about who may do what
//! (`trust` decides; this crate only remembers).
//! Start reading at [`Store`]; then one module per table family, each a handful of functions over a connection.

pub mod access_request;
pub mod account;
pub mod api_key;
pub mod audit;
pub mod certificate;
pub mod code_list;
pub mod connector;
mod copy;
pub mod corpus;
pub mod data_element;
pub mod data_key;
pub mod data_product;
pub mod dataset;
pub mod delegation;
mod entity;
mod error;
pub mod evidence;
pub mod exchange;
pub mod federated_link;
mod folding;
mod frozen;
pub mod grading;
pub mod grant;
pub mod incident;
pub mod ingest_run;
pub mod lineage_event;
pub mod matching;
mod migration;
pub mod model_attempt;
pub mod model_run;
pub mod node_identity;
pub mod node_status;
pub mod oidc_client;
pub mod oidc_consent;
pub mod oidc_key;
pub mod oidc_token;
pub mod organisation;
pub mod page;
pub mod password_history;
pub mod product_event;
pub mod product_subscription;
pub mod product_use;
pub mod quality;
pub mod retention;
mod revision;
pub mod rule_version;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod setting;
mod sqlite;
mod store;
mod sums;
pub mod term;
mod transaction;
mod turn;
pub mod use_counter;
mod wal;

pub use error::{Error, Result};
pub use frozen::Frozen;
pub use page::{Page, PageRequest};
pub use sea_orm::ConnectionTrait;
pub use sqlite::files_of;
pub use store::{Engine, Store};
pub use transaction::Transaction;
pub use turn::Connections;
pub use wal::ChangedPages;

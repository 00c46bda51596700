//! HTTP, OpenAPI and MCP: turns components, datasets and evidence into endpoints.
//!
//! Invariant: an endpoint is one row ([`endpoint`]), and route, document and access check are made from that row; no
//! route exists beside them, but for a node that stands by and answers two paths ([`waiting`]). Every refusal is a
//! problem document in the caller's language with a trace id.
//! Deliberately absent: decisions about who may see which rows (`trust` and `warehouse` decide) and anything that reads
//! configuration. The only platform crate that knows HTTP.
//! Start reading at [`router`], then `endpoint.rs`, then `routes/`.

mod alarm;
mod ambient;
mod answer;
mod assets;
mod bounds;
mod call;
mod cells;
mod compliance;
mod component_runs;
mod cookie;
mod endpoint;
mod error;
mod export;
mod guard;
mod guessing;
mod health;
mod limits;
mod mcp;
mod network;
mod openapi;
mod paging;
mod prefer;
mod problem;
mod product_file;
mod progress;
mod protection;
mod queries;
mod router;
mod routes;
mod rows;
mod runs;
mod serve;
mod services;
mod trace;
mod upload;
mod waiting;

pub use answer::Page;
pub use cells::ColumnType;
pub use compliance::{compliance_report, fact};
pub use error::Error;
pub use export::csv_text;
pub use health::health;
pub use limits::Limits;
pub use network::{Entrance, Network, Networks};
pub use problem::Problem;
pub use progress::{RunProgress, RunState};
pub use router::{document, router_and_runs};
pub use routes::accounts::OneTimePassword;
pub use routes::components::ComponentCard;
pub use routes::datasets::DatasetRows;
pub use routes::ingest::{MappingCard, RunCard, RunFailure, RunStarted};
pub use routes::keys::NewKey;
pub use routes::map::MapBoundaries;
pub use routes::node::PortalSettings;
pub use routes::runs::ComponentRun;
pub use routes::search::SearchPage;
pub use routes::session::SessionState;
pub use routes::sql::SqlPage;
pub use routes::status::OwnStatus;
pub use runs::Runs;
pub use serve::{Door, Interface, serve};
pub use services::{DemoAccount, Options, Services};
pub use upload::{Infected, ScanOptions};
pub use waiting::waiting;

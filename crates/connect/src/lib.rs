//! Connectors (数据源连接器): the next batch of a source since a position becomes one file in a landing folder.
//!
//! Invariants: a source never holds more than a page, a part or a row of data in memory, besides a bounded list of names,
//! and never writes more than the landing allows; a position names only what the file of its batch, or a batch before,
//! holds. Whoever lands the file commits the position with it, so that a source that dies on the way loses nothing and
//! brings nothing twice.
//! Deliberately absent: the warehouse, the store, and when a connector runs; a secret is given, never looked up.
//! Start reading at [`Source`], then [`fetch`] and `folder.rs`, the simplest source.

mod database;
mod encryption;
mod error;
mod folder;
mod http;
mod kafka;
mod landing;
mod marks;
mod message;
mod mqtt;
mod mysql;
mod nats;
mod objects;
mod pages;
mod pattern;
mod postgres;
mod retry;
mod schedule;
mod settings;
mod source;
mod spool;
mod xml;

pub use database::Tls;
pub use encryption::Encryption;
pub use error::{Error, Result};
pub use folder::FolderSettings;
pub use http::{Authentication, HttpSettings, Incremental, Paging};
pub use kafka::{KafkaSettings, Mechanism, Start, lines_of_batch};
pub use landing::{Landing, Limits};
pub use mqtt::{MqttSettings, lines_of_packets};
pub use mysql::MysqlSettings;
pub use nats::NatsSettings;
pub use objects::{Addressing, Listed, Listing, ObjectsSettings};
pub use pages::{PagesSettings, Reading, Rules, Sitemap};
pub use postgres::{PostgresChangesSettings, PostgresSettings, pgoutput};
pub use retry::{Backoff, fetch, forget};
pub use schedule::Schedule;
pub use settings::{Kind, Settings};
pub use source::{Control, Fetched, Finding, Notices, Position, Secret, Source, Surroundings};

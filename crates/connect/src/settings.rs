//! What an operator says about a source. No secret is among it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folder::{Folder, FolderSettings};
use crate::http::{Http, HttpSettings};
use crate::kafka::{Kafka, KafkaSettings};
use crate::mqtt::{Mqtt, MqttSettings};
use crate::mysql::{Mysql, MysqlSettings};
use crate::nats::{Nats, NatsSettings};
use crate::objects::{Objects, ObjectsSettings};
use crate::pages::{Pages, PagesSettings};
use crate::postgres::{Changes, Postgres, PostgresChangesSettings, PostgresSettings};
use crate::{Error, Result, Secret, Source, Surroundings};

/// Longest text in settings, characters.
const TEXT_CHARACTERS_MAX: usize = 1_000;

/// Settings by kind of source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Settings {
    /// 文件夹 · Files of a folder.
    Folder(FolderSettings),
    /// HTTP 接口 · Records of a JSON interface.
    Http(HttpSettings),
    /// PostgreSQL 表 · Rows of a PostgreSQL table or view.
    Postgres(PostgresSettings),
    /// PostgreSQL 变更 · What changes in a PostgreSQL table.
    PostgresChanges(PostgresChangesSettings),
    /// MySQL/MariaDB 表 · Rows of a MySQL or MariaDB table or view.
    Mysql(MysqlSettings),
    /// MQTT 主题 · Messages of an MQTT 5.0 broker.
    Mqtt(MqttSettings),
    /// NATS JetStream 流 · Messages of a stream of NATS JetStream.
    Nats(NatsSettings),
    /// Kafka 主题 · Messages of a topic of Kafka.
    Kafka(KafkaSettings),
    /// S3 对象存储 · Objects of a bucket of an S3-compatible store.
    S3(ObjectsSettings),
    /// 网页 · Web pages of a site.
    Pages(PagesSettings),
}

/// Kinds of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Files of a folder.
    Folder,
    /// A JSON interface.
    Http,
    /// A PostgreSQL table.
    Postgres,
    /// Changes of a PostgreSQL table.
    PostgresChanges,
    /// A MySQL or MariaDB table.
    Mysql,
    /// Topics of an MQTT broker.
    Mqtt,
    /// A stream of NATS JetStream.
    Nats,
    /// A topic of Kafka.
    Kafka,
    /// A bucket of an S3-compatible store.
    S3,
    /// Web pages of a site.
    Pages,
}

impl Kind {
    /// Name as stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Http => "http",
            Self::Postgres => "postgres",
            Self::PostgresChanges => "postgres_changes",
            Self::Mysql => "mysql",
            Self::Mqtt => "mqtt",
            Self::Nats => "nats",
            Self::Kafka => "kafka",
            Self::S3 => "s3",
            Self::Pages => "pages",
        }
    }
}

impl Settings {
    /// Kind of the source.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Folder(_) => Kind::Folder,
            Self::Http(_) => Kind::Http,
            Self::Postgres(_) => Kind::Postgres,
            Self::PostgresChanges(_) => Kind::PostgresChanges,
            Self::Mysql(_) => Kind::Mysql,
            Self::Mqtt(_) => Kind::Mqtt,
            Self::Nats(_) => Kind::Nats,
            Self::Kafka(_) => Kind::Kafka,
            Self::S3(_) => Kind::S3,
            Self::Pages(_) => Kind::Pages,
        }
    }

    /// Whether a batch adds to what landed before; otherwise each one is the whole source and takes its place.
    #[must_use]
    pub const fn appends(&self) -> bool {
        match self {
            Self::Folder(_)
            | Self::PostgresChanges(_)
            | Self::Mqtt(_)
            | Self::Nats(_)
            | Self::Kafka(_)
            | Self::S3(_)
            | Self::Pages(_) => true,
            Self::Http(settings) => settings.incremental.is_some(),
            Self::Postgres(settings) => settings.cursor.is_some(),
            Self::Mysql(settings) => settings.cursor.is_some(),
        }
    }

    /// Whether the source cannot be reached without a secret.
    #[must_use]
    pub const fn needs_secret(&self) -> bool {
        match self {
            Self::Http(settings) => settings.authentication.is_some(),
            Self::S3(settings) => settings.access_key.is_some(),
            Self::Folder(_)
            | Self::Postgres(_)
            | Self::PostgresChanges(_)
            | Self::Mysql(_)
            | Self::Mqtt(_)
            | Self::Nats(_)
            | Self::Kafka(_)
            | Self::Pages(_) => false,
        }
    }

    /// Where a secret of this source goes; a secret that was given for one destination is not for another.
    #[must_use]
    pub fn destination(&self) -> String {
        match self {
            Self::Folder(_) | Self::Pages(_) => String::new(),
            Self::S3(settings) => settings.destination(),
            Self::Http(settings) => {
                let origin =
                    brain_egress::Url::parse(&settings.url).map(|url| url.origin().ascii_serialization());
                format!("{}\n{:?}", origin.unwrap_or_default(), settings.authentication)
            }
            Self::Postgres(settings) => settings.place().destination(),
            Self::PostgresChanges(settings) => settings.place().destination(),
            Self::Mysql(settings) => settings.place().destination(),
            Self::Mqtt(MqttSettings { host, port, user, tls, .. })
            | Self::Nats(NatsSettings { host, port, user, tls, .. }) => {
                format!("{host}:{port}/{user:?}\n{tls:?}")
            }
            Self::Kafka(KafkaSettings { brokers, user, tls, mechanism, .. }) => {
                format!("{}/{user:?}\n{tls:?} {mechanism:?}", brokers.join(","))
            }
        }
    }

    /// Whether reading leaves something at the source that has to be taken away with the connector; see
    /// [`Source::forget`].
    #[must_use]
    pub const fn leaves_behind(&self) -> bool {
        match self {
            Self::PostgresChanges(settings) => settings.create,
            Self::Folder(_)
            | Self::Http(_)
            | Self::Postgres(_)
            | Self::Mysql(_)
            | Self::Mqtt(_)
            | Self::Nats(_)
            | Self::Kafka(_)
            | Self::S3(_)
            | Self::Pages(_) => false,
        }
    }

    /// Refuse what cannot be meant, with the place in the settings.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Folder(settings) => settings.check(),
            Self::Http(settings) => settings.check(),
            Self::Postgres(settings) => settings.check(),
            Self::PostgresChanges(settings) => settings.check(),
            Self::Mysql(settings) => settings.check(),
            Self::Mqtt(settings) => settings.check(),
            Self::Nats(settings) => settings.check(),
            Self::Kafka(settings) => settings.check(),
            Self::S3(settings) => settings.check(),
            Self::Pages(settings) => settings.check(),
        }
    }

    /// The source these settings describe.
    pub fn open(&self, secret: Option<Secret>, surroundings: Surroundings) -> Result<Arc<dyn Source>> {
        self.check()?;
        if self.needs_secret() && secret.is_none() {
            return Err(Error::setting(
                "secret",
                "该数据源需要密钥或口令，尚未提供。",
                "This source needs a secret, and none was given.",
            ));
        }
        Ok(match self {
            Self::Folder(settings) => Arc::new(Folder::new(settings.clone(), surroundings)),
            Self::Http(settings) => Arc::new(Http::new(settings.clone(), secret, surroundings)?),
            Self::Postgres(settings) => Arc::new(Postgres::new(settings.clone(), secret, surroundings)),
            Self::PostgresChanges(settings) => Arc::new(Changes::new(settings.clone(), secret, surroundings)),
            Self::Mysql(settings) => Arc::new(Mysql::new(settings.clone(), secret, surroundings)),
            Self::Mqtt(settings) => Arc::new(Mqtt::new(settings.clone(), secret, surroundings)?),
            Self::Nats(settings) => Arc::new(Nats::new(settings.clone(), secret, surroundings)),
            Self::Kafka(settings) => Arc::new(Kafka::new(settings.clone(), secret, surroundings)),
            Self::S3(settings) => Arc::new(Objects::new(settings.clone(), secret, surroundings)?),
            Self::Pages(settings) => Arc::new(Pages::new(settings.clone(), surroundings)?),
        })
    }
}

/// A text of settings within its bounds, on one line.
pub(crate) fn text(place: &str, text: &str) -> Result<()> {
    let characters = text.chars().count();
    if (1..=TEXT_CHARACTERS_MAX).contains(&characters) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::setting(
        place,
        format!("须为 1 到 {TEXT_CHARACTERS_MAX} 个字符，且在一行内。"),
        format!("It has 1 to {TEXT_CHARACTERS_MAX} characters, on one line."),
    ))
}

/// A number of settings within its bounds.
pub(crate) fn number(place: &str, value: u64, range: std::ops::RangeInclusive<u64>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    Err(Error::setting(
        place,
        format!("须在 {least} 与 {most} 之间，现为 {value}。"),
        format!("It lies between {least} and {most}, not {value}."),
    ))
}

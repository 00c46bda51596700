//! What an operator says about a source. No secret is among it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folder::{Folder, FolderSettings};
use crate::http::{Http, HttpSettings};
use crate::objects::{Objects, ObjectsSettings};
use crate::pages::{Pages, PagesSettings};
use crate::postgres::{Postgres, PostgresSettings};
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
            Self::S3(_) => Kind::S3,
            Self::Pages(_) => Kind::Pages,
        }
    }

    /// Whether a batch adds to what landed before; otherwise each one is the whole source and takes its place.
    #[must_use]
    pub const fn appends(&self) -> bool {
        match self {
            Self::Folder(_) | Self::S3(_) | Self::Pages(_) => true,
            Self::Http(settings) => settings.incremental.is_some(),
            Self::Postgres(settings) => settings.cursor.is_some(),
        }
    }

    /// Whether the source cannot be reached without a secret.
    #[must_use]
    pub const fn needs_secret(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Postgres(_) | Self::Pages(_) => false,
            Self::Http(settings) => settings.authentication.is_some(),
            Self::S3(settings) => settings.access_key.is_some(),
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
            Self::Postgres(settings) => {
                format!("{}:{}/{}\n{:?}", settings.host, settings.port, settings.user, settings.tls)
            }
        }
    }

    /// Refuse what cannot be meant, with the place in the settings.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Folder(settings) => settings.check(),
            Self::Http(settings) => settings.check(),
            Self::Postgres(settings) => settings.check(),
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

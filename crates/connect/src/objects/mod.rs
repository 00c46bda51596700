//! A bucket of an S3-compatible object store (对象存储): every new or changed object is one batch, taken as it is.
//!
//! An object is known by its key and its entity tag; where a store lists no tags, by key, time and size. It is asked for
//! in parts with `Range` and `If-Match`: a connection that breaks costs one part, and parts of two states of an object
//! never become one file. Requests are signed here and made by `brain-egress`.

mod listing;
mod store;

use std::sync::{Arc, Mutex, PoisonError};

use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::marks::{Mark, Marks};
use crate::pattern::matches;
use crate::settings::text;
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

pub use self::listing::{Listed, Listing};
use self::store::Store;

/// Objects looked at below one prefix: what a position can remember.
const OBJECTS_MAX: usize = 100_000;
/// Keys of one listing, bytes: what is held in memory of a bucket.
const KEYS_BYTES_MAX: usize = 32 << 20;
/// Objects named by a test.
const OBJECTS_SHOWN: usize = 200;
/// Longest name of a landed file, bytes; the end of a longer one counts, which says its format.
const NAME_BYTES_MAX: usize = 200;

/// Settings of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectsSettings {
    /// 服务地址，不含桶名；须列入 egress.allow · Address of the service without the bucket; its origin stands in egress.allow.
    #[schemars(length(min = 1, max = 1_000))]
    pub endpoint: String,
    /// 区域 · Region.
    #[serde(default = "region")]
    #[schemars(length(min = 1, max = 64))]
    pub region: String,
    /// 桶 · Bucket.
    #[schemars(length(min = 3, max = 63))]
    pub bucket: String,
    /// 键的前缀 · What keys begin with.
    #[serde(default)]
    #[schemars(length(max = 1_000))]
    pub prefix: String,
    /// 键最后一段的样式，* 与 ? 为通配符 · Last part of keys; * and ? stand for what varies.
    #[serde(default = "any")]
    #[schemars(length(min = 1, max = 1_000))]
    pub pattern: String,
    /// 桶名在路径中还是在主机名中 · Whether the bucket stands in the path or in the host.
    #[serde(default)]
    pub addressing: Addressing,
    /// 访问密钥 ID；不填为匿名访问，密钥另存 · Access key id; anonymous without one, and its secret is kept elsewhere.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub access_key: Option<String>,
}

/// Where the name of a bucket stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// 路径 · In the path: `https://service/bucket/key`.
    #[default]
    Path,
    /// 主机名 · In the host: `https://bucket.service/key`.
    Host,
}

fn region() -> String {
    "us-east-1".to_owned()
}

fn any() -> String {
    "*".to_owned()
}

impl ObjectsSettings {
    pub(crate) fn check(&self) -> Result<()> {
        text("endpoint", &self.endpoint)?;
        text("pattern", &self.pattern)?;
        if !self.prefix.is_empty() {
            text("prefix", &self.prefix)?;
        }
        if self.pattern.contains('/') {
            return Err(Error::setting(
                "pattern",
                "只写键的最后一段；前面各段写在前缀里。",
                "It matches the last part of keys; the parts before it are the prefix.",
            ));
        }
        let letters = |text: &str, more: &str| {
            text.bytes().all(|letter| letter.is_ascii_alphanumeric() || more.as_bytes().contains(&letter))
        };
        if !(1..=64).contains(&self.region.len()) || !letters(&self.region, "-_") {
            return Err(Error::setting(
                "region",
                "区域由字母、数字和 - 组成，如 cn-north-1。",
                "A region has letters, digits and -, as in cn-north-1.",
            ));
        }
        let bucket = &self.bucket;
        let dotted = bucket.starts_with('.') || bucket.ends_with('.') || bucket.contains("..");
        if !(3..=63).contains(&bucket.len()) || !letters(bucket, "-_.") || dotted {
            return Err(Error::setting(
                "bucket",
                "桶名为 3 到 63 个字母、数字、- 或 . 。",
                "The name of a bucket has 3 to 63 letters, digits, - or .",
            ));
        }
        if let Some(key) = &self.access_key
            && (!(1..=128).contains(&key.len())
                || !key.bytes().all(|letter| letter.is_ascii_graphic() && letter != b'/'))
        {
            return Err(Error::setting(
                "access_key",
                "访问密钥 ID 为 1 到 128 个可见字符，不含 / 。",
                "An access key id has 1 to 128 visible characters without /.",
            ));
        }
        self.bucket().map(drop)
    }

    /// The bucket as requests name it.
    fn bucket(&self) -> Result<rusty_s3::Bucket> {
        let wrong = |cause: String| {
            Error::setting(
                "endpoint",
                format!("地址无法使用：{cause}"),
                format!("It cannot be used: {cause}"),
            )
        };
        let endpoint = brain_egress::Url::parse(&self.endpoint).map_err(|error| wrong(error.to_string()))?;
        if !endpoint.username().is_empty() || endpoint.password().is_some() || endpoint.query().is_some() {
            return Err(Error::setting(
                "endpoint",
                "只写地址，不带用户名、口令和参数。",
                "An address without user name, password and parameters.",
            ));
        }
        let style = match self.addressing {
            Addressing::Path => rusty_s3::UrlStyle::Path,
            Addressing::Host => rusty_s3::UrlStyle::VirtualHost,
        };
        rusty_s3::Bucket::new(endpoint, style, self.bucket.clone(), self.region.clone())
            .map_err(|error| wrong(error.to_string()))
    }

    /// Where signatures made with the secret go, and what they open.
    pub(crate) fn destination(&self) -> String {
        let origin = brain_egress::Url::parse(&self.endpoint).map(|url| url.origin().ascii_serialization());
        format!(
            "{}\n{:?}\n{}\n{:?}",
            origin.unwrap_or_default(),
            self.addressing,
            self.bucket,
            self.access_key
        )
    }
}

/// What has been taken: a mark of each object that is still there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    objects: Marks,
}

/// An object and what it is known by.
#[derive(Debug, Clone)]
struct Found {
    object: Listed,
    mark: Mark,
}

impl Found {
    fn of(object: Listed) -> Self {
        let bytes = object.bytes.to_string();
        let mark = match &object.etag {
            // The same content written again has the same tag, and is not taken again.
            Some(tag) => Mark::of(&[&object.key, &bytes, "tag", tag]),
            None => {
                let modified = object.modified.map(|time| time.to_rfc3339()).unwrap_or_default();
                Mark::of(&[&object.key, &bytes, "time", &modified])
            }
        };
        Self { object, mark }
    }
}

pub(crate) struct Objects {
    settings: ObjectsSettings,
    store: Store,
    /// The listing of this run, oldest first: a hundred thousand objects are not listed a hundred thousand times.
    listed: Mutex<Option<Arc<Vec<Found>>>>,
}

impl Objects {
    pub(crate) fn new(
        settings: ObjectsSettings,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let store = Store::new(settings.bucket()?, settings.access_key.as_deref(), secret, surroundings);
        Ok(Self { settings, store, listed: Mutex::new(None) })
    }

    /// Objects of the prefix and the pattern, oldest first.
    async fn list(&self, control: &Control) -> Result<Vec<Found>> {
        let (mut found, mut keys_bytes, mut next) = (Vec::new(), 0_usize, None::<String>);
        loop {
            control.check()?;
            let page = self.store.page(&self.settings.prefix, next.as_deref()).await?;
            for object in page.objects {
                let name = object.key.rsplit('/').next().unwrap_or_default();
                // A key that ends in / stands for a folder.
                if name.is_empty()
                    || !object.key.starts_with(&self.settings.prefix)
                    || !matches(&self.settings.pattern, name)
                {
                    continue;
                }
                self.check_key(&object.key)?;
                keys_bytes += object.key.len();
                found.push(Found::of(object));
            }
            if found.len() > OBJECTS_MAX || keys_bytes > KEYS_BYTES_MAX {
                return Err(Error::TooMuch {
                    what: Text::new("前缀下的对象", "The number of objects below the prefix"),
                    limit: OBJECTS_MAX as u64,
                    unit: Text::new("个", "objects"),
                });
            }
            match page.next {
                None => break,
                Some(token) if next.as_ref() == Some(&token) => {
                    return Err(self.store.unlike(
                        "NextContinuationToken",
                        "列表没有翻页，永远读不完。",
                        "The listing does not turn the page; it would never end.",
                    ));
                }
                token => next = token,
            }
        }
        found.sort_by(|one, other| {
            (one.object.modified, &one.object.key).cmp(&(other.object.modified, &other.object.key))
        });
        Ok(found)
    }

    /// An address resolves `.` and `..`, so such a key would ask for another object.
    fn check_key(&self, key: &str) -> Result<()> {
        if key.split('/').all(|part| part != "." && part != "..") {
            return Ok(());
        }
        let shown: String = key.chars().take(120).collect();
        Err(self.store.unlike(
            &shown,
            "键中有 . 或 .. 段，无法用地址请求；请改名，或用前缀和样式避开。",
            "A part of the key is . or .., for which no address can ask; rename it, or leave it out by prefix and pattern.",
        ))
    }

    /// The listing of this run, if it holds something that was not taken; else a new one.
    async fn fresh(&self, taken: &Marks, control: &Control) -> Result<Arc<Vec<Found>>> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listed) = listed.filter(|l| l.iter().any(|found| !taken.contains(found.mark))) {
            return Ok(listed);
        }
        let listed = Arc::new(self.list(control).await?);
        self.remember(Some(listed.clone()));
        Ok(listed)
    }

    fn remember(&self, listed: Option<Arc<Vec<Found>>>) {
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = listed;
    }
}

#[async_trait::async_trait]
impl Source for Objects {
    async fn test(&self, control: &Control) -> Result<Finding> {
        let found = self.list(control).await?;
        // Who may list may not always read.
        if let Some(first) = found.iter().find(|found| found.object.bytes > 0) {
            self.store.look(&first.object).await?;
        }
        let bytes = found.iter().fold(0_u64, |sum, found| sum.saturating_add(found.object.bytes));
        Ok(Finding {
            found: Text::new(
                format!("{} 个对象，共 {bytes} 字节", found.len()),
                format!("{} objects, {bytes} bytes in all", found.len()),
            ),
            fields: found.into_iter().take(OBJECTS_SHOWN).map(|found| found.object.key).collect(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let before: Taken = after.map(Position::read).transpose()?.unwrap_or_default();
        let listed = self.fresh(&before.objects, control).await?;
        // What is gone is forgotten, so that the position stays as small as the bucket.
        let there: Marks = listed.iter().map(|found| found.mark).collect();
        let mut taken = Taken { objects: before.objects.within(&there) };
        let fresh: Vec<&Found> = listed.iter().filter(|found| !taken.objects.contains(found.mark)).collect();
        let mut unsettled = None;
        for (index, found) in fresh.iter().enumerate() {
            landing.clear().await?;
            landing.begin(file_name(&found.object.key)).await?;
            match self.store.copy(&found.object, landing, control).await {
                Ok(()) => {
                    taken.objects.insert(found.mark);
                    let more = index + 1 < fresh.len();
                    return Ok(Some(Fetched { position: Position::of(&taken)?, more }));
                }
                // It is somebody's work in progress; the others need not wait for it.
                Err(error @ Error::Changed { .. }) => {
                    self.remember(None);
                    unsettled = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        landing.clear().await?;
        unsettled.map_or(Ok(None), Err)
    }
}

/// The last part of a key, by which the file and what is made of it are called.
fn file_name(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or_default();
    let from = name.len().saturating_sub(NAME_BYTES_MAX);
    (from..=name.len()).find_map(|from| name.get(from..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn settings(json: serde_json::Value) -> ObjectsSettings {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        let good = serde_json::json!({ "endpoint": "https://s3.example", "bucket": "data" });
        assert!(settings(good.clone()).check().is_ok());
        for (place, value) in [
            ("endpoint", "s3.example"),
            ("endpoint", "ftp://s3.example"),
            ("endpoint", "https://user:word@s3.example"),
            ("bucket", "ab"),
            ("bucket", "a/b"),
            ("bucket", "..."),
            ("bucket", "a..b"),
            ("region", ""),
            ("region", "a/b"),
            ("pattern", "a/*.csv"),
            ("prefix", "a\nb"),
            ("access_key", "a/b"),
            ("access_key", ""),
        ] {
            let mut wrong = good.clone();
            wrong[place] = value.into();
            let error = settings(wrong).check().unwrap_err();
            assert!(
                matches!(&error, Error::Setting { place: at, .. } if at == place),
                "{place} {value}: {error}"
            );
        }
    }

    #[test]
    fn a_bucket_may_stand_in_the_host() {
        let address = |more: serde_json::Value| {
            let mut all = serde_json::json!({ "endpoint": "https://s3.example:9000", "bucket": "data" });
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            settings(all).bucket().map(|bucket| bucket.object_url("a b/企.csv").to_string())
        };
        assert_eq!(
            address(serde_json::json!({})).unwrap(),
            "https://s3.example:9000/data/a%20b/%E4%BC%81.csv"
        );
        assert_eq!(
            address(serde_json::json!({ "addressing": "host" })).unwrap(),
            "https://data.s3.example:9000/a%20b/%E4%BC%81.csv"
        );
        assert!(
            address(serde_json::json!({ "addressing": "host", "endpoint": "http://127.0.0.1:1" })).is_err()
        );
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(file_name("a/b/c.csv"), "c.csv");
        let long = format!("{}.csv.gz", "企业".repeat(200));
        assert!(
            file_name(&long).len() <= NAME_BYTES_MAX && file_name(&long).ends_with("业.csv.gz"),
            "{long}"
        );
    }

    #[test]
    fn a_hundred_thousand_objects_fit_into_a_position() {
        let objects = (0..OBJECTS_MAX).map(|n| Mark::of(&[&n.to_string()])).collect();
        let position = Position::of(&Taken { objects }).unwrap();
        assert!(position.into_value().to_string().len() < 2 << 20);
    }

    proptest! {
        #[test]
        fn another_state_of_an_object_is_another_mark(
            key in "[ab]{1,3}", bytes in 0u64..3, tag in prop::option::of("[ab]{1,2}"), second in 0i64..3,
            other_key in "[ab]{1,3}", other_bytes in 0u64..3, other_tag in prop::option::of("[ab]{1,2}"), other_second in 0i64..3,
        ) {
            let found = |key: &str, bytes, etag: &Option<String>, second| Found::of(Listed {
                key: key.to_owned(), bytes, etag: etag.clone(), modified: chrono::DateTime::from_timestamp(second, 0),
            }).mark;
            let same = (&key, bytes, &tag) == (&other_key, other_bytes, &other_tag) && (tag.is_some() || second == other_second);
            prop_assert_eq!(found(&key, bytes, &tag, second) == found(&other_key, other_bytes, &other_tag, other_second), same);
        }
    }
}

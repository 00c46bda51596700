//! The lake on an S3-compatible object store (对象存储): where it is, how it is reached, and what makes it safe.
//!
//! One node writes a lake ([`owner`]). A commit is one conditional write (`If-None-Match: *`), which the store must
//! keep ([`probe`]); an answer that was lost on the way never makes it two ([`once`]). Calls go out through the egress
//! guard ([`connector`]). Data files are written on this machine first and carried over whole ([`transfer`]).

mod connector;
mod once;
pub(crate) mod owner;
mod place;
mod probe;
mod transfer;

pub use place::ObjectPlace;

use super::Lake;
use super::files::local_datasets;
use crate::Result;
use brain_egress::{Egress, Url};
use brain_kernel::error::{ErrorKind, Failure};
use brain_trust::Secret;
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path as Location;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Times a request is tried again.
const RETRIES_MAX: usize = 6;
/// Longest time from a request's first try to its last.
const RETRY_TIME: Duration = Duration::from_mins(1);

/// What opens an object store; the secret is never printed.
#[derive(Debug, Clone)]
pub struct ObjectLake {
    /// Bucket, prefix and endpoint.
    pub place: ObjectPlace,
    /// Region that requests are signed for; `us-east-1` for most stores that have none.
    pub region: String,
    /// Name of the key.
    pub access_key_id: String,
    /// The key itself.
    pub secret_access_key: Secret,
    /// The way out; the endpoint must be permitted in it.
    pub egress: Egress,
}

/// An object store that holds a lake.
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// `s3://bucket/prefix/`.
    root: Url,
    /// The prefix inside the bucket.
    prefix: Location,
    shown: String,
    runtime: tokio::runtime::Handle,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("root", &self.root.as_str()).finish_non_exhaustive()
    }
}

/// The lake of a node, checked to be its own; `new_id` is used where it takes a place on an object store.
pub(crate) async fn open_lake(data: &Path, lake: Option<&ObjectLake>, new_id: &str) -> Result<Lake> {
    let folder = data.join("lake");
    let Some(lake) = lake else {
        owner::refuse_if_elsewhere(&folder)?;
        return Ok(Lake::new(data));
    };
    std::fs::create_dir_all(&folder)?;
    let objects = Objects::new(lake)?;
    objects.prove_once(&folder, new_id).await?;
    objects.own(&folder, new_id).await?;
    let lake = Lake::on(data, objects);
    lake.clear_staging()?;
    let there = lake.datasets().await?;
    match local_datasets(&folder)?.into_iter().find(|dataset| there.binary_search(dataset).is_err()) {
        None => Ok(lake),
        Some(left) => Err(left_behind(&left, &folder)),
    }
}

impl Objects {
    /// Reach the store; nothing is asked of it yet. Must be called inside a runtime.
    pub(crate) fn new(lake: &ObjectLake) -> Result<Self> {
        let place = &lake.place;
        let retry =
            RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME, ..RetryConfig::default() };
        let store = AmazonS3Builder::new()
            .with_bucket_name(place.bucket())
            .with_region(lake.region.as_str())
            .with_endpoint(place.endpoint())
            .with_access_key_id(lake.access_key_id.as_str())
            .with_secret_access_key(lake.secret_access_key.expose())
            // The endpoint is the one host that is called: buckets are paths below it, not names of their own.
            .with_virtual_hosted_style_request(false)
            .with_allow_http(place.endpoint().starts_with("http://"))
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_disable_tagging(true)
            .with_retry(retry)
            .with_http_connector(connector::Connector(lake.egress.clone()))
            .build()
            .map_err(failed)?;
        Ok(Self {
            store: Arc::new(once::CommitOnce::new(store)),
            root: place.root()?,
            prefix: Location::from(place.prefix()),
            shown: place.to_string(),
            runtime: tokio::runtime::Handle::current(),
        })
    }

    /// The bucket, for the query engine, and the URL it knows it by.
    pub(crate) fn for_engine(&self) -> (Url, Arc<dyn ObjectStore>) {
        let mut bucket = self.root.clone();
        bucket.set_path("");
        (bucket, Arc::clone(&self.store))
    }

    /// The prefix inside the bucket that tables lie below.
    pub(crate) const fn prefix(&self) -> &Location {
        &self.prefix
    }

    /// Where a file of a table lies, as the query engine finds it.
    pub(crate) fn url(&self, dataset: &str, name: &str) -> Result<Url> {
        Ok(self.table_url(dataset)?.join(name).map_err(std::io::Error::other)?)
    }

    /// The log of a table, and the way to its files.
    pub(crate) fn log_store(&self, dataset: &str) -> Result<LogStoreRef> {
        let table: Arc<dyn ObjectStore> =
            Arc::new(PrefixStore::new(Arc::clone(&self.store), self.table(dataset)));
        Ok(default_logstore(
            table,
            Arc::clone(&self.store),
            &self.table_url(dataset)?,
            &StorageConfig::default(),
        ))
    }

    fn table_url(&self, dataset: &str) -> Result<Url> {
        let (zone, table) = super::parts(dataset);
        Ok(self.root.join(&format!("{zone}/{table}/")).map_err(std::io::Error::other)?)
    }

    /// Where a table lies in the bucket.
    fn table(&self, dataset: &str) -> Location {
        let (zone, table) = super::parts(dataset);
        self.prefix.clone().join(zone).join(table)
    }
}

impl fmt::Display for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// What the store said, in words that name the place to look at.
fn failed(error: object_store::Error) -> crate::Error {
    crate::Error::Table(error.into())
}

/// A failure of reaching or being let into an object store; `None` for every other error.
pub(crate) fn out_of_reach(error: &(dyn std::error::Error + 'static)) -> Option<Failure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(
            object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. },
        ) = error.downcast_ref()
        {
            return Some(not_let_in());
        }
        if let Some(call) = error.downcast_ref::<brain_egress::Error>() {
            return Some(unreachable(call));
        }
        next = error.source();
    }
    None
}

fn left_behind(dataset: &str, folder: &Path) -> crate::Error {
    let place = folder.display();
    let failure = Failure::new(
        ErrorKind::Precondition,
        "warehouse/lake-left-behind",
        format!("本地 {place} 中还有数据表（如 {dataset}），对象存储中没有。"),
        format!("There are tables in {place}, such as {dataset}, that the object store does not have."),
    );
    failure
        .with_hint(
            "请停机后把该文件夹下各分区（raw、standard、subject、topic）复制到 lake.url 所指前缀，核对后移走本地副本，再启动；或清空 lake.url 继续用本地文件夹。",
            "With the node stopped, copy its zones (raw, standard, subject, topic) below the prefix of lake.url, check them, move the local ones away and start again; or empty lake.url to go on with the folder.",
        )
        .into()
}

fn not_let_in() -> Failure {
    Failure::new(
        ErrorKind::Unavailable,
        "warehouse/lake-not-let-in",
        "对象存储拒绝了数据湖的密钥，或该密钥无权访问此存储桶。",
        "The object store refused the lake's key, or the key may not enter the bucket.",
    )
    .with_hint(
        "请管理员核对 lake.access_key_id、lake.secret_access_key、lake.region 与该密钥的权限（列出、读、写、删）。",
        "Ask the administrator to check lake.access_key_id, lake.secret_access_key, lake.region and what the key may do: list, read, write, delete.",
    )
}

fn unreachable(call: &brain_egress::Error) -> Failure {
    let words = Failure::from(call.clone());
    Failure::new(
        ErrorKind::Unavailable,
        "warehouse/lake-unreachable",
        format!("数据湖的对象存储无法访问：{}", words.detail.zh),
        format!("The lake's object store cannot be reached: {}", words.detail.en),
    )
    .with_hint(
        "请管理员核对 lake.endpoint 与网络；恢复后重试即可，已决定的入库会在下次启动时完成。",
        "Ask the administrator to check lake.endpoint and the network; then try again. An ingest that was decided is finished at the next start.",
    )
}

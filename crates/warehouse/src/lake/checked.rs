//! The query engine's way to local files: every block it reads is held against the file's sums.

use super::sums::{self, Sums};
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::object_store::path::Path as Location;
use datafusion::object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Sums kept in memory at most; a file's are read again when they were forgotten.
const KEPT_MAX: usize = 4_096;

/// Local files, checked where they have sums.
#[derive(Debug)]
pub(crate) struct CheckedFiles {
    files: LocalFileSystem,
    kept: Mutex<HashMap<PathBuf, Arc<Sums>>>,
}

impl std::fmt::Display for CheckedFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("checked local files")
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::Generic { store: "checked local files", source: Box::new(error) }
}

impl CheckedFiles {
    pub(crate) fn new() -> Self {
        Self { files: LocalFileSystem::new(), kept: Mutex::default() }
    }

    /// The file of a location and its sums; `None` where it has none.
    async fn sums(&self, location: &Location) -> Result<Option<(PathBuf, Arc<Sums>)>> {
        let path = self.files.path_to_filesystem(location)?;
        if let Some(sums) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&path) {
            return Ok(Some((path, Arc::clone(sums))));
        }
        let (Some(table), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
        else {
            return Ok(None);
        };
        let place = sums::path_of(table, name);
        let Some(sums) = blocking(move || Sums::kept(&place)).await? else { return Ok(None) };
        let sums = Arc::new(sums);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(path.clone(), Arc::clone(&sums));
        Ok(Some((path, sums)))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(failed),
        Err(error) => Err(failed(std::io::Error::other(error))),
    }
}

#[async_trait]
impl ObjectStore for CheckedFiles {
    async fn put_opts(
        &self,
        location: &Location,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        self.files.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Location,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.files.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Location, options: GetOptions) -> Result<GetResult> {
        let Some((path, sums)) = self.sums(location).await? else {
            return self.files.get_opts(location, options).await;
        };
        let (head, asked) = (options.head, options.range.clone());
        let mut found =
            self.files.get_opts(location, GetOptions { head: true, range: None, ..options }).await?;
        let whole = 0..sums.length();
        let range = match &asked {
            _ if head => whole,
            None => whole,
            Some(range) => {
                range.as_range(sums.length()).map_err(|error| failed(std::io::Error::other(error)))?
            }
        };
        if head {
            sums.check_length(&path, found.meta.size).map_err(failed)?;
            return Ok(found);
        }
        let wanted = range.clone();
        let bytes = blocking(move || sums.read(&path, wanted)).await?;
        found.payload = GetResultPayload::Stream(stream::once(async move { Ok(bytes) }).boxed());
        Ok(GetResult { range, attributes: Attributes::default(), ..found })
    }

    async fn get_ranges(&self, location: &Location, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let Some((path, sums)) = self.sums(location).await? else {
            return self.files.get_ranges(location, ranges).await;
        };
        let ranges = ranges.to_vec();
        blocking(move || ranges.into_iter().map(|range| sums.read(&path, range)).collect()).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Location>>,
    ) -> BoxStream<'static, Result<Location>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Location>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Location, to: &Location, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await
    }
}

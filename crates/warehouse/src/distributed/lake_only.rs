//! A store that lets plans read below some prefixes and do nothing else, whatever a plan that comes from elsewhere says.

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::object_store::path::Path as Location;
use datafusion::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::ops::Range;
use std::sync::Arc;

/// Reading below prefixes.
#[derive(Debug)]
pub(super) struct LakeOnly {
    store: Arc<dyn ObjectStore>,
    below: Vec<Location>,
}

impl LakeOnly {
    pub(super) fn new(store: Arc<dyn ObjectStore>, below: Vec<Location>) -> Self {
        Self { store, below }
    }

    fn admit(&self, location: &Location) -> Result<()> {
        if self.below.iter().any(|prefix| location.prefix_matches(prefix)) {
            return Ok(());
        }
        Err(Error::PermissionDenied { path: location.to_string(), source: "outside of the lake".into() })
    }
}

fn refused<T>(location: &Location) -> Result<T> {
    Err(Error::PermissionDenied { path: location.to_string(), source: "the lake is for reading here".into() })
}

impl std::fmt::Display for LakeOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the lake on {}", self.store)
    }
}

#[async_trait]
impl ObjectStore for LakeOnly {
    async fn put_opts(&self, location: &Location, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        refused(location)
    }

    async fn put_multipart_opts(
        &self,
        location: &Location,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        refused(location)
    }

    async fn get_opts(&self, location: &Location, options: GetOptions) -> Result<GetResult> {
        self.admit(location)?;
        self.store.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Location, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.admit(location)?;
        self.store.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Location>>,
    ) -> BoxStream<'static, Result<Location>> {
        locations.map(|location| refused(&location?)).boxed()
    }

    /// Files are named in plans; a folder is never asked what is in it.
    fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::iter([refused(&prefix.cloned().unwrap_or_default())]).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Location>) -> Result<ListResult> {
        refused(&prefix.cloned().unwrap_or_default())
    }

    async fn copy_opts(&self, from: &Location, _: &Location, _: CopyOptions) -> Result<()> {
        refused(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::object_store::ObjectStoreExt as _;
    use datafusion::object_store::memory::InMemory;

    #[tokio::test]
    async fn files_of_the_lake_are_read_and_nothing_else_is_done() {
        let store = Arc::new(InMemory::new());
        for name in ["node/lake/raw/a", "node/lake2/a", "node/keys/a"] {
            store.put(&Location::from(name), "rows".into()).await.unwrap();
        }
        let lake = LakeOnly::new(store, vec![Location::from("node/lake")]);
        let inside = Location::from("node/lake/raw/a");
        assert_eq!(lake.get(&inside).await.unwrap().bytes().await.unwrap(), "rows");
        assert_eq!(lake.get_range(&inside, 0..2).await.unwrap(), "ro");
        for outside in ["node/lake2/a", "node/keys/a", "node/lake/../keys/a"] {
            let Ok(outside) = Location::parse(outside) else { continue };
            assert!(matches!(lake.get(&outside).await, Err(Error::PermissionDenied { .. })), "{outside}");
            assert!(
                lake.head(&outside).await.is_err()
                    && lake.get_ranges(&outside, std::slice::from_ref(&(0..1))).await.is_err()
            );
        }
        assert!(lake.put(&inside, "more".into()).await.is_err());
        assert!(lake.delete(&inside).await.is_err());
        assert!(lake.copy(&inside, &Location::from("node/lake/raw/b")).await.is_err());
        assert!(lake.list(None).next().await.unwrap().is_err());
    }
}

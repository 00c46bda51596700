//! A commit whose answer was lost is not made twice.
//!
//! A commit is a write that must not find its object there. When the store did it and the answer was lost, the library
//! asks again and hears that the object exists; taken for another writer's, the same rows would be committed once more
//! under the next number. So the object is read back: if it holds what was to be written, the write has been done.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use object_store::path::Path as Location;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::ops::Range;

/// A store whose conditional writes are looked at again when their outcome is in doubt.
#[derive(Debug)]
pub(super) struct CommitOnce<S>(S);

impl<S> CommitOnce<S> {
    pub(super) const fn new(store: S) -> Self {
        Self(store)
    }
}

impl<S: std::fmt::Display> std::fmt::Display for CommitOnce<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: ObjectStore> CommitOnce<S> {
    /// The object as it is, where it holds exactly this payload.
    async fn held(&self, location: &Location, payload: &PutPayload) -> Option<PutResult> {
        let found = self.0.get(location).await.ok()?;
        let result = PutResult { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        if found.meta.size != payload.content_length() as u64 {
            return None;
        }
        let written = found.bytes().await.ok()?;
        (written == joined(payload)).then_some(result)
    }
}

fn joined(payload: &PutPayload) -> BytesMut {
    let mut whole = BytesMut::with_capacity(payload.content_length());
    for piece in payload {
        whole.extend_from_slice(piece);
    }
    whole
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for CommitOnce<S> {
    async fn put_opts(
        &self,
        location: &Location,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        if !matches!(options.mode, PutMode::Create) {
            return self.0.put_opts(location, payload, options).await;
        }
        match self.0.put_opts(location, payload.clone(), options).await {
            Ok(done) => Ok(done),
            // What was wrong with the request itself did not become a write.
            Err(error @ (Error::NotImplemented { .. } | Error::PermissionDenied { .. })) => Err(error),
            Err(error) => match self.held(location, &payload).await {
                Some(done) => {
                    tracing::warn!(%location, %error, "a write was done although its answer was lost");
                    Ok(done)
                }
                None => Err(error),
            },
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Location,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Location, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Location, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.0.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Location>>,
    ) -> BoxStream<'static, Result<Location>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Location>,
        offset: &Location,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Location>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Location, to: &Location, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Does every write, and loses the answers to the first `lost` of them.
    #[derive(Debug)]
    struct Forgetful {
        store: InMemory,
        lost: AtomicUsize,
    }

    impl std::fmt::Display for Forgetful {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("forgetful")
        }
    }

    #[async_trait]
    impl ObjectStore for Forgetful {
        async fn put_opts(
            &self,
            location: &Location,
            payload: PutPayload,
            options: PutOptions,
        ) -> Result<PutResult> {
            let done = self.store.put_opts(location, payload, options).await;
            let losing = self
                .lost
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok();
            if losing && done.is_ok() {
                return Err(Error::Generic { store: "forgetful", source: "the connection was cut".into() });
            }
            done
        }

        async fn put_multipart_opts(
            &self,
            location: &Location,
            options: PutMultipartOptions,
        ) -> Result<Box<dyn MultipartUpload>> {
            self.store.put_multipart_opts(location, options).await
        }

        async fn get_opts(&self, location: &Location, options: GetOptions) -> Result<GetResult> {
            self.store.get_opts(location, options).await
        }

        fn delete_stream(
            &self,
            locations: BoxStream<'static, Result<Location>>,
        ) -> BoxStream<'static, Result<Location>> {
            self.store.delete_stream(locations)
        }

        fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, Result<ObjectMeta>> {
            self.store.list(prefix)
        }

        async fn list_with_delimiter(&self, prefix: Option<&Location>) -> Result<ListResult> {
            self.store.list_with_delimiter(prefix).await
        }

        async fn copy_opts(&self, from: &Location, to: &Location, options: CopyOptions) -> Result<()> {
            self.store.copy_opts(from, to, options).await
        }
    }

    fn create() -> PutOptions {
        PutMode::Create.into()
    }

    #[tokio::test]
    async fn a_commit_whose_answer_was_lost_has_been_made_and_another_writers_is_not_ours() {
        let store = CommitOnce::new(Forgetful { store: InMemory::new(), lost: AtomicUsize::new(1) });
        let log = Location::from("t/_delta_log/0.json");
        store.put_opts(&log, "ours".into(), create()).await.unwrap();
        // Asked again, as a library does that heard no answer: it has been done, not done by somebody else.
        store.put_opts(&log, "ours".into(), create()).await.unwrap();
        let other = store.put_opts(&log, "theirs".into(), create()).await.unwrap_err();
        assert!(matches!(other, Error::AlreadyExists { .. }), "{other:?}");
        let longer = store.put_opts(&log, "ours and more".into(), create()).await.unwrap_err();
        assert!(matches!(longer, Error::AlreadyExists { .. }), "{longer:?}");
        assert_eq!(store.get(&log).await.unwrap().bytes().await.unwrap(), "ours");
    }
}

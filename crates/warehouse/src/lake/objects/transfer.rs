//! Files of tables: carried over, listed, deleted.

use super::{Objects, failed};
use crate::Result;
use crate::lake::files::TableFile;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{ObjectStore as _, ObjectStoreExt as _, WriteMultipart};
use std::collections::BTreeSet;
use std::path::Path;
use tokio::io::AsyncReadExt as _;

/// Bytes of one part of an upload; a smaller file is one request.
const PART_BYTES: usize = 8 << 20;
/// Parts on their way at once.
const PARTS_AT_ONCE: usize = 4;

impl Objects {
    /// Carry a finished file over; when this returns the store has it whole. For threads that may block; never to be
    /// called from a task of the runtime.
    pub(crate) fn carry_over(&self, local: &Path, dataset: &str, name: &str) -> Result<()> {
        self.runtime.block_on(self.upload(local, dataset, name))
    }

    async fn upload(&self, local: &Path, dataset: &str, name: &str) -> Result<()> {
        let at = self.table(dataset).join(name);
        let mut file = tokio::fs::File::open(local).await?;
        let length = file.metadata().await?.len();
        if length <= PART_BYTES as u64 {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await?;
            self.store.put(&at, bytes.into()).await.map_err(failed)?;
            return Ok(());
        }
        let upload = self.store.put_multipart(&at).await.map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        match fill(&mut parts, &mut file).await {
            // Gives the upload up itself where the last step fails.
            Ok(()) => parts.finish().await.map(drop).map_err(failed),
            Err(error) => {
                if let Err(problem) = parts.abort().await {
                    tracing::warn!(%problem, %at, "an upload was left unfinished; the bucket's rule for such removes it");
                }
                Err(error)
            }
        }
    }

    /// Files directly in a table's folder.
    pub(crate) async fn files(&self, dataset: &str) -> Result<Vec<TableFile>> {
        let listed = self.store.list_with_delimiter(Some(&self.table(dataset))).await.map_err(failed)?;
        let file = |object: object_store::ObjectMeta| {
            Some(TableFile {
                name: object.location.filename()?.to_owned(),
                bytes: object.size,
                changed: object.last_modified,
            })
        };
        Ok(listed.objects.into_iter().filter_map(file).collect())
    }

    /// Delete files of a table; one that is gone already counts as deleted.
    pub(crate) async fn delete(&self, dataset: &str, names: BTreeSet<String>) -> Result<()> {
        let table = self.table(dataset);
        let locations = names.into_iter().map(move |name| Ok(table.clone().join(name)));
        let locations = futures::stream::iter(locations.collect::<Vec<_>>()).boxed();
        let deleted = self.store.delete_stream(locations);
        let gone = deleted.filter(|outcome| {
            let there = !matches!(outcome, Err(object_store::Error::NotFound { .. }));
            futures::future::ready(there)
        });
        gone.try_for_each(|_| futures::future::ready(Ok(()))).await.map_err(failed)
    }

    /// Every table there is, committed or not, as `zone.table`.
    pub(crate) async fn datasets(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let zones = self.store.list_with_delimiter(Some(&self.prefix)).await.map_err(failed)?;
        for zone in zones.common_prefixes {
            let Some(name) = zone.filename().filter(|name| !name.starts_with('_')) else { continue };
            let tables = self.store.list_with_delimiter(Some(&zone)).await.map_err(failed)?;
            let found = tables.common_prefixes.iter().filter_map(|table| table.filename());
            names.extend(found.map(|table| format!("{name}.{table}")));
        }
        names.sort();
        Ok(names)
    }
}

async fn fill(parts: &mut WriteMultipart, file: &mut tokio::fs::File) -> Result<()> {
    loop {
        let mut piece = Vec::with_capacity(PART_BYTES);
        if (&mut *file).take(PART_BYTES as u64).read_to_end(&mut piece).await? == 0 {
            return Ok(());
        }
        parts.wait_for_capacity(PARTS_AT_ONCE).await.map_err(failed)?;
        parts.put(piece.into());
    }
}

//! Whether a store can hold a lake: it writes, keeps conditional writes, reads what was written, lists and deletes.
//!
//! A data folder remembers the place it has tried, so that not every command tries it again; a node that begins to serve
//! and `brain doctor` do all the same, for a store may have changed since.

use super::{Objects, failed};
use crate::Result;
use crate::error::refuse;
use brain_kernel::error::ErrorKind;
use object_store::path::Path as Location;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode};
use std::path::Path;

/// Name of the file in the folder that says which place was tried.
const TRIED: &str = "tried.txt";

impl Objects {
    /// Try this place, unless the folder remembers that it did.
    pub(crate) async fn prove_once(&self, folder: &Path, name: &str) -> Result<()> {
        // One that cannot be read says nothing: the place is tried again.
        match std::fs::read_to_string(folder.join(TRIED)) {
            Ok(tried) if tried == self.shown => Ok(()),
            _ => self.prove(folder, name).await,
        }
    }

    /// Try this place now. Only one that holds everything is remembered in the folder.
    pub(crate) async fn prove(&self, folder: &Path, name: &str) -> Result<()> {
        let path = folder.join(TRIED);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.probe(name).await?;
        // Lost with the power, it is written by the next trial.
        Ok(std::fs::write(&path, &self.shown)?)
    }

    /// Try everything the lake needs on an object of its own, which is removed again; `name` is new each time.
    async fn probe(&self, name: &str) -> Result<()> {
        let at = self.prefix.clone().join("_probe").join(name);
        let tried = self.try_at(&at).await;
        let removed = self.store.delete(&at).await.map_err(failed);
        tried?;
        removed
    }

    async fn try_at(&self, at: &Location) -> Result<()> {
        self.store.put_opts(at, "first".into(), PutMode::Create.into()).await.map_err(failed)?;
        let second = self.store.put_opts(at, "second".into(), PutMode::Create.into()).await;
        let read = self.store.get(at).await.map_err(failed)?.bytes().await.map_err(failed)?;
        match second {
            Err(Error::AlreadyExists { .. }) if read == "first" => {}
            Err(Error::AlreadyExists { .. }) | Ok(_) => return Err(not_conditional(&self.shown)),
            Err(error) => return Err(failed(error)),
        }
        let listed = self.store.list_with_delimiter(Some(&self.prefix.clone().join("_probe"))).await;
        let listed = listed.map_err(failed)?;
        if listed.objects.iter().any(|object| object.location == *at) {
            Ok(())
        } else {
            Err(not_listed(&self.shown))
        }
    }
}

fn not_conditional(place: &str) -> crate::Error {
    refuse(
        ErrorKind::Precondition,
        "warehouse/lake-conditional-write",
        format!(
            "{place} 不支持条件写入（If-None-Match），两次提交可能互相覆盖，因此不能存放数据湖。请升级对象存储，或更换支持条件写入的存储。"
        ),
        format!(
            "{place} does not keep conditional writes (If-None-Match): one commit could overwrite another, so it cannot hold the lake. Upgrade the object store, or take one that keeps them."
        ),
    )
}

fn not_listed(place: &str) -> crate::Error {
    refuse(
        ErrorKind::Precondition,
        "warehouse/lake-listing",
        format!(
            "{place} 写入后列不出该对象，无法保证读到最新版本，因此不能存放数据湖。请更换写后即可列出的存储。"
        ),
        format!(
            "{place} does not list an object that was just written, so the newest version could be missed; it cannot hold the lake. Take a store that lists after writing."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::local::LocalFileSystem;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_place_that_fails_its_trial_is_forgotten() {
        let (place, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let objects = Objects {
            store: Arc::new(LocalFileSystem::new_with_prefix(place.path()).unwrap()),
            root: brain_egress::Url::parse("s3://lake/").unwrap(),
            prefix: Location::default(),
            shown: "s3://lake @ here".to_owned(),
            runtime: tokio::runtime::Handle::current(),
        };
        let record = folder.path().join(TRIED);
        objects.prove_once(folder.path(), "1").await.unwrap();
        assert_eq!(std::fs::read_to_string(&record).unwrap(), objects.shown);
        // No object can be made where it is tried any more.
        let at = place.path().join("_probe");
        if at.exists() {
            std::fs::remove_dir_all(&at).unwrap();
        }
        std::fs::write(&at, "in the way").unwrap();
        objects.prove_once(folder.path(), "2").await.expect("it is remembered");
        assert!(objects.prove(folder.path(), "3").await.is_err());
        assert!(!record.exists());
        assert!(objects.prove_once(folder.path(), "4").await.is_err(), "and tried again");
    }
}

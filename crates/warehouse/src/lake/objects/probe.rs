//! Whether a store can hold a lake: it writes, keeps conditional writes, reads what was written, lists and deletes.

use super::{Objects, failed};
use crate::Result;
use crate::error::refuse;
use brain_kernel::error::ErrorKind;
use object_store::path::Path as Location;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode};

impl Objects {
    /// Try everything the lake needs on an object of its own, which is removed again; `name` is new each time.
    pub(crate) async fn probe(&self, name: &str) -> Result<()> {
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

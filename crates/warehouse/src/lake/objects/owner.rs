//! One node writes a lake: the bucket says which, the node's folder knows that it is the one.
//!
//! A local lake is kept apart by the lock on its folder. A bucket has none, so it holds `_owner.json`, written once, and
//! the folder a file with the same id. Neither goes into a backup: a restored copy of a node must not write into the
//! lake of the one that still runs.

use super::{Objects, failed};
use crate::Result;
use crate::error::refuse;
use brain_kernel::error::{ErrorKind, Failure};
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode};
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::path::Path;

/// Name of the mark in the bucket.
const MARK: &str = "_owner.json";
/// Name of the mark in the folder.
const OWN: &str = "owner.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    /// Id of the node, made when it took the lake.
    id: String,
    /// Where the lake is.
    place: String,
}

impl Objects {
    /// Take an empty place, or find that it is ours; `new_id` is used for a new one.
    pub(crate) async fn own(&self, folder: &Path, new_id: &str) -> Result<()> {
        let mark = self.prefix.clone().join(MARK);
        let there = match self.store.get(&mark).await {
            Ok(found) => {
                let bytes = found.bytes().await.map_err(failed)?;
                Some(serde_json::from_slice::<Owner>(&bytes).map_err(|_| taken(&self.shown))?)
            }
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(failed(error)),
        };
        let kept = read(&folder.join(OWN))?;
        // Written before the bucket is: a crash between the two leaves a draft that the next start goes on with.
        let draft = folder.join(OWN).with_extension("draft");
        match (kept, there) {
            (Some(own), Some(there)) if own.id == there.id => Ok(()),
            (_, Some(there)) if read(&draft)?.is_some_and(|own| own.id == there.id) => {
                settle(&draft, &folder.join(OWN))
            }
            (_, Some(_)) => Err(taken(&self.shown)),
            (Some(_), None) => Err(lost(&self.shown)),
            (None, None) => {
                let own = match read(&draft)? {
                    Some(own) => own,
                    None => Owner { id: new_id.to_owned(), place: self.shown.clone() },
                };
                let text = serde_json::to_vec(&own)?;
                write(&draft, &text)?;
                match self.store.put_opts(&mark, text.into(), PutMode::Create.into()).await {
                    Ok(_) => settle(&draft, &folder.join(OWN)),
                    Err(Error::AlreadyExists { .. }) => Err(taken(&self.shown)),
                    Err(error) => Err(failed(error)),
                }
            }
        }
    }

    /// Whether the mark is still there; for readiness.
    pub(crate) async fn is_there(&self) -> Result<()> {
        let found = self.store.head(&self.prefix.clone().join(MARK)).await;
        found.map(drop).map_err(failed)
    }
}

/// Refuse a local lake where the folder says that its tables are in a bucket.
pub(crate) fn refuse_if_elsewhere(folder: &Path) -> Result<()> {
    let Some(own) = read(&folder.join(OWN))? else { return Ok(()) };
    let failure = Failure::new(
        ErrorKind::Precondition,
        "warehouse/lake-elsewhere",
        format!("本节点的数据湖在 {}，而 lake.url 为空（本地文件夹）。", own.place),
        format!("This node's lake is at {}, but lake.url is empty, which means the local folder.", own.place),
    );
    Err(failure
        .with_hint(
            "请恢复 lake.url；若要迁回本地，先把桶中各数据表复制到 lake 文件夹，再删除其中的 owner.json。",
            "Set lake.url again. To move back, copy the tables from the bucket into the folder `lake`, then remove `owner.json` there.",
        )
        .into())
}

fn taken(place: &str) -> crate::Error {
    let failure = Failure::new(
        ErrorKind::Precondition,
        "warehouse/lake-taken",
        format!("{place} 已属于另一个节点，两个节点同时写入会损坏数据湖。"),
        format!("{place} belongs to another node; two that write would ruin it."),
    );
    failure
        .with_hint(
            "请为本节点换一个前缀。只有确定原节点不再运行（例如已从备份恢复到本机）时，才可删除桶中的 _owner.json 后重启。",
            "Give this node a prefix of its own. Only where the other node will never run again, as after a restore, remove _owner.json from the bucket and start again.",
        )
        .into()
}

fn lost(place: &str) -> crate::Error {
    let failure = Failure::new(
        ErrorKind::Precondition,
        "warehouse/lake-empty",
        format!("{place} 中没有本节点数据湖的标记：桶或前缀不对，或内容已被删除。"),
        format!(
            "{place} has no mark of this node's lake: it is another bucket or prefix, or it was emptied."
        ),
    );
    failure
        .with_hint(
            "请核对 lake.url 与 lake.endpoint；搬迁时须连同 _owner.json 复制全部对象；内容丢失时请从桶的历史版本恢复。若从空数据湖重新开始，删除数据文件夹中的 lake/owner.json。",
            "Check lake.url and lake.endpoint. When moving, copy every object, _owner.json too; what was lost comes back from the bucket's versions. To begin with an empty lake, remove lake/owner.json in the data folder.",
        )
        .into()
}

fn read(path: &Path) -> Result<Option<Owner>> {
    match std::fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).map_err(|_| unreadable(path))?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn unreadable(path: &Path) -> crate::Error {
    let path = path.display();
    refuse(
        ErrorKind::Precondition,
        "warehouse/lake-owner",
        format!("{path} 不可读，无法确认数据湖属于本节点；请从桶中的 _owner.json 复制其内容。"),
        format!(
            "{path} cannot be read, so whose lake it is cannot be told; copy the content of _owner.json in the bucket."
        ),
    )
}

fn write(path: &Path, text: &[u8]) -> Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(text)?;
    Ok(brain_durable::sync_file(&file, path)?)
}

fn settle(draft: &Path, path: &Path) -> Result<()> {
    std::fs::rename(draft, path)?;
    let folder = path.parent().unwrap_or(path);
    Ok(brain_durable::sync_folder(folder)?)
}

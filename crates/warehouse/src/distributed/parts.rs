//! What every machine of a cluster has in common with the node: functions, nodes of plans, the way to the files.

use super::lake_only::LakeOnly;
use crate::lake::checked::CheckedFiles;
use crate::lake::objects::Objects;
use crate::lake::sums::Damaged;
use crate::query::barrier::Barrier;
use crate::{ObjectLake, Result};
use brain_egress::Url;
use datafusion::error::DataFusionError;
use datafusion::error::Result as PlanResult;
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::logical_expr::ScalarUDF;
use datafusion::object_store::ObjectStore;
use datafusion::object_store::memory::InMemory;
use datafusion::object_store::path::Path as Location;
use datafusion::parquet::errors::ParquetError;
use datafusion::physical_plan::ExecutionPlan;
use std::path::Path;
use std::sync::Arc;

/// What a barrier is on the wire. No message of Protocol Buffers begins with a zero, so it is mistaken for none.
const BARRIER: &[u8] = b"\0brain/barrier";

/// Functions of ours that give the same on every machine: they look into nothing but their arguments.
pub fn portable_functions() -> Vec<Arc<ScalarUDF>> {
    crate::standard::portable_functions()
}

/// A node of a plan that only this program knows, as bytes without its inputs; `None` for any other.
pub fn encode_node(node: &dyn ExecutionPlan) -> Option<Vec<u8>> {
    node.downcast_ref::<Barrier>().map(|_| BARRIER.to_vec())
}

/// The node behind bytes that [`encode_node`] made; `None` where it did not make them.
pub fn decode_node(
    bytes: &[u8],
    inputs: &[Arc<dyn ExecutionPlan>],
) -> Option<PlanResult<Arc<dyn ExecutionPlan>>> {
    if bytes != BARRIER {
        return None;
    }
    Some(match inputs {
        [input] => Ok(Arc::new(Barrier::new(Arc::clone(input)))),
        _ => datafusion::common::internal_err!("a barrier has one input, not {}", inputs.len()),
    })
}

/// The same error, with damage to a file as its cause where the engine's reader of footers kept no more than its words.
///
/// The node meets such a footer when it plans, and is told by its own reader; a machine of a cluster meets it in a task.
pub fn with_cause(error: DataFusionError) -> DataFusionError {
    let path = match error.find_root() {
        DataFusionError::ParquetError(cause) => match cause.as_ref() {
            ParquetError::General(text) => text.strip_suffix(&Damaged { path: String::new() }.to_string()),
            _ => None,
        },
        _ => None,
    };
    match path {
        Some(path) => DataFusionError::External(Box::new(Damaged { path: path.to_owned() })),
        None => error,
    }
}

/// The files that a plan may read on a machine of a cluster: those of one lake, or none. Whatever else it names is not
/// there.
#[derive(Debug)]
pub struct LakeFiles {
    lake: Option<(Url, Arc<dyn ObjectStore>)>,
    nothing: Arc<dyn ObjectStore>,
}

impl LakeFiles {
    /// No file at all: for who reads plans and runs none.
    #[must_use]
    pub fn none() -> Self {
        Self { lake: None, nothing: Arc::new(LakeOnly::new(Arc::new(InMemory::new()), Vec::new())) }
    }

    /// The lake in the folder `lake` of a data folder, or on an object store with this machine's own key. Blocks are held
    /// against their sums as on the node. Must be called inside a runtime.
    pub fn open(data: &Path, objects: Option<&ObjectLake>) -> Result<Self> {
        let local = ObjectStoreUrl::local_filesystem();
        let (url, store) = match objects {
            Some(lake) => {
                let objects = Objects::new(lake)?;
                let (bucket, store) = objects.for_engine();
                (bucket, LakeOnly::new(store, vec![objects.prefix().clone()]))
            }
            None => {
                let (files, below) = (CheckedFiles::new(), local_prefixes(&data.join("lake"))?);
                let url: &Url = local.as_ref();
                (url.clone(), LakeOnly::new(Arc::new(files), below))
            }
        };
        Ok(Self { lake: Some((url, Arc::new(store))), ..Self::none() })
    }
}

impl ObjectStoreRegistry for LakeFiles {
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> PlanResult<Arc<dyn ObjectStore>> {
        let own = self.lake.as_ref().filter(|(lake, _)| {
            (lake.scheme(), lake.host_str(), lake.port()) == (url.scheme(), url.host_str(), url.port())
        });
        Ok(Arc::clone(own.map_or(&self.nothing, |(_, store)| store)))
    }
}

/// A folder as plans may spell it: as it is named, and where links lead.
fn local_prefixes(folder: &Path) -> Result<Vec<Location>> {
    let named = std::path::absolute(folder)?;
    let mut prefixes = vec![Location::from_absolute_path(&named).map_err(std::io::Error::other)?];
    if let Ok(real) = folder.canonicalize() {
        let real = Location::from_absolute_path(real).map_err(std::io::Error::other)?;
        if !prefixes.contains(&real) {
            prefixes.push(real);
        }
    }
    Ok(prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::error::Failure;

    #[test]
    fn damage_is_known_by_its_words_where_they_are_all_that_is_left() {
        let damaged = Damaged { path: "/lake/raw/place/a.parquet".to_owned() };
        let footer = |words: String| {
            let text = format!("Failed to fetch metadata for file a.parquet: Object Store error: {words}");
            DataFusionError::Shared(Arc::new(DataFusionError::from(ParquetError::General(text))))
        };
        let code = |error: DataFusionError| Failure::from(crate::Error::from(with_cause(error))).code;
        assert_eq!(code(footer(damaged.to_string())), "warehouse/damaged");
        assert_eq!(code(footer("no such file".to_owned())), "warehouse/engine");
        assert_eq!(code(DataFusionError::Execution(damaged.to_string())), "warehouse/sql");
    }
}

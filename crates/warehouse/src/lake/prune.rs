//! Taking old versions out: the files that only they consist of. The log stays, so that version numbers go on.

use super::Lake;
use crate::Result;
use std::collections::BTreeMap;

/// Versions looked at for one deletion; more are deleted in steps.
pub(crate) const VERSIONS_MAX: u64 = 1_000;

impl Lake {
    /// Files that versions from `oldest` up to but without `first_kept` consist of and no kept version does, with
    /// their bytes. A file belongs to the versions between its addition and its removal, so the two ends of what is
    /// kept tell.
    pub(crate) async fn files_only_before(
        &self,
        dataset: &str,
        oldest: u64,
        first_kept: u64,
        latest: u64,
    ) -> Result<BTreeMap<String, u64>> {
        let mut only = BTreeMap::new();
        for version in oldest..first_kept {
            only.extend(self.files_of(dataset, version).await?);
        }
        for version in [first_kept, latest] {
            // When everything goes there is no kept version yet.
            if (first_kept..=latest).contains(&version) {
                for name in self.files_of(dataset, version).await?.into_keys() {
                    only.remove(&name);
                }
            }
        }
        Ok(only)
    }

    async fn files_of(&self, dataset: &str, version: u64) -> Result<BTreeMap<String, u64>> {
        let delta = self.delta(dataset, Some(version)).await?;
        let state = delta.snapshot()?;
        let files = state.snapshot().log_data();
        Ok(files
            .iter()
            .map(|file| (file.path().to_string(), u64::try_from(file.size()).unwrap_or_default()))
            .collect())
    }
}

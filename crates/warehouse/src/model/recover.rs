//! After a crash: files of model runs that never became a version are removed. The models stay stale and run again.

use crate::Result;
use crate::handle::Inner;
use std::collections::BTreeSet;

impl Inner {
    /// Remove what interrupted model runs left. Returns how many files there were.
    pub(crate) async fn recover_models(&self) -> Result<usize> {
        let mut removed = 0;
        for model in &self.model_set().models {
            for run_id in staged_runs(&self.lake.folder(&model.name)) {
                if self.lake.version_of_run(&model.name, &run_id).await?.is_none() {
                    removed += self.lake.sweep(&model.name, &run_id)?;
                }
            }
        }
        if removed > 0 {
            tracing::warn!(files = removed, "removed files of interrupted model runs");
        }
        Ok(removed)
    }
}

/// Ids of the runs whose files lie in a table's folder: `part-<run id>-0000.parquet`.
fn staged_runs(folder: &std::path::Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
            Some(rest.rsplit_once('-')?.0.to_owned())
        })
        .collect()
}

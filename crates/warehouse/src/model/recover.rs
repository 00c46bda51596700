//! After a crash: files of model runs that never became a version are removed. The models stay stale and run again.

use crate::Result;
use crate::handle::Inner;

impl Inner {
    /// Remove what interrupted model runs left. Returns how many files there were.
    pub(crate) async fn recover_models(&self) -> Result<usize> {
        let mut removed = 0;
        for model in &self.model_set().models {
            for run_id in self.lake.unfinished_runs(&model.name).await? {
                removed += self.lake.sweep(&model.name, &run_id).await?;
            }
        }
        if removed > 0 {
            tracing::warn!(files = removed, "removed files of interrupted model runs");
        }
        Ok(removed)
    }
}

//! SQL models: subject tables from raw tables, run in order, one Delta commit each.

use crate::Result;
use crate::handle::Inner;

impl Inner {
    pub(crate) async fn recover_models(&self) -> Result<()> {
        Ok(())
    }

    pub(crate) async fn reload_standards(&self) -> Result<()> {
        Ok(())
    }
}

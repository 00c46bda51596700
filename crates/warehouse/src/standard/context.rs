//! Dictionaries the functions look into, swapped whole when the tables behind them change.

use super::regions::Regions;
use crate::extract::Extractor;
use crate::{Error, Result};
use arc_swap::ArcSwap;
use std::sync::Arc;

/// Region names and the product extractor.
pub(crate) struct Standards {
    regions: ArcSwap<Regions>,
    extractor: ArcSwap<Extractor>,
}

impl Standards {
    /// What is known before any table is loaded.
    pub(crate) fn built_in() -> Result<Arc<Self>> {
        let extractor = Extractor::built_in()
            .map_err(|error| Error::Model { model: "extractor".into(), reason: error.to_string() })?;
        Ok(Arc::new(Self {
            regions: ArcSwap::from_pointee(Regions::built_in()),
            extractor: ArcSwap::from_pointee(extractor),
        }))
    }

    pub(crate) fn regions(&self) -> Arc<Regions> {
        self.regions.load_full()
    }

    pub(crate) fn extractor(&self) -> Arc<Extractor> {
        self.extractor.load_full()
    }

    pub(crate) fn set_regions(&self, regions: Regions) {
        self.regions.store(Arc::new(regions));
    }

    pub(crate) fn set_extractor(&self, extractor: Extractor) {
        self.extractor.store(Arc::new(extractor));
    }
}

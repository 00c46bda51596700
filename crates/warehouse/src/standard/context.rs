//! Dictionaries the functions look into, swapped whole when the tables behind them change.

use super::regions::Regions;
use crate::extract::Extractor;
use crate::{Error, Result};
use arc_swap::ArcSwap;
use std::sync::Arc;

/// Versions of the tables the dictionaries were taken from; `None` where only the built-in part is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) region: Option<u64>,
    pub(crate) product: Option<u64>,
    pub(crate) industry: Option<u64>,
}

/// An extractor with this program's own terms only.
pub(crate) fn built_in_extractor() -> Result<Extractor> {
    Extractor::built_in().map_err(|error| Error::extractor(&error))
}

/// Region names and the product extractor.
pub(crate) struct Standards {
    versions: ArcSwap<Versions>,
    regions: ArcSwap<Regions>,
    extractor: ArcSwap<Extractor>,
}

impl Standards {
    /// What is known before any table is loaded.
    pub(crate) fn built_in() -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            versions: ArcSwap::default(),
            regions: ArcSwap::from_pointee(Regions::built_in()),
            extractor: ArcSwap::from_pointee(built_in_extractor()?),
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

    pub(crate) fn versions(&self) -> Versions {
        *self.versions.load_full()
    }

    pub(crate) fn set_versions(&self, versions: Versions) {
        self.versions.store(Arc::new(versions));
    }
}

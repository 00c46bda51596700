//! The handle everybody holds.

use crate::lake::Lake;
use crate::{Options, Result};
use brain_kernel::clock::Clock;
use brain_store::Store;
use brain_trust::Trust;
use std::sync::Arc;

/// A node's warehouse; cheap to clone.
#[derive(Clone)]
pub struct Warehouse {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lake: Lake,
}

impl Warehouse {
    /// Open the warehouse of a data folder, finishing or undoing what a crash left half done.
    pub async fn open(options: Options, store: Store, trust: Trust, clock: Arc<dyn Clock>) -> Result<Self> {
        let lake = Lake::new(&options.root);
        Ok(Self { inner: Arc::new(Inner { options, store, trust, clock, lake }) })
    }
}

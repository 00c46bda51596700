//! Column lineage of the node (字段级血缘): from raw columns through models and components to the numbers on pages,
//! with what other systems say of theirs.
//!
//! The graph is made of what is known anyway — the catalogue, the SQL of the models, the manifests of the
//! components, events in the OpenLineage format — and lives in memory; only events are stored. Own parts are
//! made anew when the catalogue changed. Names and columns are no rows: who may see the catalogue may see lineage.
//! Start reading at [`Lineage`], then `own` for where the edges come from.

mod events;
mod own;
mod view;

pub use events::{BatchAnswer, FailedEvent, Summary};
pub use own::{Consumer, Shown};
pub use view::{ImpactRow, LineageDirection, LineageEdge, LineageGraph, LineageNode, LineageQuery};

use crate::Warehouse;
use crate::error::Result;
use crate::handle::Inner;
use brain_kernel::error::Failure;
use brain_lineage::openlineage::Event;
use brain_lineage::sql::Issue;
use brain_lineage::{Graph, Part};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Namespace by which others may call this node's datasets in events they send to it. What the node sends carries
/// [`Lineage::namespace`]: many nodes report to one collector, and to each other.
const SHORT_NAMESPACE: &str = "brain";

/// Column lineage of a node; cheap to make.
#[derive(Clone)]
pub struct Lineage {
    inner: Arc<Inner>,
}

impl Warehouse {
    /// Column lineage.
    pub fn lineage(&self) -> Lineage {
        Lineage { inner: Arc::clone(&self.inner) }
    }
}

/// The graph in memory, and what it was made of.
#[derive(Default)]
pub(crate) struct Memory {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    graph: Graph,
    /// The catalogue the own parts were made from.
    made_from: Option<Arc<crate::catalogue::Snapshot>>,
    /// Whether the stored events are in it.
    has_events: bool,
    consumers: Arc<Vec<Consumer>>,
    /// What could not be followed in a model.
    issues: BTreeMap<String, Vec<Issue>>,
}

impl Memory {
    /// Make the own parts anew at the next question: what they were made from changed.
    pub(crate) fn outdated(&self) {
        self.write().made_from = None;
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lineage {
    /// Namespace of this node's datasets and jobs in events: its evidence log's origin, which no other node has.
    pub fn namespace(&self) -> String {
        format!("brain://{}", self.inner.trust.evidence().origin())
    }

    /// What an event says about lineage here.
    fn part_of(&self, event: &Event) -> Result<Part> {
        Ok(event.to_part(&[&self.namespace(), SHORT_NAMESPACE]).map_err(Failure::from)?)
    }

    /// Which components read which datasets, and on which pages their numbers stand.
    pub fn set_consumers(&self, consumers: Vec<Consumer>) {
        let mut state = self.inner.lineage.write();
        state.consumers = Arc::new(consumers);
        state.made_from = None;
    }
}

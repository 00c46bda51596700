//! Connectors (数据连接器) of a node: what is fetched from where, when, how far, and what came of it.
//!
//! Invariants: the position of a connector moves in one transaction with the run that landed the batch, and only after
//! its ingest has succeeded; one run of a connector at a time; a secret goes into the vault and to the source, nowhere
//! else; each change and each run shares a transaction with its evidence.
//! Start reading at [`Connectors`], then `run.rs`.

mod card;
mod change;
mod keep;
mod recover;
mod run;

pub use brain_connect::{Finding, Schedule, Settings, Surroundings};
pub use card::{Connector, ConnectorRun, Trouble};
pub use change::{ConnectorTest, NewConnector};

use crate::error::refuse;
use crate::handle::Inner;
use crate::{Error, Result, Warehouse};
use brain_kernel::error::ErrorKind;
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::Cancel;
use brain_store::connector::{self, ConnectorRow};
use brain_store::{Page, PageRequest};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Most connectors of a node.
pub const CONNECTORS_MAX: u64 = 500;
/// Who manages connectors.
pub const MANAGERS: [Role; 1] = [Role::SystemAdministrator];

/// Runs under way, by connector.
pub(crate) type UnderWay = Mutex<BTreeMap<String, Cancel>>;

/// The connectors of a node; cheap to clone.
#[derive(Clone)]
pub struct Connectors {
    warehouse: Warehouse,
    surroundings: Surroundings,
}

impl Connectors {
    /// The connectors of a warehouse, after settling what a crash left half done.
    pub async fn open(warehouse: Warehouse, surroundings: Surroundings) -> Result<Self> {
        let connectors = Self { warehouse, surroundings };
        connectors.recover().await?;
        Ok(connectors)
    }

    /// All of them, by name, with their newest runs.
    pub async fn list(&self, actor: &Party) -> Result<Vec<Connector>> {
        may(actor)?;
        let rows = connector::all(self.inner().store.db(), CONNECTORS_MAX).await?;
        let mut cards = Vec::with_capacity(rows.len());
        for row in rows {
            cards.push(self.card(row).await?);
        }
        Ok(cards)
    }

    /// One of them.
    pub async fn get(&self, actor: &Party, id: &str) -> Result<Connector> {
        may(actor)?;
        self.card(self.row(id).await?).await
    }

    /// The one of this name.
    pub async fn named(&self, actor: &Party, name: &str) -> Result<Connector> {
        may(actor)?;
        let row = connector::find_by_name(self.inner().store.db(), name).await?;
        self.card(row.ok_or_else(|| unknown(name))?).await
    }

    /// Runs of a connector, newest first.
    pub async fn runs(&self, actor: &Party, id: &str, page: PageRequest) -> Result<Page<ConnectorRun>> {
        may(actor)?;
        self.row(id).await?;
        let runs = connector::runs(self.inner().store.db(), id, page).await?;
        Ok(runs.map(ConnectorRun::from))
    }

    /// Ask the run under way to stop at its next check; whether there is one.
    pub async fn stop(&self, actor: &Party, id: &str) -> Result<bool> {
        may(actor)?;
        self.row(id).await?;
        let under_way = self.inner().connecting.lock().unwrap_or_else(PoisonError::into_inner);
        let found = under_way.get(id).map(Cancel::cancel);
        Ok(found.is_some())
    }

    fn inner(&self) -> &Arc<Inner> {
        &self.warehouse.inner
    }

    /// Where batches land before they are taken in.
    fn landing(&self) -> PathBuf {
        self.inner().options.root.join("connect")
    }

    /// Where sources keep what they need between two fetches, a folder each.
    fn spools(&self) -> PathBuf {
        self.inner().options.root.join("spool")
    }

    /// What the source of a stored connector has around it, with a folder of its own.
    fn surroundings_of(&self, row: &ConnectorRow) -> Surroundings {
        Surroundings { own: Some(self.spools().join(&row.id)), ..self.surroundings.clone() }
    }

    async fn row(&self, id: &str) -> Result<ConnectorRow> {
        connector::find(self.inner().store.db(), id).await?.ok_or_else(|| unknown(id))
    }

    async fn card(&self, row: ConnectorRow) -> Result<Connector> {
        let last = connector::newest_run(self.inner().store.db(), &row.id).await?;
        Connector::of(row, last)
    }
}

fn may(actor: &Party) -> Result<()> {
    if MANAGERS.contains(&actor.role) {
        return Ok(());
    }
    Err(refuse(
        ErrorKind::Forbidden,
        "warehouse/connectors-not-allowed",
        "只有系统管理员可以管理数据连接器。",
        "Only system administrators manage connectors.",
    ))
}

fn unknown(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    refuse(
        ErrorKind::NotFound,
        "warehouse/unknown-connector",
        format!("没有数据连接器 {id}。"),
        format!("There is no connector {id}."),
    )
}

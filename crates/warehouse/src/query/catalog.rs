//! The catalog of one session: a name resolves to a grant, and a grant to a view.

use super::view;
use crate::catalogue::entry::Entry;
use crate::engine::CATALOG;
use crate::handle::Inner;
use crate::lake::read::TableAt;
use crate::{Error, Result};
use async_trait::async_trait;
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_kernel::provenance::Input;
use brain_trust::{Access, AccessOrigin, Action, Ask, Grant};
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::common::Result as PlanResult;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::TableType;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Who asks, and for what.
pub(crate) struct Visit {
    pub(crate) inner: Arc<Inner>,
    pub(crate) party: Party,
    pub(crate) purpose: String,
    /// What the rows are read for: to be seen, computed on, or taken out.
    action: Action,
    /// Datasets the session is confined to; `None` means every dataset the party may read.
    only: Option<BTreeSet<String>>,
    /// The one grant that counts; `None` means the most permitting of all the party holds.
    under: Option<String>,
    /// What is recorded of the visit.
    pub(crate) access: Access,
}

/// A table as the party may see it, and what it was opened under.
pub(crate) struct Opened {
    pub(crate) provider: Arc<dyn TableProvider>,
    pub(crate) input: Input,
}

/// Code of a refusal of what a component did not declare.
const UNDECLARED: &str = "warehouse/undeclared";

/// Tables by zone and name as written in the statement.
pub(crate) type Prepared = BTreeMap<(String, String), Arc<dyn TableProvider>>;

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").field("account", &self.party.account).field("purpose", &self.purpose).finish()
    }
}

impl Visit {
    pub(crate) fn new(inner: Arc<Inner>, party: Party, purpose: String) -> Arc<Self> {
        let action = Action::Read;
        let access = inner.trust.audit().begin(&party, &purpose, action.name(), AccessOrigin::default());
        Arc::new(Self { inner, party, purpose, action, only: None, under: None, access })
    }

    /// The same visit, confined to these datasets.
    pub(crate) fn confined(&self, names: &[String]) -> Arc<Self> {
        let only = Some(names.iter().cloned().collect());
        let access = self.access.acting(self.action.name());
        Arc::new(Self { only, ..self.again(self.action, access) })
    }

    /// The same visit under one grant alone.
    pub(crate) fn under(&self, grant: &str) -> Arc<Self> {
        let access = self.access.acting(self.action.name());
        Arc::new(Self { under: Some(grant.to_owned()), ..self.again(self.action, access) })
    }

    /// The visit of somebody else on behalf of whom this one's rows are computed, recorded as this one; no dataset is
    /// open in it by name.
    pub(crate) fn on_behalf_of(&self, party: Party) -> Arc<Self> {
        let (inner, access) = (Arc::clone(&self.inner), self.access.clone());
        let purpose = crate::product::PURPOSE.to_owned();
        let only = Some(BTreeSet::new());
        Arc::new(Self { inner, party, purpose, action: Action::Export, only, under: None, access })
    }

    /// What a decision about this visit is asked for.
    pub(crate) fn wanted(&self) -> Ask<'_> {
        self.ask()
    }

    /// The same visit for another action.
    pub(crate) fn acting(&self, action: Action) -> Arc<Self> {
        Arc::new(self.again(action, self.access.acting(action.name())))
    }

    /// The same visit from elsewhere.
    pub(crate) fn coming_from(&self, origin: AccessOrigin) -> Arc<Self> {
        Arc::new(self.again(self.action, self.access.from(origin)))
    }

    fn again(&self, action: Action, access: Access) -> Self {
        let (inner, party, purpose) = (Arc::clone(&self.inner), self.party.clone(), self.purpose.clone());
        Self { inner, party, purpose, action, only: self.only.clone(), under: self.under.clone(), access }
    }

    /// What the party may see of a dataset now, without opening it; `None` where there is no such dataset.
    pub(crate) fn reach(&self, name: &str) -> Result<Option<(Input, Grant)>> {
        let snapshot = self.inner.catalogue.snapshot();
        let Some(entry) = snapshot.get(name) else { return Ok(None) };
        self.confine(name)?;
        let grant = self.grant(entry)?;
        let Some(version) = entry.version else { return Ok(None) };
        self.access.opened(&entry.name, version, &grant)?;
        Ok(Some((Input { dataset: entry.name.clone(), version, grant: grant.id.clone() }, grant)))
    }

    /// Refuse a dataset outside what the session is confined to.
    pub(crate) fn confine(&self, name: &str) -> Result<()> {
        match &self.only {
            Some(only) if !only.contains(name) => {
                self.access.refused(name, UNDECLARED);
                Err(Error::Undeclared { dataset: name.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// The grant for a dataset, or why there is none; a refusal is recorded.
    fn grant(&self, entry: &Entry) -> Result<Grant> {
        let policy = self.inner.trust.policy();
        let admitted = match &self.under {
            Some(grant) => policy.admit_under(grant, &self.party, &entry.facts(), &self.ask()),
            None => policy.admit(&self.party, &entry.facts(), &self.ask()),
        };
        admitted.map_err(|error| {
            let error = refusal(error, entry);
            self.access.refused(&entry.name, error.code());
            error
        })
    }

    /// Whether the party may know of the dataset.
    pub(super) fn may_see(&self, entry: &Entry) -> bool {
        self.inner.trust.policy().decide(&self.party, &entry.facts(), &self.ask()).allow
    }

    fn ask(&self) -> Ask<'_> {
        Ask { action: self.action, purpose: &self.purpose, channel: None }
    }

    /// The view of `zone.table` or `zone.table@version`; `None` where there is no such dataset.
    pub(crate) async fn open(&self, zone: &str, table: &str) -> Result<Option<Opened>> {
        let (table, version) = split_version(table)?;
        // A de-grading that ran out raises grades again, at the next read.
        if self.inner.catalogue.is_due(self.inner.clock.now()) {
            self.inner.reload_catalogue().await?;
        }
        let snapshot = self.inner.catalogue.snapshot();
        let Some(entry) = snapshot.get(&format!("{zone}.{table}")) else { return Ok(None) };
        self.confine(&entry.name)?;
        let grant = self.grant(entry)?;
        self.open_under(entry, grant, version).await
    }

    /// The view of a dataset, at its latest version or another one, that this grant opens; `None` before its first
    /// version. Whoever calls it has decided that the grant is the one.
    pub(crate) async fn open_under(
        &self,
        entry: &Entry,
        grant: Grant,
        version: Option<u64>,
    ) -> Result<Option<Opened>> {
        let Some(latest) = entry.version else { return Ok(None) };
        let version = version.unwrap_or(latest);
        if version > latest {
            return Err(Error::UnknownVersion { name: entry.name.clone(), version });
        }
        let first_kept = self.inner.catalogue.first_kept(&entry.name);
        if version < first_kept {
            return Err(Error::DeletedVersion { name: entry.name.clone(), version, first_kept });
        }
        let at = self.inner.lake.open(&entry.name, version).await?;
        let provider = view::provider(&at, &grant.rows, &grant.masks, &self.party, &self.salt())?;
        self.access.opened(&entry.name, version, &grant)?;
        let input = Input { dataset: entry.name.clone(), version, grant: grant.id };
        Ok(Some(Opened { provider, input }))
    }

    /// The view of rows that were picked out of a dataset, under the grant for the dataset as a whole.
    pub(crate) fn open_part(&self, part: &TableAt) -> Result<Opened> {
        let snapshot = self.inner.catalogue.snapshot();
        let unknown = || Error::UnknownDataset { name: part.dataset.clone(), nearest: Vec::new() };
        self.open_part_of(part, snapshot.get(&part.dataset).ok_or_else(unknown)?)
    }

    /// The same of a dataset described by the caller: rows that are in no version yet.
    pub(crate) fn open_part_of(&self, part: &TableAt, entry: &Entry) -> Result<Opened> {
        self.confine(&entry.name)?;
        let grant = self.grant(entry)?;
        let provider = view::provider(part, &grant.rows, &grant.masks, &self.party, &self.salt())?;
        self.access.opened(&entry.name, part.version, &grant)?;
        let input = Input { dataset: entry.name.clone(), version: part.version, grant: grant.id };
        Ok(Opened { provider, input })
    }

    /// The salt of the party's pseudonyms.
    pub(crate) fn salt(&self) -> brain_trust::policy::Salt {
        self.inner.trust.policy().salt(&self.party)
    }

    /// Names the party may see.
    pub(crate) fn visible_names(&self) -> Vec<String> {
        let snapshot = self.inner.catalogue.snapshot();
        snapshot.values().filter(|entry| self.may_see(entry)).map(|entry| entry.name.clone()).collect()
    }
}

/// A refusal for want of a grant says whom to ask; anything else of `trust` passes as it is.
fn refusal(error: brain_trust::Error, entry: &Entry) -> Error {
    match error {
        brain_trust::Error::NoGrant { dataset } => Error::NoGrant { dataset, owner: entry.owner.clone() },
        other => Error::Failure(Failure::from(other)),
    }
}

/// `enterprise@3` is version 3 of `enterprise`.
fn split_version(table: &str) -> Result<(&str, Option<u64>)> {
    match table.rsplit_once('@') {
        None => Ok((table, None)),
        Some((name, digits)) => match digits.parse() {
            Ok(version) => Ok((name, Some(version))),
            Err(_) => Err(Error::UnknownDataset { name: table.to_owned(), nearest: vec![name.to_owned()] }),
        },
    }
}

/// The catalog list, catalog and zones of one query, all in one: nothing in it can be registered or removed.
#[derive(Debug)]
pub(crate) struct DoorCatalog {
    visit: Arc<Visit>,
    /// Tables by zone that the party may know of.
    visible: Arc<BTreeMap<String, BTreeSet<String>>>,
    /// Tables the statement names, opened once so that one query sees one version and one grant of each.
    prepared: Arc<Prepared>,
}

impl DoorCatalog {
    pub(crate) fn new(visit: Arc<Visit>, names: &[String], prepared: Prepared) -> Arc<Self> {
        let mut visible: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for name in names {
            if let Some((zone, table)) = name.split_once('.') {
                visible.entry(zone.to_owned()).or_default().insert(table.to_owned());
            }
        }
        Arc::new(Self { visit, visible: Arc::new(visible), prepared: Arc::new(prepared) })
    }

    fn share(&self) -> Self {
        Self {
            visit: Arc::clone(&self.visit),
            visible: Arc::clone(&self.visible),
            prepared: Arc::clone(&self.prepared),
        }
    }
}

impl CatalogProviderList for DoorCatalog {
    fn register_catalog(&self, _: String, _: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![CATALOG.to_owned()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == CATALOG).then(|| Arc::new(self.share()) as _)
    }
}

impl CatalogProvider for DoorCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.visible.keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(Arc::new(DoorZone { zone: name.to_owned(), door: self.share() }))
    }
}

/// One zone of the catalog.
#[derive(Debug)]
struct DoorZone {
    zone: String,
    door: DoorCatalog,
}

#[async_trait]
impl SchemaProvider for DoorZone {
    fn table_names(&self) -> Vec<String> {
        self.door.visible.get(&self.zone).into_iter().flatten().cloned().collect()
    }

    async fn table(&self, name: &str) -> PlanResult<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.door.prepared.get(&(self.zone.clone(), name.to_owned())) {
            return Ok(Some(Arc::clone(table)));
        }
        let opened = self.door.visit.open(&self.zone, name).await;
        let opened = opened.map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(opened.map(|opened| opened.provider))
    }

    async fn table_type(&self, name: &str) -> PlanResult<Option<TableType>> {
        Ok(self.table_exist(name).then_some(TableType::View))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.door.visible.get(&self.zone).is_some_and(|tables| tables.contains(name))
    }
}

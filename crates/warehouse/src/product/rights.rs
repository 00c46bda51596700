//! What a product may be made of: what its owner may pass on, and what label it inherits.
//!
//! Three ways, everything else is refused: the owner's own dataset; of a dataset whose rows belong to different owners
//! only the owner's own rows; and what somebody else granted for publishing. What a grant masks stays masked, and a
//! column that is masked for the owner cannot be published at all.

use super::{Column, Product, Published, dataset_of, refuse};
use crate::catalogue::entry::Entry;
use crate::handle::Inner;
use crate::query::catalog::{Opened, Visit};
use crate::{Error, Result};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::grade::Grade;
use brain_kernel::party::{Party, Role};
use brain_kernel::predicate::Predicate;
use brain_kernel::side::DataSide;
use brain_kernel::uscc::Uscc;
use brain_trust::{Action, Ask, ColumnFacts, DatasetFacts, Grant, NODE_OWNER, PRODUCT_ZONE};

impl Inner {
    /// Whom a version is read as: the account that published it, while it is open and still acts for the owner.
    pub(super) async fn publisher(&self, owner: &str, account: &str) -> Result<Party> {
        let acting = if account == super::LOCAL_OPERATOR {
            // Who may open the folder speaks for whoever owns what is in it.
            let organisation = Uscc::parse(owner).ok();
            let role = if organisation.is_some() { Role::Enterprise } else { Role::SystemAdministrator };
            let (account, display_name) = (account.to_owned(), account.to_owned());
            Some(Party { account, display_name, role, organisation, region: None })
        } else {
            self.trust.identity().acting_as(account).await?
        };
        acting.filter(|party| super::is_own(party, owner)).ok_or_else(|| {
            refuse(
                ErrorKind::Precondition,
                "warehouse/product-publisher",
                "发布此版本的账号已停用或已不属于所有者，暂停提供。",
                "The account that published this version is closed or left the owner; nothing is handed out.",
            )
        })
    }

    /// The grant under which the owner of a product passes rows of a dataset on, or why not.
    pub(super) fn passed_on(&self, party: &Party, owner: &str, entry: &Entry) -> Result<Grant> {
        let (policy, facts) = (self.trust.policy(), entry.facts());
        let ask = |action| Ask { action, purpose: super::PURPOSE, channel: None };
        let admitted = if is_owned(owner, entry) {
            policy.admit(party, &facts, &ask(Action::Export))
        } else if let Some(column) = entry.restricted_by.clone().filter(|_| party.organisation.is_some()) {
            policy.admit(party, &facts, &ask(Action::Publish)).or_else(|_| {
                let grant = policy.admit(party, &facts, &ask(Action::Export))?;
                let own = Predicate::OwnOrganisation { column };
                Ok(Grant { rows: Predicate::All(vec![own, grant.rows.clone()]), ..grant })
            })
        } else {
            policy.admit(party, &facts, &ask(Action::Publish))
        };
        admitted.map_err(|error| {
            let failure = Failure::from(error);
            tracing::debug!(code = failure.code, dataset = entry.name, "not to be passed on");
            let refusal = Failure::new(
                ErrorKind::Forbidden,
                "warehouse/product-rights",
                format!("{owner} 无权转授 {}：{}", entry.name, failure.detail.zh),
                format!("{owner} may not pass {} on: {}", entry.name, failure.detail.en),
            );
            Error::Failure(refusal.with_hint(
                "产品只能取自本单位的数据、受限数据中本单位的行，或以“公开发布”用途获得授权的数据。",
                "A product is made of one's own data, one's own rows of restricted data, or of data granted for publishing.",
            ))
        })
    }

    /// What decisions about a product rest on: the highest label of what it reads, as it is now.
    pub(super) fn product_facts(&self, product: &Product, version: &Published) -> DatasetFacts {
        let snapshot = self.catalogue.snapshot();
        let entries: Vec<_> = version.inputs.iter().map(|name| snapshot.get(name)).collect();
        // A dataset that is gone says nothing of its grade any more, so the highest is meant.
        let grade = |entry: Option<&std::sync::Arc<Entry>>| entry.map_or(Grade::Core, |entry| entry.grade);
        let highest = entries.iter().copied().map(grade).max().unwrap_or(Grade::Core);
        let sides: Vec<DataSide> = entries.iter().flatten().map(|entry| entry.side).collect();
        let side = [DataSide::Enterprise, DataSide::Industry]
            .into_iter()
            .find(|side| sides.contains(side))
            .unwrap_or(DataSide::Public);
        let of_column = |column: &Column| ColumnFacts {
            name: column.name.clone(),
            grade: self.column_grade(column, highest),
        };
        DatasetFacts {
            name: dataset_of(&product.row.id),
            grade: highest,
            side,
            owner: product.row.owner.clone(),
            restricted_by: None,
            zone: PRODUCT_ZONE.to_owned(),
            columns: version.columns.iter().map(of_column).collect(),
        }
    }

    /// The facts of a published product by its name as a dataset.
    pub(crate) fn facts_of_product(&self, name: &str) -> Option<DatasetFacts> {
        let id = name.strip_prefix(PRODUCT_ZONE)?.strip_prefix('.')?;
        let product = self.product(id).ok()?;
        let version = product.current()?;
        Some(self.product_facts(&product, version))
    }

    /// The facts of every published product that is offered.
    pub(crate) fn facts_of_products(&self) -> Vec<DatasetFacts> {
        let products = self.products.products.load();
        let offered = products.values().filter(|product| product.state.is_offered());
        offered.filter_map(|product| Some(self.product_facts(product, product.current()?))).collect()
    }

    /// The highest grade among the columns a value is computed from; what is computed from none in particular, such as
    /// a count, has that of the whole.
    pub(super) fn column_grade(&self, column: &Column, whole: Grade) -> Grade {
        let snapshot = self.catalogue.snapshot();
        let grade = |(dataset, name): &(String, String)| {
            let entry = snapshot.get(dataset)?;
            let found = entry.columns.iter().find(|known| known.name == *name)?;
            Some(found.grade)
        };
        let grades = column.origins.iter().map(|origin| grade(origin).unwrap_or(whole));
        grades.max().unwrap_or(whole)
    }
}

/// Whether all of a dataset belongs to who offers the product.
fn is_owned(owner: &str, entry: &Entry) -> bool {
    if entry.restricted_by.is_some() {
        return false;
    }
    if owner == NODE_OWNER {
        // What firms handed in is theirs, whoever keeps it.
        return entry.side != DataSide::Enterprise && Uscc::parse(&entry.owner).is_err();
    }
    entry.owner == owner
}

impl Visit {
    /// A dataset as the owner of a product passes it on; a refusal is on record.
    pub(super) async fn open_to_pass_on(
        &self,
        owner: &str,
        name: &str,
        version: Option<u64>,
    ) -> Result<Option<(Opened, Grant)>> {
        let snapshot = self.inner.catalogue.snapshot();
        let Some(entry) = snapshot.get(name) else { return Ok(None) };
        let grant = self.inner.passed_on(&self.party, owner, entry).inspect_err(|error| {
            self.access.refused(name, error.code());
        })?;
        let opened = self.open_under(entry, grant.clone(), version).await?;
        Ok(opened.map(|opened| (opened, grant)))
    }
}

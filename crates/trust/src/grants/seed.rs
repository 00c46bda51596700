//! The grants every node starts with: ordinary rows, given by role, that the security administrator may revoke.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_store::{Store, grant as rows, setting};
use serde_json::json;

use super::{ANY_PURPOSE, NewGrant, Reach, Subject, every_row, rule};
use crate::{Evidence, EvidenceEntry, Result};

/// Setting that says the seeds were planted; a revoked one does not grow back.
const SEEDED: &str = "grants.seeded";

pub(super) async fn run(store: &Store, evidence: &Evidence) -> Result<()> {
    let transaction = store.transaction().await?;
    if setting::get::<bool>(&transaction, SEEDED).await?.unwrap_or_default() {
        return Ok(transaction.rollback().await?);
    }
    let now = store.now();
    let seeds = seeds();
    let grants = seeds
        .iter()
        .map(|(id, new)| rule::to_row((*id).to_owned(), new, "system", None, now))
        .collect::<Result<Vec<_>>>()?;
    rows::insert_many(&transaction, grants).await?;
    setting::set(&transaction, SEEDED, &true, now).await?;
    let entries = seeds.into_iter().map(|(id, new)| EvidenceEntry {
        kind: "grant.issue".to_owned(),
        actor: "system".to_owned(),
        subject: id.to_owned(),
        body: json!({ "grant": new }),
    });
    evidence.record_all_in(&transaction, entries.collect()).await?;
    Ok(transaction.commit().await?)
}

/// Fixed ids, so that provenance reads well.
fn seeds() -> Vec<(&'static str, NewGrant)> {
    vec![
        ("role-system-administrator", by_role(Role::SystemAdministrator, Reach::All, None, None)),
        ("role-government", by_role(Role::Government, Reach::All, None, None)),
        ("role-industry-body", by_role(Role::IndustryBody, Reach::All, None, Some(Grade::General3))),
        ("role-enterprise", by_role(Role::Enterprise, Reach::Unrestricted, Some(Grade::General2), None)),
        ("role-enterprise-own-rows", by_role(Role::Enterprise, Reach::OwnRows, None, None)),
        ("role-enterprise-owned", by_role(Role::Enterprise, Reach::Owned, None, None)),
        (
            "role-component-author",
            by_role(Role::ComponentAuthor, Reach::Unrestricted, Some(Grade::General2), None),
        ),
    ]
}

fn by_role(role: Role, reach: Reach, grade_max: Option<Grade>, mask_from: Option<Grade>) -> NewGrant {
    NewGrant {
        subject: Subject::Role(role),
        dataset: "*".to_owned(),
        reach,
        rows: every_row(),
        masks: std::collections::BTreeMap::new(),
        grade_max,
        mask_from,
        purpose: ANY_PURPOSE.to_owned(),
        until: None,
        basis: Text::new("角色授权", "Granted by role"),
        columns: None,
        actions: None,
        agreement: None,
    }
}

//! `brain restore`: a backup becomes a node again, and is checked before it says so.

use crate::cli::Restore;
use crate::config::Loaded;
use crate::modules;
use crate::node::{Node, operator, terminal_origin};
use crate::terminal;
use anyhow::{Result, bail};
use brain_backup::{Point, Repository, Restored};
use brain_kernel::clock::SystemClock;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::progress::Cancel;
use brain_trust::EvidenceEntry;
use brain_warehouse::QueryLimits;
use brain_warehouse::catalogue::CatalogueQuery;
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use std::process::ExitCode;
use std::sync::Arc;

/// Restore, then open the node and check its evidence log and every table of its catalogue.
pub async fn restore(mut loaded: Loaded, given: Restore) -> Result<ExitCode> {
    let repository = Repository::open(&given.folder).map_err(Failure::from)?;
    let point = match (given.at, given.snapshot) {
        (Some(moment), _) => Point::At(moment),
        (None, Some(id)) => Point::Snapshot(id),
        (None, None) => Point::Newest,
    };
    // What the old key wraps is wrapped by the new node's own below.
    loaded.config.crypto.kek_older.extend(given.kek);
    let into = loaded.config.node.data.clone();
    let elsewhere = keys_beside(&into);
    let ring = modules::keyring(&loaded.config.crypto, &elsewhere).map_err(Failure::from)?;
    let server = Some(loaded.config.store.url.clone()).filter(|url| url.starts_with("postgres"));
    let restored =
        brain_backup::restore(&repository, &point, &into, &ring, server.as_deref(), Arc::new(SystemClock))
            .await
            .map_err(Failure::from)?;
    adopt_keys(&elsewhere, &into.join("keys"))?;
    // What comes back is not what the mirror is of; it gets one of its own when it serves.
    loaded.config.mirror.folder.clear();
    let report = Node::during(loaded, async |node| settle(node, &restored).await).await?;
    terminal::line(&serde_json::to_string_pretty(&report)?);
    Ok(ExitCode::SUCCESS)
}

/// Wrap the keys anew, check what came back, and leave evidence of it.
async fn settle(node: &Node, restored: &Restored) -> Result<serde_json::Value> {
    let moved = node
        .trust
        .vault()
        .rewrap(&operator(Role::SystemAdministrator).account)
        .await
        .map_err(Failure::from)?;
    let tables = check(node, restored.snapshot.evidence_size).await?;
    let entry = EvidenceEntry {
        kind: "backup.restore".to_owned(),
        actor: operator(Role::SystemAdministrator).account,
        subject: restored.snapshot.id.clone(),
        body: serde_json::json!({
            "created_at": restored.snapshot.created_at, "files": restored.files, "bytes": restored.bytes,
        }),
    };
    node.trust.evidence().record(entry).await.map_err(Failure::from)?;
    Ok(serde_json::json!({
        "restored": restored, "tables_read": tables.0, "rows_read": tables.1, "data_keys_wrapped_anew": moved,
    }))
}

/// Keys made for the new node before its folder exists.
pub fn keys_beside(into: &std::path::Path) -> std::path::PathBuf {
    let mut keys = into.to_owned();
    keys.as_mut_os_string().push(".keys");
    keys
}

/// Move the new node's keys into its folder.
pub fn adopt_keys(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(from) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name() {
            std::fs::rename(&path, to.join(name))?;
        }
    }
    Ok(std::fs::remove_dir(from)?)
}

/// The log must verify and reach as far as the snapshot says, and every table must be readable to its last row.
pub async fn check(node: &Node, evidence_size: u64) -> Result<(usize, u64)> {
    let verification = node.trust.evidence().verify().await.map_err(Failure::from)?;
    if !verification.ok || verification.entries < evidence_size {
        bail!(
            "恢复后的存证校验未通过：{0}\nThe restored evidence log does not verify: {0}",
            serde_json::to_string(&verification)?
        );
    }
    let session = node.warehouse.session(&operator(Role::SystemAdministrator), "restore-check");
    let session = session.coming_from(terminal_origin("restore")).held();
    let (mut tables, mut rows) = (0, 0);
    let catalogue = node
        .warehouse
        .catalogue()
        .list(&CatalogueQuery { page_size: Some(1_000), ..CatalogueQuery::default() });
    for card in catalogue.items.iter().filter(|card| card.version.is_some()) {
        let query = format!("SELECT count(*) FROM {}", card.name);
        let stream =
            session.sql(&query, QueryLimits::default(), Cancel::new()).await.map_err(Failure::from)?;
        let (batches, _) = stream.collect().await.map_err(Failure::from)?;
        let counted = batches
            .first()
            .and_then(|batch| {
                batch.columns().first()?.as_primitive_opt::<Int64Type>()?.values().first().copied()
            })
            .and_then(|count| u64::try_from(count).ok());
        if counted != Some(card.rows) {
            bail!(
                "{0} 恢复后行数为 {counted:?}，目录记载 {1}。\n\
                 {0} has {counted:?} rows after the restore; the catalogue says {1}.",
                card.name,
                card.rows
            );
        }
        tables += 1;
        rows += card.rows;
    }
    session.finish().await.map_err(Failure::from)?;
    Ok((tables, rows))
}

//! `brain doctor`: opens everything a node needs and says what it found.

use crate::cli::{self, Doctor};
use crate::config::Loaded;
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_warehouse::FileCheck;
use brain_warehouse::catalogue::CatalogueQuery;
use std::process::ExitCode;

/// Check the folder, the store, the lake and the evidence log. Ends with code 1 when something is wrong.
pub async fn doctor(loaded: Loaded, arguments: Doctor) -> Result<ExitCode> {
    let language = cli::language();
    let node = Node::open(loaded).await?;
    let mut healthy = true;
    let mut say = |name: Text, found: Result<String, Failure>| match found {
        Ok(detail) => terminal::line(&format!("ok    {:<12} {detail}", name.get(language))),
        Err(failure) => {
            healthy = false;
            terminal::line(&format!("FAIL  {:<12} {}", name.get(language), failure.message(language)));
        }
    };
    say(Text::new("配置", "configuration"), Ok(node.config.node.name.clone()));
    say(Text::new("数据文件夹", "folder"), Ok(node.folder.root().display().to_string()));
    let ready = node.warehouse.ready().await.map_err(Failure::from);
    let datasets = node.warehouse.catalogue().list(&CatalogueQuery::default()).total;
    say(Text::new("数据仓", "warehouse"), ready.map(|()| format!("{datasets} datasets")));
    let mappings = node.warehouse.mappings().map_err(Failure::from);
    say(Text::new("映射", "mappings"), mappings.map(|list| list.len().to_string()));
    say(Text::new("组件", "components"), Ok(node.registry.manifests().count().to_string()));
    for part in node.trust.status().health().await.map_err(Failure::from)? {
        // The log is verified below, now and as a whole.
        if part.name != "backup" {
            continue;
        }
        let failed = Failure::new(ErrorKind::Internal, "backup/failed", &part.detail, &part.detail);
        say(Text::new("备份", "backup"), if part.ok { Ok(part.detail.clone()) } else { Err(failed) });
    }
    if arguments.deep {
        let check = node.warehouse.check_files().await.map_err(Failure::from);
        say(Text::new("数据文件", "files"), check.and_then(files));
        let found = node.store.check().await.map_err(Failure::from);
        say(Text::new("数据库", "database"), found.and_then(database));
    }
    let records = node.trust.audit().verify(&operator(Role::Auditor)).await.map_err(Failure::from)?;
    let verification = &records.evidence;
    let evidence = serde_json::to_string(verification)?;
    let failure =
        Failure::new(ErrorKind::Internal, "trust/evidence", &evidence, &evidence);
    say(Text::new("存证", "evidence"), if verification.ok { Ok(evidence.clone()) } else { Err(failure) });
    let words = serde_json::json!({
        "anchored": records.anchored, "unanchored": records.unanchored, "first_bad": records.first_bad,
    });
    let words = words.to_string();
    let failure = Failure::new(ErrorKind::Internal, "trust/audit", &words, &words);
    say(
        Text::new("审计", "audit"),
        if records.first_bad.is_none() { Ok(words.clone()) } else { Err(failure) },
    );
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn files(check: FileCheck) -> Result<String, Failure> {
    let FileCheck { whole, unchecked, damaged } = check;
    if damaged.is_empty() {
        return Ok(format!("{whole} whole, {unchecked} without sums"));
    }
    let list = damaged.join("\n      ");
    Err(Failure::new(
        ErrorKind::Unavailable,
        "warehouse/damaged",
        format!("{} 个文件已损坏：\n      {list}", damaged.len()),
        format!("{} files are damaged:\n      {list}", damaged.len()),
    )
    .with_hint("请从备份恢复这些文件。", "Restore them from a backup."))
}

fn database(found: Vec<String>) -> Result<String, Failure> {
    if found.is_empty() {
        return Ok("whole".to_owned());
    }
    let list = found.join("\n      ");
    Err(Failure::new(
        ErrorKind::Unavailable,
        "store/damaged",
        format!("数据库已损坏：\n      {list}"),
        format!("The database is damaged:\n      {list}"),
    )
    .with_hint("请从备份恢复。", "Restore it from a backup."))
}

//! `brain doctor`: opens everything a node needs and says what it found.

use crate::cli;
use crate::config::Loaded;
use crate::node::Node;
use crate::terminal;
use anyhow::Result;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Text;
use brain_warehouse::catalogue::CatalogueQuery;
use std::process::ExitCode;

/// Check the folder, the store, the lake and the evidence log. Ends with code 1 when something is wrong.
pub async fn doctor(loaded: Loaded) -> Result<ExitCode> {
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
    let verification = node.trust.evidence().verify().await.map_err(Failure::from)?;
    let evidence = serde_json::to_string(&verification)?;
    let failure =
        Failure::new(ErrorKind::Internal, "trust/evidence", &evidence, &evidence);
    say(Text::new("存证", "evidence"), if verification.ok { Ok(evidence.clone()) } else { Err(failure) });
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

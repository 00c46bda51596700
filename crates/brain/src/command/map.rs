//! `brain map import|show|remove`: boundaries under their approval number.

use crate::cli::{Map, MapAction};
use crate::node::{Node, operator};
use crate::terminal;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_warehouse::boundary::{BoundaryError, FILE_BYTES_MAX};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// Import, show or remove map boundaries. A serving node holds its folder: use its map page then.
pub async fn map(node: &Node, given: Map) -> Result<ExitCode> {
    match given.action {
        MapAction::Import { file, approval, source } => {
            let bytes = read(&file)?;
            let source = source.unwrap_or_else(|| file_name(&file));
            let report = node
                .warehouse
                .import_boundaries(&operator(Role::SystemAdministrator), &bytes, &approval, &source)
                .await;
            terminal::line(&serde_json::to_string(&report.map_err(Failure::from)?)?);
        }
        MapAction::Show => {
            let known = node.warehouse.boundaries().await.map_err(Failure::from)?;
            let shown = known.map(|known| {
                json!({
                    "approval": known.approval, "source": known.source, "sha256": known.sha256,
                    "imported_at": known.imported_at, "imported_by": known.imported_by,
                    "regions": known.geojson.features.len(), "positions": known.geojson.positions(),
                })
            });
            terminal::line(&serde_json::to_string(&shown)?);
        }
        MapAction::Remove => node
            .warehouse
            .remove_boundaries(&operator(Role::SystemAdministrator))
            .await
            .map_err(Failure::from)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = || format!("无法读取文件 {0}。\nCannot read the file {0}.", path.display());
    let length = std::fs::metadata(path).with_context(unreadable)?.len();
    if length > FILE_BYTES_MAX {
        let too_large = BoundaryError::TooLarge { what: "字节 bytes", limit: FILE_BYTES_MAX };
        return Err(Failure::from(too_large).into());
    }
    std::fs::read(path).with_context(unreadable)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

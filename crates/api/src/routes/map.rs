//! Map boundaries: what maps draw, and their import by an administrator.

use crate::answer::{Done, Reply};
use crate::call::{Call, Upload};
use crate::endpoint::{Audience, Endpoint};
use crate::error::Error;
use crate::limits::Cost;
use crate::upload::{self, Accepted, Stored};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_warehouse::boundary::{Boundaries, BoundaryReport, FILE_BYTES_MAX};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const PATH: &str = "/api/v1/map/boundaries";

/// What a map draws: boundaries under their approval number, or nothing, and then it is a tile grid.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MapBoundaries {
    /// The boundaries an administrator imported.
    pub boundaries: Option<Boundaries>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// 审图号，如 GS(2024)0650号 · Approval number of the map.
    #[schemars(length(min = 1, max = 100))]
    approval: String,
    /// 来源说明 · Where the file comes from.
    #[schemars(length(max = 200))]
    source: Option<String>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, PATH, "map_boundaries", show)
            .about(
                "地图边界及其审图号；未导入时为空",
                "Map boundaries and their approval number; null without an import",
            )
            .audience(Audience::SignedIn),
        Endpoint::new(Method::POST, PATH, "map_import", import)
            .about(
                "导入地图边界（GeoJSON，须有审图号）",
                "Import map boundaries: GeoJSON, with an approval number",
            )
            .roles(&[Role::SystemAdministrator])
            .cost(Cost::Ingest)
            .status(201)
            .unhurried()
            .codes(&[
                "warehouse/boundary-approval",
                "warehouse/boundary-file",
                "warehouse/boundary-size",
                "warehouse/boundary-source",
                "api/too-large",
                "api/upload-kind",
                "api/upload-infected",
                "api/scan-failed",
            ]),
        Endpoint::new(Method::DELETE, PATH, "map_remove", remove)
            .about("删除地图边界，恢复方格地图", "Remove the map boundaries; maps are tile grids again")
            .roles(&[Role::SystemAdministrator])
            .status(204),
    ]
    .map(|endpoint| endpoint.tag("map"))
    .into()
}

async fn show(call: Call) -> Result<Reply<MapBoundaries>, Failure> {
    let boundaries = call.app.warehouse.boundaries().await?;
    Ok(MapBoundaries { boundaries }.into())
}

async fn import(call: Call<ImportQuery, Upload>) -> Result<Reply<BoundaryReport>, Failure> {
    let party = call.party()?.clone();
    let (ImportQuery { approval, source }, upload, call) = call.apart();
    let id = Uuid::now_v7().to_string();
    let Stored { path, folder, .. } =
        upload::receive(&call, upload, &id, FILE_BYTES_MAX, Accepted::Text).await?;
    let file = tokio::fs::read(&path).await.map_err(|error| Error::Internal(error.to_string()))?;
    let source = source.unwrap_or_default();
    let report = call.app.warehouse.import_boundaries(&party, &file, &approval, &source).await?;
    drop(folder);
    Ok(report.into())
}

async fn remove(call: Call) -> Result<Done, Failure> {
    call.app.warehouse.remove_boundaries(call.party()?).await?;
    Ok(Done::default())
}

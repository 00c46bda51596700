//! Map boundaries (行政区划边界) an operator imports under an approval number (审图号); without them maps are tile grids.
//!
//! 《地图管理条例》(State Council decree 664, article 15) has maps checked before they are shown; the number is kept with the
//! boundaries and shown wherever they are. The node checks the number's form, never that it was granted.

mod approval;
mod error;
mod geojson;

pub use approval::Approval;
pub use error::BoundaryError;
pub use geojson::{
    Collection, CollectionKind, Feature, FeatureKind, Geometry, GeometryKind, Properties, parse,
};

use crate::{Result, Warehouse};
use brain_kernel::hexadecimal;
use brain_kernel::party::{Party, Role};
use brain_store::setting;
use brain_trust::EvidenceEntry;
use chrono::{DateTime, Datelike as _, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Largest file, bytes.
pub const FILE_BYTES_MAX: u64 = 16 << 20;
/// Longest text about where the file comes from, characters.
const SOURCE_CHARACTERS_MAX: usize = 200;
/// Where the store keeps them.
const SETTING: &str = "map.boundaries";

/// Boundaries and what they may be shown under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Boundaries {
    /// Approval number, shown on every map that draws them.
    pub approval: Approval,
    /// Where they come from.
    pub source: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// When they were imported.
    pub imported_at: DateTime<Utc>,
    /// Account that imported them.
    pub imported_by: String,
    /// The regions, WGS 84, as GeoJSON (RFC 7946).
    pub geojson: Collection,
}

/// What an import took in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoundaryReport {
    /// Approval number in its usual form.
    pub approval: Approval,
    /// Where they come from.
    pub source: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Regions.
    pub regions: u64,
    /// Corners of all their rings.
    pub positions: u64,
}

impl Warehouse {
    /// Replace the map's boundaries with those of a GeoJSON file; file, number and role are checked first.
    pub async fn import_boundaries(
        &self,
        party: &Party,
        file: &[u8],
        approval: &str,
        source: &str,
    ) -> Result<BoundaryReport> {
        administrator(party)?;
        let now = self.inner.clock.now();
        let approval = Approval::parse(approval, now.year())?;
        let source = source.trim();
        if source.chars().count() > SOURCE_CHARACTERS_MAX || source.chars().any(char::is_control) {
            return Err(BoundaryError::Source { characters_max: SOURCE_CHARACTERS_MAX }.into());
        }
        let geojson = geojson::parse(file)?;
        let report = BoundaryReport {
            approval: approval.clone(),
            source: source.to_owned(),
            sha256: hexadecimal::encode(&Sha256::digest(file)),
            regions: geojson.features.len() as u64,
            positions: geojson.positions() as u64,
        };
        let boundaries = Boundaries {
            approval,
            source: report.source.clone(),
            sha256: report.sha256.clone(),
            imported_at: now,
            imported_by: party.account.clone(),
            geojson,
        };
        let body = serde_json::to_value(&report)?;
        self.keep(party, Some(&boundaries), "map.import", body).await?;
        Ok(report)
    }

    /// Take the boundaries away; maps are tile grids again. Doing it twice is no mistake.
    pub async fn remove_boundaries(&self, party: &Party) -> Result<()> {
        administrator(party)?;
        let Some(known) = self.boundaries().await? else { return Ok(()) };
        let body = serde_json::json!({ "approval": known.approval, "sha256": known.sha256 });
        self.keep(party, None, "map.remove", body).await
    }

    /// The boundaries, if any were imported.
    pub async fn boundaries(&self) -> Result<Option<Boundaries>> {
        Ok(setting::get::<Option<Boundaries>>(self.inner.store.db(), SETTING).await?.flatten())
    }

    /// Setting and evidence in one transaction.
    async fn keep(
        &self,
        party: &Party,
        boundaries: Option<&Boundaries>,
        kind: &str,
        body: serde_json::Value,
    ) -> Result<()> {
        let transaction = self.inner.store.transaction().await?;
        setting::set(&transaction, SETTING, &boundaries, self.inner.clock.now()).await?;
        let entry = EvidenceEntry {
            kind: kind.to_owned(),
            actor: party.account.clone(),
            subject: SETTING.to_owned(),
            body,
        };
        self.inner.trust.evidence().record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn administrator(party: &Party) -> Result<()> {
    if party.role == Role::SystemAdministrator { Ok(()) } else { Err(BoundaryError::NotAllowed.into()) }
}

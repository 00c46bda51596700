//! Parts of the node and whether they work: for health checks, for its statement, and for reports.

use brain_kernel::error::Failure;
use brain_kernel::language::Language;
use brain_trust::Trust;
use brain_trust::status::HealthPart;
use brain_warehouse::Warehouse;

/// Every part that can be looked at from outside itself; the statement adds its own integrity.
pub async fn health(trust: &Trust, warehouse: &Warehouse) -> Result<Vec<HealthPart>, Failure> {
    let ready = warehouse.ready().await.map_err(Failure::from);
    let mut parts = vec![HealthPart {
        name: "data".to_owned(),
        ok: ready.is_ok(),
        essential: true,
        detail: match &ready {
            Ok(()) => "store and lake answer".to_owned(),
            Err(failure) => failure.message(Language::En),
        },
    }];
    // Without the store there is nothing more to ask.
    if ready.is_ok() {
        parts.extend(trust.status().health().await?);
    }
    Ok(parts)
}

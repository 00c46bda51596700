//! The object store a node's tables lie on, opened as the configuration says.

use crate::config::LakeConfig;
use crate::node::variable;
use brain_egress::Egress;
use brain_kernel::error::{ErrorKind, Failure};
use brain_trust::Secret;
use brain_warehouse::ObjectLake;
use std::path::Path;

/// The object store of this configuration; `None` where the tables lie in the data folder. Its endpoint is permitted in
/// the way out: the operator names it, so it needs no line in `egress.allow`.
pub fn objects(config: &LakeConfig, egress: &Egress) -> Result<Option<ObjectLake>, Failure> {
    let Some(place) = config.place().map_err(Failure::from)? else { return Ok(None) };
    egress.permit(place.endpoint()).map_err(Failure::from)?;
    Ok(Some(ObjectLake {
        place,
        region: config.region.clone(),
        access_key_id: config.access_key_id.clone(),
        secret_access_key: secret(&config.secret_access_key)?,
        egress: egress.clone(),
    }))
}

/// The key from where the configuration says.
fn secret(source: &str) -> Result<Secret, Failure> {
    let text = match source.strip_prefix("file:") {
        Some(path) => {
            let path = Path::new(path);
            brain_crypto::refuse_if_shared(path).map_err(|error| missing(source, &error.to_string()))?;
            std::fs::read_to_string(path).map_err(|error| missing(source, &error.to_string()))?
        }
        None => {
            let name = source.strip_prefix("env:").unwrap_or_default();
            variable(name).ok_or_else(|| missing(source, "not set"))?
        }
    };
    let text = text.trim();
    if text.is_empty() { Err(missing(source, "empty")) } else { Ok(Secret::new(text)) }
}

fn missing(source: &str, why: &str) -> Failure {
    Failure::new(
        ErrorKind::Precondition,
        "brain/lake-secret",
        format!("lake.secret_access_key = {source:?} 无法读取（{why}）。"),
        format!("lake.secret_access_key = {source:?} cannot be read: {why}."),
    )
    .with_hint(
        "请设置该环境变量，或准备只有本程序用户可读（chmod 600）的密钥文件。",
        "Set that variable, or make a file with the key that only this program's user can read (chmod 600).",
    )
}

//! Where the listener's certificates come from, and how they stay fresh while it listens.

use crate::config::Tls;
use crate::node::Node;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_tls::{Material, ServerTls};
use brain_trust::Certificates;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// How often files and revocations are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What material is made of.
pub struct Source {
    tls: Tls,
    certificates: Certificates,
}

impl Source {
    /// The source this node's configuration names.
    pub fn of(node: &Node) -> Self {
        Self { tls: node.config.tls.clone(), certificates: node.trust.certificates() }
    }

    async fn material(&self) -> Result<Material> {
        let tls = &self.tls;
        if !tls.own_authority {
            return Ok(Material {
                chain: read(&tls.certificate)?,
                key: Zeroizing::new(read(&tls.key)?),
                client_authorities: read(&tls.client_authorities)?,
                revocations: read(&tls.revocations)?,
            });
        }
        let name = tls.names.first().map_or("localhost", String::as_str);
        let mut material =
            self.certificates.server_material(name, &tls.names).await.map_err(Failure::from)?;
        // Nodes of other authorities may be believed besides those of our own.
        material.client_authorities.push_str(&read(&tls.client_authorities)?);
        material.revocations.push_str(&read(&tls.revocations)?);
        Ok(material)
    }
}

/// The node's TLS, `None` where the configuration asks for plain HTTP.
pub async fn open(node: &Node) -> Result<Option<Arc<ServerTls>>> {
    if !node.config.tls.is_on() {
        return Ok(None);
    }
    let material = Source::of(node).material().await?;
    Ok(Some(Arc::new(ServerTls::new(material).map_err(Failure::from)?)))
}

/// Follow the files, the renewals and the revocations for as long as the node runs. What does not load changes nothing.
pub async fn keep_fresh(source: Source, tls: Arc<ServerTls>) {
    let mut troubled = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let replaced = match source.material().await {
            Ok(material) => tls.replace(material).map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        // Said once until it is mended.
        match &replaced {
            Ok(true) => tracing::info!("certificates were replaced"),
            Err(error) if !troubled => {
                tracing::error!(%error, "new certificates do not load; the old ones stay")
            }
            Ok(false) | Err(_) => {}
        }
        troubled = replaced.is_err();
    }
}

/// A file that need not be named; one that is named must be there.
fn read(path: &str) -> Result<String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    std::fs::read_to_string(Path::new(path))
        .with_context(|| format!("无法读取证书文件 {path}。\nCannot read {path}; see the tls section."))
}

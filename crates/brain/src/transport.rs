//! Where the listener's certificates come from, and how they stay fresh while it listens.

use crate::config::{Peers, Tls};
use crate::node::Node;
use anyhow::{Context as _, Result};
use brain_kernel::error::Failure;
use brain_tls::{Material, ServerTls, serial_of_chain};
use brain_trust::{Certificates, PeerTls, Trust};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// How often files and revocations are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What material is made of.
pub struct Source {
    tls: Tls,
    peers: Peers,
    certificates: Certificates,
}

impl Source {
    /// The source this node's configuration names.
    pub fn of(node: &Node) -> Self {
        Self {
            tls: node.config.tls.clone(),
            peers: node.config.peers.clone(),
            certificates: node.trust.certificates(),
        }
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

    /// What this node shows to its peers and whom it believes; `None` where nothing says so, and the authorities of
    /// the system count.
    async fn peer_tls(&self) -> Result<Option<PeerTls>> {
        let peers = &self.peers;
        let (authorities, revocations) = (read(&peers.authorities)?, read(&peers.revocations)?);
        if self.tls.own_authority && !peers.name.is_empty() && peers.certificate.is_empty() {
            let names = &self.tls.names;
            let mut own = self.certificates.peer_tls(&peers.name, names).await.map_err(Failure::from)?;
            own.authorities.push_str(&authorities);
            own.revocations.push_str(&revocations);
            return Ok(Some(own));
        }
        if authorities.is_empty() {
            return Ok(None);
        }
        let (chain, key) = (read(&peers.certificate)?, Zeroizing::new(read(&peers.key)?));
        Ok(Some(PeerTls { chain, key, authorities, revocations }))
    }
}

/// Give the node's client for peers its certificates, in a command that speaks to them once.
pub async fn dress(node: &Node) -> Result<()> {
    let tls = Source::of(node).peer_tls().await?;
    node.trust.peers().replace(tls).map_err(Failure::from)?;
    Ok(())
}

/// The node's TLS, `None` where the configuration asks for plain HTTP. The client for peers is given its certificates.
pub async fn open(node: &Node) -> Result<Option<Arc<ServerTls>>> {
    dress(node).await?;
    if !node.config.tls.is_on() {
        return Ok(None);
    }
    let material = Source::of(node).material().await?;
    let serial = serial_of_chain(&material.chain).map_err(Failure::from)?;
    let tls = Arc::new(ServerTls::new(material).map_err(Failure::from)?);
    node.trust.status().set_certificate(Some(serial));
    Ok(Some(tls))
}

/// Follow the files, the renewals and the revocations for as long as the node runs. What does not load changes nothing.
pub async fn keep_fresh(source: Source, trust: Trust, tls: Option<Arc<ServerTls>>) {
    let mut troubled = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let replaced = refresh(&source, &trust, tls.as_deref()).await;
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

async fn refresh(source: &Source, trust: &Trust, tls: Option<&ServerTls>) -> Result<bool> {
    let mut replaced = trust.peers().replace(source.peer_tls().await?).map_err(Failure::from)?;
    if let Some(tls) = tls {
        let material = source.material().await?;
        let serial = serial_of_chain(&material.chain).map_err(Failure::from)?;
        if tls.replace(material).map_err(Failure::from)? {
            trust.status().set_certificate(Some(serial));
            replaced = true;
        }
    }
    Ok(replaced)
}

/// A file that need not be named; one that is named must be there.
fn read(path: &str) -> Result<String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    std::fs::read_to_string(Path::new(path))
        .with_context(|| format!("无法读取证书文件 {path}。\nCannot read {path}; see the tls section."))
}

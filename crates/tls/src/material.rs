//! Certificates, keys and authorities in PEM, and the configurations made of them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// What a node shows to its callers and whom it believes, all PEM.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Material {
    /// The node's certificate, followed by those between it and its root.
    pub chain: String,
    /// The certificate's private key.
    pub key: Zeroizing<String>,
    /// Authorities whose client certificates count; empty asks no client for one.
    pub client_authorities: String,
    /// Their lists of revocations; empty where there is none.
    pub revocations: String,
}

/// A server's TLS that can be given new material while connections are accepted.
pub struct ServerTls {
    current: ArcSwap<(Material, Arc<ServerConfig>)>,
    /// What is spoken inside (RFC 7301).
    protocol: &'static str,
}

impl ServerTls {
    /// HTTP/1.1 inside TLS, of material that must load.
    pub fn new(material: Material) -> Result<Self> {
        Self::speaking("http/1.1", material)
    }

    /// Another protocol inside, by its registered name, such as `h2`.
    pub fn speaking(protocol: &'static str, material: Material) -> Result<Self> {
        let config = server_config(&material, protocol)?;
        Ok(Self { current: ArcSwap::from_pointee((material, config)), protocol })
    }

    /// The configuration for the next connection.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        self.current.load().1.clone()
    }

    /// Use other material from the next connection on; whether it differs. On an error the present one stays.
    pub fn replace(&self, material: Material) -> Result<bool> {
        if self.current.load().0 == material {
            return Ok(false);
        }
        let config = server_config(&material, self.protocol)?;
        self.current.store(Arc::new((material, config)));
        Ok(true)
    }
}

fn server_config(material: &Material, protocol: &str) -> Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|cause| unusable("protocol", cause))?;
    let builder = if material.client_authorities.is_empty() {
        builder.with_no_client_auth()
    } else {
        let roots = Arc::new(roots(&material.client_authorities)?);
        let lists = lists(&material.revocations)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
            .with_crls(lists)
            // A root without a list revokes nobody; one with a list is held to it.
            .allow_unknown_revocation_status()
            // People come without a certificate; what needs one asks for it by itself.
            .allow_unauthenticated()
            .build()
            .map_err(|cause| unusable("client authorities", cause))?;
        builder.with_client_cert_verifier(verifier)
    };
    let key = key(&material.key)?;
    let mut config = builder
        .with_single_cert(chain(&material.chain)?, key)
        .map_err(|cause| unusable("certificate", cause))?;
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    Ok(Arc::new(config))
}

/// TLS of a client that believes `authorities` and may show a certificate `(chain, key)` of its own.
pub fn client_config(authorities: &str, identity: Option<(&str, &str)>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|cause| unusable("protocol", cause))?
        .with_root_certificates(roots(authorities)?);
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some((own, secret)) => builder
            .with_client_auth_cert(chain(own)?, key(secret)?)
            .map_err(|cause| unusable("client certificate", cause)),
    }
}

/// Like [`client_config`] between nodes: a certificate on one of these lists of revocations is refused too.
pub fn peer_config(
    authorities: &str,
    revocations: &str,
    identity: Option<(&str, &str)>,
) -> Result<ClientConfig> {
    if revocations.is_empty() {
        return client_config(authorities, identity);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots(authorities)?), provider.clone())
            .with_crls(lists(revocations)?)
            .allow_unknown_revocation_status()
            .build()
            .map_err(|cause| unusable("authorities", cause))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|cause| unusable("protocol", cause))?
        .with_webpki_verifier(verifier);
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some((own, secret)) => builder
            .with_client_auth_cert(chain(own)?, key(secret)?)
            .map_err(|cause| unusable("client certificate", cause)),
    }
}

/// Serial number of the first certificate of a chain in PEM, hexadecimal.
pub fn serial_of_chain(pem: &str) -> Result<String> {
    let chain = chain(pem)?;
    let serial = chain.first().and_then(|certificate| crate::serial_of(certificate));
    serial.ok_or_else(|| unusable("certificate", "it cannot be read"))
}

fn lists(pem: &str) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    CertificateRevocationListDer::pem_slice_iter(pem.as_bytes())
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|cause| unusable("revocations", cause))
}

fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>> {
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|cause| unusable("certificate", cause))?;
    if chain.is_empty() { Err(unusable("certificate", "no certificate in the PEM")) } else { Ok(chain) }
}

fn key(pem: &str) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|cause| unusable("private key", cause))
}

fn roots(pem: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(pem)? {
        roots.add(certificate).map_err(|cause| unusable("authorities", cause))?;
    }
    Ok(roots)
}

fn unusable(what: &'static str, cause: impl std::fmt::Display) -> Error {
    Error::Material { what, cause: cause.to_string() }
}

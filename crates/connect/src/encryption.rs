//! Encryption of a connection to a server of messages, and whom it trusts.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Encryption of a connection (连接加密).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// 不加密 · None; only for a network of one's own.
    Off,
    /// 加密，核对证书与主机名 · Encrypted; the certificate is of this host and of an authority the machine trusts.
    #[default]
    Checked,
    /// 加密，不核对证书 · Encrypted, whoever answers.
    Unchecked,
}

impl Encryption {
    /// What the client of a connection to `host` believes. Also for `Off`: a server may insist on encryption, and is
    /// then checked.
    pub(crate) fn client(self, host: &str) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::Unchecked => Arc::new(Anyone(provider.clone())),
            Self::Off | Self::Checked => {
                let trusted = Arc::new(Verifier::new(provider.clone()).map_err(failed)?);
                Arc::new(Named { name: server_name(host)?, trusted })
            }
        };
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth())
    }
}

/// The name a certificate has to bear.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>> {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(host.to_owned()).map_err(|_| {
        Error::setting(
            "host",
            "不是主机名，也不是 IP 地址。",
            "It is neither a name of a host nor an address.",
        )
    })
}

fn failed(error: rustls::Error) -> Error {
    Error::setting(
        "tls",
        format!("本机无法建立加密连接：{error}"),
        format!("This machine cannot make an encrypted connection: {error}"),
    )
}

/// The refusal of a certificate, or of TLS, somewhere in the causes of an error: trying again will not help.
pub(crate) fn refusal<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        // `source` of an io error skips the error it wraps.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// Holds a certificate against the name the operator wrote, though the connection goes to the address it was resolved to
/// and checked.
#[derive(Debug)]
struct Named {
    name: ServerName<'static>,
    trusted: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _address: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        self.trusted.verify_server_cert(end_entity, intermediates, &self.name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.trusted.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.trusted.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trusted.supported_verify_schemes()
    }
}

/// Takes any certificate whose key the other side has.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::client::WebPkiServerVerifier;

    #[test]
    fn a_certificate_is_held_against_the_written_name_not_the_address() {
        let rcgen::CertifiedKey { cert, .. } =
            rcgen::generate_simple_self_signed(["broker.example".to_owned()]).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let trusted: Arc<dyn ServerCertVerifier> =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let verdict = |name: &str| {
            let named = Named { name: server_name(name).unwrap(), trusted: trusted.clone() };
            let address = server_name("10.0.0.9").unwrap();
            let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_800_000_000));
            named.verify_server_cert(cert.der(), &[], &address, &[], now).is_ok()
        };
        assert!(verdict("broker.example"));
        assert!(!verdict("other.example") && !verdict("10.0.0.9"));
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for host in ["broker.example", "10.0.0.9", "[::1]"] {
            assert!(server_name(host).is_ok(), "{host}");
        }
        assert!(server_name("a b").is_err());
    }

    #[test]
    fn a_refused_certificate_is_found_however_deep() {
        let inner =
            std::io::Error::other(rustls::Error::InvalidCertificate(rustls::CertificateError::Expired));
        assert!(refusal(&std::io::Error::other(inner)).is_some());
        assert!(refusal(&std::io::Error::other("reset")).is_none());
    }
}

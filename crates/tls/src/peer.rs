//! Which node stands at the other end.

use brain_kernel::hexadecimal;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;

/// Names of nodes in certificates begin like this (RFC 5280 §4.2.1.6, a URI among the alternative names).
pub(crate) const NODE_URI: &str = "urn:brain:node:";

/// A node that proved itself with a certificate; put into the extensions of each of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerNode {
    /// Name of the node.
    pub name: String,
    /// Serial number of its certificate, hexadecimal.
    pub serial: String,
}

impl PeerNode {
    /// The node a verified certificate names; `None` for a certificate that is no node's.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let names = parsed.subject_alternative_name().ok()??;
        let name = names.value.general_names.iter().find_map(|name| match name {
            GeneralName::URI(uri) => uri.strip_prefix(NODE_URI),
            _ => None,
        })?;
        let serial = hexadecimal::encode(parsed.raw_serial());
        Some(Self { name: name.to_owned(), serial })
    }
}

/// Serial number of a certificate in DER, hexadecimal; `None` for what is none.
#[must_use]
pub fn serial_of(certificate: &[u8]) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(hexadecimal::encode(parsed.raw_serial()))
}

//! A small certificate authority (证书签发): one root, certificates for servers and nodes, a list of revocations.

use brain_kernel::hexadecimal;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    RevokedCertParams, SanType, SerialNumber,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::peer::NODE_URI;
use crate::{Error, Result};

/// Years an authority lives.
const AUTHORITY_DAYS: u32 = 3_650;
/// Longest life of a certificate for a server or node, days (CA/Browser Forum ballot SC-081 comes down to 47).
const DAYS_MAX: u32 = 398;
/// How long a list of revocations counts; it is made anew far more often.
const REVOCATIONS_DAYS: i64 = 7;
/// Clocks of peers may be slow.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Signs others.
    Authority,
    /// Proves a host to browsers and programs.
    Server,
    /// Proves a node to other nodes, as client and as server.
    Node,
}

impl Usage {
    /// Name in the store and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Server => "server",
            Self::Node => "node",
        }
    }
}

/// What to issue.
#[derive(Debug, Clone)]
pub struct Request {
    /// Name of the host or node.
    pub subject: String,
    /// Host names and addresses it is reached by.
    pub names: Vec<String>,
    /// What it is for.
    pub usage: Usage,
    /// Days it lives.
    pub days: u32,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Issued {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Name of the host, node or authority.
    pub subject: String,
    /// What it is for.
    pub usage: Usage,
    /// The certificate as PEM.
    pub certificate: String,
    /// Its private key as PEM.
    pub key: Zeroizing<String>,
    /// First moment of validity.
    pub not_before: DateTime<Utc>,
    /// Last moment of validity.
    pub not_after: DateTime<Utc>,
}

/// An authority that can sign.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Make a new root.
    pub fn create(name: &str, now: DateTime<Utc>) -> Result<Issued> {
        let mut params = parameters(name, AUTHORITY_DAYS, now)?;
        // It signs certificates of nodes and servers, never other authorities.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.self_signed(&key)?;
        issued(name, Usage::Authority, &params, certificate.pem(), &key)
    }

    /// The authority with this certificate and key.
    pub fn open(certificate: &str, key: &str) -> Result<Self> {
        let broken = |cause: rcgen::Error| Error::Material { what: "authority", cause: cause.to_string() };
        let key = KeyPair::from_pem(key).map_err(broken)?;
        let issuer = Issuer::from_ca_cert_pem(certificate, key).map_err(broken)?;
        Ok(Self { certificate: certificate.to_owned(), issuer })
    }

    /// Its certificate as PEM; what others must trust.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Issue a certificate with a fresh key.
    pub fn issue(&self, request: &Request, now: DateTime<Utc>) -> Result<Issued> {
        if request.usage == Usage::Authority || !(1..=DAYS_MAX).contains(&request.days) {
            return Err(Error::Request(format!("a server or node certificate of 1 to {DAYS_MAX} days")));
        }
        let mut params = parameters(&request.subject, request.days, now)?;
        for name in &request.names {
            params.subject_alt_names.push(alternative(name)?);
        }
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        if request.usage == Usage::Node {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
            let uri = format!("{NODE_URI}{}", request.subject);
            let uri =
                uri.try_into().map_err(|_| Error::Request(format!("node name {:?}", request.subject)))?;
            params.subject_alt_names.push(SanType::URI(uri));
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        issued(&request.subject, request.usage, &params, certificate.pem(), &key)
    }

    /// The list of revoked serial numbers with their times, as PEM; `number` grows with each list.
    pub fn revocations(
        &self,
        revoked: &[(String, DateTime<Utc>)],
        number: u64,
        now: DateTime<Utc>,
    ) -> Result<String> {
        let revoked_certs = revoked
            .iter()
            .map(|(serial, at)| {
                let serial = bytes_of(serial).ok_or_else(|| Error::Request(format!("serial {serial:?}")))?;
                Ok(RevokedCertParams {
                    serial_number: SerialNumber::from_slice(&serial),
                    revocation_time: moment(*at)?,
                    reason_code: None,
                    invalidity_date: None,
                })
            })
            .collect::<Result<_>>()?;
        let list = CertificateRevocationListParams {
            this_update: moment(now - SKEW)?,
            next_update: moment(now + TimeDelta::days(REVOCATIONS_DAYS))?,
            crl_number: SerialNumber::from_slice(&number.to_be_bytes()),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(list.signed_by(&self.issuer)?.pem()?)
    }
}

fn parameters(name: &str, days: u32, now: DateTime<Utc>) -> Result<CertificateParams> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(word) {
        return Err(Error::Request(format!("name {name:?}: 1 to 64 of letters, digits, '-', '.', '_'")));
    }
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::CommonName, name);
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).map_err(|cause| Error::Making(cause.to_string()))?;
    // Positive and of full length (RFC 5280 §4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = distinguished_name;
    params.not_before = moment(now - SKEW)?;
    params.not_after = moment(now + TimeDelta::days(days.into()))?;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn alternative(name: &str) -> Result<SanType> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let host = !name.is_empty() && name.len() <= 253 && !name.contains(['/', ' ', ':']);
    let text = name.to_owned().try_into().ok().filter(|_| host);
    text.map(SanType::DnsName).ok_or_else(|| Error::Request(format!("host name {name:?}")))
}

fn issued(
    subject: &str,
    usage: Usage,
    params: &CertificateParams,
    certificate: String,
    key: &KeyPair,
) -> Result<Issued> {
    let instant = |at: OffsetDateTime| {
        DateTime::from_timestamp(at.unix_timestamp(), 0).ok_or_else(|| Error::Making("time".to_owned()))
    };
    let serial = params.serial_number.as_ref().map(SerialNumber::to_bytes).unwrap_or_default();
    Ok(Issued {
        serial: hexadecimal::encode(&serial),
        subject: subject.to_owned(),
        usage,
        certificate,
        key: Zeroizing::new(key.serialize_pem()),
        not_before: instant(params.not_before)?,
        not_after: instant(params.not_after)?,
    })
}

fn moment(at: DateTime<Utc>) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).map_err(|cause| Error::Request(cause.to_string()))
}

fn bytes_of(serial: &str) -> Option<Vec<u8>> {
    let digits = serial.as_bytes().chunks_exact(2);
    if serial.is_empty() || !digits.remainder().is_empty() {
        return None;
    }
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

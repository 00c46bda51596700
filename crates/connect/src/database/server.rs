//! The way to a database: where it is, who is believed, and what its failures mean.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brain_egress::Egress;
use futures::{Stream, TryStreamExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::error::DatabaseError;

use super::relay::Relay;
use crate::settings::{number, text};
use crate::{Control, Error, Result, Secret};

/// Longest silence of a server between two rows, seconds.
pub(crate) const SILENCE_S: u64 = 300;
/// Longest time until a connection is open, seconds.
const CONNECT_S: u64 = 30;
/// How long a row is waited for between two looks whether somebody cancelled.
const WAIT: Duration = Duration::from_secs(1);
/// Largest certificates of authorities, bytes.
const AUTHORITY_BYTES_MAX: usize = 64 << 10;

/// Encryption of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// 不加密 · None; only for a network of one's own.
    Off,
    /// 加密，不核对证书 · Encrypted, whoever answers.
    #[default]
    On,
    /// 加密，核对证书及其中的主机名 · Encrypted, and the certificate is one of this host's (`verify-full`).
    Verify,
}

/// Where a database is, and who asks it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) database: String,
    pub(crate) user: String,
    pub(crate) tls: Tls,
    /// Certificates of authorities, PEM, believed beside the public ones.
    pub(crate) authority: Option<String>,
}

impl Place {
    pub(crate) fn check(&self) -> Result<()> {
        for (place, value) in [("host", &self.host), ("database", &self.database), ("user", &self.user)] {
            text(place, value)?;
        }
        number("port", u64::from(self.port), 1..=65_535)?;
        let Some(authority) = &self.authority else { return Ok(()) };
        if self.tls != Tls::Verify {
            return Err(Error::setting(
                "authority",
                "只有 tls = verify 才核对证书，才填写 authority。",
                "Certificates are held against an authority only with tls = verify.",
            ));
        }
        number("authority", authority.len() as u64, 1..=AUTHORITY_BYTES_MAX as u64)?;
        if certificates(authority) {
            return Ok(());
        }
        Err(Error::setting(
            "authority",
            "须为 PEM 格式的一个或多个证书（-----BEGIN CERTIFICATE-----），不含私钥。",
            "It is one or more certificates in PEM (-----BEGIN CERTIFICATE-----), without a private key.",
        ))
    }

    /// Where a secret goes; see [`Settings::destination`](crate::Settings::destination).
    pub(crate) fn destination(&self) -> String {
        let Self { host, port, user, tls, authority, .. } = self;
        format!("{host}:{port}/{user}\n{tls:?}\n{}", authority.as_deref().unwrap_or_default())
    }
}

/// Whether a text is certificates in PEM (RFC 7468) and nothing else.
fn certificates(pem: &str) -> bool {
    let (mut rest, mut found) = (pem.trim(), false);
    while !rest.is_empty() {
        let block = rest
            .strip_prefix("-----BEGIN CERTIFICATE-----")
            .and_then(|after| after.split_once("-----END CERTIFICATE-----"));
        let Some((body, after)) = block else { return false };
        let body: String = body.split_whitespace().collect();
        // A certificate is a SEQUENCE (RFC 5280 §4.1).
        if !STANDARD.decode(body).is_ok_and(|der| der.first() == Some(&0x30)) {
            return false;
        }
        (rest, found) = (after.trim_start(), true);
    }
    found
}

/// What a failure of a database is called, and whether the same may work later.
pub(crate) type Told = fn(&(dyn DatabaseError + 'static)) -> (String, bool);

/// A database to connect to.
pub(crate) struct Server {
    pub(crate) place: Place,
    pub(crate) secret: Option<Secret>,
    egress: Egress,
    purpose: &'static str,
    told: Told,
}

/// A connection, and the relay it goes through. The connection is dropped first.
pub(crate) struct Link<C> {
    pub(crate) connection: C,
    _relay: Relay,
}

impl Server {
    pub(crate) fn new(
        place: Place,
        secret: Option<Secret>,
        egress: Egress,
        purpose: &'static str,
        told: Told,
    ) -> Self {
        Self { place, secret, egress, purpose, told }
    }

    /// A connection made by `connect` over a socket of this name, in the folder it is given, to the address that the
    /// way out has checked.
    pub(crate) async fn link<C, F>(&self, socket: &str, connect: impl FnOnce(&Relay) -> F) -> Result<Link<C>>
    where
        F: Future<Output = sqlx::Result<C>>,
    {
        let url = format!("tcp://{}:{}", self.place.host, self.place.port);
        let outside = self.egress.connect(self.purpose, &url).await?;
        let relay = Relay::open(socket, outside).map_err(|error| {
            Error::Egress(brain_egress::Error::Failed { origin: url, cause: format!("relay: {error}") })
        })?;
        match tokio::time::timeout(Duration::from_secs(CONNECT_S), connect(&relay)).await {
            Ok(connected) => {
                let connection = connected.map_err(|error| self.failed(error))?;
                Ok(Link { connection, _relay: relay })
            }
            Err(_) => Err(self.silent(CONNECT_S)),
        }
    }

    /// The host as a certificate names it. Where none is looked at, a name that is none of DNS's is no reason to fail.
    pub(crate) fn host_of_certificate(&self) -> &str {
        let host = self.place.host.trim_start_matches('[').trim_end_matches(']');
        let plain = host.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-:".contains(letter));
        if plain || self.place.tls == Tls::Verify { host } else { "localhost" }
    }

    /// Host, port and database.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}/{}", self.place.host, self.place.port, self.place.database)
    }

    pub(crate) fn silent(&self, seconds: u64) -> Error {
        Error::Database {
            server: self.name(),
            state: "timeout".to_owned(),
            cause: format!("no answer for {seconds} s"),
            transient: true,
        }
    }

    pub(crate) fn failed(&self, error: sqlx::Error) -> Error {
        let (state, cause, transient) = match &error {
            sqlx::Error::Database(said) => {
                let (state, transient) = (self.told)(said.as_ref());
                (state, said.message().to_owned(), transient)
            }
            sqlx::Error::Tls(_) => ("tls".to_owned(), error.to_string(), false),
            // rustls tells of a certificate that does not hold as data that cannot be.
            sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
                ("tls".to_owned(), io.to_string(), false)
            }
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => {
                ("connection".to_owned(), error.to_string(), true)
            }
            other => ("client".to_owned(), other.to_string(), false),
        };
        Error::Database { server: self.name(), state, cause, transient }
    }

    /// The next row, while nobody cancels and the server is not silent for too long.
    pub(crate) async fn next<T>(
        &self,
        rows: &mut (impl Stream<Item = sqlx::Result<T>> + Unpin),
        silence_s: u64,
        control: &Control,
    ) -> Result<Option<T>> {
        for _ in 0..silence_s {
            control.check()?;
            match tokio::time::timeout(WAIT, rows.try_next()).await {
                Ok(row) => return row.map_err(|error| self.failed(error)),
                Err(_) => {}
            }
        }
        Err(self.silent(silence_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nMAMC\nAQE=\n-----END CERTIFICATE-----\n";

    #[test]
    fn an_authority_is_certificates_and_nothing_else() {
        assert!(certificates(ONE) && certificates(&format!("\n{ONE}\n{ONE}")));
        for wrong in [
            "",
            "ca.pem",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            &format!("{ONE}-----BEGIN PRIVATE KEY-----\nMAMC\n-----END PRIVATE KEY-----"),
        ] {
            assert!(!certificates(wrong), "{wrong}");
        }
    }
}

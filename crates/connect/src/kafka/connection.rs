//! A connection to one broker: encrypted, let in, asked and answered.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::scram::{Hash, NotProven, Opening};
use super::wire::{Answer, Malformed, Request};
use super::{Kafka, Mechanism};
use crate::encryption::{self, Encryption};
use crate::{Error, Result};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.kafka";
/// Longest wait for a connection or an answer; a fetch waits for messages up to a part of it.
const ANSWER: Duration = Duration::from_secs(15);
/// Largest answer, bytes. A server sends at least one batch however little is asked for.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Who asks, to the broker's log.
const CLIENT: &str = "brain-connector";

/// What can be asked, by its number in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Fetch = 1,
    ListOffsets = 2,
    Metadata = 3,
    SaslHandshake = 17,
    Versions = 18,
    SaslAuthenticate = 36,
}

/// What a connection is made of.
trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection that was let in.
pub(super) struct Connection {
    stream: Box<dyn Duplex>,
    server: String,
    asked: i32,
    /// Whether the broker tells a topic's identity (Metadata 12).
    pub(super) tells_identity: bool,
}

impl Kafka {
    /// Connect to `host:port`, an address that the way out checks, also where a broker named it.
    pub(super) async fn connect(&self, server: &str) -> Result<Connection> {
        let stream = self.egress.connect(PURPOSE, &format!("tcp://{server}")).await?;
        // Small requests that are waited for; a connection without this works, only slower.
        stream.set_nodelay(true).ok();
        let stream: Box<dyn Duplex> = match self.settings.tls {
            Encryption::Off => Box::new(stream),
            tls => {
                let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
                let connector = tokio_rustls::TlsConnector::from(Arc::new(tls.client(host)?));
                let name = encryption::server_name(host)?;
                match tokio::time::timeout(ANSWER, connector.connect(name, stream)).await {
                    Ok(stream) => Box::new(stream.map_err(|error| super::failure::broken(server, &error))?),
                    Err(_) => return Err(super::failure::silent(server)),
                }
            }
        };
        let mut connection =
            Connection { stream, server: server.to_owned(), asked: 0, tells_identity: false };
        connection.agree().await?;
        self.let_in(server, &mut connection).await?;
        Ok(connection)
    }

    async fn let_in(&self, server: &str, connection: &mut Connection) -> Result<()> {
        let Some(user) = &self.settings.user else {
            return if self.secret.is_some() { Err(super::failure::password_of_nobody()) } else { Ok(()) };
        };
        let password = self.secret.as_ref().map(crate::Secret::expose).unwrap_or_default();
        let hash = match self.settings.mechanism {
            Mechanism::Plain => {
                connection.handshake("PLAIN").await?;
                connection.authenticate(format!("\0{user}\0{password}").as_bytes()).await?;
                return Ok(());
            }
            Mechanism::ScramSha256 => Hash::Sha256,
            Mechanism::ScramSha512 => Hash::Sha512,
        };
        connection.handshake(if hash == Hash::Sha256 { "SCRAM-SHA-256" } else { "SCRAM-SHA-512" }).await?;
        let opening = Opening::new(hash, user, super::nonce());
        let challenge = connection.authenticate(opening.message().as_bytes()).await?;
        let failed = |error| match error {
            NotProven::Refused => super::failure::not_let_in(server),
            NotProven::Impostor => super::failure::impostor(server),
        };
        let challenge = String::from_utf8_lossy(&challenge);
        let (proof, proven) = opening.prove(password, &challenge).map_err(failed)?;
        let answer = connection.authenticate(proof.as_bytes()).await?;
        proven.by(&String::from_utf8_lossy(&answer)).map_err(failed)
    }
}

impl Connection {
    /// Ask, in a version of the request before its fields had changing lengths.
    pub(super) async fn ask(&mut self, api: Api, version: i16, request: Request) -> Result<Answer> {
        self.exchange(api, version, request, false).await
    }

    /// Ask, in a version whose fields have changing lengths and tags.
    pub(super) async fn ask_compact(&mut self, api: Api, version: i16, request: Request) -> Result<Answer> {
        self.exchange(api, version, request, true).await
    }

    /// An answer that is none.
    pub(super) fn malformed(&self, error: Malformed) -> Error {
        super::failure::malformed(&self.server, error)
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    async fn exchange(&mut self, api: Api, version: i16, request: Request, compact: bool) -> Result<Answer> {
        self.asked = self.asked.wrapping_add(1);
        let head = Request::default().int16(api as i16).int16(version).int32(self.asked).string(CLIENT);
        let head = if compact { head.varint(0) } else { head };
        let request = head.raw(&request.done()).done();
        let answered = tokio::time::timeout(ANSWER, self.sent_and_answered(&request)).await;
        let answer = match answered {
            Ok(answer) => answer.map_err(|error| super::failure::broken(&self.server, &error))?,
            Err(_) => return Err(super::failure::silent(&self.server)),
        };
        let mut answer = Answer::new(answer);
        let number = answer.int32().map_err(|error| self.malformed(error))?;
        if number != self.asked {
            return Err(self.malformed(Malformed("it answers another question")));
        }
        if compact {
            answer.tags().map_err(|error| self.malformed(error))?;
        }
        Ok(answer)
    }

    async fn sent_and_answered(&mut self, request: &[u8]) -> std::io::Result<Bytes> {
        let length = u32::try_from(request.len()).map_err(std::io::Error::other)?;
        self.stream.write_all(&length.to_be_bytes()).await?;
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let length = self.stream.read_u32().await? as usize;
        if length > ANSWER_BYTES_MAX {
            let words = format!("an answer of {length} bytes, more than {ANSWER_BYTES_MAX}");
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, words));
        }
        // Room grows with what comes, not with what is promised.
        let mut answer = BytesMut::new();
        while answer.len() < length {
            let left = (length - answer.len()) as u64;
            if (&mut self.stream).take(left).read_buf(&mut answer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(answer.freeze())
    }

    /// Learn what the broker speaks.
    async fn agree(&mut self) -> Result<()> {
        let mut answer = self.ask(Api::Versions, 0, Request::default()).await?;
        let read = |answer: &mut Answer| {
            let code = answer.int16()?;
            let spoken = answer.array(|api| Ok((api.int16()?, api.int16()?, api.int16()?)))?;
            Ok((code, spoken))
        };
        let (code, spoken) = read(&mut answer).map_err(|error| self.malformed(error))?;
        if code != 0 {
            return Err(super::failure::answered(&self.server, code));
        }
        let speaks = |api: Api, version: i16| {
            spoken.iter().any(|&(key, least, most)| key == api as i16 && (least..=most).contains(&version))
        };
        self.tells_identity = speaks(Api::Metadata, super::cluster::METADATA_WITH_IDENTITY);
        let needed = [
            (Api::Fetch, super::cluster::FETCH),
            (Api::ListOffsets, super::cluster::LIST_OFFSETS),
            (
                Api::Metadata,
                if self.tells_identity {
                    super::cluster::METADATA_WITH_IDENTITY
                } else {
                    super::cluster::METADATA
                },
            ),
        ];
        if needed.into_iter().all(|(api, version)| speaks(api, version)) {
            Ok(())
        } else {
            Err(super::failure::too_old(&self.server))
        }
    }

    async fn handshake(&mut self, mechanism: &str) -> Result<()> {
        let mut answer = self.ask(Api::SaslHandshake, 1, Request::default().string(mechanism)).await?;
        match answer.int16().map_err(|error| self.malformed(error))? {
            0 => Ok(()),
            33 => Err(super::failure::no_mechanism(&self.server, mechanism)),
            code => Err(super::failure::answered(&self.server, code)),
        }
    }

    async fn authenticate(&mut self, message: &[u8]) -> Result<Bytes> {
        let mut answer = self.ask(Api::SaslAuthenticate, 0, Request::default().bytes(message)).await?;
        let read = |answer: &mut Answer| {
            let code = answer.int16()?;
            answer.string()?;
            Ok((code, answer.bytes()?))
        };
        match read(&mut answer).map_err(|error| self.malformed(error))? {
            (0, bytes) => Ok(bytes),
            (58, _) => Err(super::failure::not_let_in(&self.server)),
            (code, _) => Err(super::failure::answered(&self.server, code)),
        }
    }
}

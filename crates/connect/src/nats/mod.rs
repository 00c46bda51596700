//! A stream of NATS JetStream: messages by their number in the stream.
//!
//! Messages are read by a consumer that lasts as long as the fetch and acknowledges nothing: the position is the number
//! of the last message read, and the time the stream was made, so that another stream of the same name is not taken for
//! this one. The connection goes to the address that the way out has checked, and to no other server of a cluster.

mod failure;

use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use async_nats::jetstream::stream::{Info, Stream};
use async_nats::jetstream::{self, Message};
use async_nats::{Client, ConnectOptions};
use brain_egress::Egress;
use brain_kernel::language::Text;
use chrono::DateTime;
use futures::StreamExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encryption::Encryption;
use crate::message::{Envelope, tell_too_large};
use crate::settings::{number, text};
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.nats";
/// Longest wait for a connection or an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// How long the server keeps a request for messages it has promised.
const DELIVERY: Duration = Duration::from_secs(2);
/// How long a message is waited for between two looks whether somebody cancelled.
const WAIT: Duration = Duration::from_millis(250);
/// Requests in a row that bring nothing although messages are there, until the server counts as silent.
const SILENT_MAX: u32 = 5;
/// Bytes of messages asked for at once, counted with the largest message the server takes.
const ASKED_BYTES: usize = 64 << 20;
/// Messages asked for at once.
const ASKED_MAX: u64 = 1_000;
/// How long the server keeps the consumer of a fetch that broke off.
const ABANDONED: Duration = Duration::from_secs(30);

/// Settings of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatsSettings {
    /// 主机；tcp://主机:端口 须列入 egress.allow · Host; tcp://host:port stands in egress.allow.
    #[schemars(length(min = 1, max = 1_000))]
    pub host: String,
    /// 端口 · Port.
    #[serde(default = "port")]
    pub port: u16,
    /// 加密 · Encryption of the connection.
    #[serde(default)]
    pub tls: Encryption,
    /// 用户；不填而有密钥时，密钥是令牌 · User; where absent, a secret is a token.
    #[serde(default)]
    pub user: Option<String>,
    /// 流 · Stream.
    #[schemars(length(min = 1, max = 255))]
    pub stream: String,
    /// 只取这些主题，可用 * 与 > · Only messages of these subjects; * and > stand for what varies.
    #[serde(default)]
    pub subject: Option<String>,
}

const fn port() -> u16 {
    4222
}

impl NatsSettings {
    pub(crate) fn check(&self) -> Result<()> {
        text("host", &self.host)?;
        number("port", u64::from(self.port), 1..=65_535)?;
        for (place, value) in [("user", &self.user), ("subject", &self.subject)] {
            value.iter().try_for_each(|value| text(place, value))?;
        }
        text("stream", &self.stream)?;
        let is_name = |c: char| !c.is_whitespace() && !['.', '*', '>', '/', '\\'].contains(&c);
        if self.stream.len() > 255 || !self.stream.chars().all(is_name) {
            return Err(Error::setting(
                "stream",
                "流的名称不超过 255 字节，不含空格和 . * > / \\。",
                "The name of a stream has at most 255 bytes, without spaces and . * > / \\.",
            ));
        }
        let blank = |part: &str| part.is_empty() || part.contains(char::is_whitespace);
        if self.subject.iter().any(|subject| subject.split('.').any(blank)) {
            return Err(Error::setting(
                "subject",
                "主题由点分隔，各段不为空，不含空格。",
                "A subject has parts between dots, none empty, without spaces.",
            ));
        }
        Ok(())
    }
}

/// Where reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    /// When the stream was made, nanoseconds since 1970.
    created_ns: i64,
    /// Number of the last message read.
    sequence: u64,
}

/// Messages that were gone before they were read.
#[derive(Debug, Default)]
struct Gone {
    messages: u64,
    first: u64,
    last: u64,
}

impl Gone {
    /// The message after `read` is `next`; what lies between is gone.
    fn between(&mut self, read: u64, next: u64) {
        let missing = next.saturating_sub(read).saturating_sub(1);
        if missing > 0 {
            if self.messages == 0 {
                self.first = read + 1;
            }
            self.messages += missing;
            self.last = next - 1;
        }
    }
}

pub(crate) struct Nats {
    settings: NatsSettings,
    secret: Option<Secret>,
    egress: Egress,
}

impl Nats {
    pub(crate) fn new(settings: NatsSettings, secret: Option<Secret>, surroundings: Surroundings) -> Self {
        Self { settings, secret, egress: surroundings.egress }
    }

    async fn connect(&self) -> Result<Client> {
        let settings = &self.settings;
        let url = format!("tcp://{}:{}", settings.host, settings.port);
        // The address that was checked is the one that is connected to, whatever the name says a moment later.
        let checked = self.egress.connect(PURPOSE, &url).await?.peer_addr().map_err(|error| {
            Error::Egress(brain_egress::Error::Failed { origin: url.clone(), cause: error.to_string() })
        })?;
        let mut options = ConnectOptions::new()
            .name("brain-connector")
            .connection_timeout(ANSWER)
            .request_timeout(Some(ANSWER))
            // Another server of the cluster has an address nobody checked; a lost connection is a fetch to try again.
            .ignore_discovered_servers()
            .max_reconnects(1)
            .require_tls(settings.tls != Encryption::Off)
            .tls_client_config(settings.tls.client(&settings.host)?);
        options = match (&settings.user, &self.secret) {
            (Some(user), secret) => {
                let password = secret.as_ref().map(|secret| secret.expose().to_owned());
                options.user_and_password(user.clone(), password.unwrap_or_default())
            }
            (None, Some(secret)) => options.token(secret.expose().to_owned()),
            (None, None) => options,
        };
        match tokio::time::timeout(ANSWER, options.connect(format!("nats://{checked}"))).await {
            Ok(connected) => connected.map_err(|error| self.refused(&error)),
            Err(_) => Err(self.silent()),
        }
    }

    /// The stream, as the server tells it now.
    async fn stream(&self, client: &Client) -> Result<Stream> {
        let context = jetstream::new(client.clone());
        context.get_stream(&self.settings.stream).await.map_err(|error| self.no_stream(&error))
    }

    /// From where to read on; a stream that is not the one that was read is refused.
    fn position(&self, after: Option<&Position>, info: &Info) -> Result<Read> {
        let created_ns = i64::try_from(info.created.unix_timestamp_nanos()).map_err(|_| {
            self.broker(Text::new("流的建立时间无法识别", "the stream's time is not understood"), false)
        })?;
        let Some(before) = after else { return Ok(Read { created_ns, sequence: 0 }) };
        let before: Read = before.read()?;
        if before.created_ns != created_ns || before.sequence > info.state.last_sequence {
            return Err(Error::Replaced { server: self.server(), stream: self.settings.stream.clone() });
        }
        Ok(before)
    }

    async fn consumer(&self, stream: &Stream, read: &Read) -> Result<Consumer<pull::Config>> {
        let config = pull::Config {
            description: Some("brain-connector".to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: read.sequence + 1 },
            ack_policy: AckPolicy::None,
            filter_subject: self.settings.subject.clone().unwrap_or_default(),
            inactive_threshold: ABANDONED,
            memory_storage: true,
            ..pull::Config::default()
        };
        stream.create_consumer(config).await.map_err(|error| self.failed(&error))
    }

    /// The next message of a request, `None` when it is answered, while nobody cancels and the server is there.
    async fn message(
        &self,
        client: &Client,
        batch: &mut pull::Batch,
        control: &Control,
    ) -> Result<Option<Message>> {
        loop {
            control.check()?;
            match tokio::time::timeout(WAIT, batch.next()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(message))) => return Ok(Some(message)),
                Ok(Some(Err(error))) => return Err(self.interrupted(&error.to_string())),
                Err(_) if client.connection_state() != State::Connected => {
                    return Err(self.interrupted("the connection was lost"));
                }
                Err(_) => {}
            }
        }
    }

    fn server(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// Say what was deleted or expired before it was read: nobody can bring it back.
    fn tell(&self, gone: &Gone, control: &Control) {
        if gone.messages == 0 {
            return;
        }
        let (Gone { messages, first, last }, stream) = (gone, &self.settings.stream);
        let of = if self.settings.subject.is_some() { ("至多 ", "up to ") } else { ("", "") };
        control.tell(Text::new(
            format!("流 {stream} 第 {first} 至 {last} 号之间有{} {messages} 条消息在读取之前已被删除或过期，未能取得。", of.0),
            format!(
                "Of stream {stream}, {}{messages} messages between number {first} and {last} were deleted or expired before they were read; they did not land.",
                of.1
            ),
        ));
    }
}

#[async_trait::async_trait]
impl Source for Nats {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let client = self.connect().await?;
        let stream = self.stream(&client).await?;
        let info = stream.cached_info().clone();
        // The rights to read are those to make a consumer.
        let consumer = self.consumer(&stream, &self.position(None, &info)?).await?;
        let (waiting, first, last) =
            (consumer.cached_info().num_pending, info.state.first_sequence, info.state.last_sequence);
        forget(&stream, &consumer).await;
        Ok(Finding {
            found: Text::new(
                format!("流中有 {waiting} 条可取的消息，编号 {first} 至 {last}"),
                format!("{waiting} messages to fetch, numbers {first} to {last}"),
            ),
            fields: info.config.subjects.iter().take(200).map(ToString::to_string).collect(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let client = self.connect().await?;
        let stream = self.stream(&client).await?;
        let info = stream.cached_info().clone();
        let (first, last) = (info.state.first_sequence, info.state.last_sequence);
        let before = self.position(after, &info)?;
        landing
            .begin(&format!("{}.jsonl", self.settings.stream.chars().take(60).collect::<String>()))
            .await?;
        if before.sequence >= last {
            return Ok(None);
        }
        let mut consumer = self.consumer(&stream, &before).await?;
        let mut walk = Walk { read: before.sequence.max(first.saturating_sub(1)), ..Walk::default() };
        if after.is_some() {
            walk.gone.between(before.sequence, first);
        }
        let more = self.walk(&client, &mut consumer, &mut walk, landing, control).await;
        forget(&stream, &consumer).await;
        let more = more?;
        if !more && walk.read < last {
            // What the stream held when this began has passed the consumer: the rest is not ours, or gone.
            if self.settings.subject.is_none() {
                walk.gone.between(walk.read, last + 1);
            }
            walk.read = last;
        }
        self.tell(&walk.gone, control);
        tell_too_large(&self.settings.stream, walk.too_large, control);
        Ok(Some(Fetched { position: Position::of(&Read { sequence: walk.read, ..before })?, more }))
    }
}

/// A walk through a stream.
#[derive(Debug, Default)]
struct Walk {
    /// Number up to which every message was read or is known to be gone.
    read: u64,
    gone: Gone,
    /// Messages that the consumer has handed out.
    number: u64,
    too_large: u64,
}

impl Nats {
    /// Write what the consumer has until the batch is full (`true`) or nothing is left.
    async fn walk(
        &self,
        client: &Client,
        consumer: &mut Consumer<pull::Config>,
        walk: &mut Walk,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<bool> {
        let at_once = (ASKED_BYTES / client.server_info().max_payload.max(1)).max(1) as u64;
        let (mut waiting, mut silent) = (consumer.cached_info().num_pending, 0);
        while waiting > 0 {
            let asked = waiting.min(at_once).min(ASKED_MAX) as usize;
            let request = consumer.batch().max_messages(asked).expires(DELIVERY).messages().await;
            let mut batch = request.map_err(|error| self.interrupted(&error.to_string()))?;
            let mut brought = 0;
            while let Some(message) = self.message(client, &mut batch, control).await? {
                waiting = self.take(&message, walk, landing, control).await?;
                brought += 1;
                if landing.is_full() {
                    return Ok(waiting > 0);
                }
            }
            if brought == 0 {
                // Expired meanwhile, or not delivered: the server knows.
                silent += 1;
                if silent >= SILENT_MAX {
                    return Err(self.silent());
                }
                let asked = consumer.info().await.map_err(|error| self.interrupted(&error.to_string()))?;
                waiting = asked.num_pending;
            }
        }
        Ok(false)
    }

    /// Write a message; how many are waiting behind it.
    async fn take(
        &self,
        message: &Message,
        walk: &mut Walk,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<u64> {
        let info = message.info().map_err(|error| self.interrupted(&error.to_string()))?;
        walk.number += 1;
        // A number the consumer gave and we did not see was lost on the way, not deleted: it is fetched again.
        if info.consumer_sequence != walk.number {
            return Err(self.interrupted("messages were lost on the way"));
        }
        if self.settings.subject.is_none() {
            walk.gone.between(walk.read, info.stream_sequence);
        }
        let at = i64::try_from(info.published.unix_timestamp_nanos()).unwrap_or_default();
        let envelope = Envelope::new(
            ("_subject", message.subject.as_str()),
            ("_stored_at", DateTime::from_timestamp_nanos(at)),
            info.stream_sequence,
        );
        let line = envelope.line(&message.payload);
        walk.too_large += u64::from(line.too_large);
        landing.line(&line.text).await?;
        control.progress.add(message.payload.len() as u64);
        walk.read = info.stream_sequence;
        Ok(info.pending)
    }
}

/// A consumer nobody reads any more. The server forgets it by itself a little later.
async fn forget(stream: &Stream, consumer: &Consumer<pull::Config>) {
    if let Err(error) = stream.delete_consumer(&consumer.cached_info().name).await {
        tracing::debug!(%error, "a consumer is left for the server to forget");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_two_messages_is_gone() {
        let mut gone = Gone::default();
        gone.between(0, 1);
        gone.between(7, 8);
        assert_eq!(gone.messages, 0);
        gone.between(8, 11);
        gone.between(11, 12);
        gone.between(20, 22);
        assert_eq!((gone.messages, gone.first, gone.last), (3, 9, 21));
        gone.between(30, 3);
        assert_eq!(gone.messages, 3, "a stream that begins before what was read has lost nothing");
    }

    #[test]
    fn names_that_no_stream_or_subject_has_are_refused() {
        let settings = |stream: &str, subject: Option<&str>| NatsSettings {
            host: "nats.example".to_owned(),
            port: 4222,
            tls: Encryption::Off,
            user: None,
            stream: stream.to_owned(),
            subject: subject.map(str::to_owned),
        };
        assert!(settings("ORDERS", Some("orders.*.>")).check().is_ok());
        for (stream, subject) in [("a.b", None), ("a b", None), ("", None), (">", None)] {
            assert!(settings(stream, subject).check().is_err(), "{stream}");
        }
        for subject in ["a..b", "a b", ".", ""] {
            assert!(settings("ORDERS", Some(subject)).check().is_err(), "{subject}");
        }
    }
}

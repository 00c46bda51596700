//! A topic of Kafka: records by their offset in each partition.
//!
//! The position is the offset to read next in each partition, and the identity of the topic, so that another topic of the
//! same name is not taken for this one. No consumer group is joined and nothing is committed at the broker: where reading
//! stands is known here alone, with what has landed. Every broker is connected to by the way out, which holds the address
//! against what is allowed, also when another broker named it.

mod batch;
mod cluster;
mod connection;
mod failure;
mod scram;
mod wire;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brain_egress::Egress;
use brain_kernel::language::Text;
use chrono::DateTime;
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::batch::{Batches, Record, batch};
use self::cluster::{At, Leaders, Topic, any};
use crate::encryption::Encryption;
use crate::message::{Envelope, Line, tell_too_large};
use crate::settings::text;
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};

/// Brokers named in the settings.
const BROKERS_MAX: usize = 10;
/// Longest name of a topic.
const TOPIC_MAX: usize = 249;
/// Answers in a row that bring nothing although records are there, until the broker counts as silent.
const SILENT_MAX: u32 = 5;

/// How a password is shown to the broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// 明文口令，仅用于加密连接 · The password itself; only over an encrypted connection.
    Plain,
    /// SCRAM-SHA-256.
    #[serde(rename = "scram_sha_256")]
    ScramSha256,
    /// SCRAM-SHA-512.
    #[default]
    #[serde(rename = "scram_sha_512")]
    ScramSha512,
}

/// Where the first fetch begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// 现存最早的消息 · With the first message that is still there.
    #[default]
    Earliest,
    /// 此后的消息 · With messages to come.
    Latest,
}

/// Settings of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// 服务器，主机:端口；连同它们告知的其他服务器，tcp://主机:端口 须列入 egress.allow · Brokers as host:port; these and those they name stand in egress.allow as tcp://host:port.
    #[schemars(length(min = 1, max = 10))]
    pub brokers: Vec<String>,
    /// 加密 · Encryption of the connection.
    #[serde(default)]
    pub tls: Encryption,
    /// 用户 · User.
    #[serde(default)]
    pub user: Option<String>,
    /// 登录方式 · How the password is shown.
    #[serde(default)]
    pub mechanism: Mechanism,
    /// 主题 · Topic.
    #[schemars(length(min = 1, max = 249))]
    pub topic: String,
    /// 首次从何处开始 · Where the first fetch begins.
    #[serde(default)]
    pub start: Start,
}

impl KafkaSettings {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=BROKERS_MAX).contains(&self.brokers.len()) {
            return Err(Error::setting(
                "brokers",
                format!("须有 1 到 {BROKERS_MAX} 个服务器。"),
                format!("There are 1 to {BROKERS_MAX} brokers."),
            ));
        }
        self.brokers.iter().try_for_each(|broker| check_broker(broker))?;
        self.user.iter().try_for_each(|user| text("user", user))?;
        // Kafka's own rule (org.apache.kafka.common.internals.Topic).
        let named = |c: char| c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c);
        if !(1..=TOPIC_MAX).contains(&self.topic.len())
            || !self.topic.chars().all(named)
            || [".", ".."].contains(&self.topic.as_str())
        {
            return Err(Error::setting(
                "topic",
                format!("主题的名称不超过 {TOPIC_MAX} 个字符，只含字母、数字和 . _ -。"),
                format!("The name of a topic has at most {TOPIC_MAX} letters, digits and . _ -."),
            ));
        }
        if self.user.is_some() && self.mechanism == Mechanism::Plain && self.tls == Encryption::Off {
            return Err(Error::setting(
                "mechanism",
                "不加密的连接上不能用明文口令；请改用 SCRAM，或加密连接。",
                "A password is not shown over a connection without encryption; choose SCRAM, or encrypt.",
            ));
        }
        Ok(())
    }
}

fn check_broker(broker: &str) -> Result<()> {
    text("brokers", broker)?;
    let port = broker.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
    let is_host = |host: &str| !host.is_empty() && !host.contains([' ', '/', '@', ',']);
    match port {
        Some((host, Ok(1..))) if is_host(host) => Ok(()),
        _ => Err(Error::setting(
            "brokers",
            format!("{broker} 不是 主机:端口。"),
            format!("{broker} is not host:port."),
        )),
    }
}

/// Where reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    /// Identity of the topic; empty where its brokers tell none.
    topic_id: String,
    /// Offset to read next, by partition.
    next: BTreeMap<i32, i64>,
}

pub(crate) struct Kafka {
    settings: KafkaSettings,
    secret: Option<Secret>,
    egress: Egress,
}

impl Kafka {
    pub(crate) fn new(settings: KafkaSettings, secret: Option<Secret>, surroundings: Surroundings) -> Self {
        Self { settings, secret, egress: surroundings.egress }
    }

    fn replaced(&self) -> Error {
        let server = self.settings.brokers.first().cloned().unwrap_or_default();
        Error::Replaced { server, stream: self.settings.topic.clone() }
    }

    /// From where to read on, held against what the topic is and has now.
    fn position(&self, after: Option<&Position>, topic: &Topic, span: &Span) -> Result<Read> {
        let Some(before) = after else {
            let next = match self.settings.start {
                Start::Earliest => span.earliest.clone(),
                Start::Latest => span.latest.clone(),
            };
            return Ok(Read { topic_id: topic.id.clone(), next });
        };
        let mut before: Read = before.read()?;
        let is_other = !before.topic_id.is_empty() && !topic.id.is_empty() && before.topic_id != topic.id;
        let beyond =
            |(partition, next): (&i32, &i64)| span.latest.get(partition).is_none_or(|end| next > end);
        if is_other || before.next.iter().any(beyond) {
            return Err(self.replaced());
        }
        // A partition that was added is read from its beginning: nothing in it was there before.
        for (partition, earliest) in &span.earliest {
            before.next.entry(*partition).or_insert(*earliest);
        }
        before.topic_id.clone_from(&topic.id);
        Ok(before)
    }

    /// Say what was deleted or expired before it was read: nobody can bring it back.
    fn pass_over_what_is_gone(&self, read: &mut Read, span: &Span, control: &Control) {
        let topic = &self.settings.topic;
        for (partition, next) in &mut read.next {
            let first = span.earliest.get(partition).copied().unwrap_or_default();
            if *next < first {
                let (gone, last) = (first - *next, first - 1);
                control.tell(Text::new(
                    format!(
                        "主题 {topic} 分区 {partition} 的位移 {next} 至 {last} 之间至多 {gone} 条消息在读取之前已被删除或过期，未能取得。"
                    ),
                    format!(
                        "Of topic {topic}, partition {partition}, up to {gone} messages at offsets {next} to {last} were deleted or expired before they were read; they did not land."
                    ),
                ));
                *next = first;
            }
        }
    }
}

/// Where the partitions of a topic begin, and how far they are committed.
struct Span {
    earliest: BTreeMap<i32, i64>,
    latest: BTreeMap<i32, i64>,
}

impl Span {
    async fn of(kafka: &Kafka, leaders: &mut Leaders, topic: &Topic) -> Result<Self> {
        // In this order: what expires in between makes a partition look fuller, never shorter than what was read.
        let earliest = leaders.offsets(kafka, topic, At::Earliest).await?;
        Ok(Self { earliest, latest: leaders.offsets(kafka, topic, At::Latest).await? })
    }

    fn waiting(&self) -> i64 {
        self.latest
            .iter()
            .map(|(partition, end)| (end - self.earliest.get(partition).unwrap_or(end)).max(0))
            .sum()
    }
}

#[async_trait::async_trait]
impl Source for Kafka {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let mut connection = any(self).await?;
        let topic = self.topic(&mut connection).await?;
        let mut leaders = Leaders::of(connection);
        let span = Span::of(self, &mut leaders, &topic).await?;
        // The right to see a topic is not the right to read it.
        if let Some((partition, server)) = topic.leaders.first_key_value() {
            let from = span.earliest.get(partition).copied().unwrap_or_default();
            leaders.to(self, server).await?.fetch(&self.settings.topic, *partition, from).await?;
        }
        let (partitions, waiting) = (topic.leaders.len(), span.waiting());
        Ok(Finding {
            found: Text::new(
                format!("{partitions} 个分区，至多 {waiting} 条可取的消息"),
                format!("{partitions} partitions, up to {waiting} messages to fetch"),
            ),
            fields: Vec::new(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let mut connection = any(self).await?;
        let topic = self.topic(&mut connection).await?;
        let mut leaders = Leaders::of(connection);
        let span = Span::of(self, &mut leaders, &topic).await?;
        let mut read = self.position(after, &topic, &span)?;
        landing.begin(&format!("{}.jsonl", self.settings.topic.chars().take(60).collect::<String>())).await?;
        let before = after.map(|after| after.read::<Read>()).transpose()?;
        self.pass_over_what_is_gone(&mut read, &span, control);
        let mut too_large = 0;
        let mut more = false;
        for (partition, server) in &topic.leaders {
            let (Some(next), Some(end)) = (read.next.get_mut(partition), span.latest.get(partition)) else {
                continue;
            };
            let mut walk = Walk { kafka: self, partition: *partition, next, end: *end, too_large: 0 };
            more = walk.on(&mut leaders, server, landing, control).await?;
            too_large += walk.too_large;
            if more {
                break;
            }
        }
        tell_too_large(&self.settings.topic, too_large, control);
        if before.as_ref() == Some(&read) {
            return Ok(None);
        }
        Ok(Some(Fetched { position: Position::of(&read)?, more }))
    }
}

/// A walk through one partition, up to where it ended when the fetch began.
struct Walk<'k> {
    kafka: &'k Kafka,
    partition: i32,
    next: &'k mut i64,
    end: i64,
    too_large: u64,
}

impl Walk<'_> {
    /// Write records until the batch is full (`true`) or the end is reached.
    async fn on(
        &mut self,
        leaders: &mut Leaders,
        server: &str,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<bool> {
        let topic = &self.kafka.settings.topic;
        let mut silent = 0;
        while *self.next < self.end {
            control.check()?;
            let connection = leaders.to(self.kafka, server).await?;
            let given = connection.fetch(topic, self.partition, *self.next).await?;
            let mut given = given.ok_or_else(|| failure::silent(server))?;
            silent = if given.is_empty { silent + 1 } else { 0 };
            if silent >= SILENT_MAX {
                return Err(failure::silent(server));
            }
            let before = *self.next;
            while let Some(records) = given.batches.next().map_err(|error| connection.malformed(error))? {
                for record in records.records.iter().filter(|record| record.offset >= before) {
                    self.take(record, landing, control).await?;
                    if landing.is_full() {
                        return Ok(true);
                    }
                }
                // Markers and what compaction removed have offsets, too.
                *self.next = (*self.next).max(records.next.unwrap_or_default());
            }
            if !given.is_empty && *self.next == before {
                return Err(connection.malformed(wire::Malformed("a batch that is never whole")));
            }
        }
        Ok(false)
    }

    async fn take(&mut self, record: &Record, landing: &mut Landing, control: &Control) -> Result<()> {
        let line = line(&self.kafka.settings.topic, self.partition, record);
        self.too_large += u64::from(line.too_large);
        landing.line(&line.text).await?;
        control.progress.add(record.value.as_ref().map_or(0, |value| value.len() as u64));
        *self.next = record.offset.saturating_add(1);
        Ok(())
    }
}

/// What a record becomes.
fn line(topic: &str, partition: i32, record: &Record) -> Line {
    let at = DateTime::from_timestamp_millis(record.timestamp).unwrap_or_default();
    let sequence = u64::try_from(record.offset).unwrap_or_default();
    let mut envelope =
        Envelope::new(("_topic", topic), ("_stored_at", at), sequence).and("_partition", partition);
    if let Some(key) = &record.key {
        envelope = match std::str::from_utf8(key) {
            Ok(text) => envelope.and("_key", text),
            Err(_) => envelope.and("_key_base64", STANDARD.encode(key)),
        };
    }
    match &record.value {
        Some(value) => envelope.line(value),
        None => envelope.deleted(),
    }
}

/// The lines of a batch of so many records, packed as its attributes say; for tests with hostile input.
///
/// Shapes: bytes behind a batch's head in, one JSON object without line break per record out; none where it is refused.
#[must_use]
pub fn lines_of_batch(attributes: i16, count: i32, packed: &[u8]) -> Vec<String> {
    let mut batches = Batches::new(batch(0, attributes, 0, count, packed).into(), Vec::new());
    let records = batches.next().ok().flatten().unwrap_or_default();
    records.records.iter().map(|record| line("t", 0, record).text).collect()
}

/// Printable, without a comma, and new each time.
fn nonce() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(brokers: &[&str], topic: &str) -> KafkaSettings {
        KafkaSettings {
            brokers: brokers.iter().map(|broker| (*broker).to_owned()).collect(),
            tls: Encryption::Checked,
            user: None,
            mechanism: Mechanism::default(),
            topic: topic.to_owned(),
            start: Start::default(),
        }
    }

    #[test]
    fn brokers_and_topics_that_cannot_be_are_refused() {
        assert!(settings(&["kafka.example:9092", "[::1]:9093"], "orders.v1_x-y").check().is_ok());
        for broker in ["kafka.example", "kafka.example:0", ":9092", "http://a:1", "a b:1", "a:70000", ""] {
            assert!(settings(&[broker], "orders").check().is_err(), "{broker}");
        }
        assert!(settings(&[], "orders").check().is_err());
        assert!(settings(&["a:1"; 11], "orders").check().is_err());
        for topic in ["", ".", "..", "a b", "订单", "a/b", &"x".repeat(250)] {
            assert!(settings(&["a:1"], topic).check().is_err(), "{topic}");
        }
        let shown =
            KafkaSettings { user: Some("u".to_owned()), tls: Encryption::Off, ..settings(&["a:1"], "t") };
        assert!(shown.check().is_ok());
        assert!(KafkaSettings { mechanism: Mechanism::Plain, ..shown }.check().is_err());
    }
}

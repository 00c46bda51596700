//! What is asked of a cluster: who leads the partitions of a topic, where they begin and end, and their records.

use std::collections::BTreeMap;

use super::batch::{Aborted, Batches};
use super::connection::{Api, Connection};
use super::wire::{Answer, Malformed, Request};
use super::{Kafka, failure};
use crate::{Error, Result};

/// Versions asked in: the first with record batches, and those that servers from 0.11 to 4 speak.
pub(super) const FETCH: i16 = 4;
pub(super) const LIST_OFFSETS: i16 = 2;
pub(super) const METADATA: i16 = 4;
pub(super) const METADATA_WITH_IDENTITY: i16 = 12;

/// Asked for at once, bytes; a single larger batch comes all the same.
const FETCH_BYTES: i32 = 8 << 20;
/// How long a broker waits for records it does not have yet.
const FETCH_WAIT_MS: i32 = 500;
/// We are no replica.
const CONSUMER: i32 = -1;
/// Only what transactions have committed.
const READ_COMMITTED: i8 = 1;
/// Numbers of errors.
const OFFSET_OUT_OF_RANGE: i16 = 1;
const UNKNOWN_TOPIC: i16 = 3;
const INVALID_TOPIC: i16 = 17;

/// The place in a partition that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// The first record that is still there.
    Earliest = -2,
    /// Behind the last record that is committed.
    Latest = -1,
}

/// A topic as its cluster tells it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    /// What tells it from another topic that once had its name; empty where the brokers do not say.
    pub(super) id: String,
    /// `host:port` of the leader of each partition.
    pub(super) leaders: BTreeMap<i32, String>,
}

/// What a partition had to give.
pub(super) struct Given {
    pub(super) batches: Batches,
    /// Whether there were no bytes at all.
    pub(super) is_empty: bool,
}

/// What a broker tells of its cluster.
struct Told {
    /// Number and address of each broker.
    brokers: Vec<(i32, String)>,
    topics: Vec<ToldTopic>,
}

struct ToldTopic {
    code: i16,
    id: String,
    /// Error, number and leader of each partition.
    partitions: Vec<(i16, i32, i32)>,
}

impl Kafka {
    /// The topic and its leaders.
    pub(super) async fn topic(&self, connection: &mut Connection) -> Result<Topic> {
        let name = &self.settings.topic;
        let told = if connection.tells_identity {
            // No identity known, no topic made, no rights told.
            let request = Request::default()
                .varint(2)
                .raw(&[0; 16])
                .compact_string(name)
                .varint(0)
                .int8(0)
                .int8(0)
                .varint(0);
            let answer = connection.ask_compact(Api::Metadata, METADATA_WITH_IDENTITY, request).await?;
            told_with_identity(answer)
        } else {
            let request = Request::default().int32(1).string(name).int8(0);
            told(connection.ask(Api::Metadata, METADATA, request).await?)
        };
        let mut told = told.map_err(|error| connection.malformed(error))?;
        let Some(ToldTopic { code, id, partitions }) = told.topics.pop() else {
            return Err(connection.malformed(Malformed("it tells of no topic")));
        };
        match code {
            0 => {}
            UNKNOWN_TOPIC | INVALID_TOPIC => return Err(failure::no_topic(connection.server(), name)),
            code => return Err(failure::answered(connection.server(), code)),
        }
        let brokers: BTreeMap<i32, String> = told.brokers.into_iter().collect();
        let mut leaders = BTreeMap::new();
        for (code, partition, leader) in partitions {
            let Some(server) = brokers.get(&leader) else {
                return Err(failure::answered(connection.server(), if code == 0 { 5 } else { code }));
            };
            leaders.insert(partition, server.clone());
        }
        Ok(Topic { id, leaders })
    }
}

fn told(mut answer: Answer) -> std::result::Result<Told, Malformed> {
    answer.int32()?;
    let brokers = answer.array(|broker| {
        let (node, host, port) = (broker.int32()?, broker.string()?, broker.int32()?);
        broker.string()?;
        Ok((node, address(&host, port)))
    })?;
    answer.string()?;
    answer.int32()?;
    let topics = answer.array(|topic| {
        let code = topic.int16()?;
        topic.string()?;
        topic.int8()?;
        let partitions = topic.array(|partition| {
            let found = (partition.int16()?, partition.int32()?, partition.int32()?);
            partition.array(Answer::int32)?;
            partition.array(Answer::int32)?;
            Ok(found)
        })?;
        Ok(ToldTopic { code, id: String::new(), partitions })
    })?;
    Ok(Told { brokers, topics })
}

fn told_with_identity(mut answer: Answer) -> std::result::Result<Told, Malformed> {
    answer.int32()?;
    let brokers = answer.compact_array(|broker| {
        let (node, host, port) = (broker.int32()?, broker.compact_string()?, broker.int32()?);
        broker.compact_string()?;
        broker.tags()?;
        Ok((node, address(&host, port)))
    })?;
    answer.compact_string()?;
    answer.int32()?;
    let topics = answer.compact_array(|topic| {
        let code = topic.int16()?;
        topic.compact_string()?;
        let id = topic.take(16)?;
        topic.int8()?;
        let partitions = topic.compact_array(|partition| {
            let found = (partition.int16()?, partition.int32()?, partition.int32()?);
            partition.int32()?;
            partition.compact_array(Answer::int32)?;
            partition.compact_array(Answer::int32)?;
            partition.compact_array(Answer::int32)?;
            partition.tags()?;
            Ok(found)
        })?;
        topic.int32()?;
        topic.tags()?;
        let id = if id.iter().all(|byte| *byte == 0) {
            String::new()
        } else {
            brain_kernel::hexadecimal::encode(&id)
        };
        Ok(ToldTopic { code, id, partitions })
    })?;
    Ok(Told { brokers, topics })
}

fn address(host: &str, port: i32) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl Connection {
    /// Offsets of these partitions of a topic, which this broker leads.
    pub(super) async fn offsets(
        &mut self,
        topic: &str,
        partitions: &[i32],
        at: At,
    ) -> Result<BTreeMap<i32, i64>> {
        let count = i32::try_from(partitions.len()).unwrap_or(i32::MAX);
        let mut request =
            Request::default().int32(CONSUMER).int8(READ_COMMITTED).int32(1).string(topic).int32(count);
        for partition in partitions {
            request = request.int32(*partition).int64(at as i64);
        }
        let mut answer = self.ask(Api::ListOffsets, LIST_OFFSETS, request).await?;
        let mut read = || {
            answer.int32()?;
            answer.array(|topic| {
                topic.string()?;
                topic.array(|partition| {
                    let (partition_index, code) = (partition.int32()?, partition.int16()?);
                    partition.int64()?;
                    Ok((partition_index, code, partition.int64()?))
                })
            })
        };
        let found: Vec<_> = read().map_err(|error| self.malformed(error))?.into_iter().flatten().collect();
        if let Some((_, code, _)) = found.iter().find(|(_, code, _)| *code != 0) {
            return Err(failure::answered(self.server(), *code));
        }
        let found: BTreeMap<i32, i64> = found.into_iter().map(|(index, _, offset)| (index, offset)).collect();
        if partitions.iter().all(|partition| found.contains_key(partition)) {
            Ok(found)
        } else {
            Err(self.malformed(Malformed("it leaves out a partition")))
        }
    }

    /// What a partition has from this offset on; `None` where that is no offset of it any more.
    pub(super) async fn fetch(&mut self, topic: &str, partition: i32, offset: i64) -> Result<Option<Given>> {
        let request = Request::default()
            .int32(CONSUMER)
            .int32(FETCH_WAIT_MS)
            .int32(1)
            .int32(FETCH_BYTES)
            .int8(READ_COMMITTED)
            .int32(1)
            .string(topic)
            .int32(1)
            .int32(partition)
            .int64(offset)
            .int32(FETCH_BYTES);
        let mut answer = self.ask(Api::Fetch, FETCH, request).await?;
        let mut read = || {
            answer.int32()?;
            answer.array(|topic| {
                topic.string()?;
                topic.array(given)
            })
        };
        let mut found = read().map_err(|error| self.malformed(error))?.into_iter().flatten();
        match found.find(|(index, ..)| *index == partition) {
            Some((_, 0, given)) => Ok(Some(given)),
            Some((_, OFFSET_OUT_OF_RANGE, _)) => Ok(None),
            Some((_, code, _)) => Err(failure::answered(self.server(), code)),
            None => Err(self.malformed(Malformed("it leaves out a partition"))),
        }
    }
}

fn given(partition: &mut Answer) -> std::result::Result<(i32, i16, Given), Malformed> {
    let (index, code) = (partition.int32()?, partition.int16()?);
    // How far it goes was asked before.
    partition.int64()?;
    partition.int64()?;
    let aborted = partition.array(|transaction| {
        Ok(Aborted { producer: transaction.int64()?, first_offset: transaction.int64()? })
    })?;
    let bytes = partition.bytes()?;
    Ok((index, code, Given { is_empty: bytes.is_empty(), batches: Batches::new(bytes, aborted) }))
}

/// Connections to leaders, each made once.
#[derive(Default)]
pub(super) struct Leaders(BTreeMap<String, Connection>);

impl Leaders {
    /// A connection that is there already.
    pub(super) fn of(connection: Connection) -> Self {
        Self(BTreeMap::from([(connection.server().to_owned(), connection)]))
    }

    pub(super) async fn to(&mut self, kafka: &Kafka, server: &str) -> Result<&mut Connection> {
        use std::collections::btree_map::Entry;
        Ok(match self.0.entry(server.to_owned()) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => free.insert(kafka.connect(server).await?),
        })
    }

    /// Offsets of all partitions, asked once of each leader.
    pub(super) async fn offsets(
        &mut self,
        kafka: &Kafka,
        topic: &Topic,
        at: At,
    ) -> Result<BTreeMap<i32, i64>> {
        let mut by_leader: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for (partition, server) in &topic.leaders {
            by_leader.entry(server).or_default().push(*partition);
        }
        let mut offsets = BTreeMap::new();
        for (server, partitions) in by_leader {
            let connection = self.to(kafka, server).await?;
            offsets.extend(connection.offsets(&kafka.settings.topic, &partitions, at).await?);
        }
        Ok(offsets)
    }
}

/// The first of these brokers that lets us in. What one refuses all refuse; one that is away may have a neighbour.
pub(super) async fn any(kafka: &Kafka) -> Result<Connection> {
    let mut last: Option<Error> = None;
    for server in &kafka.settings.brokers {
        match kafka.connect(server).await {
            Ok(connection) => return Ok(connection),
            Err(error) if error.is_transient() => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or(Error::Cancelled))
}

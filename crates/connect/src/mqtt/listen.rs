//! Listening: messages are kept, brought to the disk, and only then acknowledged.
//!
//! After acknowledgements a ping is sent: the broker reads in order, so its answer says that it has them. Until then
//! the spool knows which messages may come again (see `spool/unconfirmed.rs`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use brain_kernel::clock::Clock;
use brain_kernel::language::Text;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PingReq, PubAck, Publish};
use sha2::{Digest as _, Sha256};

use super::disk::Disk;
use super::session::{ANSWER, IN_FLIGHT_MAX, Session};
use super::wire::{Incoming, TooLarge};
use crate::message::{Envelope, Line};
use crate::spool::{Digest, Received};
use crate::{Control, Result};

/// How long a packet is waited for between two looks whether somebody cancelled.
const WAIT: Duration = Duration::from_millis(250);
/// Longest wait at the end for the broker to say that it has our acknowledgements.
const FAREWELL: Duration = Duration::from_secs(5);

/// Until when is listened.
pub(super) struct Bounds {
    /// Number of the last message that has landed.
    pub(super) landed: u64,
    /// Waiting messages that make a batch.
    pub(super) rows: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Bytes the spool may hold.
    pub(super) spool_bytes: u64,
    /// When the time is up.
    pub(super) until: Instant,
}

/// Why listening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The time is up.
    TimeUp,
    /// A batch is waiting.
    Batch,
    /// The spool is full.
    SpoolFull,
}

/// A ping that is not answered yet.
struct Ping {
    sent: Instant,
    /// Acknowledgements that left before it.
    acknowledgements: u64,
}

/// One period of listening.
pub(super) struct Listener<'a> {
    session: Session,
    disk: &'a mut Disk,
    clock: Arc<dyn Clock>,
    control: &'a Control,
    ping: Option<Ping>,
    /// When we last sent something.
    spoke: Instant,
    /// Messages that want an acknowledgement are left for the next time.
    is_closing: bool,
    /// Messages kept without their payload.
    pub(super) too_large: u64,
}

impl<'a> Listener<'a> {
    /// Listen over a session that is subscribed.
    pub(super) fn new(
        session: Session,
        disk: &'a mut Disk,
        clock: Arc<dyn Clock>,
        control: &'a Control,
    ) -> Result<Self> {
        if !session.is_resumed {
            disk.spool()?.unconfirmed.forget();
        }
        let spoke = Instant::now();
        Ok(Self { session, disk, clock, control, ping: None, spoke, is_closing: false, too_large: 0 })
    }

    /// Keep what comes, until the time is up, a batch is waiting or the spool is full.
    pub(super) async fn listen(&mut self, bounds: &Bounds) -> Result<Heard> {
        loop {
            self.control.check()?;
            let burst = self.burst(bounds.until).await?;
            self.take(burst).await?;
            let spool = self.disk.spool()?;
            let (rows, bytes) = spool.waiting(bounds.landed);
            if rows >= bounds.rows || bytes >= bounds.bytes {
                return Ok(Heard::Batch);
            }
            if spool.bytes() >= bounds.spool_bytes {
                return Ok(Heard::SpoolFull);
            }
            if Instant::now() >= bounds.until {
                return Ok(Heard::TimeUp);
            }
            self.keep_alive().await?;
        }
    }

    /// See that the broker has our acknowledgements, and go. What was kept stays kept, whatever fails here.
    pub(super) async fn finish(mut self, heard: Heard) -> Result<()> {
        if let Err(error) = self.farewell().await {
            tracing::debug!(%error, "a broker may send some messages again");
        }
        let spool = self.disk.spool()?;
        if heard == Heard::TimeUp {
            // What had to come again has come by now.
            spool.unconfirmed.settle();
        }
        self.disk.run(|spool| spool.settle()).await?;
        self.session.end().await;
        Ok(())
    }

    async fn farewell(&mut self) -> Result<()> {
        self.is_closing = true;
        let until = Instant::now() + FAREWELL;
        let acknowledged = self.disk.spool()?.unconfirmed.acknowledgements();
        let mut asked = self.ping.as_ref().is_some_and(|ping| ping.acknowledgements == acknowledged);
        while Instant::now() < until {
            if self.ping.is_none() {
                if asked || acknowledged == 0 {
                    return Ok(());
                }
                self.send(Vec::new()).await?;
                asked = true;
            }
            let burst = self.burst(until).await?;
            self.take(burst).await?;
        }
        Err(self.session.silent())
    }

    /// What is here, or comes within a moment.
    async fn burst(&mut self, until: Instant) -> Result<Vec<Incoming>> {
        let mut burst: Vec<Incoming> = self.session.early.drain(..).collect();
        if burst.is_empty() {
            let wait = WAIT.min(until.saturating_duration_since(Instant::now()));
            match tokio::time::timeout(wait, self.session.wire.next()).await {
                Ok(incoming) => burst.push(incoming.map_err(|error| self.session.failed(&error))?),
                Err(_) => return Ok(burst),
            }
        }
        while burst.len() < usize::from(IN_FLIGHT_MAX) {
            match self.session.wire.here().map_err(|error| self.session.failed(&error))? {
                Some(incoming) => burst.push(incoming),
                None => break,
            }
        }
        Ok(burst)
    }

    /// Keep a burst of messages, then acknowledge them.
    async fn take(&mut self, burst: Vec<Incoming>) -> Result<()> {
        let (mut received, mut acknowledge, mut ended) = (Vec::new(), Vec::new(), None);
        for incoming in burst {
            let arrived = match incoming {
                Incoming::TooLarge(message) => Arrived::too_large(message),
                Incoming::Packet(Packet::Publish(message)) => Arrived::whole(message),
                Incoming::Packet(Packet::PingResp(_)) => {
                    if let Some(ping) = self.ping.take() {
                        self.disk.spool()?.unconfirmed.confirm(ping.acknowledgements);
                    }
                    continue;
                }
                Incoming::Packet(Packet::Disconnect(goodbye)) => {
                    ended = Some(self.session.ended(&goodbye));
                    break;
                }
                Incoming::Packet(_) => continue,
            };
            if arrived.is_exactly_once {
                let cause =
                    Text::new("以未请求的 QoS 2 发送消息", "it sends with QoS 2, which was not asked for");
                return Err(self.session.broker(cause, false));
            }
            if arrived.packet != 0 && self.is_closing {
                continue;
            }
            let is_new = self.is_new(&arrived)?;
            if arrived.packet != 0 {
                acknowledge.push(arrived.packet);
            }
            if is_new {
                let number = self.disk.spool()?.next() + received.len() as u64;
                received.push(self.kept(&arrived, number));
            }
        }
        if !received.is_empty() {
            self.disk.run(|spool| spool.append(received)).await?;
        }
        match ended {
            Some(error) => Err(error),
            None if acknowledge.is_empty() => Ok(()),
            None => self.send(acknowledge).await,
        }
    }

    /// Whether a message is not one that was kept before.
    fn is_new(&mut self, arrived: &Arrived) -> Result<bool> {
        if arrived.packet == 0 {
            return Ok(true);
        }
        let is_resumed = self.session.is_resumed;
        let unconfirmed = &mut self.disk.spool()?.unconfirmed;
        if arrived.again {
            let is_known = is_resumed && unconfirmed.knows(arrived.packet, &arrived.digest);
            if is_known {
                // It will be, with the others of this burst: new ones among them do not settle it.
                unconfirmed.acknowledge(arrived.packet);
            }
            return Ok(!is_known);
        }
        unconfirmed.settle();
        Ok(true)
    }

    fn kept(&mut self, arrived: &Arrived, number: u64) -> Received {
        let line = arrived.line(self.clock.now(), number);
        self.too_large += u64::from(line.too_large);
        self.control.progress.add(line.text.len() as u64);
        Received { packet: arrived.packet, digest: arrived.digest, line: line.text }
    }

    /// Acknowledge packets and ask whether the broker has got it, unless that is being asked.
    async fn send(&mut self, acknowledge: Vec<u16>) -> Result<()> {
        let unconfirmed = &mut self.disk.spool()?.unconfirmed;
        let mut packets = Vec::with_capacity(acknowledge.len() + 1);
        for packet in acknowledge {
            unconfirmed.acknowledge(packet);
            packets.push(Packet::PubAck(PubAck::new(packet, None)));
        }
        if self.ping.is_none() {
            packets.push(Packet::PingReq(PingReq));
            self.ping = Some(Ping { sent: Instant::now(), acknowledgements: unconfirmed.acknowledgements() });
        }
        self.session.send(&packets).await?;
        self.spoke = Instant::now();
        Ok(())
    }

    /// Say something before the broker gives us up, and give it up when it says nothing.
    async fn keep_alive(&mut self) -> Result<()> {
        if self.ping.as_ref().is_some_and(|ping| ping.sent.elapsed() > ANSWER) {
            return Err(self.session.silent());
        }
        if self.ping.is_none() && self.spoke.elapsed() > self.session.keep_alive / 2 {
            self.send(Vec::new()).await?;
        }
        Ok(())
    }
}

/// A message that arrived.
struct Arrived {
    topic: String,
    /// 0 where no acknowledgement is asked for.
    packet: u16,
    /// Whether the broker says that it was sent before.
    again: bool,
    is_exactly_once: bool,
    digest: Digest,
    payload: Payload,
}

enum Payload {
    Whole(bytes::Bytes),
    TooLarge(u64),
}

impl Arrived {
    fn whole(message: Publish) -> Self {
        Self {
            topic: String::from_utf8_lossy(&message.topic).into_owned(),
            packet: message.pkid,
            again: message.dup,
            is_exactly_once: message.qos == QoS::ExactlyOnce,
            digest: digest(&message.topic, &message.payload),
            payload: Payload::Whole(message.payload),
        }
    }

    fn too_large(message: TooLarge) -> Self {
        Self {
            digest: digest(message.topic.as_bytes(), &message.bytes.to_be_bytes()),
            topic: message.topic,
            packet: message.packet,
            again: message.again,
            is_exactly_once: false,
            payload: Payload::TooLarge(message.bytes),
        }
    }

    /// What it becomes, as the message of this number.
    fn line(&self, at: chrono::DateTime<chrono::Utc>, number: u64) -> Line {
        let envelope = Envelope::new(("_topic", &self.topic), ("_received_at", at), number);
        match &self.payload {
            Payload::Whole(payload) => envelope.line(payload),
            Payload::TooLarge(bytes) => envelope.without_payload(*bytes),
        }
    }
}

/// What a message says, shortened.
fn digest(topic: &[u8], payload: &[u8]) -> Digest {
    let mut sha256 = Sha256::new();
    sha256.update((topic.len() as u64).to_be_bytes());
    sha256.update(topic);
    sha256.update(payload);
    let whole: [u8; 32] = sha256.finalize().into();
    whole.first_chunk().copied().unwrap_or_default()
}

/// The lines of the packets in these bytes, as they would be kept; for tests with hostile input.
///
/// Shapes: bytes as a broker sends them in, one JSON object without line break per message out. A piece that is no
/// MQTT 5.0 ends it.
#[must_use]
pub fn lines_of_packets(bytes: &[u8]) -> Vec<String> {
    let mut framing = super::wire::Framing::default();
    framing.buffer.extend_from_slice(bytes);
    let mut lines = Vec::new();
    while let Ok(Some(incoming)) = framing.next() {
        let arrived = match incoming {
            Incoming::TooLarge(message) => Arrived::too_large(message),
            Incoming::Packet(Packet::Publish(message)) => Arrived::whole(message),
            Incoming::Packet(_) => continue,
        };
        let number = lines.len() as u64 + 1;
        lines.push(arrived.line(chrono::DateTime::UNIX_EPOCH, number).text);
    }
    lines
}

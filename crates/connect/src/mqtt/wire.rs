//! Packets of MQTT 5.0 over a connection: whole ones decoded, too large ones passed over.
//!
//! A packet that is larger than we keep is not held in memory: where, in which packet and how large is read from its
//! beginning, the rest is skipped. The limit is not told to the broker, which would drop such messages without a word
//! (MQTT 5.0 §3.1.2.11.4).

use bytes::{Buf as _, BytesMut};
use rumqttc::v5::mqttbytes::v5::{Disconnect, DisconnectReasonCode, Packet};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::message::PAYLOAD_BYTES_MAX;

/// Largest packet that is held, bytes: a payload, a topic and properties.
const PACKET_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + (192 << 10);
/// Read at once, bytes.
const BLOCK_BYTES: usize = 64 << 10;
/// Types of packet (MQTT 5.0 §2.1.2).
const PUBLISH: u8 = 3;
const DISCONNECT: u8 = 14;

/// What a connection is made of.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// Why a connection cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The network, or the broker's end of it.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Bytes that are no MQTT 5.0.
    #[error("no MQTT 5.0: {0}")]
    Malformed(String),
}

/// What came.
#[expect(clippy::large_enum_variant, reason = "nearly all are packets, and are taken apart at once")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A packet.
    Packet(Packet),
    /// A message that is too large to be kept.
    TooLarge(TooLarge),
}

/// What is known of a message that is too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TooLarge {
    pub(super) topic: String,
    /// 0 where no acknowledgement is asked for.
    pub(super) packet: u16,
    pub(super) again: bool,
    /// Bytes of payload and properties.
    pub(super) bytes: u64,
}

/// Takes packets out of bytes as they come.
#[derive(Debug, Default)]
pub(super) struct Framing {
    pub(super) buffer: BytesMut,
    /// A message that is passed over, and how many of its bytes are still to come.
    skipped: Option<(TooLarge, usize)>,
}

/// A packet's type, flags and length.
struct Header {
    first: u8,
    /// Bytes of the header itself.
    bytes: usize,
    /// Bytes after it.
    remaining: usize,
}

impl Header {
    /// The header at the beginning of these bytes, once it is whole.
    fn of(bytes: &[u8]) -> Result<Option<Self>, Broken> {
        let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
        let mut remaining = 0;
        for (nth, byte) in rest.iter().take(4).enumerate() {
            remaining |= usize::from(byte & 0x7f) << (7 * nth);
            if byte & 0x80 == 0 {
                return Ok(Some(Self { first: *first, bytes: nth + 2, remaining }));
            }
        }
        if rest.len() >= 4 {
            Err(Broken::Malformed("a length of more than four bytes".to_owned()))
        } else {
            Ok(None)
        }
    }

    const fn kind(&self) -> u8 {
        self.first >> 4
    }

    const fn frame(&self) -> usize {
        self.bytes + self.remaining
    }
}

impl Framing {
    /// The next packet of what has come, if it is whole.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, Broken> {
        if let Some((message, left)) = self.skipped.take() {
            let here = left.min(self.buffer.len());
            self.buffer.advance(here);
            if here < left {
                self.skipped = Some((message, left - here));
                return Ok(None);
            }
            return Ok(Some(Incoming::TooLarge(message)));
        }
        let Some(header) = Header::of(&self.buffer)? else { return Ok(None) };
        if header.frame() > PACKET_BYTES_MAX {
            return self.pass_over(&header);
        }
        if self.buffer.len() < header.frame() {
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(header.frame());
        // A goodbye without a reason has no body, which the decoder takes for a mistake.
        if header.kind() == DISCONNECT && header.remaining == 0 {
            let goodbye = Disconnect::new(DisconnectReasonCode::NormalDisconnection);
            return Ok(Some(Incoming::Packet(Packet::Disconnect(goodbye))));
        }
        match Packet::read(&mut frame, None) {
            Ok(packet) => Ok(Some(Incoming::Packet(packet))),
            Err(error) => Err(Broken::Malformed(error.to_string())),
        }
    }

    /// Begin to pass over a message that is too large, once its beginning is here.
    fn pass_over(&mut self, header: &Header) -> Result<Option<Incoming>, Broken> {
        if header.kind() != PUBLISH {
            return Err(Broken::Malformed(format!(
                "a packet of kind {} and {} bytes",
                header.kind(),
                header.frame()
            )));
        }
        let is_acknowledged = header.first & 0b0110 != 0;
        let Some(mut start) = self.buffer.get(header.bytes..) else { return Ok(None) };
        let Some(topic) = word(&mut start) else { return Ok(None) };
        let Some(topic) = start.split_off(..usize::from(topic)) else { return Ok(None) };
        let packet = if is_acknowledged { word(&mut start) } else { Some(0) };
        let Some(packet) = packet else { return Ok(None) };
        let begun = 2 + topic.len() + if is_acknowledged { 2 } else { 0 };
        let message = TooLarge {
            topic: String::from_utf8_lossy(topic).into_owned(),
            packet,
            again: header.first & 0b1000 != 0,
            bytes: header.remaining.saturating_sub(begun) as u64,
        };
        self.skipped = Some((message, header.frame()));
        self.next()
    }
}

/// Two bytes, most significant first.
fn word(from: &mut &[u8]) -> Option<u16> {
    let (word, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(u16::from_be_bytes(*word))
}

/// A connection to a broker.
pub(super) struct Wire {
    stream: Box<dyn Duplex>,
    framing: Framing,
}

impl Wire {
    pub(super) fn new(stream: impl Duplex + 'static) -> Self {
        Self { stream: Box::new(stream), framing: Framing::default() }
    }

    /// The next packet of what has come already.
    pub(super) fn here(&mut self) -> Result<Option<Incoming>, Broken> {
        self.framing.next()
    }

    /// The next packet. Nothing is lost where the wait is given up.
    pub(super) async fn next(&mut self) -> Result<Incoming, Broken> {
        loop {
            if let Some(packet) = self.framing.next()? {
                return Ok(packet);
            }
            self.framing.buffer.reserve(BLOCK_BYTES);
            if self.stream.read_buf(&mut self.framing.buffer).await? == 0 {
                let cause = "the broker closed the connection";
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, cause).into());
            }
        }
    }

    /// Send packets, together.
    pub(super) async fn send(&mut self, packets: &[Packet]) -> Result<(), Broken> {
        let mut block = BytesMut::new();
        for packet in packets {
            packet.write(&mut block, None).map_err(|error| Broken::Malformed(error.to_string()))?;
        }
        self.stream.write_all(&block).await?;
        Ok(self.stream.flush().await?)
    }

    /// Close our end, after everything sent has left.
    pub(super) async fn close(&mut self) -> std::io::Result<()> {
        self.stream.shutdown().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::Publish;

    fn publish(bytes: usize, packet: u16) -> BytesMut {
        let mut message = Publish::new("a/b", QoS::AtLeastOnce, vec![b'x'; bytes], None);
        (message.pkid, message.dup) = (packet, true);
        let mut block = BytesMut::new();
        Packet::Publish(message).write(&mut block, None).unwrap();
        block
    }

    fn all(blocks: &[&[u8]]) -> Vec<Incoming> {
        let (mut framing, mut all) = (Framing::default(), Vec::new());
        for block in blocks {
            framing.buffer.extend_from_slice(block);
            while let Some(packet) = framing.next().unwrap() {
                all.push(packet);
            }
        }
        all
    }

    #[test]
    fn a_message_that_is_too_large_is_passed_over_and_the_next_one_read() {
        let mut bytes = publish(PACKET_BYTES_MAX, 7);
        bytes.extend_from_slice(&publish(3, 8));
        let largest =
            TooLarge { topic: "a/b".to_owned(), packet: 7, again: true, bytes: PACKET_BYTES_MAX as u64 + 1 };
        for step in [1_000, bytes.len()] {
            let blocks: Vec<&[u8]> = bytes.chunks(step).collect();
            let read = all(&blocks);
            assert_eq!(read[0], Incoming::TooLarge(largest.clone()));
            assert!(matches!(&read[1], Incoming::Packet(Packet::Publish(small)) if small.pkid == 8));
            assert_eq!(read.len(), 2);
        }
        let blocks: Vec<&[u8]> = bytes[..20].chunks(1).collect();
        assert!(all(&blocks).is_empty(), "its beginning alone is no message");
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for bytes in [
            &[0x30, 0xff, 0xff, 0xff, 0xff][..],
            &[0x20, 0xff, 0xff, 0xff, 0x7f],
            &[0x00, 0x00],
            &[0x20, 0x00],
        ] {
            let mut framing = Framing { buffer: BytesMut::from(bytes), skipped: None };
            assert!(matches!(framing.next(), Err(Broken::Malformed(_))), "{bytes:?}");
        }
        assert!(matches!(all(&[&[0xe0, 0x00]])[..], [Incoming::Packet(Packet::Disconnect(_))]));
    }

    proptest! {
        #[test]
        fn packets_are_the_same_however_they_are_cut(cuts in prop::collection::vec(1usize..40, 1..20)) {
            let mut bytes = publish(5, 1);
            bytes.extend_from_slice(&publish(300, 2));
            let whole = all(&[&bytes]);
            let (mut rest, mut blocks) = (&bytes[..], Vec::new());
            for cut in cuts {
                let (block, after) = rest.split_at(cut.min(rest.len()));
                blocks.push(block);
                rest = after;
            }
            blocks.push(rest);
            prop_assert_eq!(all(&blocks), whole);
        }
    }
}

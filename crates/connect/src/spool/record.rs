//! One record of a segment: its length, its checksum, and what was kept.

use std::io::{self, Read};

/// Largest body of a record, bytes: a line, its topic and what stands before it.
const BODY_BYTES_MAX: usize = 2 << 20;
/// Length and checksum before a body, bytes.
const HEAD_BYTES: usize = 8;
/// Kinds of record.
const MESSAGE: u8 = b'M';
const CONFIRMED: u8 = b'C';

/// First half of the SHA-256 of a message's topic and payload.
pub(crate) type Digest = [u8; 16];

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A message.
    Message(Kept),
    /// The broker is known to have our acknowledgements of all messages up to this one.
    Confirmed {
        /// Number of that message.
        through: u64,
    },
}

/// A message that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Number in the spool, from 1.
    pub(crate) sequence: u64,
    /// Packet the broker sent it in; 0 where it asks for no acknowledgement.
    pub(crate) packet: u16,
    /// What it says, shortened.
    pub(crate) digest: Digest,
    /// Its line.
    pub(crate) line: String,
}

/// What comes next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A whole record of so many bytes.
    Record(Record, u64),
    /// The segment ends here.
    End,
    /// Something that is no whole record: a write that a crash cut short, or damage.
    Broken,
}

impl Record {
    /// Add the record to what will be written.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut body = Vec::new();
        match self {
            Self::Message(kept) => {
                body.push(MESSAGE);
                body.extend_from_slice(&kept.sequence.to_le_bytes());
                body.extend_from_slice(&kept.packet.to_le_bytes());
                body.extend_from_slice(&kept.digest);
                body.extend_from_slice(kept.line.as_bytes());
            }
            Self::Confirmed { through } => {
                body.push(CONFIRMED);
                body.extend_from_slice(&through.to_le_bytes());
            }
        }
        if body.len() > BODY_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a record of more than 2 MiB"));
        }
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        out.extend_from_slice(&body);
        Ok(())
    }

    /// Read what comes next. Errors are those of the disk.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Next> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        from.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        if head.is_empty() {
            return Ok(Next::End);
        }
        let mut rest = head.as_slice();
        let (Some(length), Some(checksum)) = (word(&mut rest), word(&mut rest)) else {
            return Ok(Next::Broken);
        };
        let length = u32::from_le_bytes(length);
        if length as usize > BODY_BYTES_MAX {
            return Ok(Next::Broken);
        }
        let mut body = Vec::new();
        from.by_ref().take(u64::from(length)).read_to_end(&mut body)?;
        if body.len() != length as usize || crc32fast::hash(&body) != u32::from_le_bytes(checksum) {
            return Ok(Next::Broken);
        }
        let bytes = HEAD_BYTES as u64 + u64::from(length);
        Ok(Self::parse(&body).map_or(Next::Broken, |record| Next::Record(record, bytes)))
    }

    fn parse(mut body: &[u8]) -> Option<Self> {
        let [kind] = word(&mut body)?;
        let sequence = u64::from_le_bytes(word(&mut body)?);
        match kind {
            MESSAGE => Some(Self::Message(Kept {
                sequence,
                packet: u16::from_le_bytes(word(&mut body)?),
                digest: word(&mut body)?,
                line: std::str::from_utf8(body).ok()?.to_owned(),
            })),
            CONFIRMED if body.is_empty() => Some(Self::Confirmed { through: sequence }),
            _ => None,
        }
    }
}

/// The next bytes, as many as are wanted.
fn word<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (word, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_that_was_changed_is_taken_for_a_record() {
        let kept = Kept { sequence: 9, packet: 3, digest: [7; 16], line: "{\"a\":1}".to_owned() };
        let mut bytes = Vec::new();
        Record::Message(kept.clone()).write(&mut bytes).unwrap();
        let whole = bytes.len() as u64;
        let read = Record::read(&mut bytes.as_slice()).unwrap();
        assert_eq!(read, Next::Record(Record::Message(kept), whole));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert_eq!(Record::read(&mut changed.as_slice()).unwrap(), Next::Broken, "byte {at}");
        }
        for zeros in 1..20 {
            assert_eq!(Record::read(&mut vec![0; zeros].as_slice()).unwrap(), Next::Broken);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            while let Next::Record(record, length) = Record::read(&mut rest).unwrap() {
                let mut again = Vec::new();
                record.write(&mut again).unwrap();
                prop_assert_eq!(again.len() as u64, length);
            }
        }
    }
}

//! Batches of records as a partition keeps them (kafka.apache.org/documentation, "Record Batch", magic 2).

use std::collections::HashSet;
use std::io::{self, Read as _};

use bytes::Bytes;

use super::wire::{Answer, Malformed, Request};

/// Most bytes a batch may become when it is unpacked; Kafka's own limit on a packed one is 1 MiB by default.
const UNPACKED_BYTES_MAX: u64 = 128 << 20;
/// Bytes before the records: offset, length, epoch, magic, sum, attributes, last offset, two times, producer, count.
const HEAD_BYTES: usize = 61;
/// Bytes of a batch that its length does not count: its offset and the length itself.
const PREFIX_BYTES: usize = 12;
/// Fewest bytes of a record: length, attributes, time, offset, key, value, headers.
const RECORD_BYTES_MIN: usize = 7;
/// Message sets before 0.11 have no such head.
const MAGIC: i8 = 2;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) offset: i64,
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
    pub(super) key: Option<Bytes>,
    /// Absent in a mark that its key was deleted.
    pub(super) value: Option<Bytes>,
}

/// A transaction that was given up: what its producer wrote from this offset on, until a marker says so, does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aborted {
    pub(super) producer: i64,
    pub(super) first_offset: i64,
}

/// Records of whole batches, and the offset behind the last batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) records: Vec<Record>,
    /// `None` where there was no whole batch.
    pub(super) next: Option<i64>,
}

/// Takes batches out of an answer one by one, so that one at a time is unpacked.
#[derive(Debug)]
pub(super) struct Batches {
    left: Answer,
    /// Sorted, the last one begins first.
    aborted: Vec<Aborted>,
    /// Producers whose transaction is being passed over.
    given_up: HashSet<i64>,
}

impl Batches {
    pub(super) fn new(bytes: Bytes, mut aborted: Vec<Aborted>) -> Self {
        aborted.sort_by_key(|transaction| std::cmp::Reverse(transaction.first_offset));
        Self { left: Answer::new(bytes), aborted, given_up: HashSet::new() }
    }

    /// The records of the next batch. `None` at the end; a server may cut the last batch off.
    pub(super) fn next(&mut self) -> Result<Option<Records>, Malformed> {
        if self.left.left() < PREFIX_BYTES {
            return Ok(None);
        }
        let base_offset = self.left.int64()?;
        let length =
            usize::try_from(self.left.int32()?).map_err(|_| Malformed("a batch of negative length"))?;
        if length > self.left.left() {
            return Ok(None);
        }
        let batch = self.left.take(length)?;
        if length + PREFIX_BYTES < HEAD_BYTES {
            return Err(Malformed("a batch without a head"));
        }
        self.batch(base_offset, batch).map(Some)
    }

    fn batch(&mut self, base_offset: i64, bytes: Bytes) -> Result<Records, Malformed> {
        let mut batch = Answer::new(bytes.clone());
        batch.int32()?;
        if batch.int8()? != MAGIC {
            return Err(Malformed("messages in the format before Kafka 0.11"));
        }
        // The sum covers what follows it.
        if batch.uint32()? != crc32c::crc32c(bytes.get(9..).unwrap_or_default()) {
            return Err(Malformed("a batch that does not fit its sum"));
        }
        let attributes = batch.int16()?;
        let last_offset = base_offset.saturating_add(i64::from(batch.int32()?));
        let (first_time, last_time) = (batch.int64()?, batch.int64()?);
        let producer = batch.int64()?;
        batch.int16()?;
        batch.int32()?;
        let count = usize::try_from(batch.int32()?).map_err(|_| Malformed("a batch of negative count"))?;
        let is = |bit: u32| attributes & (1 << bit) != 0;
        let (by_the_server, transactional, control) = (is(3), is(4), is(5));
        let given_up = !control && transactional && self.is_given_up(producer, last_offset);
        let mut found = Records { records: Vec::new(), next: Some(last_offset.saturating_add(1)) };
        if given_up {
            return Ok(found);
        }
        let rest = batch.take(batch.left())?;
        let mut unpacked = Answer::new(unpack(attributes & 7, rest)?);
        if count > unpacked.left() / RECORD_BYTES_MIN {
            return Err(Malformed("a batch that counts more records than it holds"));
        }
        let times = Times { first: first_time, of_all: by_the_server.then_some(last_time) };
        for _ in 0..count {
            let record = record(&mut unpacked, base_offset, &times)?;
            if control {
                self.marked(producer, record.key.as_ref());
            } else {
                found.records.push(record);
            }
        }
        Ok(found)
    }

    fn is_given_up(&mut self, producer: i64, last_offset: i64) -> bool {
        while let Some(begun) = self.aborted.pop_if(|transaction| transaction.first_offset <= last_offset) {
            self.given_up.insert(begun.producer);
        }
        self.given_up.contains(&producer)
    }

    /// The end of a transaction: a key of version and type, 0 where it was given up.
    fn marked(&mut self, producer: i64, key: Option<&Bytes>) {
        if key.and_then(|key| key.get(2..4)) == Some(&[0, 0]) {
            self.given_up.remove(&producer);
        }
    }
}

struct Times {
    first: i64,
    /// Where the server wrote the time, all records have one.
    of_all: Option<i64>,
}

fn record(answer: &mut Answer, base_offset: i64, times: &Times) -> Result<Record, Malformed> {
    let length = usize::try_from(answer.signed()?).map_err(|_| Malformed("a record of negative length"))?;
    let mut record = Answer::new(answer.take(length)?);
    record.int8()?;
    let since = record.signed()?;
    let offset = base_offset.saturating_add(record.signed()?);
    let timestamp = times.of_all.unwrap_or_else(|| times.first.saturating_add(since));
    // Headers follow, which do not land.
    Ok(Record { offset, timestamp, key: record.nullable()?, value: record.nullable()? })
}

/// The records of a batch as they are without compression.
fn unpack(kind: i16, bytes: Bytes) -> Result<Bytes, Malformed> {
    let unpacked = match kind {
        0 => return Ok(bytes),
        1 => read_all(flate2::read::MultiGzDecoder::new(bytes.as_ref())),
        2 => snappy(&bytes),
        3 => read_all(lz4_flex::frame::FrameDecoder::new(bytes.as_ref())),
        4 => zstd::stream::read::Decoder::new(bytes.as_ref()).and_then(read_all),
        _ => return Err(Malformed("a compression nobody has heard of")),
    };
    unpacked.map(Bytes::from).map_err(|_| Malformed("a batch that cannot be unpacked, or is too large"))
}

fn read_all(packed: impl io::Read) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    packed.take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 > UNPACKED_BYTES_MAX { Err(too_large()) } else { Ok(unpacked) }
}

/// Snappy as Java's clients write it, in blocks behind a head of 16 bytes, or in one piece.
fn snappy(bytes: &[u8]) -> io::Result<Vec<u8>> {
    const HEAD: &[u8] = b"\x82SNAPPY\0";
    let mut unpacked = Vec::new();
    let Some(mut blocks) = bytes.strip_prefix(HEAD).and_then(|rest| rest.get(8..)) else {
        return piece(bytes, &mut unpacked).map(|()| unpacked);
    };
    while let Some((length, rest)) = blocks.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        let (block, rest) = rest.split_at_checked(length).ok_or(io::ErrorKind::UnexpectedEof)?;
        piece(block, &mut unpacked)?;
        blocks = rest;
    }
    Ok(unpacked)
}

fn piece(packed: &[u8], unpacked: &mut Vec<u8>) -> io::Result<()> {
    let more = snap::raw::decompress_len(packed)?;
    if (unpacked.len() + more) as u64 > UNPACKED_BYTES_MAX {
        return Err(too_large());
    }
    unpacked.extend(snap::raw::Decoder::new().decompress_vec(packed)?);
    Ok(())
}

fn too_large() -> io::Error {
    io::Error::other("too large")
}

/// A batch from this offset on, its records in `packed` as the attributes say; for tests, with hostile input too.
pub(super) fn batch(base: i64, attributes: i16, producer: i64, count: i32, packed: &[u8]) -> Vec<u8> {
    let covered = Request::default()
        .int16(attributes)
        .int32(count.saturating_sub(1))
        .int64(1_000)
        .int64(9_000)
        .int64(producer)
        .int16(0)
        .int32(0)
        .int32(count)
        .raw(packed)
        .done();
    let sum = crc32c::crc32c(&covered);
    let head = Request::default().int64(base).int32(covered.len() as i32 + 9).int32(0).int8(MAGIC);
    head.int32(sum as i32).raw(&covered).done().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signed(value: i64) -> Vec<u8> {
        let mut value = (value << 1 ^ value >> 63) as u64;
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    fn a_record(nth: i64, key: Option<&[u8]>, value: &[u8]) -> Vec<u8> {
        let mut body = vec![0];
        body.extend(signed(nth * 10));
        body.extend(signed(nth));
        body.extend(signed(key.map_or(-1, |key| key.len() as i64)));
        body.extend(key.unwrap_or_default());
        body.extend(signed(value.len() as i64));
        body.extend(value);
        body.extend(signed(0));
        [signed(body.len() as i64), body].concat()
    }

    fn plain(base: i64, attributes: i16, producer: i64, values: &[&[u8]]) -> Vec<u8> {
        let records: Vec<u8> = values
            .iter()
            .enumerate()
            .flat_map(|(nth, value)| a_record(nth as i64, Some(b"k"), value))
            .collect();
        batch(base, attributes, producer, values.len() as i32, &records)
    }

    fn all(bytes: Vec<u8>, aborted: Vec<Aborted>) -> Result<Records, Malformed> {
        let mut batches = Batches::new(bytes.into(), aborted);
        let mut found = Records::default();
        while let Some(more) = batches.next()? {
            found.records.extend(more.records);
            found.next = more.next;
        }
        Ok(found)
    }

    fn values(found: &Records) -> Vec<(i64, &[u8])> {
        found.records.iter().map(|record| (record.offset, record.value.as_deref().unwrap())).collect()
    }

    #[test]
    fn records_of_every_compression_are_the_same() {
        let records = [a_record(0, None, b"one"), a_record(1, Some(b"k"), b"two")].concat();
        let gzip = {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            io::Write::write_all(&mut writer, &records).unwrap();
            writer.finish().unwrap()
        };
        let lz4 = {
            let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
            io::Write::write_all(&mut writer, &records).unwrap();
            writer.finish().unwrap()
        };
        let snappy = snap::raw::Encoder::new().compress_vec(&records).unwrap();
        let length = (snappy.len() as u32).to_be_bytes();
        let blocks = [b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", length.as_slice(), &snappy].concat();
        let zstd = zstd::encode_all(records.as_slice(), 1).unwrap();
        for (kind, packed) in [(0, &records), (1, &gzip), (2, &snappy), (2, &blocks), (3, &lz4), (4, &zstd)] {
            let found = all(batch(7, kind, -1, 2, packed), Vec::new()).unwrap();
            assert_eq!(values(&found), [(7, &b"one"[..]), (8, b"two")], "{kind}");
            assert_eq!(found.next, Some(9));
            let times: Vec<i64> = found.records.iter().map(|record| record.timestamp).collect();
            assert_eq!(times, [1_000, 1_010]);
            assert_eq!(found.records[0].key, None);
        }
        assert!(all(batch(7, 4, -1, 2, b"no zstd"), Vec::new()).is_err());
        assert!(all(batch(7, 5, -1, 2, &records), Vec::new()).is_err());
    }

    #[test]
    fn a_time_the_server_wrote_is_that_of_all() {
        let found = all(plain(0, 8, -1, &[b"a", b"b"]), Vec::new()).unwrap();
        assert!(found.records.iter().all(|record| record.timestamp == 9_000));
    }

    #[test]
    fn what_was_given_up_does_not_count_and_what_was_committed_does() {
        let marker = |base, producer, kind: u8| {
            batch(base, 0x30, producer, 1, &a_record(0, Some(&[0, 0, 0, kind]), b""))
        };
        let bytes = [
            plain(0, 0x10, 1, &[b"given up"]),
            plain(1, 0x10, 2, &[b"committed"]),
            plain(2, 0, -1, &[b"plain"]),
            marker(3, 1, 0),
            marker(4, 2, 1),
            plain(5, 0x10, 1, &[b"another"]),
            marker(6, 1, 1),
        ]
        .concat();
        let found = all(bytes, vec![Aborted { producer: 1, first_offset: 0 }]).unwrap();
        assert_eq!(values(&found), [(1, &b"committed"[..]), (2, b"plain"), (5, b"another")]);
        assert_eq!(found.next, Some(7), "markers have offsets, too");
    }

    #[test]
    fn a_batch_that_is_cut_off_waits_and_a_damaged_one_is_refused() {
        let whole = plain(0, 0, -1, &[b"a"]);
        let mut both = [whole.clone(), plain(1, 0, -1, &[b"b"])].concat();
        both.truncate(both.len() - 1);
        assert_eq!(all(both, Vec::new()).unwrap().next, Some(1));
        for at in 16..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(all(damaged, Vec::new()).is_err(), "byte {at}");
        }
        assert!(all(batch(0, 0, -1, i32::MAX, b"\0"), Vec::new()).is_err());
        let bomb = zstd::encode_all(io::repeat(0).take(UNPACKED_BYTES_MAX + 1), 1).unwrap();
        assert!(all(batch(0, 4, -1, 1, &bomb), Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_records_or_refused(bytes: Vec<u8>, kind in 0_i16..64, count: i32) {
            let _ = all(bytes.clone(), vec![Aborted { producer: 0, first_offset: 0 }]);
            let _ = all(batch(0, kind, 0, count, &bytes), Vec::new());
        }
    }
}

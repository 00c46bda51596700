//! Kafka's types of field (kafka.apache.org/protocol, "Protocol Primitive Types"), bounded by the bytes that are there.
//!
//! A count that a server names is held against what could stand in the rest of its answer before anything is set aside
//! for it. The codecs of public libraries trust such counts, which is why none is used here (decision 0234).

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// Bytes that are no answer to what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub(super) &'static str);

type Read<T> = Result<T, Malformed>;

const SHORT: Malformed = Malformed("it ends too early");
const COUNT: Malformed = Malformed("it counts more than it holds");

/// A request, field by field.
#[derive(Debug, Default)]
pub(super) struct Request(BytesMut);

impl Request {
    pub(super) fn int8(mut self, value: i8) -> Self {
        self.0.put_i8(value);
        self
    }

    pub(super) fn int16(mut self, value: i16) -> Self {
        self.0.put_i16(value);
        self
    }

    pub(super) fn int32(mut self, value: i32) -> Self {
        self.0.put_i32(value);
        self
    }

    pub(super) fn int64(mut self, value: i64) -> Self {
        self.0.put_i64(value);
        self
    }

    /// `STRING`; settings hold names to far less than the 32 KiB it can have.
    pub(super) fn string(mut self, text: &str) -> Self {
        self.0.put_i16(i16::try_from(text.len()).unwrap_or(i16::MAX));
        self.0.put_slice(text.as_bytes());
        self
    }

    /// `BYTES`.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.put_i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        self.0.put_slice(bytes);
        self
    }

    /// `COMPACT_STRING` of at most 126 bytes beyond which its length would need a second byte, or more.
    pub(super) fn compact_string(self, text: &str) -> Self {
        let mut request = self.varint(text.len() as u32 + 1);
        request.0.put_slice(text.as_bytes());
        request
    }

    /// `UNSIGNED_VARINT`.
    pub(super) fn varint(mut self, mut value: u32) -> Self {
        while value >= 0x80 {
            self.0.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.put_u8(value as u8);
        self
    }

    /// Bytes as they are.
    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.put_slice(bytes);
        self
    }

    pub(super) fn done(self) -> Bytes {
        self.0.freeze()
    }
}

/// An answer, field by field.
#[derive(Debug)]
pub(super) struct Answer(Bytes);

impl Answer {
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn int8(&mut self) -> Read<i8> {
        self.0.try_get_i8().map_err(|_| SHORT)
    }

    pub(super) fn int16(&mut self) -> Read<i16> {
        self.0.try_get_i16().map_err(|_| SHORT)
    }

    pub(super) fn int32(&mut self) -> Read<i32> {
        self.0.try_get_i32().map_err(|_| SHORT)
    }

    pub(super) fn int64(&mut self) -> Read<i64> {
        self.0.try_get_i64().map_err(|_| SHORT)
    }

    pub(super) fn uint32(&mut self) -> Read<u32> {
        self.0.try_get_u32().map_err(|_| SHORT)
    }

    /// So many bytes.
    pub(super) fn take(&mut self, count: usize) -> Read<Bytes> {
        if count > self.0.len() {
            return Err(SHORT);
        }
        Ok(self.0.split_to(count))
    }

    /// The items of an `ARRAY`; one that is absent has none.
    pub(super) fn array<T>(&mut self, item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count = self.int32()?;
        self.items(count.max(0) as usize, item)
    }

    /// The items of a `COMPACT_ARRAY`.
    pub(super) fn compact_array<T>(&mut self, item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count = self.varint()?.saturating_sub(1) as usize;
        self.items(count, item)
    }

    fn items<T>(&mut self, count: usize, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        // No item of ours is shorter than a byte.
        if count > self.0.len() {
            return Err(COUNT);
        }
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `NULLABLE_STRING`; one that is absent is empty.
    pub(super) fn string(&mut self) -> Read<String> {
        let length = self.int16()?;
        self.text(length.max(0) as usize)
    }

    /// `COMPACT_NULLABLE_STRING`; one that is absent is empty.
    pub(super) fn compact_string(&mut self) -> Read<String> {
        let length = self.varint()?.saturating_sub(1) as usize;
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Read<String> {
        let bytes = self.take(length)?;
        String::from_utf8(bytes.into()).map_err(|_| Malformed("a text in it is no UTF-8"))
    }

    /// `NULLABLE_BYTES`; what is absent is empty.
    pub(super) fn bytes(&mut self) -> Read<Bytes> {
        let length = self.int32()?;
        self.take(length.max(0) as usize)
    }

    /// `UNSIGNED_VARINT`.
    pub(super) fn varint(&mut self) -> Read<u32> {
        u32::try_from(self.unsigned()?).map_err(|_| Malformed("a number in it is too large"))
    }

    /// `VARINT` or `VARLONG`: the sign is its lowest bit.
    pub(super) fn signed(&mut self) -> Read<i64> {
        let value = self.unsigned()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn unsigned(&mut self) -> Read<u64> {
        let mut value = 0;
        for nth in 0..10 {
            let byte = self.0.try_get_u8().map_err(|_| SHORT)?;
            value |= u64::from(byte & 0x7f) << (7 * nth);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number in it has more than ten bytes"))
    }

    /// Bytes after a `VARINT` of their length; `None` where it is negative.
    pub(super) fn nullable(&mut self) -> Read<Option<Bytes>> {
        match usize::try_from(self.signed()?) {
            Ok(length) => self.take(length).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Pass over tagged fields, which are for others.
    pub(super) fn tags(&mut self) -> Read<()> {
        for _ in 0..self.varint()? {
            self.varint()?;
            let length = self.varint()?;
            self.take(length as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_changing_length_are_read_as_they_are_written() {
        for (value, bytes) in [(0, &[0][..]), (127, &[0x7f]), (128, &[0x80, 1]), (300, &[0xac, 2])] {
            let written = Request::default().varint(value).done();
            assert_eq!(written, bytes);
            assert_eq!(Answer::new(written).varint(), Ok(value));
        }
        for (value, bytes) in [(0, &[0][..]), (-1, &[1]), (1, &[2]), (-64, &[0x7f]), (150, &[0xac, 2])] {
            assert_eq!(Answer::new(Bytes::from_static(bytes)).signed(), Ok(value));
        }
        assert!(Answer::new(Bytes::from_static(&[0xff; 11])).signed().is_err());
    }

    #[test]
    fn a_count_beyond_what_is_there_sets_nothing_aside() {
        let many = Request::default().int32(i32::MAX).int32(1).done();
        assert_eq!(Answer::new(many.clone()).array(Answer::int8), Err(COUNT));
        assert_eq!(Answer::new(many).bytes(), Err(SHORT));
        assert_eq!(Answer::new(Request::default().int32(-1).done()).array(Answer::int8), Ok(vec![]));
        assert_eq!(Answer::new(Request::default().int16(-1).done()).string(), Ok(String::new()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let of = || Answer::new(Bytes::from(bytes.clone()));
            let _ = of().array(|item| Ok((item.string()?, item.int64()?)));
            let _ = of().compact_array(|item| { item.compact_string()?; item.tags() });
            let _ = of().nullable();
        }
    }
}

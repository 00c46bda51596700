//! Files sealed in chunks, so that a part can be opened without the whole and memory does not grow with the file.
//!
//! The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce of a chunk is its number and
//! whether it is the last, so that no chunk can be moved, repeated or left out. Each file has a key of its own,
//! derived from the data key and the file's salt, so that one data key may seal any number of files.

use std::io::{self, Read, Write};

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, Payload};

use crate::data_key::{Cipher, Sm4Gcm};
use crate::{AeadAlgorithm, DataKey, Error, Result, random};

/// Plaintext in one chunk, bytes.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Length of the header, bytes.
pub const HEADER_BYTES: usize = 64;
/// Tag of each chunk, bytes.
const TAG_BYTES: usize = 16;
const MAGIC: &[u8; 8] = b"BRNSEAL1";

/// What stands in front of the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedHeader {
    /// Sealing algorithm.
    pub algorithm: AeadAlgorithm,
    /// Id of the data key, as the keeper of keys numbers them.
    pub key_id: [u8; 16],
    salt: [u8; 32],
}

impl SealedHeader {
    /// A header with a fresh salt.
    pub fn new(algorithm: AeadAlgorithm, key_id: [u8; 16]) -> Result<Self> {
        let mut salt = [0; 32];
        random(&mut salt)?;
        Ok(Self { algorithm, key_id, salt })
    }

    /// Whether `bytes` begin like a sealed file.
    #[must_use]
    pub fn is_sealed(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Read a header.
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self> {
        let malformed = || Error::Malformed { what: "header of a sealed file" };
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(malformed)?;
        let (&[code, reserved @ ..], rest) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
        let (&key_id, salt) = rest.split_first_chunk::<16>().ok_or_else(malformed)?;
        let salt = salt.try_into().map_err(|_| malformed())?;
        if reserved != [0; 7] {
            return Err(malformed());
        }
        Ok(Self { algorithm: AeadAlgorithm::from_code(code).ok_or_else(malformed)?, key_id, salt })
    }

    /// The header's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let parts =
            [MAGIC.as_slice(), &[self.algorithm.code(), 0, 0, 0, 0, 0, 0, 0], &self.key_id, &self.salt];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }
}

/// Length of the sealed file of `plain` bytes.
#[must_use]
pub const fn sealed_len(plain: u64) -> u64 {
    let chunks = plain.div_ceil(CHUNK_BYTES as u64);
    HEADER_BYTES as u64 + plain + TAG_BYTES as u64 * if chunks == 0 { 1 } else { chunks }
}

/// The cipher of one file.
pub struct FileCipher {
    stream: Stream,
    // Binds every chunk to the header and to the place the file is for.
    context: [u8; 32],
}

enum Stream {
    Aes(Box<StreamBE32<Aes256Gcm>>),
    Sm4(Box<StreamBE32<Sm4Gcm>>),
}

impl FileCipher {
    /// The cipher of the file with this header, sealed by `key` for `place`.
    pub fn new(key: &DataKey, header: &SealedHeader, place: &[u8]) -> Result<Self> {
        if key.algorithm() != header.algorithm {
            return Err(Error::NotAuthentic);
        }
        let mut hasher = crate::Hasher::new(header.algorithm.digest());
        hasher.update(header.to_bytes());
        hasher.update(place);
        let context = *hasher.finish().as_bytes();
        // The key is this file's alone, so the nonce needs only number and end.
        let stream = match key.for_file(&header.salt)?.cipher {
            Cipher::Aes(cipher) => Stream::Aes(Box::new(stream_of(*cipher))),
            Cipher::Sm4(cipher) => Stream::Sm4(Box::new(stream_of(*cipher))),
        };
        Ok(Self { stream, context })
    }

    /// Seal chunk `number`.
    pub fn seal_chunk(&self, number: u32, last: bool, plain: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg: plain, aad: &self.context };
        let sealed = match &self.stream {
            Stream::Aes(stream) => stream.encrypt(number, last, payload),
            Stream::Sm4(stream) => stream.encrypt(number, last, payload),
        };
        sealed.map_err(|_| Error::Malformed { what: "chunk longer than the mode allows" })
    }

    /// Open chunk `number`.
    pub fn open_chunk(&self, number: u32, last: bool, sealed: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg: sealed, aad: &self.context };
        let plain = match &self.stream {
            Stream::Aes(stream) => stream.decrypt(number, last, payload),
            Stream::Sm4(stream) => stream.decrypt(number, last, payload),
        };
        plain.map_err(|_| Error::NotAuthentic)
    }
}

fn stream_of<A: AeadInOut<NonceSize = U12>>(cipher: A) -> StreamBE32<A> {
    StreamBE32::from_aead(cipher, &[0; 7].into())
}

/// Seals what is written to it; [`finish`](Self::finish) makes the file whole, a file without it does not open.
pub struct SealedWriter<W: Write> {
    inner: W,
    cipher: FileCipher,
    buffer: Vec<u8>,
    next: u32,
}

impl<W: Write> SealedWriter<W> {
    /// Begin a file sealed by `key`, whose id is `key_id`, for `place`.
    pub fn new(mut inner: W, key: &DataKey, key_id: [u8; 16], place: &[u8]) -> io::Result<Self> {
        let header = SealedHeader::new(key.algorithm(), key_id).map_err(io::Error::other)?;
        inner.write_all(&header.to_bytes())?;
        let cipher = FileCipher::new(key, &header, place).map_err(io::Error::other)?;
        Ok(Self { inner, cipher, buffer: Vec::with_capacity(CHUNK_BYTES), next: 0 })
    }

    /// Seal what is left and give the writer back; it is not flushed to disk here.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        let sealed = self.cipher.seal_chunk(self.next, last, &self.buffer).map_err(io::Error::other)?;
        self.inner.write_all(&sealed)?;
        self.buffer.clear();
        self.next =
            self.next.checked_add(1).ok_or_else(|| io::Error::other("file too long to seal (256 TiB)"))?;
        Ok(())
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // A full chunk waits until it is known not to be the last.
        if self.buffer.len() == CHUNK_BYTES && !data.is_empty() {
            self.put(false)?;
        }
        let taken = data.len().min(CHUNK_BYTES - self.buffer.len());
        self.buffer.extend(data.iter().take(taken));
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // A chunk has one length; what waits is written by `finish`.
        self.inner.flush()
    }
}

/// Reads a sealed file from its beginning; any change, gap or missing end is an error of kind `InvalidData`.
pub struct SealedReader<R: Read> {
    inner: R,
    cipher: FileCipher,
    ahead: Vec<u8>,
    plain: io::Cursor<Vec<u8>>,
    next: u32,
    ended: bool,
}

impl<R: Read> SealedReader<R> {
    /// Read on after the header, which the caller took to find the key.
    pub fn new(inner: R, header: &SealedHeader, key: &DataKey, place: &[u8]) -> Result<Self> {
        let cipher = FileCipher::new(key, header, place)?;
        Ok(Self { inner, cipher, ahead: Vec::new(), plain: io::Cursor::default(), next: 0, ended: false })
    }

    fn advance(&mut self) -> io::Result<()> {
        const SEALED: usize = CHUNK_BYTES + TAG_BYTES;
        // One byte more than a chunk tells whether it is the last.
        let wanted = (SEALED + 1).saturating_sub(self.ahead.len());
        (&mut self.inner).take(wanted as u64).read_to_end(&mut self.ahead)?;
        let last = self.ahead.len() <= SEALED;
        let rest = self.ahead.split_off(self.ahead.len().min(SEALED));
        let sealed = std::mem::replace(&mut self.ahead, rest);
        let plain = self
            .cipher
            .open_chunk(self.next, last, &sealed)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.plain = io::Cursor::new(plain);
        self.next = self.next.checked_add(1).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        self.ended = last;
        Ok(())
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let taken = self.plain.read(into)?;
            if taken > 0 || into.is_empty() || self.ended {
                return Ok(taken);
            }
            self.advance()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        CHUNK_BYTES, FileCipher, HEADER_BYTES, SealedHeader, SealedReader, SealedWriter, sealed_len,
    };
    use crate::{AeadAlgorithm, DataKey};
    use proptest::prelude::*;
    use std::io::{Read, Write};

    const ID: [u8; 16] = [9; 16];

    fn seal(key: &DataKey, plain: &[u8], piece: usize) -> Vec<u8> {
        let mut writer = SealedWriter::new(Vec::new(), key, ID, b"place").unwrap();
        for part in plain.chunks(piece) {
            writer.write_all(part).unwrap();
        }
        writer.finish().unwrap()
    }

    fn open(key: &DataKey, sealed: &[u8], place: &[u8]) -> std::io::Result<Vec<u8>> {
        let (header, body) = sealed.split_first_chunk::<HEADER_BYTES>().unwrap();
        let header = SealedHeader::parse(header).map_err(std::io::Error::other)?;
        assert_eq!(header.key_id, ID);
        let mut reader = SealedReader::new(body, &header, key, place).map_err(std::io::Error::other)?;
        let mut plain = Vec::new();
        reader.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn files_around_the_edges_of_chunks_come_back_whole_and_as_long_as_said() {
        for algorithm in [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Sm4Gcm] {
            let key = DataKey::generate(algorithm).unwrap();
            for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
                let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
                let sealed = seal(&key, &plain, 10_007);
                assert_eq!(sealed.len() as u64, sealed_len(length as u64), "{length}");
                assert_eq!(open(&key, &sealed, b"place").unwrap(), plain, "{length}");
                assert!(open(&key, &sealed, b"elsewhere").is_err());
            }
        }
    }

    #[test]
    fn a_chunk_in_the_middle_opens_alone() {
        let key = DataKey::generate(AeadAlgorithm::Sm4Gcm).unwrap();
        let plain: Vec<u8> = (0..CHUNK_BYTES * 2 + 5).map(|at| (at % 241) as u8).collect();
        let sealed = seal(&key, &plain, CHUNK_BYTES);
        let header = SealedHeader::parse(sealed.first_chunk().unwrap()).unwrap();
        let cipher = FileCipher::new(&key, &header, b"place").unwrap();
        let at = HEADER_BYTES + CHUNK_BYTES + 16;
        let middle = cipher.open_chunk(1, false, &sealed[at..at + CHUNK_BYTES + 16]).unwrap();
        assert_eq!(middle, plain[CHUNK_BYTES..2 * CHUNK_BYTES]);
    }

    #[test]
    fn chunks_left_out_swapped_or_cut_off_at_a_boundary_are_noticed() {
        let key = DataKey::generate(AeadAlgorithm::Aes256Gcm).unwrap();
        let sealed = seal(&key, &vec![1; CHUNK_BYTES * 3], CHUNK_BYTES);
        let chunk = CHUNK_BYTES + 16;
        let (head, body) = sealed.split_at(HEADER_BYTES);
        let (first, second, third) = (&body[..chunk], &body[chunk..2 * chunk], &body[2 * chunk..]);
        for forged in [
            vec![first, second],
            vec![first, third],
            vec![second, first, third],
            vec![first, second, third, third],
        ] {
            assert!(open(&key, &[head, &forged.concat()].concat(), b"place").is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_flipped_bit_and_any_cut_is_noticed(
            length in 0..CHUNK_BYTES * 2,
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let key = DataKey::generate(AeadAlgorithm::Aes256Gcm).unwrap();
            let mut sealed = seal(&key, &vec![7; length], 4_096);
            let at = at.index(sealed.len());
            if at >= 32 || !(16..32).contains(&at) {
                sealed[at] ^= 1 << bit;
                prop_assert!(open(&key, &sealed, b"place").is_err());
                sealed[at] ^= 1 << bit;
            }
            let cut = at.max(HEADER_BYTES);
            prop_assert!(open(&key, &sealed[..cut], b"place").is_err());
        }
    }
}

//! Sums (校验和) of the lake's files, so that a bit that flipped on the disk becomes an error and never an answer.
//!
//! Parquet written by this library carries no page checksums and a Delta log has none at all, so each file has a small
//! one beside it, in the table's folder `_sums`, which other readers of Delta tables pass over: CRC-32 of every 64 KiB.
//! They find what disks and memory do by accident; what people do on purpose is found by the evidence log.

use bytes::Bytes;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Folder of sums in a table's folder.
pub(crate) const FOLDER: &str = "_sums";
/// Bytes under one sum: small, because a reader of a few bytes reads whole blocks.
const BLOCK_BYTES: usize = 64 * 1024;
const MAGIC: &[u8; 8] = b"BRNSUMS1";

/// What a file is when it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sums {
    length: u64,
    blocks: Vec<u32>,
}

/// A file that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is damaged: it is not what was written")]
pub(crate) struct Damaged {
    pub(crate) path: String,
}

impl Damaged {
    fn error(path: &Path) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self { path: path.display().to_string() })
    }
}

/// Where the sums of `file`, a path inside the table's folder such as `_delta_log/0.json`, lie.
pub(crate) fn path_of(table: &Path, file: &str) -> PathBuf {
    table.join(FOLDER).join(format!("{}.crc", file.replace('/', ".")))
}

impl Sums {
    /// Sums of everything a reader gives.
    pub(crate) fn of(mut reader: impl Read) -> io::Result<Self> {
        let mut summing = Summing::default();
        io::copy(&mut reader, &mut summing)?;
        Ok(summing.finish())
    }

    /// Keep them, all or nothing; the caller brings the folder to disk.
    pub(crate) fn keep(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("new");
        let mut file = File::create(&draft)?;
        file.write_all(&self.to_bytes())?;
        brain_durable::sync_file(&file, &draft)?;
        std::fs::rename(&draft, path)
    }

    /// The sums kept at `path`; `None` for a file written before there were any.
    pub(crate) fn kept(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Self::from_bytes(&bytes).map(Some).ok_or_else(|| Damaged::error(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Length of the whole file, bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Check a whole file.
    pub(crate) fn check(&self, path: &Path) -> io::Result<()> {
        if *self == Self::of(File::open(path)?)? { Ok(()) } else { Err(Damaged::error(path)) }
    }

    /// Check the length of a file: one that lost its end has its footer in the wrong place.
    pub(crate) fn check_length(&self, path: &Path, length: u64) -> io::Result<()> {
        if length == self.length { Ok(()) } else { Err(Damaged::error(path)) }
    }

    /// The bytes of a range, every block of it checked.
    pub(crate) fn read(&self, path: &Path, range: Range<u64>) -> io::Result<Bytes> {
        let mut file = File::open(path)?;
        self.check_length(path, file.metadata()?.len())?;
        if range.end > self.length || range.start > range.end {
            return Err(Damaged::error(path));
        }
        let block = BLOCK_BYTES as u64;
        let first = range.start / block;
        let (start, end) = (first * block, range.end.next_multiple_of(block).min(self.length));
        let mut bytes = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        let kept = self.blocks.get(usize::try_from(first).map_err(io::Error::other)?..).unwrap_or_default();
        let mut found = bytes.chunks(BLOCK_BYTES).zip(kept);
        let whole = bytes.len().div_ceil(BLOCK_BYTES) <= kept.len();
        if !whole || !found.all(|(bytes, kept)| crc32fast::hash(bytes) == *kept) {
            return Err(Damaged::error(path));
        }
        let from = (range.start - start) as usize;
        Ok(Bytes::from(bytes).slice(from..from + (range.end - range.start) as usize))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &self.length.to_le_bytes()].concat();
        bytes.extend(self.blocks.iter().flat_map(|sum| sum.to_le_bytes()));
        let own = crc32fast::hash(&bytes);
        bytes.extend(own.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, own) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*own) {
            return None;
        }
        let (length, blocks) = body.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
        let length = u64::from_le_bytes(*length);
        let (blocks, rest) = blocks.as_chunks::<4>();
        let expected = length.div_ceil(BLOCK_BYTES as u64);
        let fits = rest.is_empty() && blocks.len() as u64 == expected;
        fits.then(|| Self { length, blocks: blocks.iter().copied().map(u32::from_le_bytes).collect() })
    }
}

/// Sums of bytes as they pass.
#[derive(Debug, Default)]
struct Summing {
    block: crc32fast::Hasher,
    in_block: usize,
    sums: Vec<u32>,
    length: u64,
}

impl Summing {
    fn finish(mut self) -> Sums {
        if self.in_block > 0 {
            self.close();
        }
        Sums { length: self.length, blocks: self.sums }
    }

    fn close(&mut self) {
        self.sums.push(std::mem::take(&mut self.block).finalize());
        self.in_block = 0;
    }
}

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = BLOCK_BYTES - self.in_block;
        let part = bytes.get(..bytes.len().min(room)).unwrap_or_default();
        self.block.update(part);
        self.in_block += part.len();
        self.length += part.len() as u64;
        if self.in_block == BLOCK_BYTES {
            self.close();
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file being written, and its sums of what was meant to be written.
#[derive(Debug)]
pub(crate) struct SummedFile {
    file: File,
    summing: Summing,
}

impl SummedFile {
    pub(crate) fn new(file: File) -> Self {
        Self { file, summing: Summing::default() }
    }

    pub(crate) fn finish(self) -> (File, Sums) {
        (self.file, self.summing.finish())
    }
}

impl Write for SummedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.summing.write_all(bytes.get(..written).unwrap_or_default())?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| (at * 31 % 251) as u8).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_range_of_a_whole_file_is_read_and_no_range_over_a_flipped_bit_is(
            size in 1_usize..300_000, from in any::<u64>(), to in any::<u64>(), flip in any::<u64>(), bit in 0_u8..8,
        ) {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("file");
            let mut bytes = content(size);
            let mut file = SummedFile::new(File::create(&path).unwrap());
            file.write_all(&bytes).unwrap();
            let (_, sums) = file.finish();
            prop_assert_eq!(&sums, &Sums::of(bytes.as_slice()).unwrap());
            let written = sums.to_bytes();
            let read_back = Sums::from_bytes(&written);
            prop_assert_eq!(Some(&sums), read_back.as_ref());
            let length = size as u64;
            let (a, b) = (from % (length + 1), to % (length + 1));
            let range = a.min(b)..a.max(b);
            let read = sums.read(&path, range.clone()).unwrap();
            prop_assert_eq!(&read[..], &bytes[range.start as usize..range.end as usize]);
            let flipped = (flip % length) as usize;
            bytes[flipped] ^= 1 << bit;
            std::fs::write(&path, &bytes).unwrap();
            prop_assert!(sums.check(&path).is_err());
            let touched = range.start / BLOCK_BYTES as u64 * BLOCK_BYTES as u64
                ..range.end.next_multiple_of(BLOCK_BYTES as u64);
            prop_assert_eq!(sums.read(&path, range).is_err(), touched.contains(&(flipped as u64)));
        }
    }

    #[test]
    fn sums_that_are_damaged_themselves_are_no_sums() {
        let bytes = Sums::of(content(200_000).as_slice()).unwrap().to_bytes();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(Sums::from_bytes(&damaged), None, "byte {at}");
            assert_eq!(Sums::from_bytes(&bytes[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn a_file_cut_short_or_grown_is_damaged_wherever_it_is_read() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        let sums = Sums::of(content(100_000).as_slice()).unwrap();
        for size in [0, 65_536, 99_999, 100_001] {
            std::fs::write(&path, content(size)).unwrap();
            assert!(sums.read(&path, 0..10).is_err() && sums.check(&path).is_err(), "{size} bytes");
        }
    }
}

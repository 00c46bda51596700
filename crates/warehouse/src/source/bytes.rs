//! One file as a stream of decompressed bytes, hashed and counted as it passes.

use super::unpack::{Bounded, Unpack};
use crate::ingest::IngestError;
use brain_kernel::hexadecimal;
use brain_kernel::progress::{Cancel, Progress};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// How many bytes of a file decide its compression and format.
pub(crate) const HEAD_BYTES: usize = 8;
/// Largest workbook, or compressed Parquet file, that is taken into memory.
pub(crate) const MEMORY_FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
const READ_BYTES: usize = 256 * 1024;

/// How a file is packed, told by its first bytes, never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// RFC 1952 §2.3.1 and RFC 8878 §3.1.1; zstd skippable frames (§3.1.2) count as zstd.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// SHA-256 and size of the bytes on disk, complete once the stream was read to its end.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileDigest(Arc<Mutex<(Sha256, u64)>>);

impl FileDigest {
    /// Hex digest and byte count so far.
    pub(crate) fn finish(&self) -> (String, u64) {
        let state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (hexadecimal::encode(&state.0.clone().finalize()), state.1)
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }

    fn update(&self, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.0.update(bytes);
        state.1 += bytes.len() as u64;
    }

    /// Digest of a whole file without decoding it.
    pub(crate) fn of_file(path: &Path, cancel: &Cancel) -> Result<(String, u64), IngestError> {
        let digest = Self::default();
        let mut file = File::open(path).map_err(|error| IngestError::read(path, &error))?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if cancel.is_cancelled() {
                return Err(IngestError::Cancelled);
            }
            let count = file.read(&mut buffer).map_err(|error| IngestError::read(path, &error))?;
            let Some(bytes) = buffer.get(..count).filter(|b| !b.is_empty()) else {
                return Ok(digest.finish());
            };
            digest.update(bytes);
        }
    }
}

/// A file opened for streaming.
pub(crate) struct ByteStream {
    /// Decompressed bytes.
    pub(crate) reader: Box<dyn Read + Send>,
    /// How the file is packed.
    pub(crate) compression: Compression,
    /// Digest of the bytes on disk.
    pub(crate) digest: FileDigest,
}

impl ByteStream {
    /// Open a file; `progress` advances by bytes on disk, and a cancelled token ends the stream with an error, as does
    /// unpacking to more than a file may become.
    pub(crate) fn open(
        path: &Path,
        unpack: Unpack,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<Self, IngestError> {
        let refuse = |error: io::Error| IngestError::read(path, &error);
        let mut file = File::open(path).map_err(refuse)?;
        let head = read_up_to(&mut file, HEAD_BYTES).map_err(refuse)?;
        let compression = Compression::of(&head);
        let digest = FileDigest::default();
        let whole = io::Cursor::new(head).chain(file);
        let tap =
            Tap { inner: whole, digest: digest.clone(), progress: progress.clone(), cancel: cancel.clone() };
        let buffered = BufReader::with_capacity(READ_BYTES, tap);
        let reader: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(buffered),
            Compression::Gzip => {
                let decoder = flate2::bufread::MultiGzDecoder::new(buffered);
                Box::new(Bounded::new(decoder, digest.clone(), unpack))
            }
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(buffered).map_err(refuse)?;
                Box::new(Bounded::new(decoder, digest.clone(), unpack))
            }
        };
        Ok(Self { reader, compression, digest })
    }
}

/// Read until `count` bytes or the end.
pub(crate) fn read_up_to(reader: &mut dyn Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    reader.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Tap<R> {
    inner: R,
    digest: FileDigest,
    progress: Progress,
    cancel: Cancel,
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let count = self.inner.read(buffer)?;
        if let Some(bytes) = buffer.get(..count) {
            self.digest.update(bytes);
            self.progress.add(count as u64);
        }
        Ok(count)
    }
}

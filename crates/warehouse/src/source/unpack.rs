//! How much a packed file may become: a few kilobytes can unpack to fill any disk.

use super::bytes::FileDigest;
use crate::ingest::IngestError;
use std::io::{self, Read};

/// Below this no ratio is asked about: small files of one repeated value are honest.
const FREE_BYTES: u64 = 64 * 1024 * 1024;

/// Limits of unpacking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unpack {
    /// Most bytes that one packed byte may become.
    pub(crate) ratio_max: u64,
    /// Most bytes that a file may become.
    pub(crate) bytes_max: u64,
}

impl Default for Unpack {
    fn default() -> Self {
        let options = crate::Options::default();
        Self::new(options.unpack_ratio_max, options.unpack_limit_mib)
    }
}

impl Unpack {
    pub(crate) const fn new(ratio_max: u64, limit_mib: u64) -> Self {
        Self { ratio_max, bytes_max: limit_mib.saturating_mul(1024 * 1024) }
    }

    /// Whether so little became so much.
    pub(crate) fn is_bomb(self, packed: u64, unpacked: u64) -> bool {
        unpacked > FREE_BYTES && unpacked > packed.max(1).saturating_mul(self.ratio_max)
    }

    /// The refusal of a file.
    pub(crate) fn refuse(self, file: &str, limit_bytes: u64) -> IngestError {
        IngestError::Unpacked {
            file: file.to_owned(),
            limit_mib: limit_bytes / (1024 * 1024),
            ratio: self.ratio_max,
        }
    }
}

/// That a stream became too much; found inside the error of a read.
#[derive(Debug, thiserror::Error)]
#[error("unpacks to more than it may")]
pub(crate) struct TooMuch(pub(crate) Unpack);

/// A decompressor that stops when it has given more than it may.
pub(super) struct Bounded<R> {
    inner: R,
    packed: FileDigest,
    unpacked: u64,
    unpack: Unpack,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, packed: FileDigest, unpack: Unpack) -> Self {
        Self { inner, packed, unpacked: 0, unpack }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.unpacked += count as u64;
        if self.unpacked > self.unpack.bytes_max || self.unpack.is_bomb(self.packed.bytes(), self.unpacked) {
            return Err(io::Error::other(TooMuch(self.unpack)));
        }
        Ok(count)
    }
}

//! Where bytes come from: files of a mapping found in a file or folder, opened, decompressed, hashed and counted.

mod bytes;
mod find;
mod unpack;

pub(crate) use bytes::{ByteStream, FileDigest, MEMORY_FILE_BYTES_MAX, read_up_to};
pub(crate) use find::{TableFiles, find};
pub(crate) use unpack::{TooMuch, Unpack};

//! One file: written beside its name, hashed on the way, put in place at the end.

use crate::error::{Error, Result};
use crate::options::FileFormat;
use brain_kernel::hexadecimal;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Level of Zstandard: the one at which it keeps up with making the rows.
const LEVEL: i32 = 1;

/// A file of a table, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Path below the folder, with `/`.
    pub path: String,
    /// Rows without the header.
    pub rows: u64,
    /// Size on disk.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// SHA-256 of the text in it; the same whether compressed or not.
    pub content_sha256: String,
}

/// A file being written.
pub(crate) struct Output {
    path: PathBuf,
    part: PathBuf,
    body: Body,
    content: Sha256,
}

enum Body {
    Plain(Hashed),
    Zstd(zstd::Encoder<'static, Hashed>),
}

/// A file that hashes and counts what goes into it.
struct Hashed {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Output {
    /// Begin a file. Neither it nor its part may exist.
    pub(crate) fn create(path: &Path, format: FileFormat) -> Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let failed = |error| Error::write(&part, error);
        let file = File::options().write(true).create_new(true).open(&part).map_err(failed)?;
        let hashed = Hashed { file, hash: Sha256::new(), bytes: 0 };
        let body = match format {
            FileFormat::Csv => Body::Plain(hashed),
            FileFormat::CsvZst => Body::Zstd(zstd::Encoder::new(hashed, LEVEL).map_err(failed)?),
        };
        Ok(Self { path: path.to_owned(), part, body, content: Sha256::new() })
    }

    /// Append bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.content.update(bytes);
        let written = match &mut self.body {
            Body::Plain(file) => file.write_all(bytes),
            Body::Zstd(encoder) => encoder.write_all(bytes),
        };
        written.map_err(|error| Error::write(&self.part, error))
    }

    /// Put the file in place under its name, whole and on disk.
    pub(crate) fn finish(self, root: &Path, rows: u64) -> Result<Written> {
        let failed = |error| Error::write(&self.part, error);
        let hashed = match self.body {
            Body::Plain(file) => file,
            Body::Zstd(encoder) => encoder.finish().map_err(failed)?,
        };
        hashed.file.sync_all().map_err(failed)?;
        place(&self.part, &self.path)?;
        let below = self.path.strip_prefix(root).unwrap_or(&self.path);
        Ok(Written {
            path: below.to_string_lossy().replace('\\', "/"),
            rows,
            bytes: hashed.bytes,
            sha256: hexadecimal::encode(&hashed.hash.finalize()),
            content_sha256: hexadecimal::encode(&self.content.finalize()),
        })
    }
}

/// A small file, whole or not at all.
pub(crate) fn whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let failed = |error| Error::write(&part, error);
    let mut file = File::options().write(true).create_new(true).open(&part).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    place(&part, path)
}

/// Give a finished file its name, unless something has it.
fn place(part: &Path, path: &Path) -> Result<()> {
    if path.exists() {
        return Err(Error::Occupied(path.to_owned()));
    }
    std::fs::rename(part, path).map_err(|error| Error::write(path, error))
}

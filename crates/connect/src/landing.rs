//! The landing (落地区): one file, bounded, written through to the disk before anybody reads it.

use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};

use brain_kernel::language::Text;

use crate::{Error, Result};

/// Buffer before the disk, bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// How much one batch may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows after which an incremental batch ends.
    pub batch_rows_max: u64,
    /// Bytes after which an incremental batch ends.
    pub batch_bytes_max: u64,
    /// Bytes beyond which a file or a whole source is refused: it cannot be cut into batches.
    pub whole_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_rows_max: 500_000, batch_bytes_max: 512 << 20, whole_bytes_max: 16 << 30 }
    }
}

/// A folder that takes the file of one batch.
pub struct Landing {
    folder: PathBuf,
    limits: Limits,
    open: Option<(PathBuf, BufWriter<File>)>,
    rows: u64,
    bytes: u64,
}

impl Landing {
    /// An empty landing in a folder, which is made.
    pub async fn new(folder: PathBuf, limits: Limits) -> Result<Self> {
        let mut landing = Self { folder, limits, open: None, rows: 0, bytes: 0 };
        landing.clear().await?;
        Ok(landing)
    }

    /// Forget everything written: the next attempt begins anew.
    pub(crate) async fn clear(&mut self) -> Result<()> {
        (self.open, self.rows, self.bytes) = (None, 0, 0);
        match tokio::fs::remove_dir_all(&self.folder).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        Ok(tokio::fs::create_dir_all(&self.folder).await?)
    }

    /// Begin the file. A name of a source is used only for its last part.
    pub(crate) async fn begin(&mut self, name: &str) -> Result<()> {
        let name = Path::new(name).file_name().unwrap_or("batch".as_ref());
        let path = self.folder.join(name);
        let file = File::create(&path).await?;
        self.open = Some((path, BufWriter::with_capacity(BUFFER_BYTES, file)));
        Ok(())
    }

    /// Write a piece of the file as it came.
    pub(crate) async fn write(&mut self, piece: &[u8]) -> Result<()> {
        let bytes = self.bytes.saturating_add(piece.len() as u64);
        if bytes > self.limits.whole_bytes_max {
            return Err(Error::TooMuch {
                what: Text::new("一批数据", "One batch"),
                limit: self.limits.whole_bytes_max,
                unit: Text::new("字节", "bytes"),
            });
        }
        let Some((_, file)) = &mut self.open else {
            return Err(std::io::Error::other("no file was begun").into());
        };
        file.write_all(piece).await?;
        self.bytes = bytes;
        Ok(())
    }

    /// Write a row as one line. A line break of the source between two values is a space here.
    pub(crate) async fn line(&mut self, json: &str) -> Result<()> {
        if json.contains(['\n', '\r']) {
            self.write(json.replace(['\n', '\r'], " ").as_bytes()).await?;
        } else {
            self.write(json.as_bytes()).await?;
        }
        self.write(b"\n").await?;
        self.rows += 1;
        Ok(())
    }

    /// Whether an incremental batch is full.
    pub(crate) const fn is_full(&self) -> bool {
        self.rows >= self.limits.batch_rows_max || self.bytes >= self.limits.batch_bytes_max
    }

    /// Rows after which an incremental batch ends.
    pub(crate) const fn rows_max(&self) -> u64 {
        self.limits.batch_rows_max
    }

    /// Bytes after which an incremental batch ends.
    pub(crate) const fn bytes_max(&self) -> u64 {
        self.limits.batch_bytes_max
    }

    /// Rows written as lines.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Bytes written.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Everything is on the disk; the file.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        let Some((_, file)) = &mut self.open else { return Ok(()) };
        file.flush().await?;
        Ok(file.get_ref().sync_all().await?)
    }

    /// The file of the batch.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.open.as_ref().map(|(path, _)| path.as_path())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl std::fmt::Debug for Landing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Landing")
            .field("folder", &self.folder)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

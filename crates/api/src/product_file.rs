//! A data product as a file: written whole before its first byte leaves, so that its checksum is known and on record.

use crate::error::Error;
use crate::export::{self, Encoder, Format};
use crate::routes::product_rows::too_large;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, header};
use brain_kernel::error::Failure;
use brain_warehouse::{Checksum, QueryStream, checksum};
use bytes::Bytes;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use futures::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Media type of Parquet (IANA).
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";
/// Header with the SHA-256 of the file, hexadecimal.
const SHA256: HeaderName = HeaderName::from_static("x-content-sha256");
/// Bytes read at once.
const PIECE_BYTES: usize = 256 << 10;

/// A format of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileFormat {
    /// CSV, UTF-8.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl FileFormat {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// A file that was written, without a name: it is gone with its handle.
pub(crate) struct Written {
    file: File,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// Write all rows into a file in this folder. A result the node's row limit cuts is no file.
pub(crate) async fn write(
    mut rows: QueryStream,
    format: FileFormat,
    folder: &Path,
) -> Result<Written, Failure> {
    let file = tempfile::tempfile_in(folder).map_err(failed)?;
    let mut writer = Writer::new(format, file, rows.schema())?;
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        count += batch.num_rows() as u64;
        writer.write(&batch)?;
    }
    if rows.has_more() {
        return Err(too_large());
    }
    let mut file = writer.finish()?;
    let work = move || checksum(&mut file).map(|checksum| (file, checksum));
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))?;
    let (file, Checksum { bytes, sha256 }) = done.map_err(failed)?;
    Ok(Written { file, rows: count, bytes, sha256 })
}

/// The response that streams the file.
pub(crate) fn respond(
    written: Written,
    format: FileFormat,
    name: &str,
    tag: HeaderValue,
) -> Result<Response<Body>, Failure> {
    let text = |text: &str| HeaderValue::from_str(text).map_err(|error| Error::Internal(error.to_string()));
    let (sha256, length) = (text(&written.sha256)?, HeaderValue::from(written.bytes));
    let mut response = Response::new(streamed(written.file));
    let headers = response.headers_mut();
    let media_type = match format {
        FileFormat::Csv => export::CSV,
        FileFormat::Parquet => PARQUET,
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, text(&format!("attachment; filename=\"{name}\""))?);
    headers.insert(header::CONTENT_LENGTH, length);
    headers.insert(header::ETAG, tag);
    headers.insert(SHA256, sha256);
    Ok(response)
}

/// A file that was written, piece by piece.
pub(crate) fn streamed(file: File) -> Body {
    let pieces = stream::unfold(Some(file), |file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut file = file?;
            let mut piece = vec![0; PIECE_BYTES];
            match file.read(&mut piece) {
                Ok(0) => None,
                Ok(read) => {
                    piece.truncate(read);
                    Some((Ok(Bytes::from(piece)), Some(file)))
                }
                Err(error) => Some((Err(error), None)),
            }
        });
        read.await.unwrap_or_else(|error| Some((Err(std::io::Error::other(error)), None)))
    });
    Body::from_stream(stream::StreamExt::fuse(pieces))
}

enum Writer {
    Csv(Encoder, File),
    Parquet(Box<ArrowWriter<File>>),
}

impl Writer {
    fn new(format: FileFormat, mut file: File, schema: &SchemaRef) -> Result<Self, Failure> {
        Ok(match format {
            FileFormat::Csv => {
                let mut encoder = Encoder::new(Format::Csv, schema)?;
                file.write_all(&encoder.start()).map_err(failed)?;
                Self::Csv(encoder, file)
            }
            FileFormat::Parquet => {
                let writer = ArrowWriter::try_new(file, schema.clone(), None);
                Self::Parquet(Box::new(writer.map_err(|error| Error::Internal(error.to_string()))?))
            }
        })
    }

    fn write(&mut self, batch: &datafusion::arrow::array::RecordBatch) -> Result<(), Failure> {
        match self {
            Self::Csv(encoder, file) => file.write_all(&encoder.batch(batch)?).map_err(failed),
            Self::Parquet(writer) => {
                writer.write(batch).map_err(|error| Error::Internal(error.to_string()).into())
            }
        }
    }

    fn finish(self) -> Result<File, Failure> {
        match self {
            Self::Csv(mut encoder, mut file) => {
                file.write_all(&encoder.finish()?).map_err(failed)?;
                Ok(file)
            }
            Self::Parquet(writer) => {
                writer.into_inner().map_err(|error| Error::Internal(error.to_string()).into())
            }
        }
    }
}

/// A full disk has words of its own; anything else is ours.
fn failed(error: std::io::Error) -> Failure {
    Failure::from(brain_warehouse::Error::Io(error))
}

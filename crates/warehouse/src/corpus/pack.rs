//! Writing an export: Parquet, JSON Lines, or a folder packed as ZIP.

use super::export::ExportFormat;
use crate::{Checksum, Error, Result, checksum};
use brain_corpus::{Passages, Split, passages};
use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Builder, RecordBatch, StringArray, StringBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::error::DataFusionError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// What a Parquet writer holds in memory before it writes a row group, bytes.
const GROUP_BYTES: usize = 64 << 20;

/// An export that is being written.
pub(super) struct Pack {
    rows: u64,
    form: Form,
    folder: PathBuf,
}

enum Form {
    Jsonl(BufWriter<File>),
    Parquet(File, Option<Table>),
    Folder(Box<Folder>),
}

struct Folder {
    zip: ZipWriter<File>,
    passages: Option<Passages>,
    documents: Option<Table>,
    cut: Option<Table>,
}

type Table = Box<ArrowWriter<File>>;

/// A file whose size and checksum are known.
pub(super) struct Written {
    pub(super) file: File,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Pack {
    /// Begin a file without a name in this folder.
    pub(super) fn begin(format: ExportFormat, folder: &Path, passages: Option<Passages>) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = tempfile::tempfile_in(folder)?;
        let form = match format {
            ExportFormat::Jsonl => Form::Jsonl(BufWriter::new(file)),
            ExportFormat::Parquet => Form::Parquet(file, None),
            ExportFormat::Huggingface => {
                let zip = ZipWriter::new(file);
                Form::Folder(Box::new(Folder { zip, passages, documents: None, cut: None }))
            }
        };
        Ok(Self { rows: 0, form, folder: folder.to_owned() })
    }

    /// Documents of a split.
    pub(super) fn documents(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        match &mut self.form {
            Form::Jsonl(file) => lines_into(file, batch),
            Form::Parquet(file, table) => {
                let target = file.try_clone()?;
                write(table, batch, || Ok(target))
            }
            Form::Folder(folder) => {
                let place = &self.folder;
                write(&mut folder.documents, batch, || Ok(tempfile::tempfile_in(place)?))?;
                let Some(options) = &folder.passages else { return Ok(()) };
                let cut = cut(batch, options)?;
                write(&mut folder.cut, &cut, || Ok(tempfile::tempfile_in(place)?))
            }
        }
    }

    /// A split has no more documents.
    pub(super) fn end_of(&mut self, split: Split) -> Result<()> {
        let Form::Folder(folder) = &mut self.form else { return Ok(()) };
        let Folder { zip, documents, cut, .. } = folder.as_mut();
        for (below, table) in [("data", documents), ("passages", cut)] {
            let Some(table) = table.take() else { continue };
            let mut file = table.into_inner().map_err(parquet)?;
            file.seek(SeekFrom::Start(0))?;
            let name = format!("{below}/{}-00000-of-00001.parquet", split.name());
            // Parquet is packed already.
            let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            zip.start_file(name, stored.large_file(true)).map_err(zipped)?;
            std::io::copy(&mut file, zip)?;
        }
        Ok(())
    }

    /// A text beside the data.
    pub(super) fn text(&mut self, name: &str, text: &str) -> Result<()> {
        self.begin_lines(name)?;
        if let Form::Folder(folder) = &mut self.form {
            folder.zip.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// Begin a file beside the data that is written in pieces.
    pub(super) fn begin_lines(&mut self, name: &str) -> Result<()> {
        let Form::Folder(folder) = &mut self.form else { return Ok(()) };
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        folder.zip.start_file(name, packed.large_file(true)).map_err(zipped)
    }

    /// Rows of the file that was begun.
    pub(super) fn lines(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.form {
            Form::Folder(folder) => lines_into(&mut folder.zip, batch),
            Form::Jsonl(_) | Form::Parquet(..) => Ok(()),
        }
    }

    /// The file, and how many documents it has.
    pub(super) fn finish(self) -> Result<(File, u64)> {
        let file = match self.form {
            Form::Jsonl(file) => file.into_inner().map_err(|error| error.into_error())?,
            Form::Parquet(_, Some(table)) => table.into_inner().map_err(parquet)?,
            // No row, no columns: an empty file says so better than one that cannot be read.
            Form::Parquet(file, None) => file,
            Form::Folder(folder) => folder.zip.finish().map_err(zipped)?,
        };
        Ok((file, self.rows))
    }
}

/// Size and checksum of a finished file; it is at its beginning afterwards.
pub(super) fn digested((mut file, rows): (File, u64)) -> Result<Written> {
    let Checksum { bytes, sha256 } = checksum(&mut file)?;
    Ok(Written { file, rows, bytes, sha256 })
}

/// Write a batch, beginning the table with the first one.
fn write(
    table: &mut Option<Table>,
    batch: &RecordBatch,
    target: impl FnOnce() -> Result<File>,
) -> Result<()> {
    if table.is_none() {
        let level = ZstdLevel::try_new(3).unwrap_or_default();
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        let writer = ArrowWriter::try_new(target()?, batch.schema(), Some(properties)).map_err(parquet)?;
        *table = Some(Box::new(writer));
    }
    let Some(writer) = table else { return Ok(()) };
    writer.write(batch).map_err(parquet)?;
    if writer.in_progress_size() > GROUP_BYTES {
        writer.flush().map_err(parquet)?;
    }
    Ok(())
}

fn lines_into(out: &mut impl std::io::Write, batch: &RecordBatch) -> Result<()> {
    let mut writer = LineDelimitedWriter::new(out);
    writer.write(batch).map_err(DataFusionError::from)?;
    writer.finish().map_err(DataFusionError::from)?;
    Ok(())
}

/// Passages of a batch of documents, of the texts as the grant shows them.
fn cut(batch: &RecordBatch, options: &Passages) -> Result<RecordBatch> {
    let column = |name: &str| -> Result<StringArray> {
        let found = batch.column_by_name(name).ok_or_else(|| missing(name))?;
        Ok(cast(found, &DataType::Utf8).map_err(DataFusionError::from)?.as_string::<i32>().clone())
    };
    let (ids, texts, languages) = (column("id")?, column("text")?, column("language")?);
    let (mut id, mut text, mut document) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut ordinal, mut start, mut end) = (Int64Builder::new(), Int64Builder::new(), Int64Builder::new());
    let mut language = StringBuilder::new();
    for row in 0..batch.num_rows() {
        if texts.is_null(row) {
            continue;
        }
        let name = if ids.is_valid(row) { ids.value(row) } else { "" };
        for (at, passage) in passages(texts.value(row), options).into_iter().enumerate() {
            id.append_value(format!("{name}-{at:05}"));
            text.append_value(&passage.text);
            document.append_value(name);
            ordinal.append_value(at as i64);
            start.append_value(passage.start as i64);
            end.append_value(passage.end as i64);
            language.append_option(languages.is_valid(row).then(|| languages.value(row)));
        }
    }
    let columns: [(&str, ArrayRef, bool); 7] = [
        ("id", Arc::new(id.finish()), false),
        ("text", Arc::new(text.finish()), false),
        ("document", Arc::new(document.finish()), false),
        ("ordinal", Arc::new(ordinal.finish()), false),
        ("start", Arc::new(start.finish()), false),
        ("end", Arc::new(end.finish()), false),
        ("language", Arc::new(language.finish()), true),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(columns).map_err(DataFusionError::from)?)
}

fn missing(column: &str) -> Error {
    Error::from(DataFusionError::Internal(format!("documents without the column {column}")))
}

fn parquet(error: datafusion::parquet::errors::ParquetError) -> Error {
    Error::from(DataFusionError::from(error))
}

fn zipped(error: zip::result::ZipError) -> Error {
    Error::Io(std::io::Error::other(error))
}

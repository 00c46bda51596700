//! A file as a header and a run of self-contained pieces that workers take apart in parallel.

use super::encoding::{SAMPLE_BYTES, Transcoder, detect};
use super::record::{Fault, Records, Row, Span};
use super::split::{Dialect, Next, RECORD_BYTES_MAX, next_record, split};
use super::{json, parquet, sniff, workbook};
use crate::ingest::IngestError;
use crate::mapping::{Format, Kind};
use crate::source::{ByteStream, FileDigest, MEMORY_FILE_BYTES_MAX, Unpack, read_up_to};
use brain_kernel::progress::{Cancel, Progress};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// Size of a piece; large enough to amortise hand-over, small enough for several in flight.
const PIECE_BYTES: usize = 4 * 1024 * 1024;

/// A file opened for reading.
pub(crate) struct Opened {
    /// Column names: of the header, of the first objects, or `1`, `2`, … where there is no header.
    pub(crate) header: Header,
    /// How the file was read, for the report.
    pub(crate) facts: FileFacts,
    /// Complete once `chunks` ended.
    pub(crate) digest: FileDigest,
    /// The pieces.
    pub(crate) chunks: Box<dyn Iterator<Item = Result<Chunk, IngestError>> + Send>,
}

/// Names of a file's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) names: Vec<String>,
    /// Objects later in the file may bring more names.
    pub(crate) open_ended: bool,
    /// There are no names, only positions.
    pub(crate) positional: bool,
}

/// How a file was read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct FileFacts {
    /// File name.
    pub file: String,
    /// `csv`, `jsonl`, `excel` or `parquet`.
    pub kind: String,
    /// `none`, `gzip` or `zstd`.
    pub compression: String,
    /// Character encoding, for text files.
    pub encoding: Option<String>,
    /// Delimiter, for delimited text.
    pub delimiter: Option<String>,
}

/// One piece.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) first_line: u64,
    pub(crate) kind: ChunkKind,
}

/// What a piece holds.
#[derive(Debug)]
pub(crate) enum ChunkKind {
    /// Whole records of delimited text.
    Delimited { bytes: Vec<u8>, dialect: Dialect, transcoded: bool },
    /// Whole lines of JSON.
    Json { bytes: Vec<u8>, transcoded: bool },
    /// Records already apart (workbooks, Parquet).
    Ready(Records),
    /// A line longer than a record may be; its start.
    TooLong(String),
}

impl Chunk {
    /// Take the piece apart; `names` are the header's, every row gets one span for each.
    pub(crate) fn records(self, names: &[String]) -> Records {
        match self.kind {
            ChunkKind::Delimited { bytes, dialect, transcoded } => {
                split(bytes, self.first_line, names.len(), dialect, transcoded)
            }
            ChunkKind::Json { bytes, transcoded } => json::split(bytes, self.first_line, names, transcoded),
            ChunkKind::Ready(records) => records,
            ChunkKind::TooLong(start) => Records {
                rows: vec![Row {
                    line: self.first_line,
                    raw: Span::new(0, start.len()),
                    fault: Some(Fault::TooLong { limit: RECORD_BYTES_MAX }),
                }],
                fields: vec![Span::NULL; names.len()],
                width: names.len(),
                text: start,
            },
        }
    }
}

/// Open a file by its content and the mapping's format.
pub(crate) fn open(
    path: &Path,
    format: &Format,
    unpack: Unpack,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Opened, IngestError> {
    let mut stream = ByteStream::open(path, unpack, progress, cancel)?;
    let sample =
        read_up_to(&mut stream.reader, SAMPLE_BYTES).map_err(|error| IngestError::read(path, &error))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut facts = FileFacts {
        file: name,
        kind: String::new(),
        compression: stream.compression.name().to_owned(),
        encoding: None,
        delimiter: None,
    };
    match sniff::kind(&sample) {
        kind @ (Kind::Excel | Kind::Parquet) => {
            if kind == Kind::Excel {
                "excel".clone_into(&mut facts.kind);
                let bytes = whole(path, sample, stream.reader)?;
                return workbook::open(path, bytes, format, facts, stream.digest, unpack);
            }
            "parquet".clone_into(&mut facts.kind);
            if facts.compression == "none" {
                // Hash it in one pass, then read it by its footer.
                std::io::copy(&mut stream.reader, &mut std::io::sink())
                    .map_err(|error| IngestError::read(path, &error))?;
                let file = std::fs::File::open(path).map_err(|error| IngestError::read(path, &error))?;
                return parquet::open(path, file, facts, stream.digest);
            }
            let unpacked = unpacked_copy(path, &sample, &mut stream.reader)?;
            parquet::open(path, unpacked, facts, stream.digest)
        }
        _ if matches!(format.kind, Kind::Excel | Kind::Parquet) => Err(IngestError::WrongKind {
            file: path.display().to_string(),
            expected: if format.kind == Kind::Excel { "Excel" } else { "Parquet" },
        }),
        _ => text(path, format, &sample, stream, facts),
    }
}

/// A compressed Parquet file, unpacked to a file without a name: Parquet is read by its footer.
fn unpacked_copy(path: &Path, sample: &[u8], reader: &mut dyn Read) -> Result<std::fs::File, IngestError> {
    let copy = || {
        let mut file = tempfile::tempfile()?;
        std::io::copy(&mut sample.chain(reader), &mut file)?;
        Ok(file)
    };
    copy().map_err(|error: std::io::Error| IngestError::read(path, &error))
}

fn whole(path: &Path, sample: Vec<u8>, reader: Box<dyn Read + Send>) -> Result<Vec<u8>, IngestError> {
    let mut bytes = sample;
    reader
        .take(MEMORY_FILE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| IngestError::read(path, &error))?;
    if bytes.len() as u64 > MEMORY_FILE_BYTES_MAX {
        return Err(IngestError::TooLarge {
            file: path.display().to_string(),
            limit_mib: MEMORY_FILE_BYTES_MAX / (1024 * 1024),
        });
    }
    Ok(bytes)
}

fn text(
    path: &Path,
    format: &Format,
    sample: &[u8],
    stream: ByteStream,
    mut facts: FileFacts,
) -> Result<Opened, IngestError> {
    let declared = format.encoding.as_deref().and_then(|e| encoding_rs::Encoding::for_label(e.as_bytes()));
    let (detected, mark) = detect(sample);
    let encoding = declared.unwrap_or(detected);
    let transcoded = encoding != encoding_rs::UTF_8;
    facts.encoding = Some(encoding.name().to_owned());
    let whole = Cursor::new(sample.get(mark..).unwrap_or_default().to_vec()).chain(stream.reader);
    let reader: Box<dyn Read + Send> =
        if transcoded { Box::new(Transcoder::new(whole, encoding)) } else { Box::new(whole) };
    let mut pieces = Pieces {
        path: path.to_owned(),
        reader,
        buffer: Vec::new(),
        line: 1,
        ended: false,
        cut: Cut::Lines,
        transcoded,
        skipping: false,
    };
    pieces.fill(SAMPLE_BYTES)?;
    let head = String::from_utf8_lossy(&pieces.buffer).into_owned();
    let kind = if format.kind == Kind::Auto { sniff::text_kind(&head) } else { format.kind };
    let header = if kind == Kind::Jsonl {
        "jsonl".clone_into(&mut facts.kind);
        json::header(path, &head)?
    } else {
        "csv".clone_into(&mut facts.kind);
        let delimiter = match format.delimiter.as_deref().map(str::as_bytes) {
            Some([delimiter]) => *delimiter,
            _ => sniff::delimiter(&pieces.buffer),
        };
        facts.delimiter = Some(char::from(delimiter).escape_default().to_string());
        pieces.cut = Cut::Records(Dialect { delimiter });
        pieces.header(format.header.unwrap_or(true))?
    };
    Ok(Opened { header, facts, digest: stream.digest, chunks: Box::new(pieces) })
}

/// Where a text stream may be cut.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Lines,
    Records(Dialect),
}

struct Pieces {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    line: u64,
    ended: bool,
    cut: Cut,
    transcoded: bool,
    /// Inside a line that is too long: drop bytes up to its end.
    skipping: bool,
}

impl Pieces {
    /// Read until the buffer holds `size` bytes or the file ends.
    fn fill(&mut self, size: usize) -> Result<(), IngestError> {
        let missing = size.saturating_sub(self.buffer.len());
        if missing == 0 || self.ended {
            return Ok(());
        }
        self.buffer.reserve(missing);
        let count = self
            .reader
            .by_ref()
            .take(missing as u64)
            .read_to_end(&mut self.buffer)
            .map_err(|error| IngestError::read(&self.path, &error))?;
        self.ended = count < missing;
        Ok(())
    }

    fn next_end(&self, start: usize) -> Next {
        match self.cut {
            Cut::Records(dialect) => next_record(&self.buffer, start, self.ended, dialect),
            Cut::Lines => {
                // No byte is a NUL quote here: with a delimiter and quote that cannot occur a record is a line.
                match self.buffer.get(start..).and_then(|rest| memchr::memchr(b'\n', rest)) {
                    Some(offset) => Next::End(start + offset + 1),
                    None if self.ended => Next::End(self.buffer.len()),
                    None if self.buffer.len() - start >= RECORD_BYTES_MAX => Next::Endless,
                    None => Next::Incomplete,
                }
            }
        }
    }

    /// Take the first non-empty record as header, or number the columns of it.
    fn header(&mut self, named: bool) -> Result<Header, IngestError> {
        let Cut::Records(dialect) = self.cut else {
            return Ok(Header { names: Vec::new(), open_ended: false, positional: false });
        };
        loop {
            self.fill(RECORD_BYTES_MAX)?;
            if self.buffer.is_empty() {
                return Err(IngestError::Empty { file: self.path.display().to_string() });
            }
            let Next::End(end) = self.next_end(0) else {
                return Err(IngestError::NoHeader { file: self.path.display().to_string() });
            };
            let record = self.buffer.get(..end).unwrap_or_default();
            let blank = record.iter().all(u8::is_ascii_whitespace);
            if blank || named {
                let names = if blank { Vec::new() } else { header_fields(record, dialect) };
                self.drop_front(end);
                if blank {
                    continue;
                }
                return Ok(Header { names, open_ended: false, positional: false });
            }
            let count = header_fields(record, dialect).len();
            let names = (1..=count).map(|n| n.to_string()).collect();
            return Ok(Header { names, open_ended: false, positional: true });
        }
    }

    fn drop_front(&mut self, end: usize) {
        self.line += memchr::memchr_iter(b'\n', self.buffer.get(..end).unwrap_or_default()).count() as u64;
        self.buffer.drain(..end.min(self.buffer.len()));
    }

    fn piece(&mut self, end: usize) -> Chunk {
        let rest = self.buffer.split_off(end.min(self.buffer.len()));
        let bytes = std::mem::replace(&mut self.buffer, rest);
        let first_line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let transcoded = self.transcoded;
        let kind = match self.cut {
            Cut::Lines => ChunkKind::Json { bytes, transcoded },
            Cut::Records(dialect) => ChunkKind::Delimited { bytes, dialect, transcoded },
        };
        Chunk { first_line, kind }
    }

    /// End of the last whole record in the buffer.
    fn last_end(&self) -> (usize, Option<Next>) {
        let mut end = 0;
        while end < self.buffer.len() {
            match self.next_end(end) {
                Next::End(next) | Next::Runaway(next) => end = next,
                other => return (end, Some(other)),
            }
        }
        (end, None)
    }

    fn advance(&mut self) -> Result<Option<Chunk>, IngestError> {
        let mut want = PIECE_BYTES;
        loop {
            self.fill(want)?;
            if self.skipping {
                self.skip_line();
                if self.skipping && self.ended {
                    return Ok(None);
                }
                continue;
            }
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let (end, stopped) = self.last_end();
            if end > 0 {
                return Ok(Some(self.piece(end)));
            }
            if stopped == Some(Next::Endless) {
                self.skipping = true;
                let start = self.buffer.get(..4096).unwrap_or(&self.buffer);
                let text = String::from_utf8_lossy(start).into_owned();
                return Ok(Some(Chunk { first_line: self.line, kind: ChunkKind::TooLong(text) }));
            }
            want = self.buffer.len() + PIECE_BYTES;
        }
    }

    fn skip_line(&mut self) {
        match memchr::memchr(b'\n', &self.buffer) {
            Some(offset) => {
                self.skipping = false;
                self.drop_front(offset + 1);
            }
            None => self.buffer.clear(),
        }
    }
}

impl Iterator for Pieces {
    type Item = Result<Chunk, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

fn header_fields(record: &[u8], dialect: Dialect) -> Vec<String> {
    // The width is not known yet: ask for as many fields as there could be.
    let most = memchr::memchr_iter(dialect.delimiter, record).count() + 1;
    for width in (1..=most).rev() {
        let records = split(record.to_vec(), 1, width, dialect, false);
        if let Some(Row { fault: None, .. }) = records.rows.first() {
            return (0..width)
                .map(|c| records.get(records.span(0, c)).trim().trim_start_matches('\u{FEFF}').to_owned())
                .collect();
        }
        if let Some(Row { fault: Some(Fault::Quote | Fault::Encoding), .. }) = records.rows.first() {
            break;
        }
    }
    String::from_utf8_lossy(record).trim().split(char::from(dialect.delimiter)).map(str::to_owned).collect()
}

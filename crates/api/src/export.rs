//! Results too large for one JSON document: CSV and Arrow IPC, batch by batch, in constant memory.

use crate::cells;
use crate::error::Error;
use crate::queries::Running;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use brain_kernel::csv;
use brain_kernel::error::Failure;
use brain_warehouse::QueryStream;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::StreamWriter;
use futures::stream;

/// Media type of an Arrow IPC stream (IANA).
pub(crate) const ARROW: &str = "application/vnd.apache.arrow.stream";
/// Media type of CSV.
pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// A format that rows can be streamed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Arrow,
}

/// Stream a result. The first batch is computed before the response begins, so that nearly every failure is still a
/// problem document; one that comes later ends the transfer visibly incomplete.
///
/// Where `complete` is asked for and the node's row limit cuts the result, the transfer breaks off too: a file that
/// silently lacks rows is worse than none.
pub(crate) async fn respond(
    mut rows: QueryStream,
    running: Running,
    format: Format,
    complete: bool,
) -> Result<Response<Body>, Failure> {
    let first = rows.next().await.transpose()?;
    let mut encoder = Encoder::new(format, rows.schema())?;
    let mut head = encoder.start();
    if let Some(batch) = &first {
        head.extend_from_slice(&encoder.batch(batch)?);
    }
    rows.sent(head.len() as u64);
    let id = HeaderValue::from_str(running.id());
    let state = State { rows, encoder, complete, _running: running, ended: first.is_none() };
    // Compression asks once more after the end, and an unfold that has ended must not be asked.
    let tail = stream::StreamExt::fuse(stream::unfold(Some(state), step));
    let body = stream::StreamExt::chain(stream::iter([Ok(Bytes::from(head))]), tail);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    let (media_type, name) = match format {
        Format::Csv => (CSV, "attachment; filename=\"result.csv\""),
        Format::Arrow => (ARROW, "attachment; filename=\"result.arrows\""),
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    if let Ok(id) = id {
        headers.insert("x-query-id", id);
    }
    Ok(response)
}

struct State {
    rows: QueryStream,
    encoder: Encoder,
    complete: bool,
    ended: bool,
    /// Dropped with the stream: a caller who goes away stops the query.
    _running: Running,
}

impl State {
    /// The last bytes, once the number of rows is on record: without it the transfer breaks off.
    async fn end(&mut self) -> Result<Vec<u8>, Failure> {
        let bytes = self.encoder.finish()?;
        self.rows.sent(bytes.len() as u64);
        self.rows.finish().await?;
        Ok(bytes)
    }
}

type Piece = Result<Bytes, std::io::Error>;

async fn step(state: Option<State>) -> Option<(Piece, Option<State>)> {
    let mut state = state?;
    let next = if state.ended { None } else { state.rows.next().await };
    let piece = match next {
        Some(Ok(batch)) => state.encoder.batch(&batch),
        Some(Err(error)) => Err(Failure::from(error)),
        None if state.complete && state.rows.has_more() => Err(Failure::internal("api/cut-short")),
        None => match state.end().await {
            Ok(bytes) => return Some((Ok(Bytes::from(bytes)), None)),
            Err(failure) => Err(failure),
        },
    };
    let piece = piece.inspect(|bytes| state.rows.sent(bytes.len() as u64));
    match piece {
        Ok(bytes) => Some((Ok(Bytes::from(bytes)), Some(state))),
        Err(failure) => {
            tracing::warn!(code = failure.code, "a result broke off after its response had begun");
            Some((Err(std::io::Error::other(failure)), None))
        }
    }
}

/// Bytes of a result, piece by piece.
pub(crate) enum Encoder {
    Csv { schema: SchemaRef },
    Arrow(Box<StreamWriter<Vec<u8>>>),
}

impl Encoder {
    pub(crate) fn new(format: Format, schema: &SchemaRef) -> Result<Self, Failure> {
        Ok(match format {
            Format::Csv => Self::Csv { schema: schema.clone() },
            Format::Arrow => Self::Arrow(Box::new(StreamWriter::try_new(Vec::new(), schema).map_err(arrow)?)),
        })
    }

    pub(crate) fn start(&mut self) -> Vec<u8> {
        match self {
            Self::Csv { schema } => csv_header(schema, csv::FILE_LINE_END),
            Self::Arrow(writer) => std::mem::take(writer.get_mut()),
        }
    }

    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Csv { .. } => csv_lines(batch, csv::FILE_LINE_END),
            Self::Arrow(writer) => {
                writer.write(batch).map_err(arrow)?;
                Ok(std::mem::take(writer.get_mut()))
            }
        }
    }

    pub(crate) fn finish(&mut self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Csv { .. } => Ok(Vec::new()),
            Self::Arrow(writer) => {
                writer.finish().map_err(arrow)?;
                Ok(std::mem::take(writer.get_mut()))
            }
        }
    }
}

/// By value, for `map_err`.
#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn arrow(error: ArrowError) -> Failure {
    Error::Internal(error.to_string()).into()
}

/// Lines of a batch, with the same texts for values as in JSON.
fn csv_lines(batch: &RecordBatch, line_end: &str) -> Result<Vec<u8>, Failure> {
    let mut rows = Vec::new();
    cells::append_rows(batch, &mut rows).map_err(arrow)?;
    let mut out = Vec::with_capacity(rows.len() * 64);
    for row in &rows {
        let cells = row.as_array().map(Vec::as_slice).unwrap_or_default();
        csv::append_line(&mut out, cells.iter().map(csv::cell), line_end);
    }
    Ok(out)
}

fn csv_header(schema: &SchemaRef, line_end: &str) -> Vec<u8> {
    let mut line = Vec::new();
    csv::append_line(&mut line, schema.fields().iter().map(|field| csv::defused(field.name())), line_end);
    line
}

/// A result already in memory as CSV, for the command line: the same cells as over HTTP, with the line end given.
pub fn csv_text(schema: &SchemaRef, batches: &[RecordBatch], line_end: &str) -> Result<String, Failure> {
    let mut out = csv_header(schema, line_end);
    for batch in batches {
        out.extend(csv_lines(batch, line_end)?);
    }
    String::from_utf8(out).map_err(|error| Error::Internal(error.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{ArrayRef, Float64Array, StringArray};
    use datafusion::arrow::ipc::reader::StreamReader;
    use std::sync::Arc;

    fn batch() -> RecordBatch {
        let names = Arc::new(StringArray::from(vec![Some("=1+1"), Some("a,\"b\""), None])) as ArrayRef;
        let amounts = Arc::new(Float64Array::from(vec![Some(-1.5), None, Some(2.0)])) as ArrayRef;
        RecordBatch::try_from_iter([("name", names), ("amount", amounts)]).unwrap()
    }

    #[test]
    fn csv_quotes_what_needs_it_defuses_formulas_and_leaves_numbers_alone() {
        let mut encoder = Encoder::new(Format::Csv, &batch().schema()).unwrap();
        let mut text = encoder.start();
        text.extend(encoder.batch(&batch()).unwrap());
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "name,amount\r\n'=1+1,-1.5\r\n\"a,\"\"b\"\"\",\r\n,2.0\r\n"
        );
    }

    #[test]
    fn an_arrow_stream_reads_back_as_what_was_written() {
        let mut encoder = Encoder::new(Format::Arrow, &batch().schema()).unwrap();
        let mut bytes = encoder.start();
        bytes.extend(encoder.batch(&batch()).unwrap());
        bytes.extend(encoder.finish().unwrap());
        let read: Vec<_> =
            StreamReader::try_new(bytes.as_slice(), None).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, vec![batch()]);
    }
}

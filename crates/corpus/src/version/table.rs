//! Rows of one split as JSON Lines and Parquet, in files of bounded size.

use crate::error::{Error, Result};
use crate::options::Output;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Text of a row group, bytes, about; what the writer holds in memory.
const GROUP_BYTES: usize = 16 << 20;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
}

/// A value of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Number(u64),
    Absent,
}

/// Rows of one split.
pub(super) struct Table {
    folder: PathBuf,
    split: &'static str,
    columns: &'static [Column],
    output: Output,
    open: Option<Shard>,
    /// Files begun so far.
    shards: u32,
    rows: Vec<u64>,
}

struct Shard {
    jsonl: Option<BufWriter<File>>,
    parquet: Option<Group>,
    bytes: u64,
}

/// A Parquet file and the rows not yet written to it.
struct Group {
    writer: SerializedFileWriter<BufWriter<File>>,
    buffers: Vec<Buffer>,
    bytes: usize,
}

enum Buffer {
    Text(Vec<ByteArray>, Vec<i16>),
    Number(Vec<i64>, Vec<i16>),
}

/// A file of the table as finished: its name below the folder and its rows.
pub(super) type Finished = (String, u64);

impl Table {
    pub(super) fn new(
        folder: PathBuf,
        split: &'static str,
        columns: &'static [Column],
        output: Output,
    ) -> Self {
        Self { folder, split, columns, output, open: None, shards: 0, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        let mut shard = match self.open.take() {
            Some(shard) => shard,
            None => self.begin()?,
        };
        let size: usize =
            cells.iter().map(|cell| if let Cell::Text(text) = cell { text.len() } else { 8 }).sum();
        shard.bytes += size as u64;
        if let Some(jsonl) = &mut shard.jsonl {
            let pairs =
                self.columns.iter().zip(cells).map(|(column, cell)| (column.name.to_owned(), json(*cell)));
            let row: Map<String, Value> = pairs.collect();
            let line = serde_json::to_string(&row).map_err(|error| Error::Internal(error.to_string()))?;
            writeln!(jsonl, "{line}").map_err(|error| Error::write(&self.folder, error))?;
        }
        if let Some(group) = &mut shard.parquet {
            group.push(cells);
            group.bytes += size;
            if group.bytes >= GROUP_BYTES {
                group.flush(self.columns).map_err(|error| packed(&self.folder, error))?;
            }
        }
        if let Some(rows) = self.rows.last_mut() {
            *rows += 1;
        }
        if shard.bytes >= self.output.shard_bytes_max {
            self.end(shard)?;
        } else {
            self.open = Some(shard);
        }
        Ok(())
    }

    /// Close what is open and give the files their names, which say how many there are.
    pub(super) fn finish(mut self) -> Result<Vec<Finished>> {
        if let Some(shard) = self.open.take() {
            self.end(shard)?;
        }
        let mut finished = Vec::new();
        for (shard, rows) in (0..self.shards).zip(&self.rows) {
            for ending in self.endings() {
                let name = format!("{}-{shard:05}-of-{:05}.{ending}", self.split, self.shards);
                let (from, to) = (self.path(shard, ending), self.folder.join(&name));
                std::fs::rename(&from, &to).map_err(|error| Error::write(&to, error))?;
                finished.push((name, *rows));
            }
        }
        Ok(finished)
    }

    fn endings(&self) -> Vec<&'static str> {
        let both = [(self.output.jsonl, "jsonl"), (self.output.parquet, "parquet")];
        both.into_iter().filter(|(wanted, _)| *wanted).map(|(_, ending)| ending).collect()
    }

    fn path(&self, shard: u32, ending: &str) -> PathBuf {
        self.folder.join(format!("{}-{shard:05}.{ending}", self.split))
    }

    fn begin(&mut self) -> Result<Shard> {
        let create = |path: &Path| {
            File::create_new(path).map(BufWriter::new).map_err(|error| Error::write(path, error))
        };
        std::fs::create_dir_all(&self.folder).map_err(|error| Error::write(&self.folder, error))?;
        let jsonl = self.output.jsonl.then(|| create(&self.path(self.shards, "jsonl"))).transpose()?;
        let parquet = self.output.parquet.then(|| create(&self.path(self.shards, "parquet"))).transpose()?;
        let parquet = parquet.map(|file| Group::begin(file, self.columns)).transpose();
        let parquet = parquet.map_err(|error| packed(&self.folder, error))?;
        self.shards += 1;
        self.rows.push(0);
        Ok(Shard { jsonl, parquet, bytes: 0 })
    }

    fn end(&self, shard: Shard) -> Result<()> {
        let failed = |error| Error::write(&self.folder, error);
        if let Some(jsonl) = shard.jsonl {
            let file = jsonl.into_inner().map_err(|error| failed(error.into_error()))?;
            brain_durable::sync_file(&file, &self.folder).map_err(failed)?;
        }
        if let Some(mut group) = shard.parquet {
            group.flush(self.columns).map_err(|error| packed(&self.folder, error))?;
            let file = group.writer.into_inner().map_err(|error| packed(&self.folder, error))?;
            let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
            brain_durable::sync_file(&file, &self.folder).map_err(failed)?;
        }
        Ok(())
    }
}

fn json(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Text(text) => text.into(),
        Cell::Number(number) => number.into(),
        Cell::Absent => Value::Null,
    }
}

fn packed(path: &Path, error: parquet::errors::ParquetError) -> Error {
    Error::write(path, std::io::Error::other(error))
}

impl Group {
    fn begin(file: BufWriter<File>, columns: &[Column]) -> parquet::errors::Result<Self> {
        let fields = columns.iter().map(|column| {
            let repetition = if column.required { Repetition::REQUIRED } else { Repetition::OPTIONAL };
            let built = match column.kind {
                Kind::Text => Type::primitive_type_builder(column.name, Physical::BYTE_ARRAY)
                    .with_logical_type(Some(LogicalType::String))
                    .with_converted_type(ConvertedType::UTF8)
                    .with_repetition(repetition)
                    .build(),
                Kind::Number => Type::primitive_type_builder(column.name, Physical::INT64)
                    .with_repetition(repetition)
                    .build(),
            };
            built.map(Arc::new)
        });
        let fields = fields.collect::<parquet::errors::Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("brain-corpus {}", env!("CARGO_PKG_VERSION")))
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { writer, buffers: Buffer::empty(columns), bytes: 0 })
    }

    fn push(&mut self, cells: &[Cell<'_>]) {
        for (buffer, cell) in self.buffers.iter_mut().zip(cells) {
            match (buffer, cell) {
                (Buffer::Text(values, levels), Cell::Text(text)) => {
                    values.push(ByteArray::from(*text));
                    levels.push(1);
                }
                (Buffer::Number(values, levels), Cell::Number(number)) => {
                    values.push(*number as i64);
                    levels.push(1);
                }
                (Buffer::Text(_, levels) | Buffer::Number(_, levels), _) => levels.push(0),
            }
        }
    }

    fn flush(&mut self, columns: &[Column]) -> parquet::errors::Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (column, buffer) in
            columns.iter().zip(std::mem::replace(&mut self.buffers, Buffer::empty(columns)))
        {
            let Some(mut writer) = group.next_column()? else { break };
            let levels = |levels: Vec<i16>| Some(levels).filter(|_| !column.required);
            match (writer.untyped(), buffer) {
                (ColumnWriter::ByteArrayColumnWriter(writer), Buffer::Text(values, definition)) => {
                    writer.write_batch(&values, levels(definition).as_deref(), None)?;
                }
                (ColumnWriter::Int64ColumnWriter(writer), Buffer::Number(values, definition)) => {
                    writer.write_batch(&values, levels(definition).as_deref(), None)?;
                }
                _ => {
                    return Err(parquet::errors::ParquetError::General(
                        "a column of another kind".to_owned(),
                    ));
                }
            }
            writer.close()?;
        }
        group.close()?;
        self.bytes = 0;
        Ok(())
    }
}

impl Buffer {
    fn empty(columns: &[Column]) -> Vec<Self> {
        let one = |column: &Column| match column.kind {
            Kind::Text => Self::Text(Vec::new(), Vec::new()),
            Kind::Number => Self::Number(Vec::new(), Vec::new()),
        };
        columns.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::SerializedFileReader;
    use parquet::record::RowAccessor as _;

    const COLUMNS: [Column; 3] = [
        Column { name: "id", kind: Kind::Text, required: true },
        Column { name: "title", kind: Kind::Text, required: false },
        Column { name: "line", kind: Kind::Number, required: false },
    ];

    #[test]
    fn both_formats_hold_the_same_rows_in_files_of_bounded_size() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output { shard_bytes_max: 100, ..Output::default() };
        let mut table = Table::new(folder.path().join("data"), "train", &COLUMNS, output);
        let long = "长".repeat(40);
        table.push(&[Cell::Text("a"), Cell::Absent, Cell::Number(7)]).unwrap();
        table.push(&[Cell::Text("b"), Cell::Text(&long), Cell::Absent]).unwrap();
        table.push(&[Cell::Text("c"), Cell::Text("乙"), Cell::Number(9)]).unwrap();
        let finished = table.finish().unwrap();
        let names: Vec<&str> = finished.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..2], ["train-00000-of-00002.jsonl", "train-00000-of-00002.parquet"]);
        assert_eq!(finished.iter().map(|(_, rows)| *rows).collect::<Vec<_>>(), [2, 2, 1, 1]);
        let read = |name: &str| std::fs::read_to_string(folder.path().join("data").join(name)).unwrap();
        assert_eq!(read(names[2]), "{\"id\":\"c\",\"title\":\"乙\",\"line\":9}\n");
        let file = File::open(folder.path().join("data").join(names[1])).unwrap();
        let rows: Vec<_> =
            SerializedFileReader::new(file).unwrap().into_iter().map(|row| row.unwrap()).collect();
        assert_eq!((rows[0].get_string(0).unwrap().as_str(), rows[0].get_long(2).unwrap()), ("a", 7));
        assert_eq!(rows[1].get_string(1).unwrap(), &long);
        assert!(rows[0].get_string(1).is_err() && rows.len() == 2);
    }
}

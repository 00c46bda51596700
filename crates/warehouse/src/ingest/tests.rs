//! Files in every format, encoding and compression through the pipeline, on small data of our own.

use super::IngestError;
use super::layout;
use super::pipeline::{Job, Staged, stage};
use crate::lake::Lake;
use crate::lake::commit::{Change, Note};
use crate::mapping::{Mapping, parse};
use crate::source::{ByteStream, Unpack};
use brain_kernel::progress::{Cancel, Progress};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Date32Type, Float64Type, Int64Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const MAPPING: &str = r#"
name = "firms"
title = { zh = "企业", en = "Firms" }
description = { zh = "测试", en = "Test" }
owner = "测试"
side = "public"
grade = "general1"
[[table]]
dataset = "raw.firms"
files = ["*"]
no_mojibake = true
[[table.column]]
name = "name"
source = ["名称", "name"]
required = true
[[table.column]]
name = "uscc"
source = ["代码", "uscc"]
rules = { uscc = true }
[[table.column]]
name = "founded"
source = ["成立日期", "founded"]
type = "date"
[[table.column]]
name = "staff"
source = ["人数", "staff"]
type = "integer"
rules = { min = 0 }
[[table.column]]
name = "capital"
source = ["资本", "capital"]
type = "money"
"#;

const CSV: &str = "名称,代码,成立日期,人数,资本\n\
    杭州某某机械有限公司,91330681716195421C,2004-02-29,12,\"1,500(万元人民币)\"\n\
    \"宁波\"\"明\"\"厂\",91330681716195421c,2004/3/1,,N/A\n";

fn mapping() -> Mapping {
    parse("firms.toml", MAPPING).unwrap()
}

struct Trial {
    folder: tempfile::TempDir,
    lake: Lake,
}

impl Trial {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::new(folder.path());
        Self { folder, lake }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn stage(&self, path: &Path, cancel: &Cancel) -> crate::Result<Staged> {
        let mapping = mapping();
        let table = &mapping.tables[0];
        stage(&Job {
            lake: &self.lake,
            mapping: &mapping,
            table,
            schema: layout::schema(table),
            files: &[path.to_owned()],
            run_id: "r1",
            now_ms: 0,
            unpack: crate::source::Unpack::default(),
            progress: &Progress::new(),
            cancel,
        })
    }

    fn batches(&self, dataset: &str, files: &[crate::lake::commit::StagedFile]) -> Vec<RecordBatch> {
        files
            .iter()
            .flat_map(|file| {
                let file = std::fs::File::open(self.lake.folder(dataset).join(&file.name)).unwrap();
                ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap)
            })
            .collect()
    }

    fn landed(&self, name: &str, bytes: &[u8]) -> (Staged, Vec<RecordBatch>) {
        let path = self.file(name, bytes);
        let staged = self.stage(&path, &Cancel::new()).unwrap();
        let batches = self.batches("raw.firms", &staged.rows);
        (staged, batches)
    }

    /// `(line, column, reason)` of every refused row.
    fn refused(&self, staged: &Staged) -> Vec<(i64, String, String)> {
        let mut rows: Vec<_> = self
            .batches("raw.firms_quarantine", &staged.refused)
            .iter()
            .flat_map(|batch| {
                let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
                let lines = batch.column_by_name("line").unwrap().as_primitive::<Int64Type>().clone();
                let (columns, codes) = (text("column"), text("reason_code"));
                (0..batch.num_rows())
                    .map(|i| (lines.value(i), columns.value(i).to_owned(), codes.value(i).to_owned()))
                    .collect::<Vec<_>>()
            })
            .collect();
        rows.sort();
        rows
    }
}

fn is_the_two_rows(batches: &[RecordBatch]) {
    assert_eq!(batches.len(), 1);
    let batch = &batches[0];
    let text = |i: usize, row: usize| batch.column(i).as_string::<i32>().value(row).to_owned();
    assert_eq!((text(0, 0), text(0, 1)), ("杭州某某机械有限公司".to_owned(), "宁波\"明\"厂".to_owned()));
    assert_eq!(text(1, 1), "91330681716195421C", "codes are stored in their normal form");
    let days = batch.column(2).as_primitive::<Date32Type>();
    assert_eq!((days.value(0), days.value(1)), (12_477, 12_478));
    let staff = batch.column(3).as_primitive::<Int64Type>();
    assert_eq!((staff.value(0), staff.is_null(1)), (12, true));
    let capital = batch.column(4).as_primitive::<Float64Type>();
    assert_eq!((capital.value(0), capital.is_null(1)), (15_000_000.0, true));
    let lines = batch.column_by_name("_line").unwrap().as_primitive::<Int64Type>();
    assert_eq!((lines.value(0), lines.value(1)), (2, 3));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).unwrap()
}

#[test]
fn every_encoding_and_compression_gives_the_same_rows_whatever_the_name() {
    let utf16 = |big: bool| -> Vec<u8> {
        CSV.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let encodings = [
        ("UTF-8", CSV.as_bytes().to_vec()),
        ("UTF-8", [&[0xEF, 0xBB, 0xBF], CSV.as_bytes()].concat()),
        ("gb18030", encoding_rs::GB18030.encode(CSV).0.into_owned()),
        ("UTF-16LE", utf16(false)),
        ("UTF-16BE", utf16(true)),
        ("UTF-16LE", [&[0xFF, 0xFE], utf16(false).as_slice()].concat()),
    ];
    for (encoding, bytes) in encodings {
        for (compression, packed) in [("none", bytes.clone()), ("gzip", gzip(&bytes)), ("zstd", zstd(&bytes))]
        {
            let trial = Trial::new();
            let (staged, batches) = trial.landed("table.dat", &packed);
            is_the_two_rows(&batches);
            assert_eq!((staged.rows_read, staged.rows_landed, staged.rows_quarantined), (2, 2, 0));
            assert_eq!(staged.facts[0].encoding.as_deref(), Some(encoding));
            assert_eq!(staged.facts[0].compression, compression);
        }
    }
}

#[test]
fn tabs_and_semicolons_are_found_by_looking() {
    for delimiter in ["\t", ";", "|"] {
        let text = CSV.replace("\"1,500(万元人民币)\"", "1500万人民币").replace(',', delimiter);
        is_the_two_rows(&Trial::new().landed("x", text.as_bytes()).1);
    }
}

#[test]
fn json_lines_give_the_same_rows() {
    let text = "\n{\"name\": \"杭州某某机械有限公司\", \"uscc\": \"91330681716195421C\", \"founded\": \"2004-02-29\", \"staff\": 12, \"capital\": \"1,500(万元人民币)\"}\n\
        {\"name\": \"宁波\\\"明\\\"厂\", \"uscc\": \"91330681716195421c\", \"founded\": \"20040301\", \"staff\": null, \"x\": 1}\n";
    is_the_two_rows(&Trial::new().landed("x", &zstd(text.as_bytes())).1);
}

#[test]
fn parquet_gives_the_same_rows_plain_and_compressed() {
    let trial = Trial::new();
    let (staged, _) = trial.landed("a.csv", CSV.as_bytes());
    let bytes = std::fs::read(trial.lake.folder("raw.firms").join(&staged.rows[0].name)).unwrap();
    for packed in [bytes.clone(), gzip(&bytes)] {
        let (again, batches) = Trial::new().landed("b", &packed);
        assert_eq!(again.rows_landed, 2);
        let names = batches[0].column(0).as_string::<i32>();
        assert_eq!(names.value(1), "宁波\"明\"厂");
        assert!((batches[0].column(4).as_primitive::<Float64Type>().value(0) - 15_000_000.0).abs() < 1e-6);
        assert_eq!(batches[0].column(2).as_primitive::<Date32Type>().value(0), 12_477);
        assert_eq!(again.ignored, ["_file", "_line", "_run"]);
    }
}

#[test]
fn each_wrong_row_is_refused_with_line_column_and_reason_and_the_rest_lands() {
    let text = "名称,代码,成立日期,人数,资本\n\
        好厂,91330681716195421C,2004-02-29,1,5万\n\
        \"两\n行厂\",330302101238912,2004-02-29,1,5万\n\
        短行,91330681716195421C\n\
        错码厂,91330681716195421D,2004-02-29,1,5万\n\
        错日厂,,2004-02-30,1,5万\n\
        负数厂,,,-1,5万\n\
        ,,2004-02-29,1,5万\n\
        ����֮,,,1,5万\n\
        某地,错位厂,91330681716195421C,2004-02-29,1\n\
        \"引号\"厂,,,1,5万\n\
        很多厂,,,1,很多\n\
        也好厂,,,,\n";
    let trial = Trial::new();
    let (staged, batches) = trial.landed("x.csv", text.as_bytes());
    let names = batches[0].column(0).as_string::<i32>();
    assert_eq!((names.value(0), names.value(1), names.len()), ("好厂", "也好厂", 2));
    let expected = [
        (3, "uscc", "uscc_old_number"),
        (5, "", "field_count"),
        (6, "uscc", "uscc_check_digit"),
        (7, "founded", "date"),
        (8, "staff", "min"),
        (9, "name", "required"),
        (10, "name", "mojibake"),
        (11, "uscc", "shifted"),
        (12, "", "quote"),
        (13, "capital", "money"),
    ]
    .map(|(line, column, code)| (line, column.to_owned(), code.to_owned()));
    assert_eq!(trial.refused(&staged), expected);
    assert_eq!((staged.rows_read, staged.rows_landed, staged.rows_quarantined), (12, 2, 10));
    assert_eq!(staged.reasons["shifted"], 1);
    let raw = trial.batches("raw.firms_quarantine", &staged.refused)[0]
        .column_by_name("raw")
        .unwrap()
        .as_string::<i32>()
        .value(0)
        .to_owned();
    assert_eq!(raw, "\"两\n行厂\",330302101238912,2004-02-29,1,5万");
}

/// A workbook with one sheet, as the smallest ZIP of stored parts (APPNOTE.TXT 4.3) that readers accept.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let cell = |text: &&str| match text.parse::<f64>() {
        Ok(number) => format!("<c><v>{number}</v></c>"),
        Err(_) => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    let rows = rows
        .iter()
        .map(|row| format!("<row>{}</row>", row.iter().map(cell).collect::<Vec<_>>().concat()))
        .collect::<Vec<_>>()
        .concat();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r0\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"表\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in &parts {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let mut header = vec![20, 0, 0, 8, 0, 0, 0, 0, 0, 0];
        header.extend_from_slice(&crc.sum().to_le_bytes());
        header.extend_from_slice(&(text.len() as u32).to_le_bytes());
        header.extend_from_slice(&(text.len() as u32).to_le_bytes());
        header.extend_from_slice(&(name.len() as u16).to_le_bytes());
        header.extend_from_slice(&[0, 0]);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&header);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&(body.len() as u32).to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"PK\x03\x04");
        body.extend_from_slice(&header);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(text.as_bytes());
    }
    let start = body.len() as u32;
    let size = directory.len() as u32;
    body.extend_from_slice(&directory);
    body.extend_from_slice(b"PK\x05\x06\0\0\0\0\x04\0\x04\0");
    body.extend_from_slice(&size.to_le_bytes());
    body.extend_from_slice(&start.to_le_bytes());
    body.extend_from_slice(&[0, 0]);
    body
}

#[test]
fn a_workbook_gives_the_same_rows_plain_and_compressed() {
    let bytes = workbook(&[
        &["名称", "代码", "成立日期", "人数", "资本"],
        &["杭州某某机械有限公司", "91330681716195421C", "38046", "12", "1,500(万元人民币)"],
        &["宁波\"明\"厂", "91330681716195421c", "2004年3月1日"],
    ]);
    for packed in [bytes.clone(), gzip(&bytes)] {
        let (staged, batches) = Trial::new().landed("x", &packed);
        is_the_two_rows(&batches);
        assert_eq!(staged.facts[0].kind, "excel");
    }
}

#[test]
fn many_pieces_keep_every_row_and_its_line() {
    use std::fmt::Write as _;
    let mut text = String::from("名称,人数\n");
    for n in 0..200_000 {
        writeln!(text, "第{n}号机械制造有限公司经营部分公司,{n}").unwrap();
    }
    let trial = Trial::new();
    let (staged, batches) = trial.landed("big.csv", text.as_bytes());
    assert_eq!((staged.rows_read, staged.rows_landed), (200_000, 200_000));
    for batch in batches {
        let lines = batch.column_by_name("_line").unwrap().as_primitive::<Int64Type>();
        let staff = batch.column(3).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            assert_eq!(lines.value(row), staff.value(row) + 2);
        }
    }
}

#[test]
fn a_file_that_does_not_fit_is_refused_with_the_columns_it_has() {
    let trial = Trial::new();
    let failure = |bytes: &[u8]| -> brain_kernel::error::Failure {
        trial.stage(&trial.file("x", bytes), &Cancel::new()).unwrap_err().into()
    };
    let wrong = failure(b"a,b\n1,2\n");
    assert_eq!(wrong.code, "warehouse/ingest-missing-columns");
    assert!(wrong.detail.zh.contains("文件中的列：a、b"), "{wrong:?}");
    assert_eq!(failure(b"").code, "warehouse/ingest-empty");
    assert_eq!(failure(b"PK\x03\x04 no workbook").code, "warehouse/ingest-broken");
    assert_eq!(failure(&[0x1f, 0x8b, 8, 0]).code, "warehouse/ingest-read");
}

#[test]
fn a_file_that_unpacks_to_far_more_than_it_is_is_stopped_on_the_way() {
    let trial = Trial::new();
    let line = "x,".repeat(500) + "\n";
    let text = line.repeat(100_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
    for bomb in [gzip.finish().unwrap(), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
        assert!(bomb.len() < 300_000, "{}", bomb.len());
        let path = trial.file("x.csv", &bomb);
        let read = |unpack: Unpack| {
            let mut stream = ByteStream::open(&path, unpack, &Progress::new(), &Cancel::new()).unwrap();
            let read = std::io::copy(&mut stream.reader, &mut std::io::sink());
            read.map_err(|error| IngestError::read(&path, &error))
        };
        assert_eq!(read(Unpack::new(100_000, 1_024)), Ok(text.len() as u64));
        assert!(matches!(read(Unpack::new(100, 1_024)), Err(IngestError::Unpacked { ratio: 100, .. })));
        assert!(matches!(read(Unpack::new(100_000, 1)), Err(IngestError::Unpacked { limit_mib: 1, .. })));
    }
}

#[test]
fn a_cancelled_token_stops_the_pipeline() {
    let trial = Trial::new();
    let path = trial.file("x", CSV.as_bytes());
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(trial.stage(&path, &cancel), Err(crate::Error::Cancelled)));
}

#[tokio::test]
async fn commits_append_replace_and_are_found_by_their_run() {
    let trial = Trial::new();
    let mapping = mapping();
    let schema = layout::schema(&mapping.tables[0]);
    let (staged, _) = trial.landed("x.csv", CSV.as_bytes());
    let note = |run: &str| Note {
        run_id: run.to_owned(),
        content_hash: "h".to_owned(),
        sources: vec![format!("source-{run}")],
    };
    let lake = &trial.lake;
    assert_eq!(lake.version_of_run("raw.firms", "r1").await.unwrap(), None);
    let first = lake.commit("raw.firms", &schema, &staged.rows, Change::Append, &note("r1")).await.unwrap();
    assert_eq!(first, 0);
    let mut writer = lake.stage("raw.firms", &schema, "r2", 0).unwrap();
    for batch in trial.batches("raw.firms", &staged.rows) {
        writer.write(&batch).unwrap();
    }
    let second = [writer.finish(0).unwrap()];
    assert_eq!(lake.commit("raw.firms", &schema, &second, Change::Append, &note("r2")).await.unwrap(), 1);
    assert_eq!(lake.open("raw.firms", 1).await.unwrap().rows, 4);
    assert_eq!(lake.version_of_run("raw.firms", "r1").await.unwrap(), Some(0));
    assert_eq!(lake.version_of_run("raw.firms", "r2").await.unwrap(), Some(1));
    assert!(lake.has_source("raw.firms", "source-r2").await.unwrap());
    assert!(!lake.has_source("raw.firms", "source-r3").await.unwrap());
    assert_eq!(lake.commit("raw.firms", &schema, &[], Change::Replace, &note("r3")).await.unwrap(), 2);
    assert_eq!(lake.open("raw.firms", 2).await.unwrap().rows, 0);
    assert_eq!(lake.open("raw.firms", 0).await.unwrap().rows, 2, "old versions stay readable");
}

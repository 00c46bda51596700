//! `brain match --left A.csv --right B.csv --on firm`: pairs of records that are one thing, with their probability.
//!
//! Needs no data folder: both files are the caller's own, and nothing is kept.

use crate::cli::{self, MatchFiles, PairFormat};
use crate::config::Loaded;
use crate::terminal;
use crate::watch::Watch;
use anyhow::{Context as _, Result};
use brain_kernel::csv::{TERMINAL_LINE_END, append_line, defused};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::language::Language;
use brain_matching::specification::{Assignment, PRESETS, preset};
use brain_matching::{Clustering, Linkage, Records, Specification, clusters, dedupe, link};
use serde_json::json;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

/// Output is handed to the terminal in pieces of about this size, bytes.
const PIECE: usize = 64 << 10;
/// Longest specification file, bytes.
const SPECIFICATION_BYTES_MAX: u64 = 1 << 20;

/// Match, print, and say on standard error what was compared.
pub async fn entity_match(_: Loaded, given: MatchFiles) -> Result<ExitCode> {
    let specification = specification(&given)?;
    let watch = Watch::start(cli::language());
    let (progress, cancel) = (watch.progress.clone(), watch.cancel.clone());
    let (left_file, right_file) = (given.left.clone(), given.right.clone());
    let outcome = tokio::task::spawn_blocking(move || -> Result<(Files, Linkage)> {
        progress.begin("读取", "Reading", 0);
        let left = read(&left_file)?;
        let right = right_file.as_deref().map(read).transpose()?;
        let found = match &right {
            Some(right) => link(&left, right, &specification, &progress, &cancel),
            None => dedupe(&left, &specification, &progress, &cancel),
        };
        Ok((Files { left, right }, found.map_err(Failure::from)?))
    })
    .await;
    watch.end();
    let (files, found) = outcome.context("matching stopped")??;
    if given.clusters {
        print_clusters(&files, &found);
    } else {
        match given.format {
            PairFormat::Csv => print_csv(&files, &found, given.explain),
            PairFormat::Jsonl => print_lines(&files, &found)?,
        }
    }
    if given.model {
        eprintln!("{}", serde_json::to_string_pretty(&found.model)?);
    }
    eprintln!("{}", told(&found));
    Ok(ExitCode::SUCCESS)
}

fn specification(given: &MatchFiles) -> Result<Specification> {
    let mut specification = match preset(&given.on) {
        Some(preset) => preset,
        None => written(&given.on)?,
    };
    if let Some(threshold) = given.threshold {
        specification.threshold = threshold;
    }
    if given.one_to_one {
        specification.assignment = Assignment::OneToOne;
    }
    specification.check().map_err(Failure::from)?;
    Ok(specification)
}

/// A specification file, where the word is no preset.
fn written(path: &str) -> Result<Specification> {
    let Ok(metadata) = std::fs::metadata(path) else {
        let presets: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
        let presets = presets.join(", ");
        return Err(Failure::new(
            ErrorKind::NotFound,
            "brain/unknown-specification",
            format!("“{path}”既不是预置方案（{presets}），也不是可读的文件。"),
            format!("{path:?} is neither a preset ({presets}) nor a file that can be read."),
        )
        .into());
    };
    if metadata.len() > SPECIFICATION_BYTES_MAX {
        return Err(Failure::new(
            ErrorKind::InvalidArgument,
            "brain/specification-too-large",
            format!("方案文件 {path} 超过 {SPECIFICATION_BYTES_MAX} 字节。"),
            format!("The specification {path} has more than {SPECIFICATION_BYTES_MAX} bytes."),
        )
        .into());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("无法读取 {path}。\nCannot read {path}."))?;
    Ok(Specification::from_toml(&text).map_err(Failure::from)?)
}

struct Files {
    left: Records,
    /// `None` where one file is matched with itself.
    right: Option<Records>,
}

impl Files {
    fn right(&self) -> &Records {
        self.right.as_ref().unwrap_or(&self.left)
    }
}

/// A CSV file with a header, UTF-8 or GB 18030.
fn read(path: &Path) -> Result<Records> {
    let file = File::open(path)
        .with_context(|| format!("无法读取文件 {0}。\nCannot read the file {0}.", path.display()))?;
    let records = brain_matching::file::read(file).map_err(|fault| {
        let (file, line) = (path.display(), fault.line);
        Failure::new(
            ErrorKind::InvalidArgument,
            "brain/csv",
            format!("{file} 第 {line} 行：{}", fault.what.zh),
            format!("{file}, line {line}: {}", fault.what.en),
        )
    })?;
    Ok(records)
}

/// Collects lines and hands them on in pieces.
#[derive(Default)]
struct Output(Vec<u8>);

impl Output {
    fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        append_line(&mut self.0, cells, TERMINAL_LINE_END);
        if self.0.len() >= PIECE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        terminal::print(&String::from_utf8_lossy(&self.0));
        self.0.clear();
    }
}

/// Both records' rows (from 1, the header not counted) and first cells, probability, weight, and bits by field.
fn print_csv(files: &Files, found: &Linkage, explain: bool) {
    let mut output = Output::default();
    let key = |records: &Records| defused(records.names().first().map_or("", String::as_str));
    let mut header =
        vec!["left_row".to_owned(), format!("left_{}", key(&files.left)), "right_row".to_owned()];
    header.extend([format!("right_{}", key(files.right())), "probability".to_owned(), "weight".to_owned()]);
    if explain {
        header.extend(found.model.comparisons.iter().map(|c| format!("{}_{}", c.field, c.method)));
        header.push("relatives".to_owned());
    }
    output.line(header);
    for (place, pair) in found.pairs.iter().enumerate() {
        let (left, right) = (pair.left as usize, pair.right as usize);
        let mut cells =
            vec![(left + 1).to_string(), defused(files.left.cell(left, 0)), (right + 1).to_string()];
        cells.push(defused(files.right().cell(right, 0)));
        cells.extend([format!("{:.6}", pair.probability), format!("{:.2}", pair.weight)]);
        if explain {
            cells.extend(found.evidence(place).iter().map(|evidence| format!("{:.2}", evidence.bits)));
            cells.push(format!("{:.2}", found.kin_bits(place)));
        }
        output.line(cells);
    }
    output.flush();
}

/// One JSON object a line, with what each field says in words.
fn print_lines(files: &Files, found: &Linkage) -> Result<()> {
    let language = cli::language();
    let record = |records: &Records, row: usize| -> serde_json::Map<String, serde_json::Value> {
        let cells =
            records.names().iter().enumerate().map(|(at, name)| (name.clone(), json!(records.cell(row, at))));
        cells.collect()
    };
    let mut piece = String::new();
    for (place, pair) in found.pairs.iter().enumerate() {
        let evidence = found.evidence(place);
        let fields = evidence.iter().map(|e| {
            json!({ "field": e.field, "method": e.method, "level": e.level.map(|level| level.get(language)), "bits": e.bits })
        });
        let line = json!({
            "left_row": pair.left + 1, "right_row": pair.right + 1, "probability": pair.probability, "weight": pair.weight,
            "left": record(&files.left, pair.left as usize), "right": record(files.right(), pair.right as usize),
            "evidence": fields.collect::<Vec<_>>(), "relatives_bits": found.kin_bits(place),
        });
        piece.push_str(&serde_json::to_string(&line)?);
        piece.push('\n');
        if piece.len() >= PIECE {
            terminal::print(&piece);
            piece.clear();
        }
    }
    terminal::print(&piece);
    Ok(())
}

/// Row, first cell and number of the cluster of every record of one file.
fn print_clusters(files: &Files, found: &Linkage) {
    let clusters = clusters(&found.pairs, files.left.len(), Clustering::default());
    let mut output = Output::default();
    let key = defused(files.left.names().first().map_or("", String::as_str));
    output.line(["row".to_owned(), key, "cluster".to_owned()]);
    for (row, cluster) in clusters.of.iter().enumerate() {
        output.line([(row + 1).to_string(), defused(files.left.cell(row, 0)), (cluster + 1).to_string()]);
    }
    output.flush();
}

fn told(found: &Linkage) -> String {
    let (pairs, compared) = (found.pairs.len(), found.compared);
    match cli::language() {
        Language::Zh => {
            let mut text = format!("比较 {compared} 对，匹配 {pairs} 对");
            if !found.absent.is_empty() {
                text.push_str(&format!("；文件中没有而未比较的字段：{}", found.absent.join("、")));
            }
            if found.skipped > 0 {
                text.push_str(&format!("；因取值过于常见而未用于分块的键：{}", found.skipped));
            }
            text
        }
        Language::En => {
            let mut text = format!("{compared} pairs compared, {pairs} matched");
            if !found.absent.is_empty() {
                text.push_str(&format!("; not compared, as a file lacks them: {}", found.absent.join(", ")));
            }
            if found.skipped > 0 {
                text.push_str(&format!("; keys too frequent to propose pairs: {}", found.skipped));
            }
            text
        }
    }
}

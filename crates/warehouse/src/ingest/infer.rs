//! A mapping for a file nobody described: names and types found by reading it once from end to end.

use super::IngestError;
use super::rules;
use crate::decode;
use crate::mapping::{AUTO, ColumnMapping, ColumnType, Format, Mapping, Mode, Rules, TableMapping};
use crate::source::Unpack;
use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::side::DataSide;
use std::collections::BTreeSet;
use std::path::Path;

/// Texts that mean "no value" in a file nobody described.
const NULL_VALUES: [&str; 7] = ["N/A", "n/a", "NA", "NULL", "null", "None", "\\N"];

/// Types a column may still have.
#[derive(Debug, Clone, Copy)]
struct Possible {
    integer: bool,
    float: bool,
    date: bool,
    boolean: bool,
    seen: bool,
}

impl Possible {
    const ANY: Self = Self { integer: true, float: true, date: true, boolean: true, seen: false };

    fn narrow(&mut self, text: &str) {
        self.seen = true;
        // A leading zero or more digits than an integer holds means a code, not a number.
        let digits = text.strip_prefix('-').unwrap_or(text);
        let code =
            digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") || digits.len() > 15;
        self.integer &= !code && text.parse::<i64>().is_ok();
        self.float &= !code && text.parse::<f64>().is_ok_and(f64::is_finite);
        self.date &= text.len() >= 8
            && text.contains(['-', '/', '年', '.'])
            && matches!(rules::day(text), Some(Some(_)));
        self.boolean &= matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE" | "是" | "否");
    }

    fn kind(self) -> ColumnType {
        match self {
            Self { seen: false, .. } => ColumnType::Text,
            Self { integer: true, .. } => ColumnType::Integer,
            Self { float: true, .. } => ColumnType::Float,
            Self { date: true, .. } => ColumnType::Date,
            Self { boolean: true, .. } => ColumnType::Boolean,
            _ => ColumnType::Text,
        }
    }
}

/// Read the file once and describe it. `dataset` is the target, `raw.<file name>` by default.
pub(crate) fn infer(
    path: &Path,
    dataset: Option<&str>,
    unpack: Unpack,
    cancel: &Cancel,
) -> Result<Mapping, IngestError> {
    if path.is_dir() {
        return Err(IngestError::Read {
            path: path.display().to_string(),
            reason: "auto takes one file, not a folder / auto 只接受单个文件".to_owned(),
        });
    }
    let opened = decode::open(path, &Format::default(), unpack, &Progress::new(), cancel)?;
    let names = opened.header.names;
    let mut possible = vec![Possible::ANY; names.len()];
    for chunk in opened.chunks {
        if cancel.is_cancelled() {
            return Err(IngestError::Cancelled);
        }
        let records = chunk?.records(&names);
        for (row, record) in records.rows.iter().enumerate() {
            if record.fault.is_some() {
                continue;
            }
            for (column, possible) in possible.iter_mut().enumerate() {
                let span = records.span(row, column);
                let text = records.get(span).trim();
                if !span.is_null() && !text.is_empty() && !NULL_VALUES.contains(&text) {
                    possible.narrow(text);
                }
            }
        }
    }
    let stem =
        path.file_name().and_then(|name| name.to_str()).unwrap_or("file").split('.').next().unwrap_or("file");
    let dataset = dataset.map_or_else(|| format!("raw.{}", identifier(stem, "file")), str::to_owned);
    Ok(mapping(stem, dataset, &names, &possible))
}

fn mapping(stem: &str, dataset: String, names: &[String], possible: &[Possible]) -> Mapping {
    let mut taken = BTreeSet::new();
    let columns = names
        .iter()
        .zip(possible)
        .enumerate()
        .map(|(index, (source, possible))| {
            let mut name = identifier(source, &format!("column_{}", index + 1));
            if !taken.insert(name.clone()) {
                name = format!("{name}_{}", index + 1);
                taken.insert(name.clone());
            }
            ColumnMapping {
                name,
                source: vec![source.clone()],
                kind: possible.kind(),
                required: false,
                rules: Rules::default(),
                null_values: Vec::new(),
                grade: None,
                title: Some(Text::new(source, source)),
            }
        })
        .collect();
    Mapping {
        name: AUTO.to_owned(),
        title: Text::new(stem, stem),
        description: Text::new(
            "未映射的文件，列类型由程序推断。",
            "A file without a mapping; its types were inferred.",
        ),
        owner: "node".to_owned(),
        side: DataSide::Industry,
        grade: Grade::General2,
        source: stem.to_owned(),
        licence: String::new(),
        refresh: Vec::new(),
        tables: vec![TableMapping {
            dataset,
            title: None,
            files: vec!["*".to_owned()],
            optional: false,
            mode: Mode::Replace,
            format: Format::default(),
            key: Vec::new(),
            restricted_by: None,
            null_values: NULL_VALUES.map(str::to_owned).to_vec(),
            no_mojibake: false,
            columns,
        }],
        digest: AUTO.to_owned(),
    }
}

/// A column or table name out of any text: Chinese by its pinyin, everything else lower-case.
fn identifier(text: &str, fallback: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .map(brain_kernel::pinyin::full)
        .map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let name: String = words.join("_").chars().take(50).collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { fallback.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stay_text_and_numbers_become_numbers() {
        let kind = |values: &[&str]| {
            let mut possible = Possible::ANY;
            for value in values {
                possible.narrow(value);
            }
            possible.kind()
        };
        assert_eq!(kind(&["1", "-20"]), ColumnType::Integer);
        assert_eq!(kind(&["1", "2.5"]), ColumnType::Float);
        assert_eq!(kind(&["0.5", "0"]), ColumnType::Float);
        assert_eq!(kind(&["000001", "600000"]), ColumnType::Text);
        assert_eq!(kind(&["2004-02-29", "2004/3/1"]), ColumnType::Date);
        assert_eq!(kind(&["是", "否"]), ColumnType::Boolean);
        assert_eq!(kind(&["913306817161954210"]), ColumnType::Text);
        assert_eq!(kind(&[]), ColumnType::Text);
    }

    #[test]
    fn any_text_becomes_a_name() {
        assert_eq!(identifier("股票 Code-1", "x"), "gupiao_code_1");
        assert_eq!(identifier("1", "column_1"), "column_1");
        assert_eq!(identifier("***", "column_2"), "column_2");
    }
}

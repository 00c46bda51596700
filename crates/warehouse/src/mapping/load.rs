//! Reading a mapping's TOML, with errors that name file, key and fix.

use super::{AUTO, ColumnMapping, ColumnType, Mapping, TableMapping};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::hexadecimal;
use brain_kernel::language::Text;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Most columns of a table.
const COLUMNS_MAX: usize = 1_000;
/// Zones a mapping may write to; subject and topic tables are made by models.
const ZONES: [&str; 2] = ["raw", "standard"];

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping {file}, {key}: {}", problem.en)]
pub struct MappingError {
    /// File it lies in.
    pub file: String,
    /// Key that is wrong, for example `table[0].column[2].rules.pattern`.
    pub key: String,
    /// What is wrong.
    pub problem: Text,
    /// How to mend it.
    pub fix: Text,
}

impl From<MappingError> for Failure {
    fn from(error: MappingError) -> Self {
        let MappingError { file, key, problem, fix } = error;
        Self::new(
            ErrorKind::InvalidArgument,
            "warehouse/mapping",
            format!("映射 {file} 的 {key} 有误：{}", problem.zh),
            format!("Mapping {file}, key {key}: {}", problem.en),
        )
        .with_hint(fix.zh, fix.en)
    }
}

/// Parse and check one mapping.
pub fn parse(file: &str, text: &str) -> Result<Mapping, MappingError> {
    let mut mapping: Mapping = toml::from_str(text).map_err(|error| syntax(file, text, &error))?;
    mapping.digest = hexadecimal::encode(&Sha256::digest(text.as_bytes()));
    let at = Check { file };
    at.identifier("name", &mapping.name)?;
    if mapping.name == AUTO {
        return Err(at.error(
            "name",
            ("auto 是保留名称", "auto is a reserved name"),
            ("换一个名称。", "Choose another name."),
        ));
    }
    if mapping.tables.is_empty() {
        return Err(at.error(
            "table",
            ("没有表", "there is no table"),
            ("至少写一个 [[table]]。", "Write at least one [[table]]."),
        ));
    }
    let mut datasets = BTreeSet::new();
    for (index, table) in mapping.tables.iter().enumerate() {
        at.table(&format!("table[{index}]"), table)?;
        if !datasets.insert(&table.dataset) {
            return Err(at.error(
                &format!("table[{index}].dataset"),
                ("数据集重复", "the dataset occurs twice"),
                ("每个表使用不同的数据集名。", "Give every table its own dataset."),
            ));
        }
    }
    Ok(mapping)
}

fn syntax(file: &str, text: &str, error: &toml::de::Error) -> MappingError {
    let line =
        error.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
    let message = error.message().to_owned();
    MappingError {
        file: file.to_owned(),
        key: format!("line {line}"),
        problem: Text::new(message.clone(), message),
        fix: Text::new(
            "键名与取值见 crates/warehouse/mappings/README.md。",
            "Keys and values are listed in crates/warehouse/mappings/README.md.",
        ),
    }
}

struct Check<'a> {
    file: &'a str,
}

impl Check<'_> {
    fn error(&self, key: &str, problem: (&str, &str), fix: (&str, &str)) -> MappingError {
        MappingError {
            file: self.file.to_owned(),
            key: key.to_owned(),
            problem: Text::new(problem.0, problem.1),
            fix: Text::new(fix.0, fix.1),
        }
    }

    fn identifier(&self, key: &str, name: &str) -> Result<(), MappingError> {
        let fits = name.len() <= 60
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if fits {
            return Ok(());
        }
        Err(self.error(
            key,
            (&format!("{name:?} 不是合法名称"), &format!("{name:?} is no valid name")),
            (
                "用小写字母开头，只含小写字母、数字和下划线，最长 60。",
                "Start with a lower-case letter; then letters, digits, underscores; at most 60.",
            ),
        ))
    }

    fn table(&self, key: &str, table: &TableMapping) -> Result<(), MappingError> {
        let dataset_key = format!("{key}.dataset");
        let Some((zone, name)) = table.dataset.split_once('.').filter(|(zone, _)| ZONES.contains(zone))
        else {
            return Err(self.error(
                &dataset_key,
                (
                    &format!("{:?} 不在 raw 或 standard 区", table.dataset),
                    &format!("{:?} is in neither zone raw nor standard", table.dataset),
                ),
                ("写成 raw.<表名>。", "Write raw.<table>."),
            ));
        };
        let _ = zone;
        self.identifier(&dataset_key, name)?;
        if name.ends_with("_quarantine") {
            return Err(self.error(
                &dataset_key,
                (
                    "_quarantine 结尾的名称保留给隔离区",
                    "names ending in _quarantine are kept for refused rows",
                ),
                ("换一个表名。", "Choose another table name."),
            ));
        }
        if table.files.is_empty() {
            return Err(self.error(
                &format!("{key}.files"),
                ("没有文件名模式", "there is no file pattern"),
                ("例如 files = [\"*.csv\"]。", "For example files = [\"*.csv\"]."),
            ));
        }
        if table
            .format
            .delimiter
            .as_ref()
            .is_some_and(|d| d.len() != 1 || matches!(d.as_str(), "\"" | "\n" | "\r"))
        {
            return Err(self.error(
                &format!("{key}.format.delimiter"),
                ("分隔符必须是一个 ASCII 字符", "the delimiter must be one ASCII character"),
                ("例如 \",\" 或 \"\\t\"。", "For example \",\" or \"\\t\"."),
            ));
        }
        if let Some(label) = &table.format.encoding
            && encoding_rs::Encoding::for_label(label.as_bytes()).is_none()
        {
            return Err(self.error(
                &format!("{key}.format.encoding"),
                (&format!("不认识的编码 {label:?}"), &format!("unknown encoding {label:?}")),
                (
                    "可用 utf-8、gb18030、gbk、utf-16le、utf-16be。",
                    "Use utf-8, gb18030, gbk, utf-16le or utf-16be.",
                ),
            ));
        }
        self.columns(key, table)
    }

    fn columns(&self, key: &str, table: &TableMapping) -> Result<(), MappingError> {
        if table.columns.is_empty() || table.columns.len() > COLUMNS_MAX {
            return Err(self.error(
                &format!("{key}.column"),
                ("列数必须在 1 到 1000 之间", "a table has 1 to 1000 columns"),
                ("写 [[table.column]]。", "Write [[table.column]]."),
            ));
        }
        let mut names = BTreeSet::new();
        for (index, column) in table.columns.iter().enumerate() {
            let column_key = format!("{key}.column[{index}]");
            self.identifier(&format!("{column_key}.name"), &column.name)?;
            if !names.insert(column.name.as_str()) {
                return Err(self.error(
                    &format!("{column_key}.name"),
                    (&format!("列 {} 重复", column.name), &format!("column {} occurs twice", column.name)),
                    ("每列一个名称。", "Give every column its own name."),
                ));
            }
            self.rules(&column_key, column)?;
        }
        for (what, name) in table
            .key
            .iter()
            .map(|k| ("key", k))
            .chain(table.restricted_by.iter().map(|r| ("restricted_by", r)))
        {
            if !names.contains(name.as_str()) {
                return Err(self.error(
                    &format!("{key}.{what}"),
                    (&format!("没有列 {name}"), &format!("there is no column {name}")),
                    ("写一个已定义的列名。", "Name one of the table's columns."),
                ));
            }
        }
        Ok(())
    }

    fn rules(&self, key: &str, column: &ColumnMapping) -> Result<(), MappingError> {
        let rules = &column.rules;
        if let Some(pattern) = &rules.pattern
            && let Err(error) = regex::Regex::new(pattern)
        {
            return Err(self.error(
                &format!("{key}.rules.pattern"),
                (&format!("正则表达式有误：{error}"), &format!("the regular expression is wrong: {error}")),
                ("反斜杠在 TOML 双引号中要写两次。", "In TOML double quotes a backslash is written twice."),
            ));
        }
        for (name, bound) in [("min", &rules.min), ("max", &rules.max)] {
            if let Some(bound) = bound
                && bound.value().is_none()
            {
                return Err(self.error(
                    &format!("{key}.rules.{name}"),
                    (
                        &format!("{bound} 既不是数也不是日期"),
                        &format!("{bound} is neither a number nor a day"),
                    ),
                    ("写 0.5 或 \"2004-02-29\"。", "Write 0.5 or \"2004-02-29\"."),
                ));
            }
        }
        let text_rule = rules.uscc
            || rules.region
            || rules.min_length.is_some()
            || rules.max_length.is_some()
            || rules.pattern.is_some()
            || !rules.one_of.is_empty();
        let bounded = rules.min.is_some() || rules.max.is_some();
        if text_rule && column.kind != ColumnType::Text {
            return Err(self.error(
                &format!("{key}.rules"),
                ("文本规则只适用于 text 列", "text rules apply to text columns only"),
                ("把 type 改为 text 或删去规则。", "Make the type text or remove the rule."),
            ));
        }
        if bounded && matches!(column.kind, ColumnType::Text | ColumnType::Boolean) {
            return Err(self.error(
                &format!("{key}.rules"),
                ("min 与 max 适用于数、金额和日期列", "min and max apply to numbers, money and dates"),
                ("改用 min_length、max_length 或 one_of。", "Use min_length, max_length or one_of."),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    const GOOD: &str = r#"
name = "mine"
title = { zh = "我的", en = "Mine" }
description = { zh = "一", en = "One" }
owner = "我"
side = "industry"
grade = "general2"
[[table]]
dataset = "raw.mine"
files = ["*.csv"]
[[table.column]]
name = "a"
type = "integer"
rules = { min = 0 }
"#;

    #[test]
    fn a_small_mapping_is_enough() {
        let mapping = parse("mine.toml", GOOD).unwrap();
        assert_eq!(mapping.tables[0].columns[0].name, "a");
        assert_eq!(mapping.digest.len(), 64);
    }

    #[test]
    fn each_mistake_names_file_key_and_fix() {
        for (from, to, key) in [
            ("raw.mine", "subject.mine", "table[0].dataset"),
            ("name = \"mine\"", "name = \"我的\"", "name"),
            ("name = \"a\"", "name = \"A b\"", "table[0].column[0].name"),
            ("min = 0", "min = \"soon\"", "table[0].column[0].rules.min"),
            ("min = 0", "max_length = 3", "table[0].column[0].rules"),
            ("files = [\"*.csv\"]", "files = []", "table[0].files"),
            ("\"integer\"", "\"number\"", "line 13"),
            ("owner = \"我\"", "owner = \"我\"\ncolour = 1", "line 6"),
            ("files =", "key = [\"b\"]\nfiles =", "table[0].key"),
            ("files =", "format = { encoding = \"klingon\" }\nfiles =", "table[0].format.encoding"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let error = parse("mine.toml", &text).unwrap_err();
            assert_eq!(error.key, key, "{error:?}");
            assert_eq!(error.file, "mine.toml");
            assert!(!error.fix.zh.is_empty() && !error.problem.en.is_empty());
        }
    }
}

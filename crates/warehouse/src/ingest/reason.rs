//! Why a row was refused: stable code and a sentence in both languages.

use crate::decode::Fault;
use brain_kernel::uscc::UsccError;

/// Characters of a refused value kept in quarantine.
pub(crate) const VALUE_CHARS_MAX: usize = 200;
/// Characters of a refused record kept in quarantine.
pub(crate) const RAW_CHARS_MAX: usize = 16_384;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl Reason {
    pub(crate) fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }

    /// A record that could not be taken apart.
    pub(crate) fn of_fault(fault: &Fault) -> Self {
        match fault {
            Fault::FieldCount { found, expected } => Self::new(
                "field_count",
                format!("应有 {expected} 个字段，实有 {found} 个：缺列、多列或分隔符未加引号"),
                format!(
                    "{found} fields where {expected} are expected: a column too few or many, or an unquoted delimiter"
                ),
            ),
            Fault::Quote => Self::new(
                "quote",
                "引号未闭合，或闭合引号后还有文字",
                "A quote is never closed, or text follows the closing quote",
            ),
            Fault::Encoding => Self::new(
                "encoding",
                "含有不属于文件编码的字节",
                "Holds bytes that are no text in the file's encoding",
            ),
            Fault::Json(message) => Self::new(
                "json",
                format!("不是 JSON 对象：{message}"),
                format!("Not a JSON object: {message}"),
            ),
            Fault::TooLong { limit } => Self::new(
                "too_long",
                format!("一行超过 {limit} 字节"),
                format!("A line longer than {limit} bytes"),
            ),
        }
    }

    /// Text that was decoded with the wrong encoding before it reached us.
    pub(crate) fn mojibake() -> Self {
        Self::new(
            "mojibake",
            "文字在来源处被错误解码（乱码），无法还原",
            "The text was decoded with the wrong encoding at its source and cannot be restored",
        )
    }

    /// The row's values stand in the wrong columns.
    pub(crate) fn shifted(expected: &str, found_in: &str) -> Self {
        Self::new(
            "shifted",
            format!("列错位：{expected} 的值出现在 {found_in} 列"),
            format!("Columns are shifted: the value of {expected} stands in {found_in}"),
        )
    }

    pub(crate) fn required() -> Self {
        Self::new("required", "必填列没有值", "A required column has no value")
    }

    pub(crate) fn of_type(kind: crate::mapping::ColumnType) -> Self {
        use crate::mapping::ColumnType as T;
        match kind {
            T::Integer => Self::new("integer", "不是整数", "Not a whole number"),
            T::Float => Self::new("float", "不是数", "Not a number"),
            T::Date => Self::new("date", "不是日期", "Not a date"),
            T::Boolean => Self::new("boolean", "不是“是/否”", "Neither true nor false"),
            T::Money => Self::new("money", "不是金额", "Not an amount of money"),
            T::Text => Self::new("text", "不是文本", "Not a text"),
        }
    }

    pub(crate) fn of_uscc(error: UsccError) -> Self {
        match error {
            UsccError::Length(length @ (13 | 15)) => Self::new(
                "uscc_old_number",
                format!("{length} 位旧工商注册号，不是 18 位统一社会信用代码"),
                format!("An old registration number of {length} digits, not an 18-character credit code"),
            ),
            UsccError::Length(length) => Self::new(
                "uscc_length",
                format!("统一社会信用代码应为 18 位，实为 {length} 位"),
                format!("A credit code has 18 characters, this has {length}"),
            ),
            UsccError::Character(place) => Self::new(
                "uscc_character",
                format!("统一社会信用代码第 {place} 位不是允许的字符"),
                format!("Character {place} may not occur in a credit code"),
            ),
            UsccError::CheckDigit { expected } => Self::new(
                "uscc_check_digit",
                format!("统一社会信用代码校验位应为 {expected}（GB 32100-2015）"),
                format!("The check character of the credit code should be {expected} (GB 32100-2015)"),
            ),
        }
    }
}

/// At most `limit` characters, with an ellipsis where something was cut.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
    }
}

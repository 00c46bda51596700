//! Texts and identifiers as they may be written.

use crate::error::{Result, StandardsError};
use brain_kernel::language::Text;

/// Longest title or name, characters.
pub(crate) const NAME_CHARACTERS_MAX: usize = 300;
/// Longest definition, characters.
pub(crate) const DEFINITION_CHARACTERS_MAX: usize = 2_000;
/// Longest id, characters.
const ID_CHARACTERS_MAX: usize = 64;

/// A text trimmed, of so many characters and none for control.
pub(crate) fn text(pointer: &str, value: &str, least: usize, most: usize) -> Result<String> {
    let value = value.trim();
    let odd = value.chars().any(|c| c.is_control() && c != '\n');
    if odd || !(least..=most).contains(&value.chars().count()) {
        return Err(StandardsError::value(
            pointer,
            format!("须为 {least} 至 {most} 个字符，不含控制字符。"),
            format!("It has {least} to {most} characters and no control characters."),
        ));
    }
    Ok(value.to_owned())
}

/// A title in both languages; one of them is enough, Chinese where `chinese`.
pub(crate) fn title(pointer: &str, value: &Text, chinese: bool, most: usize) -> Result<Text> {
    let found = Text::new(
        text(&format!("{pointer}/zh"), &value.zh, usize::from(chinese), most)?,
        text(&format!("{pointer}/en"), &value.en, 0, most)?,
    );
    if found.zh.is_empty() && found.en.is_empty() {
        return Err(StandardsError::value(pointer, "名称不能为空。", "A name is needed."));
    }
    Ok(found)
}

/// An id: lower-case letters, digits, `_` and `.`, with a letter in front.
pub(crate) fn id(pointer: &str, value: &str) -> Result<String> {
    let fits = value.len() <= ID_CHARACTERS_MAX
        && value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.'));
    if fits {
        return Ok(value.to_owned());
    }
    Err(StandardsError::value(
        pointer,
        "标识须以小写字母开头，由至多 64 个小写字母、数字、_ 或 . 组成。",
        "An id has up to 64 lower-case letters, digits, _ or ., and a letter in front.",
    ))
}

/// A value as it is compared: trimmed, full-width letters and digits narrow, upper case.
pub(crate) fn folded(value: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    value.chars().map(narrow).collect::<String>().trim().to_uppercase()
}

//! Chinese first, English second: a text in both.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The languages people read the product in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// 简体中文, the default.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Language {
    /// The better match of an `Accept-Language` header; Chinese when nothing matches.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let best = accept_language
            .split(',')
            .filter_map(|part| {
                let mut pieces = part.trim().split(';');
                let tag = pieces.next()?.trim().to_ascii_lowercase();
                let quality = pieces
                    .find_map(|p| p.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()))
                    .unwrap_or(1.0);
                let language = match tag.split('-').next()? {
                    "zh" => Self::Zh,
                    "en" => Self::En,
                    _ => return None,
                };
                Some((language, quality))
            })
            .fold(None, |best: Option<(Self, f32)>, next| match best {
                Some(b) if b.1 >= next.1 => Some(b),
                _ => Some(next),
            });
        best.map_or(Self::Zh, |(language, _)| language)
    }
}

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

impl Text {
    /// Both languages at once.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The text in `language`.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_language_with_the_higher_quality_wins_and_chinese_is_the_default() {
        assert_eq!(Language::negotiate("en-GB,en;q=0.9,zh;q=0.8"), Language::En);
        assert_eq!(Language::negotiate("en;q=0.3, zh-CN;q=0.8"), Language::Zh);
        assert_eq!(Language::negotiate("fr"), Language::Zh);
        assert_eq!(Language::negotiate(""), Language::Zh);
    }
}

//! Parameters of a build, with bounds. They are part of the version: other parameters, another version.

use crate::error::{Error, Result};
use crate::extract::{Limits, Ocr};
use crate::language::Tongue;
use brain_privacy::recognise::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest file of parameters, bytes.
pub const OPTIONS_BYTES_MAX: u64 = 1 << 20;
/// Most documents that may be asked for: signatures of all are held in memory.
const DOCUMENTS_MAX: u32 = 20_000_000;

/// What a build does; the same as `corpus.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Title of the corpus, shown on its card.
    pub title: String,
    /// Licence as an SPDX identifier, or as the Hugging Face hub writes it; `None` where it is not known.
    pub licence: Option<Licence>,
    /// Where the texts come from, in words, for the card.
    pub origin: String,
    /// Most files of one build.
    pub files_max: u64,
    /// Most documents of one build; each takes about 600 bytes of memory.
    pub documents_max: u32,
    /// Field of JSON Lines that holds the text.
    pub text_field: String,
    /// Bounds of what is read of a file.
    pub limits: Limits,
    /// Character recognition for pages without text; absent, such pages are refused.
    pub ocr: Option<Ocr>,
    /// Which languages stay.
    pub language: LanguageRules,
    /// Which texts are good enough.
    pub quality: Quality,
    /// When two documents are the same.
    pub duplicates: NearDuplicates,
    /// What is removed of persons.
    pub personal: PersonalData,
    /// How documents are cut into passages.
    pub passages: Passages,
    /// Shares of the splits.
    pub splits: Splits,
    /// What files are written.
    pub output: Output,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: "Corpus".to_owned(),
            licence: None,
            origin: String::new(),
            files_max: 1_000_000,
            documents_max: 1_000_000,
            text_field: "text".to_owned(),
            limits: Limits::default(),
            ocr: None,
            language: LanguageRules::default(),
            quality: Quality::default(),
            duplicates: NearDuplicates::default(),
            personal: PersonalData::default(),
            passages: Passages::default(),
            splits: Splits::default(),
            output: Output::default(),
        }
    }
}

/// The licence of a corpus, a short identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Licence(String);

impl Licence {
    /// A licence by its identifier: `CC-BY-4.0`, `apache-2.0`, `other`.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
        if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
            return Err(Error::option(
                "licence",
                format!(
                    "“{}”不是许可证标识；请用 SPDX 标识，例如 CC-BY-4.0，自定义许可写 other",
                    short(text)
                ),
                format!(
                    "{:?} is no identifier of a licence; use one of SPDX such as CC-BY-4.0, or other",
                    short(text)
                ),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Licence {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Licence> for String {
    fn from(licence: Licence) -> Self {
        licence.0
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Which languages stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusLanguages")]
pub struct LanguageRules {
    /// Languages that stay.
    pub keep: Vec<Tongue>,
    /// Least share of the text that is in its own language, 0 … 1.
    pub share_min: f64,
}

impl Default for LanguageRules {
    fn default() -> Self {
        Self { keep: vec![Tongue::Zh, Tongue::En], share_min: 0.5 }
    }
}

/// Thresholds of quality by language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusQuality")]
pub struct Quality {
    /// Whether texts are judged at all.
    pub enabled: bool,
    /// Chinese.
    pub zh: Thresholds,
    /// English, and whatever else is kept.
    pub en: Thresholds,
}

impl Default for Quality {
    fn default() -> Self {
        Self { enabled: true, zh: Thresholds::chinese(), en: Thresholds::english() }
    }
}

/// Bounds of the rules; see [`crate::Rule`] for what each measures and who published it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusThresholds")]
pub struct Thresholds {
    /// Fewest words.
    pub words_min: u64,
    /// Most words.
    pub words_max: u64,
    /// Least mean length of a word, characters.
    pub mean_word_min: f64,
    /// Greatest mean length of a word, characters.
    pub mean_word_max: f64,
    /// Most symbols for each word.
    pub symbols_max: f64,
    /// Least share of words with a letter.
    pub letter_words_min: f64,
    /// Greatest share of lines that begin with a bullet.
    pub bullet_lines_max: f64,
    /// Greatest share of lines that end with an ellipsis.
    pub ellipsis_lines_max: f64,
    /// Fewest different function words.
    pub stop_words_min: u64,
    /// Least share of function words among the words.
    pub stop_word_share_min: f64,
    /// Fewest sentences.
    pub sentences_min: u64,
    /// Least share of lines that end as a sentence ends.
    pub closed_lines_min: f64,
    /// A line is short up to this many characters.
    pub short_line_characters: u64,
    /// Greatest share of short lines.
    pub short_lines_max: f64,
    /// Greatest share of lines that were there before.
    pub duplicate_lines_max: f64,
    /// Greatest share of characters in lines that were there before.
    pub duplicate_line_characters_max: f64,
    /// Greatest share of paragraphs that were there before.
    pub duplicate_paragraphs_max: f64,
    /// Greatest share of characters in paragraphs that were there before.
    pub duplicate_paragraph_characters_max: f64,
    /// Greatest share of characters in the most frequent run of 2, 3 and 4 words.
    pub top_run_max: [f64; 3],
    /// Greatest share of characters in repeated runs of 5 … 10 words.
    pub duplicate_run_max: [f64; 6],
    /// Greatest share of characters that are damage: replacement characters, controls, signs of a wrong decoding.
    pub garbled_max: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::english()
    }
}

impl Thresholds {
    /// As published for English.
    #[must_use]
    pub fn english() -> Self {
        Self {
            words_min: 50,
            words_max: 100_000,
            mean_word_min: 3.0,
            mean_word_max: 10.0,
            symbols_max: 0.1,
            letter_words_min: 0.8,
            bullet_lines_max: 0.9,
            ellipsis_lines_max: 0.3,
            stop_words_min: 2,
            stop_word_share_min: 0.06,
            sentences_min: 3,
            closed_lines_min: 0.12,
            short_line_characters: 30,
            short_lines_max: 0.67,
            duplicate_lines_max: 0.30,
            duplicate_line_characters_max: 0.20,
            duplicate_paragraphs_max: 0.30,
            duplicate_paragraph_characters_max: 0.20,
            top_run_max: [0.20, 0.18, 0.16],
            duplicate_run_max: [0.15, 0.14, 0.13, 0.12, 0.11, 0.10],
            garbled_max: 0.001,
        }
    }

    /// The same rules where a word is what the dictionary cuts: shorter words and lines, other function words, and twice
    /// the share of repeated runs, which are shorter too (of 1,186 statutes 97 in 100 stay; half would go otherwise).
    #[must_use]
    pub fn chinese() -> Self {
        Self {
            mean_word_min: 1.2,
            mean_word_max: 4.0,
            letter_words_min: 0.7,
            stop_word_share_min: 0.02,
            short_line_characters: 10,
            duplicate_run_max: [0.30, 0.28, 0.26, 0.24, 0.22, 0.20],
            ..Self::english()
        }
    }

    fn check(&self, language: &str) -> Result<()> {
        let shares = [
            ("letter_words_min", self.letter_words_min),
            ("bullet_lines_max", self.bullet_lines_max),
            ("ellipsis_lines_max", self.ellipsis_lines_max),
            ("stop_word_share_min", self.stop_word_share_min),
            ("closed_lines_min", self.closed_lines_min),
            ("short_lines_max", self.short_lines_max),
            ("duplicate_lines_max", self.duplicate_lines_max),
            ("duplicate_line_characters_max", self.duplicate_line_characters_max),
            ("duplicate_paragraphs_max", self.duplicate_paragraphs_max),
            ("duplicate_paragraph_characters_max", self.duplicate_paragraph_characters_max),
            ("garbled_max", self.garbled_max),
        ];
        for (name, share) in shares {
            within(&format!("quality.{language}.{name}"), share, 0.0, 1.0)?;
        }
        for share in self.top_run_max.iter().chain(&self.duplicate_run_max) {
            within(&format!("quality.{language}.*_run_max"), *share, 0.0, 1.0)?;
        }
        within(&format!("quality.{language}.symbols_max"), self.symbols_max, 0.0, 100.0)?;
        within(&format!("quality.{language}.mean_word_min"), self.mean_word_min, 0.0, 100.0)?;
        within(&format!("quality.{language}.mean_word_max"), self.mean_word_max, self.mean_word_min, 100.0)
    }
}

/// When two documents are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusDuplicates")]
pub struct NearDuplicates {
    /// Whether near duplicates are looked for; equal texts are always removed.
    pub near: bool,
    /// Characters of a shingle of Chinese.
    pub characters: u32,
    /// Words of a shingle of English.
    pub words: u32,
    /// Bands of the signature: a pair is a candidate where one band is equal.
    pub bands: u32,
    /// Rows of a band.
    pub rows: u32,
    /// Least estimated Jaccard similarity (杰卡德相似度) of duplicates; the later one is removed.
    pub jaccard_min: f64,
    /// Least estimated Jaccard similarity of a family: both stay, but in the same split.
    pub family_jaccard_min: f64,
    /// Seed of the hash functions.
    pub seed: u64,
}

impl Default for NearDuplicates {
    fn default() -> Self {
        Self {
            near: true,
            characters: 5,
            words: 5,
            bands: 20,
            rows: 6,
            jaccard_min: 0.8,
            family_jaccard_min: 0.6,
            seed: 1,
        }
    }
}

impl NearDuplicates {
    fn check(&self) -> Result<()> {
        within("duplicates.characters", f64::from(self.characters), 1.0, 50.0)?;
        within("duplicates.words", f64::from(self.words), 1.0, 50.0)?;
        within("duplicates.bands", f64::from(self.bands), 1.0, 256.0)?;
        within("duplicates.rows", f64::from(self.rows), 1.0, 32.0)?;
        within("duplicates.bands × rows", f64::from(self.bands * self.rows), 16.0, 512.0)?;
        within("duplicates.jaccard_min", self.jaccard_min, 0.1, 1.0)?;
        within("duplicates.family_jaccard_min", self.family_jaccard_min, 0.1, self.jaccard_min)
    }
}

/// What is removed of persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusPersonalData")]
pub struct PersonalData {
    /// Kinds whose values are replaced by `[kind]`. Codes of enterprises are public and stay by default.
    pub remove: Vec<Kind>,
}

impl Default for PersonalData {
    fn default() -> Self {
        let public = [Kind::Uscc, Kind::OrganisationCode, Kind::Licence, Kind::Coordinates];
        Self { remove: Kind::ALL.into_iter().filter(|kind| !public.contains(kind)).collect() }
    }
}

/// How documents are cut into passages (段落切分).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusPassages")]
pub struct Passages {
    /// Whether passages are written beside the documents.
    pub enabled: bool,
    /// Longest passage, characters.
    pub characters_max: usize,
    /// Characters that a passage repeats of the one before it, at most.
    pub overlap: usize,
}

impl Default for Passages {
    fn default() -> Self {
        Self { enabled: true, characters_max: 1_000, overlap: 100 }
    }
}

/// Shares of the splits (数据划分); the rest is for training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CorpusSplits")]
pub struct Splits {
    /// Share of families for validation.
    pub validation: f64,
    /// Share of families for testing.
    pub test: f64,
    /// Mixed into the hash; another salt, another division.
    pub salt: u64,
}

impl Default for Splits {
    fn default() -> Self {
        Self { validation: 0.05, test: 0.05, salt: 1 }
    }
}

/// What files are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// JSON Lines.
    pub jsonl: bool,
    /// Parquet.
    pub parquet: bool,
    /// Text of one file, bytes, before the next one begins.
    pub shard_bytes_max: u64,
}

impl Default for Output {
    fn default() -> Self {
        Self { jsonl: true, parquet: true, shard_bytes_max: 256 << 20 }
    }
}

impl Options {
    /// Parameters from the text of `corpus.toml`, checked.
    pub fn from_toml(text: &str) -> Result<Self> {
        let options: Self = toml::from_str(text).map_err(|error| {
            Error::option(
                "corpus.toml",
                format!("无法理解：{error}"),
                format!("cannot be understood: {error}"),
            )
        })?;
        options.check()?;
        Ok(options)
    }

    /// Whether everything is in bounds.
    pub fn check(&self) -> Result<()> {
        within("title", self.title.chars().count() as f64, 1.0, 200.0)?;
        within("origin", self.origin.chars().count() as f64, 0.0, 4_000.0)?;
        within("text_field", self.text_field.chars().count() as f64, 1.0, 100.0)?;
        within("files_max", self.files_max as f64, 1.0, 1e8)?;
        within("documents_max", f64::from(self.documents_max), 1.0, f64::from(DOCUMENTS_MAX))?;
        within("language.share_min", self.language.share_min, 0.0, 1.0)?;
        within("language.keep", self.language.keep.len() as f64, 1.0, 3.0)?;
        self.limits.check()?;
        if let Some(ocr) = &self.ocr {
            ocr.check()?;
        }
        self.quality.zh.check("zh")?;
        self.quality.en.check("en")?;
        self.duplicates.check()?;
        within("passages.characters_max", self.passages.characters_max as f64, 50.0, 1e6)?;
        within(
            "passages.overlap",
            self.passages.overlap as f64,
            0.0,
            self.passages.characters_max as f64 / 2.0,
        )?;
        within("splits.validation", self.splits.validation, 0.0, 0.5)?;
        within("splits.test", self.splits.test, 0.0, 0.5)?;
        within("output.shard_bytes_max", self.output.shard_bytes_max as f64, 65_536.0, 16e9)?;
        if !self.output.jsonl && !self.output.parquet {
            return Err(Error::option(
                "output",
                "jsonl 与 parquet 至少选一种",
                "at least one of jsonl and parquet must be written",
            ));
        }
        Ok(())
    }
}

/// Refuse what is no number between two others.
pub(crate) fn within(option: &str, value: f64, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::option(
        option,
        format!("{value} 不在 {least} 与 {most} 之间"),
        format!("{value} is not between {least} and {most}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_bounds_and_survive_being_written() {
        let options = Options::default();
        options.check().unwrap();
        let text = toml::to_string(&options).unwrap();
        assert_eq!(Options::from_toml(&text).unwrap(), options);
        assert_eq!(Options::from_toml("").unwrap(), options);
    }

    #[test]
    fn what_is_unknown_or_out_of_bounds_is_named() {
        for (text, named) in [
            ("shards = 3", "shards"),
            ("[duplicates]\njaccard_min = 1.5", "duplicates.jaccard_min"),
            ("[duplicates]\nfamily_jaccard_min = 0.9", "duplicates.family_jaccard_min"),
            ("[splits]\ntest = nan", "splits.test"),
            ("[passages]\noverlap = 900", "passages.overlap"),
            ("[quality.zh]\ngarbled_max = 2.0", "quality.zh.garbled_max"),
            ("licence = \"free for all\"", "identifier"),
            ("[output]\njsonl = false\nparquet = false", "output"),
            ("[ocr]\ntesseract = \"\"", "ocr.tesseract"),
        ] {
            let error = Options::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}

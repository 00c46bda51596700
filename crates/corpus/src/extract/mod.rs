//! From the bytes of a file to its text (文本抽取), within bounds, or to the reason why not.
//!
//! What a file is called decides how it is read, and its first bytes must agree. Nothing is unpacked to disk, an
//! archive inside an archive is not opened, and readers that were written by others and may panic are contained.

mod html;
mod ocr;
mod office;
mod parts;
mod pdf;
mod plain;
mod recognised;
mod refused;
mod run;
mod sheets;

pub use ocr::Ocr;
pub use refused::Refused;

use crate::error::Result;
use crate::options::within;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Bounds of what is read of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest file, bytes; JSON Lines are read line by line and have no such bound.
    pub file_bytes_max: u64,
    /// Most that a packed file may unpack to, bytes.
    pub unpacked_bytes_max: u64,
    /// Most that a packed file may unpack to, times its own size.
    pub unpacked_ratio_max: u64,
    /// Longest text of a document, characters.
    pub text_characters_max: usize,
    /// Most pages, slides and sheets.
    pub pages_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 64 << 20,
            unpacked_bytes_max: 256 << 20,
            unpacked_ratio_max: 200,
            text_characters_max: 10_000_000,
            pages_max: 5_000,
        }
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<()> {
        within("limits.file_bytes_max", self.file_bytes_max as f64, 1.0, 1e9)?;
        within("limits.unpacked_bytes_max", self.unpacked_bytes_max as f64, 1.0, 4e9)?;
        within("limits.unpacked_ratio_max", self.unpacked_ratio_max as f64, 2.0, 1e5)?;
        within("limits.text_characters_max", self.text_characters_max as f64, 100.0, 1e8)?;
        within("limits.pages_max", self.pages_max as f64, 1.0, 100_000.0)
    }
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Plain text and Markdown, UTF-8, UTF-16 with its mark, or GB 18030.
    Text,
    /// A web page.
    Html,
    /// A Word document.
    Docx,
    /// A workbook.
    Xlsx,
    /// Slides.
    Pptx,
    /// A PDF file.
    Pdf,
    /// JSON Lines, a document a line.
    Jsonl,
    /// A picture of a page.
    Image,
}

impl Format {
    /// By the ending of the name; `None` where nothing here reads it.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "txt" | "md" | "markdown" | "text" => Self::Text,
            "html" | "htm" | "xhtml" => Self::Html,
            "docx" => Self::Docx,
            "xlsx" => Self::Xlsx,
            "pptx" => Self::Pptx,
            "pdf" => Self::Pdf,
            "jsonl" | "ndjson" => Self::Jsonl,
            "png" | "jpg" | "jpeg" | "tif" | "tiff" => Self::Image,
            _ => return None,
        })
    }

    /// Stable name, as written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Pptx => "pptx",
            Self::Pdf => "pdf",
            Self::Jsonl => "jsonl",
            Self::Image => "image",
        }
    }
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extracted {
    /// Title, where the file says one.
    pub title: Option<String>,
    /// The text; paragraphs apart by an empty line where the format has paragraphs.
    pub text: String,
    /// Pages that had no text layer and were recognised from their picture.
    pub recognised_pages: usize,
    /// Mean confidence of the words recognised, 0 … 100; absent where none was.
    pub confidence: Option<u8>,
}

impl Extracted {
    fn of(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

/// The text of a file of this format. JSON Lines are read line by line elsewhere and refused here.
pub fn extract(
    format: Format,
    bytes: &[u8],
    limits: &Limits,
    ocr: Option<&Ocr>,
) -> std::result::Result<Extracted, Refused> {
    if bytes.len() as u64 > limits.file_bytes_max {
        return Err(Refused::Large { bytes: bytes.len() as u64, limit: limits.file_bytes_max });
    }
    let extracted = match format {
        Format::Text => plain::decode(bytes).map(Extracted::of)?,
        Format::Html => html::read(&plain::decode_page(bytes)?, limits)?,
        Format::Docx => contained(|| office::document(bytes, limits))?,
        Format::Pptx => contained(|| office::slides(bytes, limits))?,
        Format::Xlsx => contained(|| sheets::read(bytes, limits))?,
        Format::Pdf => contained(|| pdf::read(bytes, limits, ocr))?,
        Format::Image => ocr.ok_or(Refused::Scanned { pages: 1, of: 1 })?.image(bytes)?,
        Format::Jsonl => return Err(Refused::Unsupported),
    };
    let characters = extracted.text.chars().count();
    if characters > limits.text_characters_max {
        return Err(Refused::Long { limit: limits.text_characters_max });
    }
    if extracted.text.trim().is_empty() {
        return Err(Refused::NoText);
    }
    Ok(extracted)
}

/// A reader of a format that others wrote: where it panics on a damaged file, the file is refused and the build goes on.
fn contained<T>(read: impl FnOnce() -> std::result::Result<T, Refused>) -> std::result::Result<T, Refused> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Refused::Broken { reason: "its reader gave up".to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_the_name_says_the_format() {
        assert_eq!(Format::of(Path::new("a/报告.DOCX")), Some(Format::Docx));
        assert_eq!(Format::of(Path::new("a.tar.gz")), None);
        assert_eq!(Format::of(Path::new("README")), None);
    }

    #[test]
    fn what_is_too_large_too_long_or_empty_is_refused() {
        let small = Limits { file_bytes_max: 10, text_characters_max: 3, ..Limits::default() };
        let read = |bytes: &[u8]| extract(Format::Text, bytes, &small, None);
        assert!(matches!(read(&[b'a'; 11]), Err(Refused::Large { bytes: 11, limit: 10 })));
        assert!(matches!(read(b"abcd"), Err(Refused::Long { limit: 3 })));
        assert!(matches!(read(b" \n "), Err(Refused::NoText)));
        assert_eq!(read("产业".as_bytes()).unwrap().text, "产业");
    }

    #[test]
    fn a_picture_without_recognition_says_so() {
        let refused = extract(Format::Image, b"\x89PNG", &Limits::default(), None).unwrap_err();
        assert_eq!(refused.code(), "scanned_no_ocr");
        assert!(refused.words().en.contains("tesseract-ocr-chi-sim"), "{refused:?}");
    }
}

//! Why a file gave no text.

use brain_kernel::language::Text;

/// Why a file gave no text. The build goes on; the reason is in `rejected.jsonl` and counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words().en)]
pub enum Refused {
    /// Nothing here reads files of this name.
    Unsupported,
    /// Larger than allowed.
    Large {
        /// Its size.
        bytes: u64,
        /// The bound.
        limit: u64,
    },
    /// Its text is longer than allowed.
    Long {
        /// The bound, characters.
        limit: usize,
    },
    /// It unpacks to more than allowed.
    Bomb {
        /// The bound, bytes.
        limit: u64,
    },
    /// More parts, pages, slides or sheets than allowed.
    Parts {
        /// The bound.
        limit: usize,
    },
    /// Elements inside elements deeper than allowed.
    Deep {
        /// The bound.
        limit: usize,
    },
    /// Not what its name says, or damaged.
    Broken {
        /// What the reader said.
        reason: String,
    },
    /// Opens with a password only.
    Encrypted,
    /// Neither UTF-8 nor UTF-16 nor GB 18030.
    Encoding,
    /// Pages that are pictures, and there is no character recognition.
    Scanned {
        /// Pages without a text layer.
        pages: usize,
        /// All pages.
        of: usize,
    },
    /// Character recognition failed.
    Recognition {
        /// What it said.
        reason: String,
    },
    /// It has no text.
    NoText,
    /// A line of JSON Lines that is no object with the text field.
    Field {
        /// The field.
        field: String,
    },
}

impl Refused {
    /// Stable word for counting.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported_format",
            Self::Large { .. } => "file_too_large",
            Self::Long { .. } => "text_too_long",
            Self::Bomb { .. } => "unpacks_too_large",
            Self::Parts { .. } => "too_many_parts",
            Self::Deep { .. } => "nested_too_deep",
            Self::Broken { .. } => "broken",
            Self::Encrypted => "encrypted",
            Self::Encoding => "unknown_encoding",
            Self::Scanned { .. } => "scanned_no_ocr",
            Self::Recognition { .. } => "recognition_failed",
            Self::NoText => "no_text",
            Self::Field { .. } => "no_text_field",
        }
    }

    /// What happened, and how to mend it.
    #[must_use]
    pub fn words(&self) -> Text {
        match self {
            Self::Unsupported => Text::new("不支持的文件格式", "a format that is not read"),
            Self::Large { bytes, limit } => Text::new(
                format!("文件有 {bytes} 字节，超过 {limit}（limits.file_bytes_max）"),
                format!("the file has {bytes} bytes, more than {limit} (limits.file_bytes_max)"),
            ),
            Self::Long { limit } => Text::new(
                format!("文本超过 {limit} 字（limits.text_characters_max）"),
                format!("the text has more than {limit} characters (limits.text_characters_max)"),
            ),
            Self::Bomb { limit } => Text::new(
                format!("解压后超过 {limit} 字节（limits.unpacked_*）"),
                format!("it unpacks to more than {limit} bytes (limits.unpacked_*)"),
            ),
            Self::Parts { limit } => Text::new(
                format!("超过 {limit} 个部分或页面（limits.pages_max）"),
                format!("it has more than {limit} parts or pages (limits.pages_max)"),
            ),
            Self::Deep { limit } => Text::new(
                format!("元素嵌套超过 {limit} 层"),
                format!("elements are nested deeper than {limit}"),
            ),
            Self::Broken { reason } => Text::new(
                format!("文件已损坏或名不副实：{reason}"),
                format!("damaged or not what its name says: {reason}"),
            ),
            Self::Encrypted => Text::new(
                "文件设有打开密码；请先去除密码",
                "it opens with a password only; remove the password first",
            ),
            Self::Encoding => {
                Text::new("编码不是 UTF-8、UTF-16 或 GB 18030", "neither UTF-8 nor UTF-16 nor GB 18030")
            }
            Self::Scanned { pages, of } => Text::new(
                format!(
                    "扫描页，未做文字识别（{of} 页中的 {pages} 页）；请安装 tesseract-ocr、tesseract-ocr-chi-sim 和 poppler-utils，节点上设 corpus.ocr，文件构建时写 [ocr]"
                ),
                format!(
                    "scanned page, no OCR ({pages} of {of} pages); install tesseract-ocr, tesseract-ocr-chi-sim and poppler-utils, and set corpus.ocr on a node, or [ocr] in corpus.toml for files"
                ),
            ),
            Self::Recognition { reason } => Text::new(
                format!("文字识别失败：{reason}"),
                format!("character recognition failed: {reason}"),
            ),
            Self::NoText => Text::new("没有文字", "no text"),
            Self::Field { field } => Text::new(
                format!("该行不是含文本字段“{field}”的 JSON 对象"),
                format!("the line is no JSON object with a text in its field {field:?}"),
            ),
        }
    }

    pub(super) fn broken(reason: impl std::fmt::Display) -> Self {
        Self::Broken { reason: reason.to_string().chars().take(200).collect() }
    }
}

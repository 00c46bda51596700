//! Records as spans into one text: no allocation per field.

/// Where a field's text lies in [`Records::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// A value that is absent, as JSON's `null`; different from the empty text.
    pub(crate) const NULL: Self = Self { start: u32::MAX, end: u32::MAX };

    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(crate) fn is_null(self) -> bool {
        self.start == u32::MAX
    }
}

/// Why a record could not be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// More or fewer fields than the header.
    FieldCount { found: usize, expected: usize },
    /// Text follows a closing quote, or a quote is never closed.
    Quote,
    /// Bytes that are no text in the file's encoding.
    Encoding,
    /// No JSON object.
    Json(String),
    /// Longer than a record may be.
    TooLong { limit: usize },
}

/// One record: its first physical line, its raw text, and what is wrong with it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) raw: Span,
    pub(crate) fault: Option<Fault>,
}

/// Records of one chunk. `fields` holds `width` spans per row, faulty rows included (as nulls).
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) text: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) fields: Vec<Span>,
    pub(crate) width: usize,
}

impl Records {
    /// The text of a span; empty for null.
    pub(crate) fn get(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The span of `column` in `row`.
    pub(crate) fn span(&self, row: usize, column: usize) -> Span {
        self.fields.get(row * self.width + column).copied().unwrap_or(Span::NULL)
    }

    /// Append a text that is not part of the source and return its span.
    pub(crate) fn intern(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        Span::new(start, self.text.len())
    }
}

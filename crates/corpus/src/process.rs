//! One document, from its bytes to what is kept of it; a pure function, run on all threads.

use crate::duplicates::Signer;
use crate::extract::{Extracted, Format, Refused, extract};
use crate::language::{Shares, Tongue};
use crate::normal::{folded, normal};
use crate::options::Options;
use crate::personal::Remover;
use crate::quality::{Rule, Verdict, judge};
use crate::source::{Read, Source, Work};
use crate::words::words;
use brain_kernel::hexadecimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Read as _;

/// Longest title kept, characters.
const TITLE_CHARACTERS_MAX: usize = 200;

/// What came of one piece of work.
pub(crate) struct Done {
    pub(crate) source: usize,
    pub(crate) line: Option<u64>,
    /// What was read, once for each file.
    pub(crate) read: Option<Read>,
    /// `None` for the mere end of a file.
    pub(crate) outcome: Option<Outcome>,
}

/// What came of one document.
pub(crate) enum Outcome {
    /// It gave no text.
    Refused(Refused),
    /// Its text broke a rule.
    Rejected(Verdict),
    /// It stays, unless it is a duplicate.
    Kept(Box<Kept>),
}

/// A document that stays, with what is needed to compare it.
pub(crate) struct Kept {
    pub(crate) document: Document,
    /// First half of the SHA-256 of the folded text: equal texts, equal names.
    pub(crate) content: [u8; 16],
    pub(crate) signature: Vec<u32>,
    pub(crate) personal: BTreeMap<&'static str, u64>,
}

/// A document as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) line: Option<u64>,
    pub(crate) format: Format,
    pub(crate) title: Option<String>,
    pub(crate) language: Tongue,
    pub(crate) characters: u64,
    pub(crate) words: u64,
    /// Pages of it that were recognised from their picture.
    pub(crate) ocr_pages: u64,
    /// Mean confidence of the words recognised, 0 … 100.
    pub(crate) ocr_confidence: Option<u8>,
    pub(crate) text: String,
}

/// Everything that is the same for all documents.
pub(crate) struct Process<'a> {
    pub(crate) options: &'a Options,
    pub(crate) signer: Signer,
    pub(crate) remover: Remover,
    pub(crate) sources: &'a [Source],
}

impl<'a> Process<'a> {
    pub(crate) fn new(options: &'a Options, sources: &'a [Source]) -> Self {
        let signer = Signer::new(&options.duplicates);
        Self { options, signer, remover: Remover::new(&options.personal.remove), sources }
    }

    pub(crate) fn run(&self, work: Work) -> Done {
        match work {
            Work::End(source, read) => Done { source, line: None, read: Some(read), outcome: None },
            Work::Line(source, line, bytes) => {
                let extracted = self.line(bytes.as_deref());
                Done {
                    source,
                    line: Some(line),
                    read: None,
                    outcome: Some(self.judged(source, Some(line), extracted)),
                }
            }
            Work::File(source) => {
                let (read, extracted) = self.file(source);
                Done { source, line: None, read, outcome: Some(self.judged(source, None, extracted)) }
            }
        }
    }

    fn file(&self, source: usize) -> (Option<Read>, std::result::Result<Extracted, Refused>) {
        let found = self.sources.get(source);
        let Some((source, format)) = found.and_then(|source| Some((source, source.format?))) else {
            return (None, Err(Refused::Unsupported));
        };
        let most = self.options.limits.file_bytes_max;
        let bytes = std::fs::File::open(&source.path).and_then(|file| {
            let size = file.metadata()?.len();
            if size > most {
                return Ok(Err(Refused::Large { bytes: size, limit: most }));
            }
            let mut bytes = Vec::new();
            file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
            Ok(Ok(bytes))
        });
        match bytes {
            Err(error) => (None, Err(Refused::Broken { reason: error.to_string() })),
            Ok(Err(refused)) => (None, Err(refused)),
            Ok(Ok(bytes)) => {
                let extracted = extract(format, &bytes, &self.options.limits, self.options.ocr.as_ref());
                (Some(Read::of(&bytes)), extracted)
            }
        }
    }

    fn line(&self, line: Option<&[u8]>) -> std::result::Result<Extracted, Refused> {
        let long = Refused::Long { limit: self.options.limits.text_characters_max };
        let line = line.ok_or(long.clone())?;
        let field = || Refused::Field { field: self.options.text_field.clone() };
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(line).map_err(|_| field())?;
        let Some(serde_json::Value::String(text)) = object.remove(&self.options.text_field) else {
            return Err(field());
        };
        if text.chars().count() > self.options.limits.text_characters_max {
            return Err(long);
        }
        let title = object.get("title").and_then(|title| title.as_str()).map(str::to_owned);
        Ok(Extracted { title, text, ..Extracted::default() })
    }

    fn judged(
        &self,
        source: usize,
        line: Option<u64>,
        extracted: std::result::Result<Extracted, Refused>,
    ) -> Outcome {
        let extracted = match extracted {
            Ok(extracted) => extracted,
            Err(refused) => return Outcome::Refused(refused),
        };
        let text = normal(&extracted.text);
        if text.is_empty() {
            return Outcome::Refused(Refused::NoText);
        }
        let (language, share) = Shares::of(&text).main();
        let rules = &self.options.language;
        if !rules.keep.contains(&language) || share < rules.share_min {
            let kept = if rules.keep.contains(&language) { share } else { 0.0 };
            return Outcome::Rejected(Verdict { rule: Rule::Language, value: kept, limit: rules.share_min });
        }
        if let Some(verdict) = judge(&text, &words(&text), language, &self.options.quality) {
            return Outcome::Rejected(verdict);
        }
        let (text, mut personal) = self.remover.remove(&text);
        let title = extracted.title.map(|title| {
            let (title, more) = self.remover.remove(&normal(&title).replace('\n', " "));
            for (kind, count) in more {
                *personal.entry(kind).or_default() += count;
            }
            title.chars().take(TITLE_CHARACTERS_MAX).collect::<String>()
        });
        let folded = folded(&text);
        let mut content = [0; 16];
        for (place, byte) in content.iter_mut().zip(Sha256::digest(folded.as_bytes())) {
            *place = byte;
        }
        let found = self.sources.get(source);
        let document = Document {
            id: hexadecimal::encode(&content),
            source: found.map(|source| source.shown.clone()).unwrap_or_default(),
            line,
            format: found.and_then(|source| source.format).unwrap_or(Format::Text),
            title: title.filter(|title| !title.is_empty()),
            language,
            characters: text.chars().count() as u64,
            words: words(&text).len() as u64,
            ocr_pages: extracted.recognised_pages as u64,
            ocr_confidence: extracted.confidence,
            text,
        };
        let signature = if self.options.duplicates.near {
            self.signer.sign_folded(&folded, language)
        } else {
            Vec::new()
        };
        Outcome::Kept(Box::new(Kept { document, content, signature, personal }))
    }
}

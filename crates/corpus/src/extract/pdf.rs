//! The text layer of PDF files (ISO 32000-1, 9.10), page by page.

use super::ocr::Scans;
use super::recognised::Recognised;
use super::{Extracted, Limits, Ocr, Refused};
use lopdf::{Document, LoadOptions};

/// Fewest letters and digits of a page that has a text layer; a stamp or a page number is none.
const PAGE_LETTERS_MIN: usize = 10;

pub(super) fn read(bytes: &[u8], limits: &Limits, ocr: Option<&Ocr>) -> Result<Extracted, Refused> {
    let most = usize::try_from(limits.unpacked_bytes_max).unwrap_or(usize::MAX);
    let document = Document::load_mem_with_options(bytes, LoadOptions::with_max_decompressed_size(most))
        .map_err(refused)?;
    if document.is_encrypted() {
        return Err(Refused::Encrypted);
    }
    let pages: Vec<u32> = document.get_pages().into_keys().take(limits.pages_max + 1).collect();
    if pages.len() > limits.pages_max {
        return Err(Refused::Parts { limit: limits.pages_max });
    }
    let (mut text, mut scanned, mut scans) = (String::new(), Vec::new(), None);
    let mut read = Recognised::default();
    let mut recognised = 0;
    for page in &pages {
        let layer = document.extract_text_with_limit(&[*page], most).map_err(refused)?;
        let mut layer = flowing(&layer);
        if layer.chars().filter(|c| c.is_alphanumeric()).count() < PAGE_LETTERS_MIN {
            match ocr {
                Some(ocr) => {
                    let page = drawn(&mut scans, ocr, bytes)?.page(*page)?;
                    (read.words, read.confidence) =
                        (read.words + page.words, read.confidence + page.confidence);
                    layer = page.text;
                    recognised += 1;
                }
                None => scanned.push(*page),
            }
        }
        if !layer.is_empty() {
            text.push_str(&layer);
            text.push_str("\n\n");
        }
        if text.len() > limits.text_characters_max.saturating_mul(4) {
            return Err(Refused::Long { limit: limits.text_characters_max });
        }
    }
    // A blank page among others is nothing; a file whose pages are mostly pictures would be a torn text.
    if scanned.len() * 2 > pages.len() {
        return Err(Refused::Scanned { pages: scanned.len(), of: pages.len() });
    }
    let confidence = (read.words > 0).then(|| (read.confidence / read.words as f64).round() as u8);
    Ok(Extracted { title: None, text, recognised_pages: recognised, confidence })
}

/// The file as the drawing program wants it, written at its first page without a text layer.
fn drawn<'a, 'b>(
    scans: &'a mut Option<Scans<'b>>,
    ocr: &'b Ocr,
    bytes: &[u8],
) -> Result<&'a mut Scans<'b>, Refused> {
    if scans.is_none() {
        *scans = Some(ocr.open(bytes)?);
    }
    scans.as_mut().ok_or_else(|| Refused::broken("its pages could not be drawn"))
}

fn refused(error: lopdf::Error) -> Refused {
    let said = error.to_string();
    if said.contains("password") || said.contains("ncrypt") || said.contains("ecrypt") {
        return Refused::Encrypted;
    }
    Refused::broken(said)
}

/// Lines of a page joined where a sentence goes on: a line of a PDF ends where the paper does.
fn flowing(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for line in page.lines().map(str::trim) {
        let Some(first) = line.chars().next() else {
            if !out.is_empty() && !out.ends_with("\n\n") {
                out.push_str("\n\n");
            }
            continue;
        };
        match out.chars().next_back() {
            None | Some('\n') => {}
            Some(last) if crate::language::is_han(last) && crate::language::is_han(first) => {}
            Some(last) if last.is_lowercase() || last == ',' => out.push(' '),
            Some('，' | '、' | '；') => {}
            Some(_) => out.push('\n'),
        }
        out.push_str(line);
    }
    out.trim().to_owned()
}

#[cfg(test)]
#[path = "../../tests/it/pdf.rs"]
mod drawing;

#[cfg(test)]
mod tests {
    use super::drawing::{self, Page};
    use super::*;

    /// A file with a page of one line for each text.
    fn file(pages: &[&str]) -> Vec<u8> {
        let pages: Vec<Page<'_>> = pages.iter().map(|text| Page::Lines(std::slice::from_ref(text))).collect();
        drawing::file(&pages)
    }

    #[test]
    fn the_text_layer_is_read_page_by_page() {
        let bytes = file(&["The first page has a sentence.", "And so has the second one."]);
        let text = read(&bytes, &Limits::default(), None).unwrap().text;
        assert!(text.find("first page").unwrap() < text.find("second one").unwrap(), "{text}");
    }

    #[test]
    fn pages_without_a_text_layer_are_told_as_such() {
        let pages = [Page::Lines(&[]), Page::Picture(&[0; 4], 2, 2), Page::Lines(&["3"])];
        let scanned = read(&drawing::file(&pages), &Limits::default(), None).unwrap_err();
        assert_eq!(scanned, Refused::Scanned { pages: 3, of: 3 });
        // One blank page of many is nothing.
        assert!(read(&file(&["A page with enough letters.", ""]), &Limits::default(), None).is_ok());
    }

    #[test]
    fn damage_and_too_many_pages_are_refused() {
        let limits = Limits { pages_max: 1, ..Limits::default() };
        let two = file(&["A page with enough letters.", "Another page with enough."]);
        assert_eq!(read(&two, &limits, None).unwrap_err(), Refused::Parts { limit: 1 });
        assert_eq!(read(b"%PDF-1.5 nothing", &Limits::default(), None).unwrap_err().code(), "broken");
    }

    #[test]
    fn a_sentence_goes_on_over_the_end_of_a_line() {
        assert_eq!(
            flowing("产业大脑汇集\n数据，\n服务企业。\n\n第二段"),
            "产业大脑汇集数据，服务企业。\n\n第二段"
        );
        assert_eq!(flowing("the data of a\nchain.\nNext"), "the data of a chain.\nNext");
    }
}

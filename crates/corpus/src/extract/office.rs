//! Word documents and slides (ECMA-376): the text of their XML parts.

use super::parts::Parts;
use super::{Extracted, Limits, Refused};
use quick_xml::Reader;
use quick_xml::events::Event;

/// The body of a document, then its notes.
const DOCUMENT_PARTS: [&str; 3] = ["word/document.xml", "word/footnotes.xml", "word/endnotes.xml"];

/// A Word document.
pub(super) fn document(bytes: &[u8], limits: &Limits) -> Result<Extracted, Refused> {
    let mut parts = Parts::open(bytes, limits)?;
    let mut text = String::new();
    for name in DOCUMENT_PARTS {
        if let Some(xml) = parts.text(name)? {
            paragraphs(&xml, limits, &mut text)?;
        } else if text.is_empty() {
            return Err(Refused::broken(format!("no {name}")));
        }
    }
    Ok(Extracted { title: title(&mut parts)?, text, ..Extracted::default() })
}

/// Slides in order, each with its notes.
pub(super) fn slides(bytes: &[u8], limits: &Limits) -> Result<Extracted, Refused> {
    let mut parts = Parts::open(bytes, limits)?;
    let slides = parts.numbered("ppt/slides/slide", ".xml");
    if slides.is_empty() {
        return Err(Refused::broken("no ppt/slides/slide1.xml"));
    }
    if slides.len() > limits.pages_max {
        return Err(Refused::Parts { limit: limits.pages_max });
    }
    let mut text = String::new();
    for slide in slides {
        let notes = slide.replace("slides/slide", "notesSlides/notesSlide");
        for name in [slide, notes] {
            if let Some(xml) = parts.text(&name)? {
                paragraphs(&xml, limits, &mut text)?;
            }
        }
    }
    Ok(Extracted { title: title(&mut parts)?, text, ..Extracted::default() })
}

fn title(parts: &mut Parts<'_>) -> Result<Option<String>, Refused> {
    let Some(xml) = parts.text("docProps/core.xml")? else { return Ok(None) };
    let mut reader = Reader::from_str(&xml);
    let (mut inside, mut title) = (false, String::new());
    loop {
        match reader.read_event().map_err(Refused::broken)? {
            Event::Start(element) => inside = element.name().as_ref() == "dc:title",
            Event::End(_) => inside = false,
            Event::Text(text) if inside => title.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) if inside => title.extend(referred(&reference)),
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(Some(title.trim().to_owned()).filter(|title| !title.is_empty()))
}

/// Text runs (`t`) by paragraph (`p`), cells of a row (`tr`) on one line; what was deleted or is a formula's code
/// (`delText`, `instrText`) is no text.
fn paragraphs(xml: &str, limits: &Limits, text: &mut String) -> Result<(), Refused> {
    let mut reader = Reader::from_str(xml);
    let (mut run, mut rows) = (false, 0_usize);
    let mut fallback = 0_usize;
    loop {
        match reader.read_event().map_err(Refused::broken)? {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => run = fallback == 0,
                "tr" => rows += 1,
                // The same drawing a second time, for older readers (ECMA-376 part 3, 10.2).
                "Fallback" => fallback += 1,
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "t" => run = false,
                "p" => text.push_str(if rows > 0 { " " } else { "\n\n" }),
                "tc" => text.push('\t'),
                "tr" => {
                    rows = rows.saturating_sub(1);
                    text.push('\n');
                }
                "Fallback" => fallback = fallback.saturating_sub(1),
                _ => {}
            },
            Event::Empty(element) => match element.local_name().as_ref() {
                "tab" => text.push('\t'),
                "br" | "cr" => text.push('\n'),
                _ => {}
            },
            Event::Text(piece) if run => text.push_str(&piece.xml10_content()),
            Event::CData(piece) if run => text.push_str(&piece.xml10_content()),
            Event::GeneralRef(reference) if run => text.extend(referred(&reference)),
            Event::Eof => return Ok(()),
            _ => {}
        }
        if text.len() > limits.text_characters_max.saturating_mul(4) {
            return Err(Refused::Long { limit: limits.text_characters_max });
        }
    }
}

/// The character a reference means: one of the five of XML, or a number. Entities of a DTD are never resolved.
fn referred(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match reference.xml10_content().as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};
    use zip::write::{SimpleFileOptions, ZipWriter};

    pub(crate) fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    const BODY: &str = r#"<w:document xmlns:w="w" xmlns:mc="mc"><w:body>
        <w:p><w:r><w:t>产业</w:t></w:r><w:r><w:t xml:space="preserve"> &amp; 数据&#x3002;</w:t></w:r></w:p>
        <w:p><w:r><w:delText>删去</w:delText><w:instrText>PAGE</w:instrText><w:t>第二段</w:t></w:r></w:p>
        <mc:AlternateContent><mc:Choice><w:p><w:r><w:t>图中文字</w:t></w:r></w:p></mc:Choice>
        <mc:Fallback><w:p><w:r><w:t>图中文字</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>乙</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
        </w:body></w:document>"#;

    #[test]
    fn paragraphs_rows_and_references_are_read_and_deleted_text_is_not() {
        let core = b"<cp:coreProperties xmlns:dc='d'><dc:title>A &lt; B</dc:title></cp:coreProperties>";
        let bytes = packed(&[("word/document.xml", BODY.as_bytes()), ("docProps/core.xml", core)]);
        let read = document(&bytes, &Limits::default()).unwrap();
        assert_eq!(read.title.as_deref(), Some("A < B"));
        let text = crate::normal::normal(&read.text);
        assert_eq!(text.lines().filter(|line| line.contains("图中文字")).count(), 1, "{text}");
        assert!(text.starts_with("产业 & 数据。\n\n第二段\n\n"), "{text}");
        assert!(text.contains("甲 \t乙") && !text.contains("删去") && !text.contains("PAGE"), "{text}");
    }

    #[test]
    fn slides_are_read_in_the_order_of_their_numbers() {
        let slide =
            |text: &str| format!("<p:sld xmlns:a='a'><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>");
        let (two, ten) = (slide("第二页"), slide("第十页"));
        let bytes =
            packed(&[("ppt/slides/slide10.xml", ten.as_bytes()), ("ppt/slides/slide2.xml", two.as_bytes())]);
        let text = slides(&bytes, &Limits::default()).unwrap().text;
        assert!(text.find("第二页") < text.find("第十页"), "{text}");
    }

    #[test]
    fn a_bomb_a_lie_and_a_password_are_refused() {
        let bomb = packed(&[("word/document.xml", &vec![b' '; 80 << 20])]);
        assert!(bomb.len() < 200_000);
        let refused = document(&bomb, &Limits { unpacked_ratio_max: 100, ..Limits::default() }).unwrap_err();
        assert_eq!(refused.code(), "unpacks_too_large");
        assert_eq!(document(b"PK\x03\x04", &Limits::default()).unwrap_err().code(), "broken");
        assert_eq!(document(&packed(&[("x", b"y")]), &Limits::default()).unwrap_err().code(), "broken");
        let sealed = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more";
        assert_eq!(document(sealed, &Limits::default()).unwrap_err(), Refused::Encrypted);
    }
}

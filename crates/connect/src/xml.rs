//! Small XML documents of other people: elements told by their local names, whatever their namespace.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

/// Deepest nesting that is followed.
const DEPTH_MAX: usize = 16;

/// An element that has ended.
pub(crate) struct Element<'a> {
    /// Local names of the elements around it, outermost first.
    pub(crate) around: &'a [String],
    /// Its own.
    pub(crate) name: &'a str,
    /// Its text, without that of elements within.
    pub(crate) text: &'a str,
}

/// Tell every element of a document as it ends. The error says what is wrong with the document.
pub(crate) fn elements(
    document: &str,
    mut tell: impl FnMut(Element<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
    let (mut open, mut texts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut any = false;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(element) => {
                if open.len() >= DEPTH_MAX {
                    return Err(format!("nested deeper than {DEPTH_MAX}"));
                }
                any = true;
                open.push(element.local_name().as_ref().to_owned());
                texts.push(String::new());
            }
            Event::Empty(element) => {
                any = true;
                tell(Element { around: &open, name: element.local_name().as_ref(), text: "" })?;
            }
            Event::End(_) => {
                let (Some(name), Some(text)) = (open.pop(), texts.pop()) else {
                    return Err("an end without a beginning".to_owned());
                };
                tell(Element { around: &open, name: &name, text: &text })?;
            }
            Event::Text(piece) => add(&mut texts, &piece.xml10_content()),
            Event::CData(piece) => add(&mut texts, &piece.xml10_content()),
            Event::GeneralRef(reference) => add(&mut texts, &referred(&reference)?),
            Event::Eof if any && open.is_empty() => return Ok(()),
            Event::Eof => return Err("it is cut short".to_owned()),
            _ => {}
        }
    }
}

fn add(texts: &mut [String], piece: &str) {
    if let Some(text) = texts.last_mut() {
        text.push_str(piece);
    }
}

/// What a reference means: one of the five of XML, or a number. Entities of a DTD are never resolved.
fn referred(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(letter) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(letter.to_string());
    }
    let name = reference.xml10_content();
    resolve_xml_entity(&name).map(str::to_owned).ok_or_else(|| format!("the entity {name} is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(document: &str) -> Result<Vec<String>, String> {
        let mut told = Vec::new();
        elements(document, |element| {
            told.push(format!("{}/{}={}", element.around.join("/"), element.name, element.text));
            Ok(())
        })?;
        Ok(told)
    }

    #[test]
    fn elements_are_told_whatever_their_namespace() {
        let document = "\u{feff}<?xml version='1.0'?><!-- x --><l xmlns='urn:a' xmlns:b='urn:b'><b:c>1 &amp; &#20225;<e/></b:c><c><![CDATA[<x>]]></c></l>";
        assert_eq!(told(document).unwrap(), ["l/c/e=", "l/c=1 & 企", "l/c=<x>", "/l="]);
    }

    #[test]
    fn what_is_no_document_is_said() {
        for (document, says) in [
            ("", "cut short"),
            ("<a><b></b>", "cut short"),
            ("<a></b>", "b"),
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "not known"),
        ] {
            let error = told(document).unwrap_err();
            assert!(error.contains(says), "{document}: {error}");
        }
        assert!(told(&"<a>".repeat(100)).unwrap_err().contains("deeper"));
    }
}

//! PDF files drawn for tests, those of `src/extract/pdf.rs` too.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

/// What is on a page.
#[derive(Clone, Copy)]
pub(crate) enum Page<'a> {
    /// Lines of text; none make a page without a text layer.
    Lines(&'a [&'a str]),
    /// A picture that fills it: grey pixels, their width and height.
    Picture(&'a [u8], i64, i64),
}

/// A file of these pages.
pub(crate) fn file(pages: &[Page<'_>]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let font =
        document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" });
    let kids: Vec<Object> = pages
        .iter()
        .map(|page| {
            let (operations, resources) = match page {
                Page::Lines(lines) => (typed(lines), dictionary! { "Font" => dictionary! { "F1" => font } }),
                Page::Picture(pixels, width, height) => {
                    let picture = document.add_object(Stream::new(
                        dictionary! {
                            "Type" => "XObject", "Subtype" => "Image", "Width" => *width, "Height" => *height,
                            "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
                        },
                        pixels.to_vec(),
                    ));
                    (shown(), dictionary! { "XObject" => dictionary! { "P" => picture } })
                }
            };
            let content = Content { operations }.encode().unwrap();
            let content = document.add_object(Stream::new(dictionary! {}, content));
            let page = dictionary! {
                "Type" => "Page", "Parent" => root, "Contents" => content, "Resources" => resources,
            };
            document.add_object(page).into()
        })
        .collect();
    let tree = dictionary! {
        "Type" => "Pages", "Count" => pages.len() as i64, "Kids" => kids,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    };
    document.objects.insert(root, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    document.trailer.set("Root", catalog);
    document.compress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn typed(lines: &[&str]) -> Vec<Operation> {
    let begin = [
        Operation::new("BT", vec![]),
        Operation::new("Tf", vec!["F1".into(), 12.into()]),
        Operation::new("TL", vec![14.into()]),
        Operation::new("Td", vec![50.into(), 700.into()]),
    ];
    let line = |line: &&str| {
        [Operation::new("Tj", vec![Object::string_literal(*line)]), Operation::new("T*", vec![])]
    };
    let end = [Operation::new("ET", vec![])];
    begin.into_iter().chain(lines.iter().flat_map(line)).chain(end).collect()
}

fn shown() -> Vec<Operation> {
    let page: Vec<Object> = [595, 0, 0, 842, 0, 0].map(Object::from).into();
    vec![Operation::new("cm", page), Operation::new("Do", vec!["P".into()])]
}

//! What a file is by its first bytes, against what its name says and what is taken at all.

use crate::error::Error;
use brain_kernel::error::Failure;
use std::path::Path;
use tokio::io::AsyncReadExt as _;

/// Bytes looked at.
const HEAD_BYTES: usize = 512;

/// What is taken where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// Tables: text, workbooks, Parquet, packed or not.
    Tables,
    /// Text alone.
    Text,
    /// What a corpus is made of: text, Office documents, PDF, pictures of pages.
    Documents,
}

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// xlsx, xlsb and ods are ZIP archives.
    Zip,
    /// xls: a compound file.
    Compound,
    Parquet,
    Gzip,
    Zstd,
    /// A program, a picture, another archive: named for the refusal.
    Other(&'static str),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "文本 (text)",
            Self::Zip => "ZIP (xlsx, xlsb, ods)",
            Self::Compound => "xls",
            Self::Parquet => "Parquet",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Other(name) => name,
        }
    }
}

/// Signatures of what is never a table. Beginnings of text are left out: a script is refused by nobody reading it.
const OTHERS: [(&[u8], &str); 19] = [
    (b"\x7fELF", "ELF 程序 (program)"),
    (b"MZ", "Windows 程序 (program)"),
    (b"\xca\xfe\xba\xbe", "Java 或 Mach-O 程序 (program)"),
    (b"\xcf\xfa\xed\xfe", "Mach-O 程序 (program)"),
    (b"\xfe\xed\xfa\xcf", "Mach-O 程序 (program)"),
    (b"\0asm", "WebAssembly 程序 (program)"),
    (b"#!", "脚本 (script)"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"SQLite format 3\0", "SQLite"),
    (b"{\\rtf", "RTF"),
];

fn kind(head: &[u8]) -> Kind {
    match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Kind::Zip,
        [0xD0, 0xCF, 0x11, 0xE0, ..] => return Kind::Compound,
        [b'P', b'A', b'R', b'1', ..] => return Kind::Parquet,
        [0x1f, 0x8b, ..] => return Kind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Kind::Zstd,
        _ => {}
    }
    if let Some((_, name)) = OTHERS.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Kind::Other(name);
    }
    // UTF-16 text is full of zero bytes and begins with its mark; other text has none.
    let marked = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if !marked && head.contains(&0) { Kind::Other("二进制数据 (binary data)") } else { Kind::Text }
}

/// What an ending promises; `None` for endings that promise nothing.
fn promised(name: &str) -> Option<&'static [Kind]> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(match ending.as_str() {
        "csv" | "tsv" | "txt" | "json" | "jsonl" | "ndjson" | "geojson" | "md" | "html" | "htm" => {
            &[Kind::Text]
        }
        "docx" | "pptx" => &[Kind::Zip],
        "pdf" => &[Kind::Other("PDF")],
        "png" => &[Kind::Other("PNG")],
        "jpg" | "jpeg" => &[Kind::Other("JPEG")],
        "tif" | "tiff" => &[Kind::Other("TIFF")],
        // People save one as the other, and spreadsheets open both.
        "xls" | "xlsx" | "xlsb" | "xlsm" | "ods" => &[Kind::Zip, Kind::Compound],
        "parquet" => &[Kind::Parquet],
        "gz" | "gzip" => &[Kind::Gzip],
        "zst" | "zstd" => &[Kind::Zstd],
        _ => return None,
    })
}

/// Refuse a file whose content is not what its name says, or nothing that is taken here.
pub(crate) async fn check(path: &Path, name: &str, accepted: Accepted) -> Result<(), Failure> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let file = tokio::fs::File::open(path).await.map_err(|error| Error::Internal(error.to_string()))?;
    let read = file.take(HEAD_BYTES as u64).read_to_end(&mut head).await;
    read.map_err(|error| Error::Internal(error.to_string()))?;
    judge(&head, name, accepted).map_err(Failure::from)
}

fn judge(head: &[u8], name: &str, accepted: Accepted) -> Result<(), Error> {
    let found = kind(head);
    let refuse = |expected: &'static str| {
        Err(Error::UploadKind { name: name.to_owned(), found: found.name(), expected })
    };
    match (accepted, found) {
        (_, Kind::Text)
        | (Accepted::Tables, Kind::Zip | Kind::Compound | Kind::Parquet | Kind::Gzip | Kind::Zstd) => {}
        (Accepted::Documents, Kind::Zip | Kind::Other("PDF" | "PNG" | "JPEG" | "TIFF")) => {}
        (Accepted::Tables, Kind::Other(_)) => return refuse("CSV、JSON、Excel、Parquet (gzip、zstd)"),
        (Accepted::Documents, _) => {
            return refuse("文本、网页、Office、PDF、图片 (text, HTML, Office, PDF, pictures)");
        }
        (Accepted::Text, _) => return refuse("文本 (text)"),
    }
    match promised(name) {
        Some(kinds) if !head.is_empty() && !kinds.contains(&found) => {
            refuse(kinds.first().map_or("", |kind| kind.name()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_and_must_be_what_the_name_says() {
        use Accepted::{Documents, Tables, Text};
        let good: [(&[u8], &str, Accepted); 14] = [
            (b"%PDF-1.7", "x.pdf", Documents),
            (b"PK\x03\x04", "x.docx", Documents),
            (b"\x89PNG\r\n", "x.png", Documents),
            ("通知".as_bytes(), "x.md", Documents),
            (b"a,b\n1,2\n", "x.csv", Tables),
            (b"a,b\n1,2\n", "x.dat", Tables),
            (b"", "x.csv", Tables),
            ("\u{feff}企业".as_bytes(), "x.csv", Tables),
            (b"\xff\xfea\0,\0", "x.csv", Tables),
            (b"PK\x03\x04", "x.xlsx", Tables),
            (b"PK\x03\x04", "x.xls", Tables),
            (b"\x1f\x8b\x08", "x.csv.gz", Tables),
            (b"PAR1", "upload", Tables),
            (b"{\"type\":\"FeatureCollection\"}", "x.geojson", Text),
        ];
        for (head, name, accepted) in good {
            assert!(judge(head, name, accepted).is_ok(), "{name}");
        }
        let bad: [(&[u8], &str, Accepted); 15] = [
            (b"PAR1", "x.txt", Documents),
            (b"\x7fELF\x02", "x.pdf", Documents),
            (b"%PDF-1.7", "x.txt", Documents),
            (b"\x1f\x8b\x08", "x.gz", Documents),
            (b"\x7fELF\x02", "x.csv", Tables),
            (b"MZ\x90\0", "x.xlsx", Tables),
            (b"#!/bin/sh\n", "x.csv", Tables),
            (b"%PDF-1.7", "x.csv", Tables),
            (b"PK\x03\x04", "x.csv", Tables),
            (b"a,b\n", "x.xlsx", Tables),
            (b"a,b\n", "x.parquet", Tables),
            (b"\x28\xb5\x2f\xfd", "x.csv.gz", Tables),
            (b"a\0b", "x.csv", Tables),
            (b"PK\x03\x04", "x.geojson", Text),
            (b"PK\x03\x04", "upload", Text),
        ];
        for (head, name, accepted) in bad {
            assert!(matches!(judge(head, name, accepted), Err(Error::UploadKind { .. })), "{name}");
        }
    }
}

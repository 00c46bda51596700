//! A workbook that is a ZIP archive, looked through before a reader that trusts it opens it: how many parts, under which
//! names, and how much they really unpack to, whatever they claim.

use crate::ingest::IngestError;
use crate::source::{MEMORY_FILE_BYTES_MAX, Unpack};
use std::io::{self, Cursor, Read};
use zip::ZipArchive;

/// Most parts of a workbook.
const PARTS_MAX: usize = 10_000;
/// Most that the parts may unpack to: readers hold texts and cells in memory.
const UNPACKED_BYTES_MAX: u64 = 4 * MEMORY_FILE_BYTES_MAX;

/// Refuse an archive that is a bomb or a trick.
pub(super) fn check(file: &str, bytes: &[u8], unpack: Unpack) -> Result<(), IngestError> {
    let broken = |reason: String| IngestError::Broken { file: file.to_owned(), reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    if archive.len() > PARTS_MAX {
        return Err(IngestError::TooManyParts { file: file.to_owned(), limit: PARTS_MAX });
    }
    let limit = unpack.bytes_max.min(UNPACKED_BYTES_MAX);
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(error.to_string()))?;
        if is_unsafe(part.name_raw()) {
            let name = String::from_utf8_lossy(part.name_raw()).chars().take(80).collect();
            return Err(IngestError::UnsafePart { file: file.to_owned(), name });
        }
        unpacked +=
            inflate(part, limit.saturating_sub(unpacked)).map_err(|error| broken(error.to_string()))?;
        if unpacked > limit || unpack.is_bomb(bytes.len() as u64, unpacked) {
            return Err(unpack.refuse(file, limit));
        }
    }
    Ok(())
}

/// Bytes a part unpacks to; stops one beyond `most`.
fn inflate(part: impl Read, most: u64) -> io::Result<u64> {
    io::copy(&mut part.take(most.saturating_add(1)), &mut io::sink())
}

/// A name that would leave the folder an archive is unpacked into. Nothing is unpacked to disk here; but who writes such
/// a name means harm, and the next reader may be less careful.
fn is_unsafe(name: &[u8]) -> bool {
    let parts = name.split(|byte| matches!(byte, b'/' | b'\\'));
    name.starts_with(b"/")
        || name.starts_with(b"\\")
        || name.get(1) == Some(&b':')
        || name.contains(&0)
        || parts.into_iter().any(|part| part == b"..")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::write::{SimpleFileOptions, ZipWriter};

    /// An archive of these parts.
    pub(crate) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_that_unpacks_to_far_more_than_it_is_is_refused() {
        let zeros = vec![0_u8; 80 << 20];
        let bomb = archive(&[("xl/worksheets/sheet1.xml", &zeros)]);
        assert!(bomb.len() < 200_000, "{}", bomb.len());
        let strict = Unpack { ratio_max: 100, ..Unpack::default() };
        assert!(matches!(check("x", &bomb, strict), Err(IngestError::Unpacked { .. })));
        let small = Unpack { bytes_max: 1 << 20, ..Unpack::default() };
        assert!(matches!(check("x", &bomb, small), Err(IngestError::Unpacked { limit_mib: 1, .. })));
        let plain = archive(&[("xl/workbook.xml", b"<workbook/>"), ("[Content_Types].xml", b"<Types/>")]);
        assert!(check("x", &plain, strict).is_ok());
    }

    #[test]
    fn what_a_part_claims_to_be_does_not_count() {
        let mut lying = archive(&[("a.xml", &vec![b'x'; 3 << 20])]);
        // The uncompressed size in the central directory (APPNOTE 4.3.12), set to ten bytes.
        let at = lying.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
        lying[at + 24..at + 28].copy_from_slice(&10_u32.to_le_bytes());
        let small = Unpack { bytes_max: 1 << 20, ..Unpack::default() };
        assert!(check("x", &lying, small).is_err());
    }

    #[test]
    fn names_that_lead_out_and_too_many_parts_are_refused() {
        for name in ["../evil", "xl/../../evil", "/etc/passwd", "xl\\..\\evil", "C:\\evil", "\\\\host\\share"]
        {
            let refused = check("x", &archive(&[(name, b"x")]), Unpack::default());
            assert!(matches!(refused, Err(IngestError::UnsafePart { .. })), "{name}: {refused:?}");
        }
        assert!(!is_unsafe(b"xl/worksheets/sheet..1.xml") && !is_unsafe(b"_rels/.rels"));
        let names: Vec<String> = (0..=PARTS_MAX).map(|at| at.to_string()).collect();
        let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert!(matches!(
            check("x", &archive(&parts), Unpack::default()),
            Err(IngestError::TooManyParts { .. })
        ));
    }
}

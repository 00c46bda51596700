//! Parts of a packed document, unpacked in memory and within bounds, whatever the archive claims.

use super::{Limits, Refused};
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

/// Most parts of an archive.
const PARTS_MAX: usize = 20_000;

/// An archive with what may still be unpacked of it.
pub(super) struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
    limit: u64,
}

impl<'a> Parts<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refused> {
        // An encrypted document of Office is a compound file, not an archive (MS-OFFCRYPTO 2.3).
        if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return Err(Refused::Encrypted);
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(Refused::broken)?;
        if archive.len() > PARTS_MAX {
            return Err(Refused::Parts { limit: PARTS_MAX });
        }
        let limit = limits
            .unpacked_bytes_max
            .min((bytes.len() as u64).saturating_mul(limits.unpacked_ratio_max).max(1 << 20));
        Ok(Self { archive, left: limit, limit })
    }

    /// Names of the parts that begin and end so, in the order of the number in them.
    pub(super) fn numbered(&self, begin: &str, end: &str) -> Vec<String> {
        let mut found: Vec<(u64, String)> = self
            .archive
            .file_names()
            .filter_map(|name| {
                let name = name.ok()?;
                let number = name.strip_prefix(begin)?.strip_suffix(end)?;
                Some((number.parse().ok()?, name.into_owned()))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect()
    }

    /// A part as text; `None` where there is none of this name.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refused> {
        let Some(index) = self.archive.index_for_name(name) else { return Ok(None) };
        let part = self.archive.by_index(index).map_err(Refused::broken)?;
        let mut bytes = Vec::new();
        part.take(self.left.saturating_add(1)).read_to_end(&mut bytes).map_err(Refused::broken)?;
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            return Err(Refused::Bomb { limit: self.limit });
        };
        self.left = left;
        String::from_utf8(bytes).map(Some).map_err(|_| Refused::broken(format!("{name} is not UTF-8")))
    }

    /// Unpack everything into nothing: what a reader that trusts the archive would take.
    pub(super) fn weigh(mut self) -> Result<(), Refused> {
        for index in 0..self.archive.len() {
            let part = self.archive.by_index(index).map_err(Refused::broken)?;
            let taken = std::io::copy(&mut part.take(self.left.saturating_add(1)), &mut std::io::sink());
            let Some(left) = self.left.checked_sub(taken.map_err(Refused::broken)?) else {
                return Err(Refused::Bomb { limit: self.limit });
            };
            self.left = left;
        }
        Ok(())
    }
}

//! Sums of the pages of a SQLite database, in a small file beside it (页校验和): SQLite has none, and a bit that flips
//! inside a text would be answered as it is.
//!
//! The file holds two things: the sum of each page as it was when the log was last folded to its end, and the sums of
//! the pages that a folding is just bringing. They are written before the folding and settled after it, so that a crash
//! at any moment leaves every page with one of its two sums, or in the log, whose frames have sums of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::wal::{Coming, PAGE_BYTES_MAX};
use crate::{Error, Result};

const MAGIC: &[u8; 8] = b"BRSUMS02";
/// Magic, bytes of a page, pages, pages to come, their number after the folding, the life of the log they are of.
const HEADER_BYTES: usize = 8 + 4 * 6;
/// Bytes read from the database at a time, about.
const READ_BYTES: usize = 1 << 20;

/// The sums of a database as this process knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageSums {
    page_bytes: u32,
    /// Of each page from the first on.
    sums: Vec<u32>,
    /// What a folding that may not have ended brings.
    coming: Coming,
}

/// The file beside a database.
pub(crate) fn sums_of(database: &Path) -> PathBuf {
    let mut sums = database.as_os_str().to_owned();
    sums.push("-sums");
    sums.into()
}

impl PageSums {
    /// Of a database as it is now.
    pub(crate) fn of(database: &Path) -> io::Result<Self> {
        let page_bytes = page_bytes_of(database)?;
        let mut sums = Vec::new();
        each_page(database, page_bytes, |_, sum| sums.push(sum))?;
        Ok(Self { page_bytes, sums, coming: Coming::default() })
    }

    /// What the file beside `database` says; `None` where there is none.
    pub(crate) fn read(database: &Path) -> Result<Option<Self>> {
        let path = sums_of(database);
        match std::fs::read(&path) {
            Ok(bytes) => decode(&bytes).map(Some).ok_or_else(|| Error::DamagedSums { path: shown(&path) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::File { path: shown(&path), cause }),
        }
    }

    /// Write the file beside `database` anew: the old one or the new one is there at any moment.
    pub(crate) fn write(&self, database: &Path) -> io::Result<()> {
        let path = sums_of(database);
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(&self.encode())?;
        brain_durable::sync_file(&file, Path::new(&new))?;
        std::fs::rename(&new, &path)?;
        path.parent().map_or(Ok(()), brain_durable::sync_folder)
    }

    /// What the next folding brings.
    pub(crate) fn announce(&mut self, coming: &Coming) {
        self.coming = coming.clone();
    }

    /// The life of the log whose folding was announced and is not settled yet.
    pub(crate) fn awaits(&self) -> Option<[u32; 2]> {
        (self.coming.size > 0).then_some(self.coming.life)
    }

    /// The folding came to its end: the file holds what was announced.
    pub(crate) fn settle(&mut self, database: &Path) -> io::Result<()> {
        let Coming { pages, size, .. } = std::mem::take(&mut self.coming);
        let known = self.sums.len();
        self.sums.resize(size as usize, 0);
        for (page, sum) in &pages {
            if let Some(place) = index(*page).and_then(|at| self.sums.get_mut(at)) {
                *place = *sum;
            }
        }
        // A page may have been added that no commit wrote: what the file holds there is what SQLite left.
        let unwritten: BTreeSet<u32> =
            (known..size as usize).filter_map(number).filter(|page| !pages.contains_key(page)).collect();
        if !unwritten.is_empty() {
            each_page(database, self.page_bytes, |page, sum| {
                if unwritten.contains(&page)
                    && let Some(place) = index(page).and_then(|at| self.sums.get_mut(at))
                {
                    *place = sum;
                }
            })?;
        }
        Ok(())
    }

    /// Hold every page of the file against its sums. `in_log` are the pages whose image in the log counts; nobody folds
    /// meanwhile.
    pub(crate) fn check(&self, database: &Path, in_log: &BTreeSet<u32>) -> Result<()> {
        let failed = |cause| Error::File { path: shown(database), cause };
        let (mut found, mut wrong) = (Vec::new(), BTreeSet::new());
        each_page(database, self.page_bytes, |page, sum| {
            found.push(sum);
            if !self.knows(page, sum) && !in_log.contains(&page) {
                wrong.insert(page);
            }
        })
        .map_err(failed)?;
        let arrived = |(page, sum): (&u32, &u32)| index(*page).and_then(|at| found.get(at)) == Some(sum);
        let ended = self.awaits().is_some() && self.coming.pages.iter().all(arrived);
        let size = if ended { self.coming.size as usize } else { self.sums.len() };
        // Pages behind the end are what a folding that did not end left; missing ones are damage, unless they are in
        // the log and will be written again.
        let missing = (found.len()..size).filter_map(number).find(|page| !in_log.contains(page));
        if let Some(page) = wrong.into_iter().find(|page| *page as usize <= size).or(missing) {
            return Err(Error::Damaged { path: shown(database), page });
        }
        Ok(())
    }

    /// Whether a page may have this sum.
    fn knows(&self, page: u32, sum: u32) -> bool {
        let settled = index(page).and_then(|at| self.sums.get(at));
        settled == Some(&sum) || self.coming.pages.get(&page) == Some(&sum)
    }

    fn encode(&self) -> Vec<u8> {
        let coming = &self.coming.pages;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.sums.len() * 4 + coming.len() * 8 + 4);
        bytes.extend(MAGIC);
        let lengths = [self.sums.len(), coming.len()].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
        let [first, second] = self.coming.life;
        let numbers = [self.page_bytes, lengths[0], lengths[1], self.coming.size, first, second];
        let pairs = coming.iter().flat_map(|(page, sum)| [page, sum]);
        for number in numbers.iter().chain(&self.sums).chain(pairs) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }
}

/// What [`PageSums::encode`] wrote; `None` for anything else.
fn decode(bytes: &[u8]) -> Option<PageSums> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return None;
    }
    let numbers = body.strip_prefix(MAGIC)?.as_chunks::<4>();
    let mut numbers = numbers.1.is_empty().then_some(numbers.0)?.iter().map(|four| u32::from_le_bytes(*four));
    let [page_bytes, pages, to_come, size] =
        [numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?];
    let life = [numbers.next()?, numbers.next()?];
    if !page_bytes.is_power_of_two() || page_bytes > PAGE_BYTES_MAX {
        return None;
    }
    let sums: Vec<u32> = numbers.by_ref().take(pages as usize).collect();
    let mut coming = BTreeMap::new();
    while let (Some(page), Some(sum)) = (numbers.next(), numbers.next()) {
        coming.insert(page, sum);
    }
    let whole = sums.len() == pages as usize && coming.len() == to_come as usize;
    whole.then_some(PageSums { page_bytes, sums, coming: Coming { life, pages: coming, size } })
}

/// Bytes of a page, from the header of the database (sqlite.org/fileformat2.html, §1.3).
fn page_bytes_of(database: &Path) -> io::Result<u32> {
    let mut header = [0; 18];
    File::open(database)?.read_exact(&mut header)?;
    let [.., high, low] = header;
    match u16::from_be_bytes([high, low]) {
        1 => Ok(PAGE_BYTES_MAX),
        bytes if bytes.is_power_of_two() => Ok(u32::from(bytes)),
        bytes => Err(io::Error::new(io::ErrorKind::InvalidData, format!("pages of {bytes} bytes"))),
    }
}

/// Give each whole page of the file, counted from 1, with its sum.
fn each_page(database: &Path, page_bytes: u32, mut give: impl FnMut(u32, u32)) -> io::Result<()> {
    let mut file = BufReader::with_capacity(READ_BYTES, File::open(database)?);
    let mut page = vec![0; page_bytes as usize];
    for number in 1.. {
        match file.read_exact(&mut page) {
            Ok(()) => give(number, crc32fast::hash(&page)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Where the sum of a page stands.
fn index(page: u32) -> Option<usize> {
    usize::try_from(page).ok()?.checked_sub(1)
}

/// The page whose sum stands here.
fn number(index: usize) -> Option<u32> {
    u32::try_from(index).ok()?.checked_add(1)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 512;

    /// A file of pages that are filled with these letters; only its header's page size is SQLite's.
    fn database(folder: &Path, letters: &[u8]) -> PathBuf {
        let path = folder.join("state.db");
        let mut bytes: Vec<u8> = letters.iter().flat_map(|letter| [*letter; PAGE]).collect();
        bytes[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn sum(letter: u8) -> u32 {
        crc32fast::hash(&[letter; PAGE])
    }

    fn coming(pages: &[(u32, u8)], size: u32) -> Coming {
        let pages = pages.iter().map(|(page, letter)| (*page, sum(*letter))).collect();
        Coming { life: [7, 9], pages, size }
    }

    fn none() -> BTreeSet<u32> {
        BTreeSet::new()
    }

    #[test]
    fn sums_are_read_as_written_and_any_flipped_bit_or_lost_end_of_them_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path(), b"abc");
        let mut sums = PageSums::of(&path).unwrap();
        assert_eq!(PageSums::read(&path).unwrap(), None);
        sums.announce(&coming(&[(2, b'x'), (4, b'y')], 4));
        sums.write(&path).unwrap();
        assert_eq!(PageSums::read(&path).unwrap(), Some(sums));
        let whole = std::fs::read(sums_of(&path)).unwrap();
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            assert_eq!(decode(&flipped), None, "byte {at}");
            assert_eq!(decode(&whole[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_lost_page_is_told_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path(), b"abc");
        let sums = PageSums::of(&path).unwrap();
        sums.check(&path, &none()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&path, flipped).unwrap();
            let told = sums.check(&path, &none()).unwrap_err();
            assert!(
                matches!(told, Error::Damaged { page, .. } if page as usize == at / PAGE + 1),
                "{told:?}"
            );
        }
        std::fs::write(&path, &whole[..2 * PAGE + 9]).unwrap();
        let told = sums.check(&path, &none()).unwrap_err();
        assert!(matches!(told, Error::Damaged { page: 3, .. }), "{told:?}");
        // What the log holds is written again.
        sums.check(&path, &[3].into()).unwrap();
    }

    #[test]
    fn a_crash_at_any_moment_of_a_folding_leaves_nothing_to_complain_about() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path(), b"abc");
        let mut sums = PageSums::of(&path).unwrap();
        sums.announce(&coming(&[(2, b'x'), (4, b'y')], 4));
        let log = [2, 4].into();
        for (pages, in_log) in [
            (&b"abc"[..], &log), // nothing is folded yet
            (b"axc", &log),      // one page is
            (b"a?c", &log),      // half a page is
            (b"axcy", &none()),  // all are, and the log began anew
        ] {
            let path = database(folder.path(), pages);
            sums.check(&path, in_log).unwrap();
        }
        // Without the log an old page is as good as a new one, but nothing else is.
        let told = sums.check(&database(folder.path(), b"a?cy"), &none()).unwrap_err();
        assert!(matches!(told, Error::Damaged { page: 2, .. }), "{told:?}");
        let path = database(folder.path(), b"axcy");
        assert_eq!(sums.awaits(), Some([7, 9]));
        sums.settle(&path).unwrap();
        assert_eq!((sums.awaits(), &sums), (None, &PageSums::of(&path).unwrap()));
    }

    #[test]
    fn a_database_that_shrank_or_grew_is_settled_at_its_new_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path(), b"abcd");
        let mut sums = PageSums::of(&path).unwrap();
        sums.announce(&coming(&[(2, b'x')], 2));
        let path = database(folder.path(), b"ax");
        sums.settle(&path).unwrap();
        assert_eq!(sums, PageSums::of(&path).unwrap());
        // Page 3 is in no commit: a hole.
        sums.announce(&coming(&[(4, b'y')], 4));
        let path = database(folder.path(), b"ax\0y");
        sums.settle(&path).unwrap();
        assert_eq!(sums, PageSums::of(&path).unwrap());
    }
}

//! Which pages of a SQLite database changed, and what their sums will be, from its write-ahead log
//! (sqlite.org/fileformat2.html, §4).
//!
//! A page reaches the database file only when the log is folded back, and this process alone folds
//! ([`crate::folding`]). So what is looked up in the log just before each folding, while nobody writes, is everything
//! that changed. Whatever does not fit that picture makes the answer "unknown", and then everything is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::path::Path;

/// Bytes of the log's header.
const HEADER_BYTES: usize = 32;
/// Bytes before each page in the log.
const FRAME_HEADER_BYTES: usize = 24;
/// Largest page of SQLite, bytes.
pub(crate) const PAGE_BYTES_MAX: u32 = 65_536;
/// Bytes read from the log at a time.
const READ_BYTES: usize = 256 << 10;

/// Pages of the database file that may differ from what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedPages {
    /// It is not known which; any may.
    Unknown,
    /// These and no others, counted from 1.
    These(BTreeSet<u32>),
}

/// What the file will hold once the log is folded back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Coming {
    /// The life of the log these are of: SQLite begins the next one only when all of this one is in the file.
    pub(crate) life: [u32; 2],
    /// CRC-32 of each page that is in the log, counted from 1.
    pub(crate) pages: BTreeMap<u32, u32>,
    /// Pages of the database after its last commit; 0 where the log holds none.
    pub(crate) size: u32,
}

/// What was seen of the log so far.
#[derive(Debug, Default)]
pub(crate) struct PageWatch {
    /// Collected from the moment on that somebody wants to know.
    changed: Option<ChangedPages>,
    seen: Option<Seen>,
    coming: Coming,
}

/// How far one life of the log was read. SQLite begins it anew from its start, under another salt, once all of it is
/// folded back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    salt: [u32; 2],
    /// Bytes of each page.
    page_bytes: u32,
    /// Frames up to the last commit.
    frames: u32,
    /// How many of them are in the database file.
    folded: u32,
}

impl Seen {
    /// Whether the database file has all of it.
    const fn is_whole(&self) -> bool {
        self.folded == self.frames
    }
}

/// What the log says beyond what was seen of it before.
struct News {
    seen: Seen,
    /// Committed pages and their sums, in the order they were written.
    pages: Vec<(u32, u32)>,
    /// Pages of the database after the last commit among them; 0 where there is none.
    size: u32,
}

impl PageWatch {
    /// From now on it is kept which pages change.
    pub(crate) fn keep(&mut self) {
        self.changed.get_or_insert(ChangedPages::Unknown);
    }

    /// Take what changed since this was asked last.
    pub(crate) fn take(&mut self) -> ChangedPages {
        let nothing = ChangedPages::These(BTreeSet::new());
        self.changed.replace(nothing).unwrap_or(ChangedPages::Unknown)
    }

    /// Look at the log before it is folded, while nobody writes.
    pub(crate) fn before_folding(&mut self, log: &Path) -> io::Result<()> {
        let before = self.seen.take();
        match read(log, before) {
            Ok(Some(news)) => {
                let known = continues(before, news.seen.salt);
                if let Some(changed) = &mut self.changed {
                    match changed {
                        ChangedPages::These(pages) if known => {
                            pages.extend(news.pages.iter().map(|(page, _)| page));
                        }
                        other => *other = ChangedPages::Unknown,
                    }
                }
                if before.is_none_or(|before| before.salt != news.seen.salt) {
                    self.coming = Coming { life: news.seen.salt, ..Coming::default() };
                }
                self.coming.pages.extend(news.pages);
                self.coming.size = if news.size == 0 { self.coming.size } else { news.size };
                self.seen = Some(news.seen);
                Ok(())
            }
            // Emptied by us, or made anew after its last connection closed and folded what nobody looked at.
            Ok(None) => {
                self.changed = self.changed.take().map(|_| ChangedPages::Unknown);
                self.coming = Coming::default();
                self.seen = before;
                Ok(())
            }
            Err(error) => {
                self.changed = self.changed.take().map(|_| ChangedPages::Unknown);
                Err(error)
            }
        }
    }

    /// What the file will hold, `None` when all of the log is in the file already.
    pub(crate) fn coming(&self) -> Option<&Coming> {
        self.seen.is_some_and(|seen| !seen.is_whole()).then_some(&self.coming)
    }

    /// Bytes of the log that are not in the file yet.
    pub(crate) fn unfolded_bytes(&self) -> u64 {
        self.seen
            .map_or(0, |seen| u64::from(seen.frames.saturating_sub(seen.folded)) * u64::from(seen.page_bytes))
    }

    /// What SQLite said of the folding: frames in the log, and how many of them are in the file now. Returns whether
    /// these are the frames that were looked at.
    pub(crate) fn after_folding(&mut self, frames: i32, folded: i32) -> bool {
        let Some(seen) = &mut self.seen else { return frames <= 0 };
        match (u32::try_from(frames), u32::try_from(folded)) {
            // An emptied log has no frames any more.
            (Ok(0), _) => seen.folded = seen.frames,
            (Ok(frames), Ok(folded)) if frames == seen.frames => seen.folded = folded,
            _ => {
                self.changed = self.changed.take().map(|_| ChangedPages::Unknown);
                self.seen = None;
                return false;
            }
        }
        true
    }
}

/// Whether nothing can have been missed between what was seen before and a log of this salt: it is the same life, or
/// the next one after a life that was folded to its end.
fn continues(before: Option<Seen>, salt: [u32; 2]) -> bool {
    before.is_some_and(|before| {
        before.salt == salt || (before.is_whole() && salt[0] == before.salt[0].wrapping_add(1))
    })
}

/// Pages that the log holds, up to its last commit.
pub(crate) fn pages_in(log: &Path) -> io::Result<BTreeSet<u32>> {
    Ok(read(log, None)?
        .map(|news| news.pages.into_iter().map(|(page, _)| page).collect())
        .unwrap_or_default())
}

/// The frames that were not seen before, up to the last commit; `None` for a log without a header.
fn read(log: &Path, before: Option<Seen>) -> io::Result<Option<News>> {
    let mut file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut header = [0; HEADER_BYTES];
    if !filled(&mut file, &mut header)? {
        return Ok(None);
    }
    let page_bytes = number(&header, 8);
    if !page_bytes.is_power_of_two() || page_bytes > PAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("pages of {page_bytes} bytes")));
    }
    let salt = [number(&header, 16), number(&header, 20)];
    let from = before.filter(|before| before.salt == salt);
    let mut seen = from.unwrap_or(Seen { salt, page_bytes, frames: 0, folded: 0 });
    let frame_bytes = FRAME_HEADER_BYTES as u64 + u64::from(page_bytes);
    file.seek(SeekFrom::Start(HEADER_BYTES as u64 + u64::from(seen.frames) * frame_bytes))?;
    let mut file = BufReader::with_capacity(READ_BYTES, file);
    let (mut pages, mut committed, mut size) = (Vec::new(), 0, 0);
    let mut at = seen.frames;
    let mut frame = [0; FRAME_HEADER_BYTES];
    let mut page = vec![0; page_bytes as usize];
    while filled(&mut file, &mut frame)? && [number(&frame, 8), number(&frame, 12)] == salt {
        if !filled(&mut file, &mut page)? {
            break;
        }
        at += 1;
        pages.push((number(&frame, 0), crc32fast::hash(&page)));
        // The size of the database after a commit stands in its last frame; frames after the last commit are of a
        // transaction that was rolled back, and others take their place.
        if number(&frame, 4) != 0 {
            (committed, size) = (pages.len(), number(&frame, 4));
            seen.frames = at;
        }
    }
    pages.truncate(committed);
    Ok(Some(News { seen, pages, size }))
}

/// Whether the buffer could be filled.
fn filled(file: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The number at `offset`, as SQLite writes it.
fn number(bytes: &[u8], offset: usize) -> u32 {
    let part = bytes.get(offset..offset + 4).and_then(|part| part.try_into().ok());
    part.map(u32::from_be_bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 512;

    /// A log of these frames: page and, at a commit, the size of the database.
    fn log(path: &Path, salt: [u32; 2], frames: &[(u32, u32)]) {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[8..12].copy_from_slice(&(PAGE as u32).to_be_bytes());
        for (at, part) in [(16, salt[0]), (20, salt[1])] {
            bytes[at..at + 4].copy_from_slice(&part.to_be_bytes());
        }
        for (page, size) in frames {
            for part in [*page, *size, salt[0], salt[1], 0, 0] {
                bytes.extend(part.to_be_bytes());
            }
            bytes.extend([0; PAGE]);
        }
        std::fs::write(path, bytes).unwrap();
    }

    fn watching() -> PageWatch {
        let mut watch = PageWatch::default();
        watch.keep();
        watch
    }

    fn these(pages: &[u32]) -> ChangedPages {
        ChangedPages::These(pages.iter().copied().collect())
    }

    #[test]
    fn pages_are_known_from_the_second_look_on_and_only_committed_frames_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut watch = watching();
        log(&path, [7, 9], &[(1, 0), (2, 2)]);
        watch.before_folding(&path).unwrap();
        watch.after_folding(2, 2);
        assert_eq!(watch.take(), ChangedPages::Unknown, "what was before is not known");
        // One more commit, and a transaction that was rolled back.
        log(&path, [7, 9], &[(1, 0), (2, 2), (5, 5), (6, 0)]);
        watch.before_folding(&path).unwrap();
        watch.after_folding(3, 3);
        assert_eq!(watch.take(), these(&[5]));
        // What was rolled back is overwritten; the next commit begins there.
        log(&path, [7, 9], &[(1, 0), (2, 2), (5, 5), (8, 8)]);
        watch.before_folding(&path).unwrap();
        watch.after_folding(4, 4);
        assert_eq!(watch.take(), these(&[8]));
        watch.before_folding(&path).unwrap();
        watch.after_folding(4, 4);
        assert_eq!(watch.take(), these(&[]), "nothing new");
    }

    #[test]
    fn the_next_life_of_the_log_is_read_from_its_start_when_the_last_was_folded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut watch = watching();
        log(&path, [7, 9], &[(1, 1)]);
        watch.before_folding(&path).unwrap();
        watch.after_folding(1, 1);
        watch.take();
        log(&path, [8, 1], &[(3, 3)]);
        watch.before_folding(&path).unwrap();
        watch.after_folding(1, 1);
        assert_eq!(watch.take(), these(&[3]));
        // Folded and emptied by us, and begun anew.
        watch.before_folding(&path).unwrap();
        watch.after_folding(0, 0);
        log(&path, [9, 4], &[(4, 4)]);
        watch.before_folding(&path).unwrap();
        watch.after_folding(1, 1);
        assert_eq!(watch.take(), these(&[4]));
    }

    #[test]
    fn whatever_may_have_been_missed_makes_everything_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let start = || {
            let mut watch = watching();
            log(&path, [7, 9], &[(1, 1)]);
            watch.before_folding(&path).unwrap();
            watch.after_folding(1, 1);
            watch.take();
            watch
        };
        let mut another = start();
        log(&path, [77, 9], &[(3, 3)]);
        another.before_folding(&path).unwrap();
        assert_eq!(another.take(), ChangedPages::Unknown, "a log that is not the next one");

        let mut reader = start();
        log(&path, [7, 9], &[(1, 1), (2, 2)]);
        reader.before_folding(&path).unwrap();
        // A reader kept the second frame in the log.
        reader.after_folding(2, 1);
        assert_eq!(reader.take(), these(&[2]));
        log(&path, [8, 9], &[(3, 3)]);
        reader.before_folding(&path).unwrap();
        assert_eq!(reader.take(), ChangedPages::Unknown, "somebody else folded what was left");

        let mut emptied = start();
        std::fs::write(&path, []).unwrap();
        emptied.before_folding(&path).unwrap();
        assert_eq!(emptied.take(), ChangedPages::Unknown, "it may have lived and ended unseen");

        let mut count = start();
        log(&path, [7, 9], &[(1, 1), (2, 2)]);
        count.before_folding(&path).unwrap();
        assert!(!count.after_folding(3, 3));
        assert_eq!(count.take(), ChangedPages::Unknown, "SQLite knows of frames that were not read");
    }

    #[test]
    fn what_the_file_will_hold_is_the_last_image_of_each_page_of_this_life() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut watch = PageWatch::default();
        log(&path, [7, 9], &[(1, 0), (3, 3), (9, 0)]);
        watch.before_folding(&path).unwrap();
        let sum = crc32fast::hash(&[0; PAGE]);
        let coming = Coming { life: [7, 9], pages: [(1, sum), (3, sum)].into(), size: 3 };
        assert_eq!(watch.coming(), Some(&coming), "the frame behind the last commit is of nobody");
        assert_eq!(watch.unfolded_bytes(), 2 * PAGE as u64);
        // A reader keeps the second frame in the log: all of this life may still come.
        assert!(watch.after_folding(2, 1));
        watch.before_folding(&path).unwrap();
        assert_eq!(watch.coming(), Some(&coming));
        assert!(watch.after_folding(2, 2));
        watch.before_folding(&path).unwrap();
        assert_eq!((watch.coming(), watch.unfolded_bytes()), (None, 0), "it is in the file");
        log(&path, [8, 9], &[(2, 2)]);
        watch.before_folding(&path).unwrap();
        let next = Coming { life: [8, 9], pages: [(2, sum)].into(), size: 2 };
        assert_eq!(watch.coming(), Some(&next));
        assert_eq!(pages_in(&path).unwrap(), [2].into());
        assert_eq!(pages_in(&folder.path().join("none")).unwrap(), [].into());
    }
}

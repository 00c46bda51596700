//! Which pages of a SQLite database changed, from the headers of its write-ahead log (sqlite.org/fileformat2.html, §4).
//!
//! A page reaches the database file only when the log is folded back, and this process alone folds
//! ([`crate::folding`]). So what is looked up in the log just before each folding, while nobody writes, is everything
//! that changed. Whatever does not fit that picture makes the answer "unknown", and then everything is read.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes of the log's header.
const HEADER_BYTES: usize = 32;
/// Bytes before each page in the log.
const FRAME_HEADER_BYTES: usize = 24;
/// Largest page of SQLite, bytes.
const PAGE_BYTES_MAX: u32 = 65_536;

/// Pages of the database file that may differ from what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedPages {
    /// It is not known which; any may.
    Unknown,
    /// These and no others, counted from 1.
    These(BTreeSet<u32>),
}

/// What was seen of the log so far.
#[derive(Debug)]
pub(crate) struct PageWatch {
    changed: ChangedPages,
    seen: Option<Seen>,
}

/// How far one life of the log was read. SQLite begins it anew from its start, under another salt, once all of it is
/// folded back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    salt: [u32; 2],
    /// Frames up to the last commit.
    frames: u32,
    /// Whether all of them are in the database file.
    folded: bool,
}

impl PageWatch {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self { changed: ChangedPages::Unknown, seen: None }
    }

    /// Take what changed since this was asked last.
    pub(crate) fn take(&mut self) -> ChangedPages {
        std::mem::replace(&mut self.changed, ChangedPages::These(BTreeSet::new()))
    }

    /// Look at the log before it is folded, while nobody writes.
    pub(crate) fn before_folding(&mut self, log: &Path) {
        let before = self.seen.take();
        match read(log, before) {
            Ok(Some((seen, pages))) => {
                if continues(before, seen.salt) {
                    if let ChangedPages::These(known) = &mut self.changed {
                        known.extend(pages);
                    }
                } else {
                    self.changed = ChangedPages::Unknown;
                }
                self.seen = Some(seen);
            }
            // Emptied by us, or made anew after its last connection closed and folded what nobody looked at.
            Ok(None) => {
                self.changed = ChangedPages::Unknown;
                self.seen = before;
            }
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be looked at; all of the database will be read");
                self.changed = ChangedPages::Unknown;
            }
        }
    }

    /// What SQLite said of the folding: frames in the log, and how many of them are in the file now.
    pub(crate) fn after_folding(&mut self, frames: i32, folded: i32) {
        let Some(seen) = &mut self.seen else { return };
        let whole = frames == folded;
        // An emptied log has no frames any more.
        if u32::try_from(frames).is_ok_and(|frames| frames == seen.frames) || frames == 0 {
            seen.folded = whole;
        } else {
            self.changed = ChangedPages::Unknown;
            self.seen = None;
        }
    }
}

/// Whether nothing can have been missed between what was seen before and a log of this salt: it is the same life, or
/// the next one after a life that was folded to its end.
fn continues(before: Option<Seen>, salt: [u32; 2]) -> bool {
    before.is_some_and(|before| {
        before.salt == salt || (before.folded && salt[0] == before.salt[0].wrapping_add(1))
    })
}

/// Pages of the frames that were not seen before, up to the last commit; `None` for a log without a header.
fn read(log: &Path, before: Option<Seen>) -> io::Result<Option<(Seen, BTreeSet<u32>)>> {
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
    let mut seen = from.unwrap_or(Seen { salt, frames: 0, folded: false });
    let (mut pages, mut uncommitted) = (BTreeSet::new(), Vec::new());
    let frame_bytes = FRAME_HEADER_BYTES as u64 + u64::from(page_bytes);
    let mut at = seen.frames;
    let mut frame = [0; FRAME_HEADER_BYTES];
    loop {
        let offset = HEADER_BYTES as u64 + u64::from(at) * frame_bytes;
        io::Seek::seek(&mut file, io::SeekFrom::Start(offset))?;
        if !filled(&mut file, &mut frame)? || [number(&frame, 8), number(&frame, 12)] != salt {
            break;
        }
        at += 1;
        uncommitted.push(number(&frame, 0));
        // The size of the database after a commit stands in its last frame; frames after the last commit are of a
        // transaction that was rolled back, and others take their place.
        if number(&frame, 4) != 0 {
            pages.extend(uncommitted.drain(..));
            seen.frames = at;
            seen.folded = false;
        }
    }
    Ok(Some((seen, pages)))
}

/// Whether the buffer could be filled.
fn filled(file: &mut File, buffer: &mut [u8]) -> io::Result<bool> {
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

    fn these(pages: &[u32]) -> ChangedPages {
        ChangedPages::These(pages.iter().copied().collect())
    }

    #[test]
    fn pages_are_known_from_the_second_look_on_and_only_committed_frames_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut watch = PageWatch::new();
        log(&path, [7, 9], &[(1, 0), (2, 2)]);
        watch.before_folding(&path);
        watch.after_folding(2, 2);
        assert_eq!(watch.take(), ChangedPages::Unknown, "what was before is not known");
        // One more commit, and a transaction that was rolled back.
        log(&path, [7, 9], &[(1, 0), (2, 2), (5, 5), (6, 0)]);
        watch.before_folding(&path);
        watch.after_folding(3, 3);
        assert_eq!(watch.take(), these(&[5]));
        // What was rolled back is overwritten; the next commit begins there.
        log(&path, [7, 9], &[(1, 0), (2, 2), (5, 5), (8, 8)]);
        watch.before_folding(&path);
        watch.after_folding(4, 4);
        assert_eq!(watch.take(), these(&[8]));
        watch.before_folding(&path);
        watch.after_folding(4, 4);
        assert_eq!(watch.take(), these(&[]), "nothing new");
    }

    #[test]
    fn the_next_life_of_the_log_is_read_from_its_start_when_the_last_was_folded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut watch = PageWatch::new();
        log(&path, [7, 9], &[(1, 1)]);
        watch.before_folding(&path);
        watch.after_folding(1, 1);
        watch.take();
        log(&path, [8, 1], &[(3, 3)]);
        watch.before_folding(&path);
        watch.after_folding(1, 1);
        assert_eq!(watch.take(), these(&[3]));
        // Folded and emptied by us, and begun anew.
        watch.before_folding(&path);
        watch.after_folding(0, 0);
        log(&path, [9, 4], &[(4, 4)]);
        watch.before_folding(&path);
        watch.after_folding(1, 1);
        assert_eq!(watch.take(), these(&[4]));
    }

    #[test]
    fn whatever_may_have_been_missed_makes_everything_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let start = || {
            let mut watch = PageWatch::new();
            log(&path, [7, 9], &[(1, 1)]);
            watch.before_folding(&path);
            watch.after_folding(1, 1);
            watch.take();
            watch
        };
        let mut another = start();
        log(&path, [77, 9], &[(3, 3)]);
        another.before_folding(&path);
        assert_eq!(another.take(), ChangedPages::Unknown, "a log that is not the next one");

        let mut reader = start();
        log(&path, [7, 9], &[(1, 1), (2, 2)]);
        reader.before_folding(&path);
        // A reader kept the second frame in the log.
        reader.after_folding(2, 1);
        assert_eq!(reader.take(), these(&[2]));
        log(&path, [8, 9], &[(3, 3)]);
        reader.before_folding(&path);
        assert_eq!(reader.take(), ChangedPages::Unknown, "somebody else folded what was left");

        let mut emptied = start();
        std::fs::write(&path, []).unwrap();
        emptied.before_folding(&path);
        assert_eq!(emptied.take(), ChangedPages::Unknown, "it may have lived and ended unseen");

        let mut count = start();
        log(&path, [7, 9], &[(1, 1), (2, 2)]);
        count.before_folding(&path);
        count.after_folding(3, 3);
        assert_eq!(count.take(), ChangedPages::Unknown, "SQLite knows of frames that were not read");
    }
}

//! What there is to read: files in the order of their paths, and documents in batches.

use crate::error::{Error, Result};
use crate::extract::Format;
use crate::options::Options;
use brain_kernel::hexadecimal;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Files or lines of a batch, at most; what one batch holds is what memory holds.
const BATCH_ITEMS: usize = 64;
/// Bytes of lines of a batch, about.
const BATCH_BYTES: usize = 32 << 20;

/// A file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its path below the folder that is read, with `/` on every system.
    pub(crate) shown: String,
    /// How it is read; `None` where nothing reads it.
    pub(crate) format: Option<Format>,
}

/// Every file of a folder and of those below, in the order of their paths; links are not followed and hidden files
/// (those beginning with a dot) are not read.
pub(crate) fn find(from: &Path, files_max: u64) -> Result<Vec<Source>> {
    let about = std::fs::metadata(from).map_err(|error| Error::read(from, error))?;
    if about.is_file() {
        let shown = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(vec![Source { path: from.to_owned(), shown, format: Format::of(from) }]);
    }
    let (mut sources, mut folders) = (Vec::new(), vec![(from.to_owned(), String::new())]);
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| Error::read(&folder, error))? {
            let entry = entry.map_err(|error| Error::read(&folder, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(|error| Error::read(&entry.path(), error))?;
            if name.starts_with('.') {
                continue;
            }
            let shown = format!("{prefix}{name}");
            if kind.is_dir() {
                folders.push((entry.path(), format!("{shown}/")));
            } else if kind.is_file() {
                if sources.len() as u64 >= files_max {
                    return Err(Error::TooMany { what: "files", limit: files_max });
                }
                let path = entry.path();
                sources.push(Source { format: Format::of(&path), path, shown });
            }
        }
    }
    sources.sort_by(|one, other| one.shown.cmp(&other.shown));
    Ok(sources)
}

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Work {
    /// A whole file.
    File(usize),
    /// A line of JSON Lines, from 1; `None` where it is longer than any document may be.
    Line(usize, u64, Option<Vec<u8>>),
    /// The end of a file that was read by lines.
    End(usize, Read),
}

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Read {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: hexadecimal::encode(&Sha256::digest(bytes)) }
    }
}

/// Hands out work in batches.
pub(crate) struct Feed<'a> {
    sources: &'a [Source],
    next: usize,
    line_bytes_max: u64,
    open: Option<Lines>,
}

struct Lines {
    source: usize,
    line: u64,
    reader: BufReader<File>,
    hash: Sha256,
    bytes: u64,
}

impl<'a> Feed<'a> {
    pub(crate) fn new(sources: &'a [Source], options: &Options) -> Self {
        // A character of JSON takes at most six bytes (`\u4ea7`), and a document has other fields beside its text.
        let line_bytes_max = options.limits.text_characters_max as u64 * 6 + (1 << 20);
        Self { sources, next: 0, line_bytes_max, open: None }
    }

    /// The next batch; empty at the end.
    pub(crate) fn batch(&mut self) -> Result<Vec<Work>> {
        let (mut batch, mut held) = (Vec::new(), 0);
        while batch.len() < BATCH_ITEMS && held < BATCH_BYTES {
            if let Some(work) = self.line()? {
                if let Work::Line(_, _, Some(line)) = &work {
                    held += line.len();
                }
                batch.push(work);
                continue;
            }
            let Some(source) = self.sources.get(self.next) else { break };
            if source.format == Some(Format::Jsonl) {
                let file = File::open(&source.path).map_err(|error| Error::read(&source.path, error))?;
                let reader = BufReader::new(file);
                self.open = Some(Lines { source: self.next, line: 0, reader, hash: Sha256::new(), bytes: 0 });
            } else {
                batch.push(Work::File(self.next));
            }
            self.next += 1;
        }
        Ok(batch)
    }

    /// The next line of the open file, or its end; `None` where no file is open.
    fn line(&mut self) -> Result<Option<Work>> {
        let Some(lines) = &mut self.open else { return Ok(None) };
        let source = lines.source;
        let path = self.sources.get(source).map(|source| source.path.clone()).unwrap_or_default();
        let failed = |error| Error::read(&path, error);
        let mut line = Vec::new();
        lines.reader.by_ref().take(self.line_bytes_max).read_until(b'\n', &mut line).map_err(failed)?;
        lines.count(&line);
        if line.is_empty() {
            let hash = std::mem::take(&mut lines.hash);
            let read = Read { bytes: lines.bytes, sha256: hexadecimal::encode(&hash.finalize()) };
            self.open = None;
            return Ok(Some(Work::End(source, read)));
        }
        lines.line += 1;
        let number = lines.line;
        if line.len() as u64 == self.line_bytes_max && !line.ends_with(b"\n") {
            lines.skip().map_err(failed)?;
            return Ok(Some(Work::Line(source, number, None)));
        }
        Ok(Some(Work::Line(source, number, Some(line))))
    }
}

impl Lines {
    fn count(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Read on to the end of a line too long to keep.
    fn skip(&mut self) -> std::io::Result<()> {
        loop {
            let piece = self.reader.fill_buf()?;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(piece.len(), |at| at + 1);
            self.hash.update(piece.get(..taken).unwrap_or_default());
            self.bytes += taken as u64;
            self.reader.consume(taken);
            if end.is_some() || taken == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_the_order_of_their_paths_and_hidden_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.txt", "b/z.html", "a.bin", ".hidden.txt", "b/a.pdf"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link.txt")).unwrap();
        let found = find(folder.path(), 10).unwrap();
        let names: Vec<&str> = found.iter().map(|source| source.shown.as_str()).collect();
        assert_eq!(names, ["a.bin", "b/a.pdf", "b/z.html", "c.txt"]);
        assert!(matches!(find(folder.path(), 3), Err(Error::TooMany { what: "files", limit: 3 })));
        assert!(matches!(find(&folder.path().join("none"), 3), Err(Error::Read { .. })));
    }

    #[test]
    fn lines_are_handed_out_with_their_numbers_and_too_long_ones_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let long = "x".repeat((1 << 20) + 700);
        let text = format!("one\n{long}\nthree");
        std::fs::write(&path, &text).unwrap();
        let sources = find(&path, 1).unwrap();
        let mut options = Options::default();
        options.limits.text_characters_max = 100;
        let batch = Feed::new(&sources, &options).batch().unwrap();
        assert!(matches!(&batch[0], Work::Line(0, 1, Some(line)) if line == b"one\n"));
        assert!(matches!(&batch[1], Work::Line(0, 2, None)));
        assert!(matches!(&batch[2], Work::Line(0, 3, Some(line)) if line == b"three"));
        assert!(matches!(&batch[3], Work::End(0, read) if *read == Read::of(text.as_bytes())));
    }
}

//! The spool (暂存区): received messages on the disk before they are acknowledged, handed out by their number.
//!
//! A folder of segments, `<spool>-<first number>.spool`. Messages are appended and synced together; what a crash cut
//! short at the end of the last segment was never acknowledged and is cut off. Segments go when all they hold has landed
//! and the broker is known not to send it again.
//! Start reading at [`Spool::open`] and [`Spool::append`].

mod read;
mod record;
mod unconfirmed;

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Write as _};
use std::path::{Path, PathBuf};

pub(crate) use read::Reader;
pub(crate) use record::Digest;
use record::{Kept, Next, Record};
use unconfirmed::Unconfirmed;

/// Bytes after which a new segment is begun.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Ending of segments.
const ENDING: &str = ".spool";

/// A message to keep.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Packet the broker sent it in; 0 where it asks for no acknowledgement.
    pub(crate) packet: u16,
    /// What it says, shortened.
    pub(crate) digest: Digest,
    /// Its line.
    pub(crate) line: String,
}

#[derive(Debug, Clone)]
struct Segment {
    first: u64,
    bytes: u64,
}

/// Messages of one connector. Functions block: they read and write the disk.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    id: String,
    /// By number; the last one is written to.
    segments: Vec<Segment>,
    file: File,
    /// Number of the next message.
    next: u64,
    /// Which acknowledgements the broker may not have.
    pub(crate) unconfirmed: Unconfirmed,
    /// What the segments say of it.
    written_through: u64,
    /// A write that failed could not be taken back: what would follow it could not be read.
    stuck: bool,
}

impl Spool {
    /// The spool of a folder, which is made with this id where there is none; also how many bytes were cut off its end.
    pub(crate) fn open(folder: &Path, id: &str) -> io::Result<(Self, u64)> {
        std::fs::create_dir_all(folder)?;
        // Its name, and that of the folder of all spools.
        for above in folder.ancestors().skip(1).take(2) {
            brain_durable::sync_folder(above)?;
        }
        let (id, segments) = list(folder)?.unwrap_or_else(|| (id.to_owned(), Vec::new()));
        let Some(last) = segments.last() else {
            let (file, bytes) = begin(folder, &id, 1, 0)?;
            let segments = vec![Segment { first: 1, bytes }];
            return Ok((Self::new(folder, id, segments, file), 0));
        };
        let path = path(folder, &id, last.first);
        let file = OpenOptions::new().read(true).append(true).open(&path)?;
        let mut spool = Self::new(folder, id, segments, file);
        let cut = spool.replay(&path)?;
        Ok((spool, cut))
    }

    fn new(folder: &Path, id: String, segments: Vec<Segment>, file: File) -> Self {
        let next = segments.last().map_or(1, |last| last.first);
        let unconfirmed = Unconfirmed::default();
        Self {
            folder: folder.to_owned(),
            id,
            segments,
            file,
            next,
            unconfirmed,
            written_through: 0,
            stuck: false,
        }
    }

    /// Learn what the segments say; a broken end of the last one is cut off.
    fn replay(&mut self, last: &Path) -> io::Result<u64> {
        // The last segment begins by saying what was confirmed; earlier ones matter only where something was not.
        let through = match Record::read(&mut BufReader::new(File::open(last)?))? {
            Next::Record(Record::Confirmed { through }, _) => through,
            _ => 0,
        };
        let from = self.segments.partition_point(|segment| segment.first <= through + 1).saturating_sub(1);
        let mut cut = 0;
        for index in from..self.segments.len() {
            let Some(segment) = self.segments.get(index).cloned() else { break };
            self.next = segment.first;
            let path = path(&self.folder, &self.id, segment.first);
            let whole = self.replay_segment(&path)?;
            if whole == segment.bytes {
                continue;
            }
            if index + 1 < self.segments.len() {
                return Err(damaged(&path));
            }
            cut = segment.bytes - whole;
            self.file.set_len(whole)?;
            brain_durable::sync_file(&self.file, &path)?;
            if let Some(last) = self.segments.last_mut() {
                last.bytes = whole;
            }
        }
        Ok(cut)
    }

    /// The bytes of a segment that are whole records in their order.
    fn replay_segment(&mut self, path: &Path) -> io::Result<u64> {
        let mut from = BufReader::new(File::open(path)?);
        let mut whole = 0;
        while let Next::Record(record, bytes) = Record::read(&mut from)? {
            match record {
                Record::Message(kept) if kept.sequence == self.next => {
                    self.unconfirmed.kept(kept.packet, kept.sequence, kept.digest);
                    self.next += 1;
                }
                Record::Message(_) => break,
                Record::Confirmed { through } => {
                    self.unconfirmed.confirmed_through(through);
                    self.written_through = through;
                }
            }
            whole += bytes;
        }
        Ok(whole)
    }

    /// Its id; a position of another spool says nothing of this one.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Number of the next message.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Number of the first message that may still be here.
    pub(crate) fn first(&self) -> u64 {
        self.segments.first().map_or(self.next, |segment| segment.first)
    }

    /// Messages after this one, and at most so many bytes.
    pub(crate) fn waiting(&self, after: u64) -> (u64, u64) {
        let rows = self.next.saturating_sub(after.max(self.first().saturating_sub(1))).saturating_sub(1);
        if rows == 0 {
            return (0, 0);
        }
        let from = self.segments.partition_point(|segment| segment.first <= after + 1).saturating_sub(1);
        (rows, self.segments.iter().skip(from).map(|segment| segment.bytes).sum())
    }

    /// Bytes on the disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Keep messages: when this returns they are on the disk, and may be acknowledged.
    pub(crate) fn append(&mut self, messages: Vec<Received>) -> io::Result<()> {
        if self.segments.last().is_some_and(|last| last.bytes >= SEGMENT_BYTES) {
            self.turn()?;
        }
        let (mut block, mut next) = (Vec::new(), self.next);
        let through = self.note_confirmed(&mut block)?;
        let mut kept = Vec::with_capacity(messages.len());
        for Received { packet, digest, line } in messages {
            Record::Message(Kept { sequence: next, packet, digest, line }).write(&mut block)?;
            kept.push((packet, next, digest));
            next += 1;
        }
        self.write(&block)?;
        (self.next, self.written_through) = (next, through);
        kept.into_iter()
            .for_each(|(packet, sequence, digest)| self.unconfirmed.kept(packet, sequence, digest));
        Ok(())
    }

    /// Write down what the broker is known to have.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        let mut block = Vec::new();
        let through = self.note_confirmed(&mut block)?;
        if !block.is_empty() {
            self.write(&block)?;
            self.written_through = through;
        }
        Ok(())
    }

    fn note_confirmed(&self, block: &mut Vec<u8>) -> io::Result<u64> {
        let through = self.unconfirmed.through(self.next - 1);
        if through > self.written_through {
            Record::Confirmed { through }.write(block)?;
        }
        Ok(through.max(self.written_through))
    }

    /// Write at the end and bring it to the disk; a part of it is taken back.
    fn write(&mut self, block: &[u8]) -> io::Result<()> {
        let (Some(last), false) = (self.segments.last_mut(), self.stuck) else {
            return Err(io::Error::other("an earlier write failed half way"));
        };
        let path = path(&self.folder, &self.id, last.first);
        if let Err(cause) = self.file.write_all(block) {
            self.stuck = self.file.set_len(last.bytes).is_err();
            return Err(cause);
        }
        brain_durable::sync_file(&self.file, &path)?;
        last.bytes += block.len() as u64;
        Ok(())
    }

    /// Begin a new segment.
    fn turn(&mut self) -> io::Result<()> {
        let through = self.unconfirmed.through(self.next - 1).max(self.written_through);
        let (file, bytes) = begin(&self.folder, &self.id, self.next, through)?;
        self.segments.push(Segment { first: self.next, bytes });
        (self.file, self.written_through) = (file, through);
        Ok(())
    }

    /// Remove what has landed up to this message and will not come again. A spool that holds less than has landed goes
    /// on after it; whether it did.
    pub(crate) fn landed(&mut self, through: u64) -> io::Result<bool> {
        let short = through >= self.next;
        if short {
            (self.next, self.unconfirmed) = (through + 1, Unconfirmed::default());
        }
        let done = through.min(self.unconfirmed.through(self.next - 1));
        let is_used = self.segments.last().is_some_and(|last| last.first < self.next);
        if done + 1 == self.next && is_used {
            self.turn()?;
        }
        let gone = self.segments.partition_point(|segment| segment.first <= done + 1).saturating_sub(1);
        for segment in self.segments.drain(..gone) {
            std::fs::remove_file(path(&self.folder, &self.id, segment.first))?;
        }
        if gone > 0 {
            brain_durable::sync_folder(&self.folder)?;
        }
        Ok(short)
    }

    /// Messages after this one, in order.
    pub(crate) fn reader(&self, after: u64) -> Reader {
        let from = self.segments.partition_point(|segment| segment.first <= after + 1).saturating_sub(1);
        let paths = self
            .segments
            .iter()
            .skip(from)
            .map(|segment| path(&self.folder, &self.id, segment.first))
            .collect();
        Reader::new(paths, after)
    }
}

fn path(folder: &Path, id: &str, first: u64) -> PathBuf {
    folder.join(format!("{id}-{first:020}{ENDING}"))
}

fn damaged(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", path.display()))
}

/// A new segment that says what was confirmed before it.
fn begin(folder: &Path, id: &str, first: u64, through: u64) -> io::Result<(File, u64)> {
    let path = path(folder, id, first);
    let mut file = OpenOptions::new().read(true).append(true).create_new(true).open(&path)?;
    let mut block = Vec::new();
    Record::Confirmed { through }.write(&mut block)?;
    file.write_all(&block)?;
    brain_durable::sync_file(&file, &path)?;
    brain_durable::sync_folder(folder)?;
    Ok((file, block.len() as u64))
}

/// Id and segments of a folder, by their numbers.
fn list(folder: &Path) -> io::Result<Option<(String, Vec<Segment>)>> {
    let mut found: Option<(String, Vec<Segment>)> = None;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Some((id, first)) = name.strip_suffix(ENDING).and_then(|name| name.rsplit_once('-')) else {
            continue;
        };
        let Ok(first) = first.parse() else { continue };
        let segment = Segment { first, bytes: entry.metadata()?.len() };
        match &mut found {
            None => found = Some((id.to_owned(), vec![segment])),
            Some((known, segments)) if known == id => segments.push(segment),
            Some(_) => return Err(damaged(folder)),
        }
    }
    if let Some((_, segments)) = &mut found {
        segments.sort_by_key(|segment| segment.first);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;

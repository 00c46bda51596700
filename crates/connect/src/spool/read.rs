//! Handing messages out.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use super::damaged;
use super::record::{Kept, Next, Record};

/// Bytes of lines read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Reads the messages of segments after a number.
#[derive(Debug)]
pub(crate) struct Reader {
    paths: VecDeque<PathBuf>,
    open: Option<(PathBuf, BufReader<File>)>,
    after: u64,
}

impl Reader {
    pub(super) fn new(paths: VecDeque<PathBuf>, after: u64) -> Self {
        Self { paths, open: None, after }
    }

    /// The next lines with their numbers, about a megabyte of them; none at the end.
    pub(crate) fn chunk(&mut self) -> io::Result<Vec<(u64, String)>> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while bytes < CHUNK_BYTES {
            let Some(Kept { sequence, line, .. }) = self.message()? else { break };
            bytes += line.len();
            lines.push((sequence, line));
        }
        Ok(lines)
    }

    fn message(&mut self) -> io::Result<Option<Kept>> {
        loop {
            let Some((path, from)) = &mut self.open else {
                let Some(path) = self.paths.pop_front() else { return Ok(None) };
                let file = BufReader::new(File::open(&path)?);
                self.open = Some((path, file));
                continue;
            };
            match Record::read(from)? {
                Next::Record(Record::Message(kept), _) if kept.sequence > self.after => {
                    return Ok(Some(kept));
                }
                Next::Record(..) => {}
                Next::End => self.open = None,
                Next::Broken => return Err(damaged(path)),
            }
        }
    }
}

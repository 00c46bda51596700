//! Files that are written on at their end while they are copied, and removed once nobody needs them.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use crate::files::Found;
use crate::repository::{Repository, SealingKey};
use crate::{Error, Result};

impl Repository {
    /// Seal a file that was found, as an object; its name and length. `None` for one that was meant to go and has gone.
    pub(crate) fn put_found(&self, key: &SealingKey, found: &Found) -> Result<Option<(String, u64)>> {
        if found.grows {
            self.put_beginning(key, &found.path, found.bytes)
        } else {
            self.put(key, &found.path, found.bytes).map(Some)
        }
    }

    /// Seal the first `most` bytes of a file; what is written behind them meanwhile belongs to the next copy.
    fn put_beginning(&self, key: &SealingKey, source: &Path, most: u64) -> Result<Option<(String, u64)>> {
        let mut file = match File::open(source) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::at(source)(error)),
        };
        let mut hasher = key.hasher();
        let bytes = io::copy(&mut (&file).take(most), &mut hasher).map_err(Error::at(source))?;
        let name = key.name(hasher.finish());
        if !self.has(&name) {
            file.rewind().map_err(Error::at(source))?;
            let (kept, _) = self.write_object(key, &name, file.take(bytes))?;
            if kept != name {
                return Err(Error::damaged(format!("{} changes while it is read", source.display())));
            }
        }
        Ok(Some((name, bytes)))
    }
}

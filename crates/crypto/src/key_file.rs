//! One key, one file, readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{Error, Result, random};
use brain_kernel::hexadecimal;

/// Longest key file read, bytes.
const FILE_BYTES_MAX: u64 = 1_024;
/// Draws of random bytes until they are a key; a second is needed once in 2³².
const DRAWS_MAX: usize = 16;

pub(crate) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file of the key `name`; a name is a word, never a path.
    pub(crate) fn new(folder: &Path, name: &str, algorithm: &str) -> Result<Self> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(word) {
            return Err(Error::Malformed { what: "name of a key" });
        }
        Ok(Self::at(folder.join(format!("{name}-{algorithm}.key"))))
    }

    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn malformed(&self) -> Error {
        Error::KeyMalformed { path: self.path.display().to_string() }
    }

    /// The key in the file, `None` where there is no file.
    pub(crate) fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        if !self.path.try_exists().map_err(|cause| self.failed(cause))? {
            return Ok(None);
        }
        refuse_if_shared(&self.path)?;
        let mut text = Zeroizing::new(String::new());
        File::open(&self.path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
            .map_err(|cause| self.failed(cause))?;
        parse(&text).ok_or_else(|| self.malformed()).map(Some)
    }

    /// The key in the file, made of random bytes that `suits` accepts where there is none.
    pub(crate) fn open_or_create(
        &self,
        length: usize,
        suits: impl Fn(&[u8]) -> bool,
    ) -> Result<Zeroizing<Vec<u8>>> {
        if let Some(folder) = self.path.parent() {
            create_folder(folder).map_err(|cause| self.failed(cause))?;
            refuse_if_shared(folder)?;
        }
        if self.read()?.is_none() {
            self.create(length, &suits)?;
        }
        let bytes = self.read()?.filter(|bytes| bytes.len() == length && suits(bytes));
        bytes.ok_or_else(|| self.malformed())
    }

    fn create(&self, length: usize, suits: &impl Fn(&[u8]) -> bool) -> Result<()> {
        let mut bytes = Zeroizing::new(vec![0; length]);
        for _ in 0..DRAWS_MAX {
            random(&mut bytes)?;
            if suits(&bytes) {
                let digits = Zeroizing::new(hexadecimal::encode(&bytes));
                let text = Zeroizing::new(format!("{}\n{}\n", *digits, check_line(&digits)));
                return replace_private_file(&self.path, text.as_bytes()).map_err(|cause| self.failed(cause));
            }
        }
        Err(Error::Module("the random source yields no key".to_owned()))
    }

    fn failed(&self, cause: io::Error) -> Error {
        Error::KeyFile { path: self.path.display().to_string(), cause }
    }
}

/// The second line of a key file. Almost every run of bytes is a key, so that a flipped bit would make another one of it
/// and nobody would notice before signatures are held against the old one.
fn check_line(digits: &str) -> String {
    format!("crc32 {:08x}", crc32fast::hash(digits.as_bytes()))
}

/// The key in the text of a file: hexadecimal, and the line that tells whether it is what was written. A key that
/// somebody wrote by hand, or an earlier version, has no such line.
pub(crate) fn parse(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (digits, check) =
        text.trim().split_once('\n').map_or((text.trim(), None), |(digits, check)| (digits, Some(check)));
    if check.is_some_and(|check| check != check_line(digits)) {
        return None;
    }
    hexadecimal::decode(digits).map(Zeroizing::new)
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.try_exists()? {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Write a file only its owner can read, durably, all or nothing: under another name first, so that a crash never
/// leaves half of it.
pub fn replace_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft: PathBuf = path.to_owned();
    draft.as_mut_os_string().push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(content)?;
    brain_durable::sync_file(&file, &draft)?;
    fs::rename(&draft, path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        brain_durable::sync_folder(folder)?;
    }
    Ok(())
}

/// Refuse a key file or folder that others can reach.
#[cfg(unix)]
pub fn refuse_if_shared(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // A folder named by nothing is the working folder, which is not a key folder.
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let shown = || path.display().to_string();
    let mode =
        fs::metadata(path).map_err(|cause| Error::KeyFile { path: shown(), cause })?.permissions().mode();
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(Error::KeyPermissions { path: shown(), mode: mode & 0o777 }) }
}

/// Refuse a key file or folder that others can reach; this system says nothing about others.
#[cfg(not(unix))]
pub fn refuse_if_shared(_: &Path) -> Result<()> {
    Ok(())
}

//! Syncs that either succeed or end the process.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::halt;

/// Bring a file to disk. Where the disk refuses, the process ends ([`halt`]).
///
/// `path` is for the message only.
///
/// # Errors
/// None about the disk; a file that cannot be synced at all (a pipe, some network folders) is an error to hand on.
pub fn sync_file(file: &File, path: &Path) -> io::Result<()> {
    match file.sync_all() {
        Err(cause) if is_unsupported(&cause) => Err(cause),
        Err(cause) => halt(&path.display().to_string(), &cause),
        Ok(()) => Ok(()),
    }
}

/// Bring a file on another site's disk there. What fails is handed on: the caller gives the file up and writes another
/// one under a name of its own, for a second sync of the same file would say yes to what is lost.
///
/// # Errors
/// The other site cannot take it now; this machine's own disk is as it was.
pub fn sync_elsewhere(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(cause) if is_unsupported(&cause) => Ok(()),
        outcome => outcome,
    }
}

/// Bring the names in a folder to disk: files created, renamed and removed in it.
///
/// # Errors
/// The folder cannot be opened.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let opened = File::open(folder)?;
    match sync_file(&opened, folder) {
        // A file system that cannot sync folders (some network folders) keeps names in its own way.
        Err(cause) if is_unsupported(&cause) => Ok(()),
        outcome => outcome,
    }
}

/// Bring the names of a folder and of those above it to disk, up to and with `root`.
///
/// # Errors
/// A folder cannot be opened.
pub fn sync_folders(folder: &Path, root: &Path) -> io::Result<()> {
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Whether the kernel says that this kind of file has no sync, rather than that it failed.
fn is_unsupported(cause: &io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
}

#[cfg(test)]
mod tests {
    use super::{sync_file, sync_folders};
    use std::fs::File;

    #[test]
    fn a_good_disk_takes_files_and_folders_up_to_the_root() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("file");
        let file = File::create(&path).unwrap();
        sync_file(&file, &path).unwrap();
        sync_folders(&folder, root.path()).unwrap();
        assert!(sync_folders(&root.path().join("none"), root.path()).is_err());
    }
}

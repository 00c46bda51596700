//! The data folder: its layout, its permissions, and the lock that keeps a second process out.

use anyhow::{Context as _, Result, bail};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// A data folder this process holds.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Held, never read: the lock lives as long as the file is open.
    _lock: File,
}

const PARTS: [&str; 10] =
    ["keys", "store", "lake", "mappings", "corpora", "inbox", "search", "tmp", "uploads", "quarantine"];

impl Folder {
    /// Create the layout where it is missing and lock the folder.
    pub fn open(root: &Path) -> Result<Self> {
        for part in std::iter::once("").chain(PARTS) {
            create_private(&root.join(part))?;
        }
        let lock = lock(&root.join("lock"))?;
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    /// Where the keys lie.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Where files may be left for connectors to fetch.
    pub fn inbox(&self) -> PathBuf {
        self.root.join("inbox")
    }

    /// The store's URL: as configured, or SQLite inside the folder.
    pub fn store_url(&self, configured: &str) -> String {
        if configured.is_empty() {
            format!("sqlite://{}?mode=rwc", self.root.join("store").join("brain.db").display())
        } else {
            configured.to_owned()
        }
    }

    /// Whether another process holds the folder now.
    pub fn is_held(root: &Path) -> bool {
        let Ok(file) = File::open(root.join("lock")) else { return false };
        fs4::FileExt::try_lock(&file).is_err()
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Create a folder that only its owner may enter.
fn create_private(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(path).and_then(|()| tighten(path));
    made.with_context(|| {
        format!(
            "无法创建数据文件夹 {0}。\nCannot create the folder {0}; check the path and its permissions.",
            path.display()
        )
    })
}

/// A folder that existed before may be open to others; a data folder never is.
fn tighten(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Lock a folder by the file `path` in it; whoever holds it already is named.
pub fn lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| format!("cannot open {}", path.display()))?;
    if fs4::FileExt::try_lock(&file).is_err() {
        let mut holder = String::new();
        // Best effort: the number only makes the message more useful.
        let _ = file.read_to_string(&mut holder);
        bail!(
            "数据文件夹 {0} 正被进程 {1} 使用，请先停止它，或用 --data 指定另一个文件夹。\n\
             The data folder {0} is in use by process {1}; stop it first, or choose another folder with --data.",
            path.parent().unwrap_or(path).display(),
            if holder.trim().is_empty() { "?" } else { holder.trim() }
        );
    }
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())?;
    brain_durable::sync_file(&file, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_and_told_who_holds_it() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("data");
        let held = Folder::open(&root).unwrap();
        let refused = Folder::open(&root).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        assert!(Folder::open(&root).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look_inside() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("data");
        let folder = Folder::open(&root).unwrap();
        for part in [root.clone(), folder.keys(), root.join("lake")] {
            assert_eq!(
                std::fs::metadata(&part).unwrap().permissions().mode() & 0o777,
                0o700,
                "{}",
                part.display()
            );
        }
    }
}

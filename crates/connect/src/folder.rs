//! A folder (文件夹): every new or changed file is one batch, taken as it is.
//!
//! A file is known by name, size, time and digest. One that may still be written is left alone: a temporary name, a
//! change within the last seconds, or a change while it was copied.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use brain_kernel::hexadecimal;
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

use crate::pattern::matches;
use crate::settings::{number, text};
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Source, Surroundings};

/// Files looked at in one folder.
const FILES_MAX: usize = 20_000;
/// Files named by a test.
const FILES_SHOWN: usize = 200;
/// Read at once, bytes.
const BLOCK_BYTES: usize = 256 * 1024;
/// Endings programs give to files that are not finished.
const UNFINISHED: [&str; 9] =
    ["tmp", "temp", "part", "partial", "filepart", "crdownload", "download", "swp", "lock"];

/// Settings of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderSettings {
    /// 节点上的文件夹 · Folder on the node.
    #[schemars(length(min = 1, max = 1_000))]
    pub path: String,
    /// 文件名，* 与 ? 为通配符 · Names of files; * and ? stand for what varies.
    #[serde(default = "any")]
    #[schemars(length(min = 1, max = 1_000))]
    pub pattern: String,
    /// 文件须静止的秒数 · Seconds for which a file has not changed.
    #[serde(default = "settle")]
    #[schemars(range(max = 86_400))]
    pub settle_s: u64,
}

fn any() -> String {
    "*".to_owned()
}

const fn settle() -> u64 {
    10
}

impl FolderSettings {
    pub(crate) fn check(&self) -> Result<()> {
        text("path", &self.path)?;
        text("pattern", &self.pattern)?;
        if self.pattern.contains('/') {
            return Err(Error::setting(
                "pattern",
                "只写文件名，不写路径。",
                "It matches names of files, without a path.",
            ));
        }
        number("settle_s", self.settle_s, 0..=86_400)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    files: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    bytes: u64,
    modified_ms: u64,
    sha256: String,
}

#[derive(Debug, Clone)]
struct Found {
    name: String,
    path: PathBuf,
    bytes: u64,
    modified_ms: u64,
}

pub(crate) struct Folder {
    settings: FolderSettings,
    surroundings: Surroundings,
}

impl Folder {
    pub(crate) const fn new(settings: FolderSettings, surroundings: Surroundings) -> Self {
        Self { settings, surroundings }
    }

    /// The folder itself, if it lies in one that may be read: wherever links lead.
    async fn folder(&self) -> Result<PathBuf> {
        let failed = |cause| Error::Folder { path: self.settings.path.clone(), cause };
        let folder = tokio::fs::canonicalize(&self.settings.path).await.map_err(failed)?;
        for allowed in &self.surroundings.folders {
            match tokio::fs::canonicalize(allowed).await {
                Ok(allowed) if folder.starts_with(&allowed) => return Ok(folder),
                _ => {}
            }
        }
        Err(Error::setting(
            "path",
            format!("{} 不在允许读取的文件夹（connect.folders）之内。", self.settings.path),
            format!("{} lies in no folder that may be read (connect.folders).", self.settings.path),
        ))
    }

    /// Finished files of the pattern, oldest first.
    async fn list(&self) -> Result<Vec<Found>> {
        let folder = self.folder().await?;
        let failed = |cause| Error::Folder { path: folder.display().to_string(), cause };
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(failed)?;
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if is_unfinished(&name) || !matches(&self.settings.pattern, &name) {
                continue;
            }
            if let Some(file) = look(&entry.path(), name).await? {
                found.push(file);
            }
            if found.len() > FILES_MAX {
                return Err(Error::TooMuch {
                    what: Text::new("文件夹中的文件", "The number of files in the folder"),
                    limit: FILES_MAX as u64,
                    unit: Text::new("个", "files"),
                });
            }
        }
        let now_ms = u64::try_from(self.surroundings.clock.now().timestamp_millis()).unwrap_or(0);
        found.retain(|file| now_ms.saturating_sub(file.modified_ms) >= self.settings.settle_s * 1_000);
        found.sort_by(|one, other| (one.modified_ms, &one.name).cmp(&(other.modified_ms, &other.name)));
        Ok(found)
    }

    /// Copy a file into the landing; its digest.
    async fn copy(&self, file: &Found, landing: &mut Landing, control: &Control) -> Result<String> {
        let failed = |cause| Error::Folder { path: file.path.display().to_string(), cause };
        let mut from = tokio::fs::File::open(&file.path).await.map_err(failed)?;
        landing.begin(&file.name).await?;
        let (mut digest, mut block, mut bytes) = (Sha256::new(), vec![0; BLOCK_BYTES], 0);
        loop {
            control.check()?;
            let read = from.read(&mut block).await.map_err(failed)?;
            let Some(piece) = block.get(..read).filter(|piece| !piece.is_empty()) else { break };
            digest.update(piece);
            bytes += read as u64;
            landing.write(piece).await?;
            control.progress.add(read as u64);
        }
        let after = look(&file.path, file.name.clone()).await?;
        let same = after.is_some_and(|now| (now.bytes, now.modified_ms) == (file.bytes, file.modified_ms));
        if !same || bytes != file.bytes {
            return Err(Error::Changed { path: file.path.display().to_string() });
        }
        Ok(hexadecimal::encode(&digest.finalize()))
    }
}

#[async_trait::async_trait]
impl Source for Folder {
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let files = self.list().await?;
        let bytes: u64 = files.iter().map(|file| file.bytes).sum();
        Ok(Finding {
            found: Text::new(
                format!("{} 个完整的文件，共 {bytes} 字节", files.len()),
                format!("{} finished files, {bytes} bytes in all", files.len()),
            ),
            fields: files.into_iter().take(FILES_SHOWN).map(|file| file.name).collect(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let mut taken: Taken = after.map(Position::read).transpose()?.unwrap_or_default();
        let files = self.list().await?;
        // A file that is gone is forgotten, so that the position stays as small as the folder.
        taken.files.retain(|name, _| files.iter().any(|file| &file.name == name));
        let is_new = |taken: &Taken, file: &Found| {
            let known = taken.files.get(&file.name);
            known.is_none_or(|known| (known.bytes, known.modified_ms) != (file.bytes, file.modified_ms))
        };
        let fresh: Vec<&Found> = files.iter().filter(|file| is_new(&taken, file)).collect();
        let mut unsettled = None;
        for (index, file) in fresh.iter().enumerate() {
            landing.clear().await?;
            let sha256 = match self.copy(file, landing, control).await {
                Ok(sha256) => sha256,
                // It is somebody's work in progress; the others need not wait for it.
                Err(error @ Error::Changed { .. }) => {
                    unsettled = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let known = Known { bytes: file.bytes, modified_ms: file.modified_ms, sha256 };
            let before = taken.files.insert(file.name.clone(), known.clone());
            // Only touched: the same content under the same name has landed.
            if before.is_none_or(|before| before.sha256 != known.sha256) {
                let more = index + 1 < fresh.len();
                return Ok(Some(Fetched { position: Position::of(&taken)?, more }));
            }
        }
        landing.clear().await?;
        unsettled.map_or(Ok(None), Err)
    }
}

/// A regular file; not a link, which may lead anywhere.
async fn look(path: &Path, name: String) -> Result<Option<Found>> {
    let failed = |cause| Error::Folder { path: path.display().to_string(), cause };
    let metadata = match tokio::fs::symlink_metadata(path).await {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    let modified = metadata.modified().map_err(failed)?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified_ms = u64::try_from(modified.as_millis()).unwrap_or(u64::MAX);
    Ok(Some(Found { name, path: path.to_owned(), bytes: metadata.len(), modified_ms }))
}

/// Whether a name is one that programs give to files they still write.
fn is_unfinished(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    name.starts_with(['.', '~'])
        || name.ends_with('~')
        || ending.is_some_and(|ending| UNFINISHED.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_still_written_is_known_by_its_name() {
        for name in [".a.csv", "~$a.xlsx", "a.csv~", "a.csv.part", "a.TMP", "a.csv.crdownload"] {
            assert!(is_unfinished(name), "{name}");
        }
        assert!(!is_unfinished("a.csv") && !is_unfinished("part"));
    }
}

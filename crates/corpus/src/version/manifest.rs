//! What a version says of itself, and whether it is still true.

use crate::error::{Error, Result};
use crate::options::Options;
use crate::tally::Tally;
use brain_kernel::hexadecimal;
use brain_kernel::language::Language;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// Longest manifest and report, bytes.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// Hexadecimal digits of a version's name.
const NAME_DIGITS: usize = 16;

/// What a version holds and how to make it again: the same inputs, options and program give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Program and version that wrote it.
    pub program: String,
    /// Version of the program that recognised characters, where one was configured.
    pub recognition: Option<String>,
    /// Parameters.
    pub options: Options,
    /// What was read.
    pub inputs: Inputs,
    /// What was counted at each step.
    pub tally: Tally,
    /// Every other file of the version.
    pub files: Vec<WrittenFile>,
}

/// What was read; each file with its SHA-256 is a line of `inputs.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Files found.
    pub files: u64,
    /// Bytes of those that were read.
    pub bytes: u64,
    /// SHA-256 of `inputs.jsonl`.
    pub sha256: String,
}

/// A file of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenFile {
    /// Path below the version's folder.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Rows, where it has rows.
    pub rows: Option<u64>,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// A version that was written, or was there already.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// Its folder; the last part is the name of the version.
    pub folder: PathBuf,
    /// Whether the same version had been there.
    pub existed: bool,
    /// What it holds.
    pub manifest: Manifest,
}

/// Give the draft its name. A version of that name is the same version: it is checked and left as it is.
pub(super) fn publish(draft: TempDir, to: &Path, text: &str, manifest: Manifest) -> Result<Built> {
    let folder = to.join(name(text));
    if folder.exists() {
        verify(&folder)?;
        return Ok(Built { folder, existed: true, manifest });
    }
    for below in
        ["data", "passages"].map(|name| draft.path().join(name)).iter().filter(|below| below.is_dir())
    {
        brain_durable::sync_folder(below).map_err(|error| Error::write(below, error))?;
    }
    brain_durable::sync_folder(draft.path()).map_err(|error| Error::write(draft.path(), error))?;
    std::fs::rename(draft.path(), &folder).map_err(|error| Error::write(&folder, error))?;
    // Nothing of that name is left to remove.
    let _ = draft.keep();
    brain_durable::sync_folder(to).map_err(|error| Error::write(to, error))?;
    Ok(Built { folder, existed: false, manifest })
}

fn name(manifest: &str) -> String {
    hexadecimal::encode(&Sha256::digest(manifest.as_bytes())).chars().take(NAME_DIGITS).collect()
}

/// Size and SHA-256 of a file.
pub(super) fn digest(path: &Path) -> Result<(u64, String)> {
    let failed = |error| Error::read(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return Ok((bytes, hexadecimal::encode(&hash.finalize())));
        }
        bytes += read as u64;
        hash.update(piece.get(..read).unwrap_or_default());
    }
}

fn text(path: &Path) -> Result<String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| Error::read(path, error))?;
    file.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).map_err(|error| Error::read(path, error))?;
    Ok(text)
}

/// The manifest of a version whose name, files and hashes are as written.
pub fn verify(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    if !path.is_file() {
        return Err(Error::damaged(
            folder,
            "不是语料版本文件夹：缺少 manifest.json；请给出 brain corpus build 写出的版本文件夹",
            "is no version of a corpus: manifest.json is absent; name a folder that brain corpus build wrote",
        ));
    }
    let text = text(&path)?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|error| {
        Error::damaged(&path, format!("无法理解：{error}"), format!("cannot be understood: {error}"))
    })?;
    let real = folder.canonicalize().map_err(|error| Error::read(folder, error))?;
    let called = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let right = name(&text);
    if called != right {
        return Err(Error::damaged(
            folder,
            format!("名称与清单不符：按清单应为 {right}；文件夹被改名或清单被改动"),
            format!(
                "its name does not fit its manifest, by which it is {right}: renamed, or the manifest was changed"
            ),
        ));
    }
    for file in &manifest.files {
        if file.path.split('/').any(|part| part.is_empty() || part == "..") || file.path.contains('\\') {
            return Err(Error::damaged(&path, "含有越界路径", "names a path that leads out"));
        }
        let place = folder.join(&file.path);
        let (bytes, sha256) = digest(&place)?;
        if (bytes, sha256.as_str()) != (file.bytes, file.sha256.as_str()) {
            return Err(Error::damaged(&place, "内容与清单不符", "is not what the manifest says"));
        }
    }
    Ok(manifest)
}

/// The card of a version, as it was written.
pub fn read_card(folder: &Path) -> Result<String> {
    text(&folder.join("README.md"))
}

/// The quality report of a version, after [`verify`].
pub fn read_report(folder: &Path, language: Language) -> Result<(Manifest, String)> {
    let manifest = verify(folder)?;
    let name = match language {
        Language::Zh => "report.zh.md",
        Language::En => "report.en.md",
    };
    let report = text(&folder.join(name))?;
    Ok((manifest, report))
}

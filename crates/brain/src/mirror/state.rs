//! What a data folder remembers of its mirror: `<data>/mirror.json`, which is in no copy of the folder.

use anyhow::{Context as _, Result};
use brain_trust::status::MirrorRecord;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Largest file, bytes.
const BYTES_MAX: u64 = 1 << 20;
/// Random bytes of an id.
const ID_BYTES: usize = 16;

/// Who the folder is at the second site, and how its copy stood last.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Id of the data folder.
    pub holder: String,
    /// The epoch it held last; 0 before the first.
    pub epoch: u64,
    /// Whether a node ever stood by.
    pub stood_by: bool,
    /// How the copy stood last.
    pub last: Option<MirrorRecord>,
}

impl State {
    /// What this folder remembers, or a folder that is new there.
    pub fn of(data: &Path) -> Result<Self> {
        let path = data.join("mirror.json");
        if !path.exists() {
            return Ok(Self { holder: new_id()?, epoch: 0, stood_by: false, last: None });
        }
        let size = std::fs::metadata(&path).map(|file| file.len()).unwrap_or_default();
        anyhow::ensure!(size <= BYTES_MAX, "{} is larger than 1 MiB", path.display());
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| {
            format!(
                "{0} 已损坏，请从备份恢复该节点。\n{0} is damaged; restore the node from a backup.",
                path.display()
            )
        })
    }

    /// Change what this folder remembers; two parts of the program do.
    pub fn update(data: &Path, change: impl FnOnce(&mut Self)) -> Result<()> {
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = Self::of(data)?;
        change(&mut state);
        Ok(state.save(data)?)
    }

    /// Remember it in this folder.
    pub fn save(&self, data: &Path) -> std::io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        brain_crypto::replace_private_file(&data.join("mirror.json"), &text)
    }
}

/// A fresh id.
pub fn new_id() -> Result<String> {
    let mut bytes = [0; ID_BYTES];
    brain_crypto::random(&mut bytes)?;
    Ok(brain_kernel::hexadecimal::encode(&bytes))
}

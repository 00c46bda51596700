//! Which signed heads were found good before, so that their signatures need not be checked again: two for each head are
//! most of the work of a verification.
//!
//! What is remembered is a digest over every such head as it is stored and over the keys it was held against, signed by
//! the log's own key, in a file beside the keys. Heads that give the same digest are to the byte those whose signatures
//! were good. Nothing else is believed: each entry is hashed again and each head held against the tree, and where the
//! digest is another one everything is checked anew.

use std::path::Path;

use brain_kernel::hexadecimal;
use brain_store::evidence::checkpoint::CheckpointRow;
use brain_verifier::VerifierKey;
use sha2::{Digest as _, Sha256};

use crate::evidence::signing::EvidenceKeys;
use crate::{Error, Result};

/// The file beside the keys.
const FILE: &str = "evidence-verified.txt";
/// Its first line; no checkpoint begins so, and none has words where this has its numbers.
const TITLE: &str = "brain evidence heads verified v1";
/// Longest file that is looked at, bytes.
const FILE_BYTES_MAX: u64 = 4 << 10;

/// Heads of trees up to a size, and the digest over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) size: u64,
    pub(super) digest: String,
}

impl Remembered {
    /// What an earlier verification of this log left; `None` where it left nothing that its key signed.
    pub(super) fn read(keys_dir: &Path, origin: &str, keys: &EvidenceKeys) -> Option<Self> {
        let path = keys_dir.join(FILE);
        if std::fs::metadata(&path).ok()?.len() > FILE_BYTES_MAX {
            return None;
        }
        let text = std::fs::read_to_string(path).ok()?;
        let (said, signature) = text.trim_end().rsplit_once('\n')?;
        let mut lines = said.lines().skip(2);
        let size = lines.next()?.strip_prefix("size ")?.parse().ok()?;
        let digest = lines.next()?.strip_prefix("digest ")?.to_owned();
        let found = Self { size, digest };
        let whole = found.text(origin) == said;
        (whole && keys.vouched(said.as_bytes(), &hexadecimal::decode(signature)?)).then_some(found)
    }

    /// Leave it for the next verification.
    pub(super) fn write(&self, keys_dir: &Path, origin: &str, keys: &EvidenceKeys) -> Result<()> {
        let said = self.text(origin);
        let signature = hexadecimal::encode(&keys.vouch(said.as_bytes())?);
        let path = keys_dir.join(FILE);
        brain_crypto::replace_private_file(&path, format!("{said}\n{signature}\n").as_bytes())
            .map_err(|cause| Error::EvidenceFile { path: path.display().to_string(), cause })
    }

    fn text(&self, origin: &str) -> String {
        format!("{TITLE}\n{origin}\nsize {}\ndigest {}", self.size, self.digest)
    }
}

/// The digest over heads, taken in by the size of their trees.
#[derive(Clone)]
pub(super) struct HeadsDigest(Sha256);

impl HeadsDigest {
    /// Of no head yet, held against these keys.
    pub(super) fn new(keys: &[VerifierKey]) -> Self {
        let mut heads = Self(Sha256::new());
        keys.iter().for_each(|key| heads.part(&key.to_string()));
        heads
    }

    /// Take in a head as it is stored.
    pub(super) fn take(&mut self, row: &CheckpointRow) {
        self.0.update(row.size.to_be_bytes());
        self.part(&row.root);
        self.part(&row.note);
    }

    /// Over all taken in so far.
    pub(super) fn so_far(&self) -> String {
        hexadecimal::encode(&self.0.clone().finalize())
    }

    fn part(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }
}

//! The node's four evidence keys: it signs its own checkpoints and, as a witness, those of others; each with Ed25519
//! (RFC 8032) and with SM2 (GB/T 32918.2), so that either side of a border can check.

use std::path::Path;
use std::sync::Arc;

use brain_verifier::note::{SignatureLine, SignedCheckpoint, cosigned_message};
use brain_verifier::{Checkpoint, KeyKind, VerifierKey};

use brain_crypto::{CryptoProvider as _, Profile, Signer, Software};

use crate::{Error, Result};

/// Name of the keys that sign our log.
const LOG: &str = "evidence";
/// Name of the keys that sign logs of others.
const WITNESS: &str = "witness";

/// A private key and how its public part is spelt in notes.
struct NoteKey {
    signer: Arc<dyn Signer>,
    verifier: VerifierKey,
}

/// Keys of one node.
pub(crate) struct EvidenceKeys {
    id: String,
    log: Vec<NoteKey>,
    witness: Vec<NoteKey>,
}

impl EvidenceKeys {
    /// Read the keys in `folder`, or make them there. `origin` names the log; without one it is named by its key.
    pub(crate) fn open(folder: &Path, origin: impl FnOnce(&str) -> String) -> Result<Self> {
        let ed25519 = Software::new(Profile::International, folder);
        let sm2 = Software::new(Profile::Commercial, folder);
        let key = ed25519.signer(LOG)?;
        let id = key.public().id();
        let origin = origin(&id);
        let witness = format!("{origin}/witness");
        let log = vec![
            note_key(&origin, KeyKind::Ed25519, key)?,
            note_key(&origin, KeyKind::Sm2, sm2.signer(LOG)?)?,
        ];
        let witness = vec![
            note_key(&witness, KeyKind::Ed25519Cosignature, ed25519.signer(WITNESS)?)?,
            note_key(&witness, KeyKind::Sm2Cosignature, sm2.signer(WITNESS)?)?,
        ];
        Ok(Self { id, log, witness })
    }

    /// Id of the log's Ed25519 key.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Keys that sign our checkpoints.
    pub(crate) fn log(&self) -> Vec<VerifierKey> {
        self.log.iter().map(|key| key.verifier.clone()).collect()
    }

    /// Keys that sign checkpoints of others.
    pub(crate) fn witness(&self) -> Vec<VerifierKey> {
        self.witness.iter().map(|key| key.verifier.clone()).collect()
    }

    /// Sign a state of our log.
    pub(crate) fn sign(&self, checkpoint: Checkpoint) -> Result<SignedCheckpoint> {
        let text = checkpoint.text();
        let lines = self.log.iter().map(|key| key.line(text.as_bytes(), &[])).collect::<Result<_>>()?;
        Ok(SignedCheckpoint { checkpoint, text, lines })
    }

    /// Sign words of our own with the log's first key. They must be none that somebody could take for a checkpoint.
    pub(crate) fn vouch(&self, words: &[u8]) -> Result<Vec<u8>> {
        let key = self.log.first().ok_or(Error::Corrupt { field: "evidence keys" })?;
        Ok(key.signer.sign(words)?)
    }

    /// Whether the log's first key signed these words.
    pub(crate) fn vouched(&self, words: &[u8], signature: &[u8]) -> bool {
        self.log.first().is_some_and(|key| key.signer.public().verify(words, signature))
    }

    /// Counter-sign the note `text` of another log at `time`, in seconds since 1970.
    pub(crate) fn cosign(&self, text: &str, time: u64) -> Result<Vec<SignatureLine>> {
        let message = cosigned_message(time, text);
        self.witness.iter().map(|key| key.line(&message, &time.to_be_bytes())).collect()
    }
}

impl NoteKey {
    fn line(&self, message: &[u8], before: &[u8]) -> Result<SignatureLine> {
        let signature = [before, &self.signer.sign(message)?].concat();
        Ok(SignatureLine { name: self.verifier.name().to_owned(), id: self.verifier.id(), signature })
    }
}

fn note_key(name: &str, kind: KeyKind, signer: Arc<dyn Signer>) -> Result<NoteKey> {
    let verifier = VerifierKey::new(name, kind, signer.public().as_bytes()).ok_or_else(|| {
        Error::invalid(
            "origin",
            format!("日志标识 {name:?} 不能含空白或加号，且不超过 200 个字符。"),
            format!(
                "The origin {name:?} must not contain spaces or plus signs, nor more than 200 characters."
            ),
        )
    })?;
    Ok(NoteKey { signer, verifier })
}

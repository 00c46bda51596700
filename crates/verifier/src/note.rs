//! Signed notes (C2SP signed-note) and the checkpoints written as such (C2SP tlog-checkpoint, tlog-cosignature).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::hash::{Hash, HashAlgorithm};
use crate::key::VerifierKey;

/// Longest note that is read, in bytes: a checkpoint with dozens of witnesses.
pub const NOTE_BYTES_MAX: usize = 32 * 1024;
/// Most signature lines that are read.
const LINES_MAX: usize = 64;

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub id: [u8; 4],
    /// Signature, with eight bytes of time before it when it is a cosignature.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// Read one line without its newline.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = BASE64.decode(rest).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let named = !name.is_empty() && !name.contains('+');
        named.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }

    /// The line without a newline.
    #[must_use]
    pub fn text(&self) -> String {
        format!("— {} {}", self.name, BASE64.encode([&self.id[..], &self.signature].concat()))
    }

    /// Whether it names `key`.
    #[must_use]
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    /// Whether it is a good signature of `key` over the note `text`.
    #[must_use]
    pub fn is_good(&self, key: &VerifierKey, text: &str) -> bool {
        if !self.is_of(key) {
            return false;
        }
        if !key.kind().is_cosignature() {
            return key.verify(text.as_bytes(), &self.signature);
        }
        let Some((_, signature)) = self.signature.split_first_chunk::<8>() else { return false };
        self.cosigned_at().is_some_and(|time| key.verify(&cosigned_message(time, text), signature))
    }

    /// Seconds since 1970 at which a witness signed; meaningful only for a cosignature.
    #[must_use]
    pub fn cosigned_at(&self) -> Option<u64> {
        let (time, _) = self.signature.split_first_chunk::<8>()?;
        Some(u64::from_be_bytes(*time)).filter(|time| *time > 0 && i64::try_from(*time).is_ok())
    }
}

/// What a cosigner signs at `time` (seconds since 1970) for the note `text` (tlog-cosignature).
#[must_use]
pub fn cosigned_message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// The state of a log at one size, as its note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Identity of the log.
    pub origin: String,
    /// Entries in the log.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// Digest of the log.
    pub algorithm: HashAlgorithm,
    /// When the log signed it: microseconds since 1970. Makes an old checkpoint shown again differ from a new one of a
    /// log that was put back.
    pub time: Option<u64>,
}

/// Extension line that names the digest; left out for SHA-256, which is what the specification means without it.
const HASH_LINE: &str = "hash ";
/// Extension line with the time of signing.
const TIME_LINE: &str = "time ";

impl Checkpoint {
    /// The note text, with its last newline.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.as_bytes()));
        if self.algorithm != HashAlgorithm::Sha256 {
            text.push_str(&format!("{HASH_LINE}{}\n", self.algorithm.name()));
        }
        if let Some(time) = self.time {
            text.push_str(&format!("{TIME_LINE}{time}\n"));
        }
        text
    }

    /// Read a note text. Extension lines that are not ours are passed over, as the specification asks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number = |digits: &str| digits.parse::<u64>().ok().filter(|n| n.to_string() == digits);
        let mut checkpoint = Self {
            origin: Some(origin).filter(|origin| !origin.is_empty())?.to_owned(),
            size: number(size)?,
            root: Hash::from_slice(&BASE64.decode(root).ok()?)?,
            algorithm: HashAlgorithm::Sha256,
            time: None,
        };
        for line in lines {
            if line.is_empty() {
                return None;
            }
            if let Some(name) = line.strip_prefix(HASH_LINE) {
                checkpoint.algorithm = HashAlgorithm::parse(name)?;
            } else if let Some(digits) = line.strip_prefix(TIME_LINE) {
                checkpoint.time = Some(number(digits)?);
            }
        }
        Some(checkpoint)
    }
}

/// A checkpoint with the lines that sign it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The exact text that is signed.
    pub text: String,
    /// Signatures of the log and of its witnesses.
    pub lines: Vec<SignatureLine>,
}

impl SignedCheckpoint {
    /// Read a note.
    #[must_use]
    pub fn parse(note: &str) -> Option<Self> {
        if note.len() > NOTE_BYTES_MAX || note.chars().any(|c| c < ' ' && c != '\n') {
            return None;
        }
        let (text, signatures) = note.rsplit_once("\n\n")?;
        let text = format!("{text}\n");
        let lines: Option<Vec<SignatureLine>> = signatures
            .strip_suffix('\n')?
            .split('\n')
            .take(LINES_MAX + 1)
            .map(SignatureLine::parse)
            .collect();
        let lines = lines.filter(|lines| lines.len() <= LINES_MAX)?;
        Some(Self { checkpoint: Checkpoint::parse(&text)?, text, lines })
    }

    /// The note.
    #[must_use]
    pub fn note(&self) -> String {
        let mut note = format!("{}\n", self.text);
        for line in &self.lines {
            note.push_str(&line.text());
            note.push('\n');
        }
        note
    }

    /// Keys among `keys` that signed well.
    #[must_use]
    pub fn good<'k>(&self, keys: &'k [VerifierKey]) -> Vec<&'k VerifierKey> {
        keys.iter().filter(|key| self.lines.iter().any(|line| line.is_good(key, &self.text))).collect()
    }

    /// Whether a line names one of `keys` but is not its signature: then the note as a whole is not to be believed.
    #[must_use]
    pub fn has_forged(&self, keys: &[VerifierKey]) -> bool {
        self.lines.iter().any(|line| keys.iter().any(|key| line.is_of(key) && !line.is_good(key, &self.text)))
    }

    /// Whether the log of these keys vouches for it: signed well by at least one, and by none badly.
    #[must_use]
    pub fn is_signed_by(&self, keys: &[VerifierKey]) -> bool {
        !self.has_forged(keys) && !self.good(keys).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Checkpoint, SignatureLine, SignedCheckpoint};
    use crate::hash::{Hash, HashAlgorithm};
    use crate::key::{KeyKind, VerifierKey};
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint {
        let root = Hash::from([7; 32]);
        Checkpoint { origin: "log".to_owned(), size: 5, root, algorithm: HashAlgorithm::Sm3, time: Some(12) }
    }

    fn ed25519(kind: KeyKind) -> (SigningKey, VerifierKey) {
        let key = SigningKey::from_bytes(&[3; 32]);
        let public = VerifierKey::new("log", kind, key.verifying_key().as_bytes()).unwrap();
        (key, public)
    }

    #[test]
    fn the_example_of_the_specification_verifies() {
        // C2SP signed-note, section "Example".
        let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        let line = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
        let parsed = VerifierKey::parse(key).unwrap();
        assert_eq!(parsed.kind(), KeyKind::Ed25519);
        assert_eq!(parsed.to_string(), key);
        let line = SignatureLine::parse(line).unwrap();
        assert!(line.is_good(&parsed, "This is an example message.\n"));
        assert!(!line.is_good(&parsed, "This is an example message"));
    }

    #[test]
    fn the_checkpoint_of_the_specification_is_read_and_written_as_it_stands() {
        // C2SP tlog-checkpoint, first example.
        let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let parsed = SignedCheckpoint::parse(note).unwrap();
        assert_eq!(
            (parsed.checkpoint.size, parsed.checkpoint.algorithm),
            (20_852_163, HashAlgorithm::Sha256)
        );
        assert_eq!(parsed.note(), note);
        assert_eq!(parsed.checkpoint.text(), parsed.text);
    }

    #[test]
    fn digest_and_time_survive_and_unknown_extensions_are_passed_over() {
        let text = checkpoint().text();
        assert_eq!(Checkpoint::parse(&text), Some(checkpoint()));
        assert_eq!(Checkpoint::parse(&format!("{text}more of it\n")), Some(checkpoint()));
        assert_eq!(Checkpoint::parse(&text.replace("hash sm3", "hash md5")), None, "no guess at a digest");
        assert_eq!(Checkpoint::parse(&text.replace("\n5\n", "\n05\n")), None);
    }

    #[test]
    fn a_cosignature_covers_its_time() {
        let (key, public) = ed25519(KeyKind::Ed25519Cosignature);
        let text = checkpoint().text();
        let signature = key.sign(&super::cosigned_message(1_700_000_000, &text)).to_bytes();
        let line = |time: u64| SignatureLine {
            name: "log".to_owned(),
            id: public.id(),
            signature: [&time.to_be_bytes()[..], &signature].concat(),
        };
        assert!(line(1_700_000_000).is_good(&public, &text));
        assert!(!line(1_700_000_001).is_good(&public, &text));
        assert!(!line(0).is_good(&public, &text));
        let (_, log) = ed25519(KeyKind::Ed25519);
        assert_ne!(log.id(), public.id(), "the same key has another id for each kind");
    }

    #[test]
    fn one_false_line_of_a_known_key_spoils_the_note_and_strangers_are_ignored() {
        let (key, public) = ed25519(KeyKind::Ed25519);
        let text = checkpoint().text();
        let line = |signature: Vec<u8>| SignatureLine { name: "log".to_owned(), id: public.id(), signature };
        let good = line(key.sign(text.as_bytes()).to_bytes().to_vec());
        let stranger = SignatureLine { name: "else".to_owned(), id: [1; 4], signature: vec![0; 64] };
        let note = |lines: Vec<SignatureLine>| SignedCheckpoint {
            checkpoint: checkpoint(),
            text: text.clone(),
            lines,
        };
        let keys = [public.clone()];
        assert!(note(vec![stranger.clone(), good.clone()]).is_signed_by(&keys));
        assert!(!note(vec![good, line(vec![0; 64])]).is_signed_by(&keys));
        assert!(!note(vec![stranger]).is_signed_by(&keys));
        assert!(!note(Vec::new()).is_signed_by(&keys));
    }

    #[test]
    fn a_key_whose_id_is_not_its_own_is_refused() {
        let key = "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        assert!(VerifierKey::parse(key).is_none());
        assert!(VerifierKey::new("with space", KeyKind::Ed25519, &[0; 32]).is_none());
        assert!(VerifierKey::new("short", KeyKind::Sm2, &[4; 32]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_refused_or_read_as_it_stands(text in "(log|\\PC{0,8})\n[0-9]{0,3}\n[A-Za-z0-9+/]{0,44}=?\n(time [0-9]{1,3}\n)?\n(— \\PC{1,12}\n){0,3}") {
            if let Some(note) = SignedCheckpoint::parse(&text) {
                prop_assert_eq!(note.text.lines().next(), Some(note.checkpoint.origin.as_str()));
            }
            let _ = VerifierKey::parse(&text);
        }
    }
}

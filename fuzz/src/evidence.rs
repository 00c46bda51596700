//! What a third party reads of a log it does not trust.

use brain_verifier::hash::{hex, unhex};
use brain_verifier::merkle::{verify_consistency, verify_inclusion};
use brain_verifier::note::SignatureLine;
use brain_verifier::tile::{TileAddress, index_path, parse_index};
use brain_verifier::{Bundle, Checkpoint, Hash, HashAlgorithm, SignedCheckpoint, Trusted, VerifierKey};

/// Signed notes, checkpoints, signature lines and verifier keys.
pub fn note(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(checkpoint) = Checkpoint::parse(&text) {
        let again = Checkpoint::parse(&checkpoint.text());
        assert_eq!(again.as_ref(), Some(&checkpoint), "a checkpoint that was written is read again");
    }
    let Some(note) = SignedCheckpoint::parse(&text) else { return };
    let again = SignedCheckpoint::parse(&note.note()).expect("a note that was written is read again");
    assert_eq!(again.checkpoint, note.checkpoint);
    for line in &note.lines {
        assert_eq!(SignatureLine::parse(&line.text()).as_ref(), Some(line));
        let _ = line.cosigned_at();
    }
    let keys: Vec<VerifierKey> = text.lines().filter_map(VerifierKey::parse).collect();
    assert!(note.good(&keys).is_empty(), "nobody guesses a signature");
}

/// Proof bundles: whatever is in them, they are reported on.
pub fn bundle(data: &[u8]) {
    let Ok(bundle) = serde_json::from_slice::<Bundle>(data) else { return };
    let report = bundle.check(&Trusted::default());
    drop(report.lines());
    let with_quorum = bundle.check(&Trusted { quorum: 2, ..Trusted::default() });
    assert!(with_quorum.findings.len() >= report.findings.len(), "a quorum asks for more, never for less");
}

/// Addresses of tiles, hashes in hexadecimal, and proofs of any length and numbers.
pub fn tile(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(address) = TileAddress::parse(&text) {
        assert_eq!(TileAddress::parse(&address.path()), Some(address));
    }
    if let Some((index, width)) = parse_index(&text) {
        assert!(width > 0);
        assert!(parse_index(&index_path(index)).is_some());
    }
    if let Some(bytes) = unhex(&text) {
        assert_eq!(hex(&bytes), text.to_lowercase());
    }
    let (numbers, hashes) = data.split_at(data.len().min(16));
    let number = |at: usize| {
        let bytes = numbers.get(at * 8..at * 8 + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u64::from_be_bytes)
    };
    let path: Vec<Hash> = hashes.chunks(32).filter_map(Hash::from_slice).collect();
    let root = HashAlgorithm::Sm3.digest(&[data]);
    let (first, second) = (number(0), number(1));
    assert!(
        !verify_inclusion(HashAlgorithm::Sm3, &root, first, second.max(2), &path, &root) || path.is_empty()
    );
    let _ = verify_consistency(HashAlgorithm::Sha256, first, second, &path, &root, &root);
}

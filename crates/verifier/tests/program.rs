//! The program as an auditor calls it: what it prints, and how it ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in tests a panic is the report")]

use std::path::PathBuf;
use std::process::{Command, Output};

use brain_verifier::bundle::{BundledEntry, Earlier, FORMAT, LogIdentity};
use brain_verifier::merkle::{Frontier, consistency_ranges, inclusion_ranges, leaf_hash};
use brain_verifier::note::{SignatureLine, cosigned_message};
use brain_verifier::{Bundle, Checkpoint, Hash, HashAlgorithm, KeyKind, SignedCheckpoint, VerifierKey};
use ed25519_dalek::{Signer as _, SigningKey};

const ORIGIN: &str = "log.example/1";
const SM3: HashAlgorithm = HashAlgorithm::Sm3;

/// A log of its own, made with nothing of the node.
struct Log {
    key: SigningKey,
    leaves: Vec<String>,
}

impl Log {
    fn new(entries: u64, seed: u8) -> Self {
        let leaf = |seq| {
            format!(
                "{{\"actor\":\"a\",\"body\":{{}},\"kind\":\"k\",\"seq\":{seq},\"subject\":\"s\",\"time\":\"t\"}}"
            )
        };
        Self { key: SigningKey::from_bytes(&[seed; 32]), leaves: (0..entries).map(leaf).collect() }
    }

    fn verifier(&self) -> VerifierKey {
        VerifierKey::new(ORIGIN, KeyKind::Ed25519, self.key.verifying_key().as_bytes()).unwrap()
    }

    fn root(&self, range: std::ops::Range<u64>) -> Hash {
        let mut tree = Frontier::new(SM3);
        let (start, end) = (range.start as usize, range.end as usize);
        self.leaves[start..end].iter().for_each(|leaf| tree.push(leaf_hash(SM3, leaf.as_bytes())));
        tree.root()
    }

    fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let root = self.root(0..size);
        let checkpoint =
            Checkpoint { origin: ORIGIN.to_owned(), size, root, algorithm: SM3, time: Some(size) };
        let text = checkpoint.text();
        let signature = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        let line = SignatureLine { name: ORIGIN.to_owned(), id: self.verifier().id(), signature };
        SignedCheckpoint { checkpoint, text, lines: vec![line] }
    }

    fn bundle(&self, checkpoint: &SignedCheckpoint) -> Bundle {
        let size = checkpoint.checkpoint.size;
        let entry = |seq: u64| BundledEntry {
            seq,
            leaf: self.leaves[seq as usize].clone(),
            path: inclusion_ranges(seq, size).into_iter().map(|range| self.root(range)).collect(),
            openings: Vec::new(),
        };
        Bundle {
            format: FORMAT.to_owned(),
            about: "test:s".to_owned(),
            made_at: "2026-11-21T00:00:00Z".to_owned(),
            log: LogIdentity { origin: ORIGIN.to_owned(), hash: SM3, keys: vec![self.verifier()] },
            witnesses: Vec::new(),
            checkpoint: checkpoint.note(),
            earlier: Some(Earlier {
                checkpoint: self.checkpoint(3).note(),
                path: consistency_ranges(3, size).into_iter().map(|range| self.root(range)).collect(),
            }),
            entries: (0..size).step_by(2).map(entry).collect(),
        }
    }
}

struct Desk(tempfile::TempDir);

impl Desk {
    fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn check(&self, bundle: &Bundle, words: &[&str]) -> (i32, String) {
        let file = self.put("bundle.json", &serde_json::to_string(bundle).unwrap());
        let Output { status, stdout, stderr } =
            Command::new(env!("CARGO_BIN_EXE_brain-verifier")).arg(file).args(words).output().unwrap();
        let text = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), text)
    }
}

#[test]
fn a_good_bundle_ends_with_0_and_a_bad_one_with_1_and_the_reason() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let log = Log::new(11, 5);
    let key = log.verifier().to_string();
    let mut bundle = log.bundle(&log.checkpoint(11));
    let (code, text) = desk.check(&bundle, &["--key", &key]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("通过 · good") && !text.contains("Note: the keys"), "{text}");
    let (code, text) = desk.check(&bundle, &[]);
    assert!(code == 0 && text.contains("the keys are the bundle's own"), "{text}");
    let (code, text) = desk.check(&bundle, &["--key", &Log::new(1, 6).verifier().to_string()]);
    assert!(code == 1 && text.contains("no valid signature"), "{text}");
    bundle.entries[2].leaf.push(' ');
    let (code, text) = desk.check(&bundle, &["--key", &key, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, report["findings"][0]["problem"].as_str()), (1, Some("not_included")));
}

#[test]
fn two_histories_of_one_size_are_a_fork() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let (log, mut other) = (Log::new(11, 5), Log::new(11, 5));
    other.leaves[4] = other.leaves[4].replace("\"k\"", "\"q\"");
    let elsewhere = desk.put("elsewhere.txt", &other.checkpoint(11).note());
    let elsewhere = elsewhere.to_str().unwrap();
    let key = log.verifier().to_string();
    let (code, text) =
        desk.check(&log.bundle(&log.checkpoint(11)), &["--key", &key, "--checkpoint", elsewhere]);
    assert!(code == 1 && text.contains("forked"), "{text}");
    let (code, text) =
        desk.check(&log.bundle(&log.checkpoint(9)), &["--key", &key, "--checkpoint", elsewhere]);
    assert!(code == 1 && text.contains("rolled back"), "{text}");
}

#[test]
fn witnesses_are_counted_by_name_and_a_false_one_is_named() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let log = Log::new(8, 5);
    let mut checkpoint = log.checkpoint(8);
    let witness = SigningKey::from_bytes(&[9; 32]);
    let public =
        VerifierKey::new("centre/witness", KeyKind::Ed25519Cosignature, witness.verifying_key().as_bytes())
            .unwrap();
    let time = 1_700_000_000_u64;
    let signed = witness.sign(&cosigned_message(time, &checkpoint.text)).to_bytes();
    let signature = [&time.to_be_bytes()[..], &signed].concat();
    checkpoint.lines.push(SignatureLine { name: "centre/witness".to_owned(), id: public.id(), signature });
    let (key, public) = (log.verifier().to_string(), public.to_string());
    let words = ["--key", &key, "--witness", &public, "--quorum", "1"];
    let (code, text) = desk.check(&log.bundle(&checkpoint), &words);
    assert!(code == 0 && text.contains("centre/witness"), "{text}");
    let (code, text) =
        desk.check(&log.bundle(&checkpoint), &["--key", &key, "--witness", &public, "--quorum", "2"]);
    assert!(code == 1 && text.contains("too few witnesses"), "{text}");
    if let Some(line) = checkpoint.lines.last_mut() {
        line.signature[20] ^= 1;
    }
    let (code, text) = desk.check(&log.bundle(&checkpoint), &words);
    assert!(code == 1 && text.contains("witness's signature is false"), "{text}");
}

#[test]
fn what_cannot_be_understood_ends_with_2_and_says_why() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let run = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_brain-verifier")).args(words).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let broken = desk.put("broken.json", "{\"format\":1");
    let broken = broken.to_str().unwrap();
    for (words, said) in [
        (vec![], "usage"),
        (vec!["--key"], "needs a value"),
        (vec![broken], "not a proof bundle"),
        (vec!["/no/such/file"], "cannot read"),
        (vec![broken, "--key", "x"], "name+id+key"),
        (vec![broken, "--quorum", "many"], "needs a number"),
        (vec![broken, "another"], "one bundle"),
        (vec!["--fast"], "unknown option"),
    ] {
        let (code, text) = run(&words);
        assert!(code == 2 && text.contains(said), "{words:?}: {text}");
    }
}

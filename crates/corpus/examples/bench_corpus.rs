//! Near duplicates measured: `bench_corpus make FILE DOCUMENTS` writes texts with known duplicates, a JSON object a
//! line, and `bench_corpus find FILE` looks for them on one thread.
//!
//! Prints one line: processor seconds of folding, signing and clustering (reading left out), recall of the known
//! duplicates, documents joined to one of another origin, pairs compared.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measuring program over a file it made itself"
)]

use brain_corpus::duplicates::{Signatures, Signer, cluster};
use brain_corpus::{NearDuplicates, Tongue};
use brain_kernel::progress::{Cancel, Progress};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

type Done<T> = Result<T, Box<dyn Error>>;

/// Sentences of a text.
const SENTENCES: usize = 40;
/// True similarity from which a copy is a known duplicate: above the threshold by more than an estimate's deviation.
const DUPLICATE: f64 = 0.85;

fn main() -> Done<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", file, documents] => make(Path::new(file), documents.parse()?),
        ["find", file] => find(Path::new(file)),
        _ => Err("bench_corpus make FILE DOCUMENTS, or bench_corpus find FILE".into()),
    }
}

/// Numbers that look drawn, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// A Chinese sentence of drawn common characters: no two texts share more than chance.
    fn chinese(&mut self) -> String {
        let length = 12 + self.roll(20);
        let letters = (0..length).filter_map(|_| char::from_u32(0x4e00 + self.roll(3_000) as u32));
        letters.chain(['。']).collect()
    }

    fn english(&mut self) -> String {
        let words = 8 + self.roll(12);
        let mut sentence: Vec<String> = Vec::new();
        for _ in 0..words {
            let length = 2 + self.roll(7);
            sentence.push((0..length).map(|_| char::from(b'a' + self.roll(26) as u8)).collect());
        }
        sentence.join(" ") + ". "
    }

    fn sentence(&mut self, zh: bool) -> String {
        if zh { self.chinese() } else { self.english() }
    }
}

/// Half the texts Chinese, half English; each third one is a copy of an earlier text with one to twelve sentences
/// changed and names its origin; one as like as [`DUPLICATE`] or more is also a known duplicate of it.
fn make(file: &Path, documents: usize) -> Done<()> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut dice = Dice(5);
    let mut originals: Vec<(usize, bool, Vec<String>)> = Vec::new();
    for id in 0..documents {
        let (zh, mut origin, mut of) = (id % 2 == 0, id, Value::Null);
        let (zh, text) = if id % 3 == 2 && originals.len() > 1 {
            let (original, zh, sentences) = &originals[dice.roll(originals.len())];
            let mut copy = sentences.clone();
            for _ in 0..=dice.roll(12) {
                let at = dice.roll(SENTENCES);
                copy[at] = dice.sentence(*zh);
            }
            let (one, other) = (shingles(&sentences.concat(), *zh), shingles(&copy.concat(), *zh));
            let shared = one.intersection(&other).count();
            origin = *original;
            if shared as f64 / (one.len() + other.len() - shared) as f64 >= DUPLICATE {
                of = json!(original);
            }
            (*zh, copy.concat())
        } else {
            let sentences: Vec<String> = (0..SENTENCES).map(|_| dice.sentence(zh)).collect();
            let text = sentences.concat();
            if originals.len() < 100_000 {
                originals.push((id, zh, sentences));
            }
            (zh, text)
        };
        writeln!(out, "{}", json!({ "id": id, "zh": zh, "origin": origin, "of": of, "text": text }))?;
    }
    Ok(out.flush()?)
}

/// Runs of five characters or words, as both programs cut them.
fn shingles(text: &str, zh: bool) -> HashSet<String> {
    if zh {
        let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        return letters.windows(5).map(|run| run.iter().collect()).collect();
    }
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.windows(5).map(|run| run.join(" ")).collect()
}

/// User and system time of the process, of all its threads (proc(5), fields 14 and 15, in hundredths of a second).
fn processor_seconds() -> Done<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let after = text.rsplit_once(')').ok_or("an unexpected /proc/self/stat")?.1;
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn find(file: &Path) -> Done<()> {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    let lines = BufReader::new(File::open(file)?).lines();
    let rows: Vec<Value> = lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Done<_>>()?;
    let begun = processor_seconds()?;
    let options = NearDuplicates::default();
    let (signer, mut signatures) = (Signer::new(&options), Signatures::new(&options));
    for row in &rows {
        let tongue = if row["zh"] == true { Tongue::Zh } else { Tongue::En };
        signatures.push(&signer.sign(row["text"].as_str().unwrap_or_default(), tongue));
    }
    let found = cluster(&signatures, &options, &Progress::new(), &Cancel::new())?;
    let seconds = processor_seconds()? - begun;
    let (mut known, mut right) = (0_u64, 0_u64);
    for (id, row) in rows.iter().enumerate() {
        if let Some(of) = row["of"].as_u64() {
            known += 1;
            right += u64::from(found.duplicate_of[id] == found.duplicate_of[of as usize]);
        }
    }
    let origin = |id: usize| rows.get(id).and_then(|row| row["origin"].as_u64());
    let wrong = found
        .duplicate_of
        .iter()
        .enumerate()
        .filter(|(id, root)| origin(*id) != origin(**root as usize))
        .count();
    println!("{seconds:.6} {:.6} {} {}", right as f64 / known.max(1) as f64, wrong, found.compared);
    Ok(())
}

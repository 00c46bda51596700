//! Matching measured: `match_speed person LEFT.csv RIGHT.csv`, `match_speed person FILE.csv`,
//! `match_speed firm LEFT.csv RIGHT.csv TRUTH.csv`, and
//! `match_speed make BRANDS.txt FOLDER LEFT RIGHT BOTH SEED`, which writes the lists for `firm`.
//!
//! Prints one line: wall seconds of reading and matching, pairs, precision, recall, F1, pairs compared.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a measuring program over lists it made itself"
)]

use brain_kernel::progress::{Cancel, Progress};
use brain_matching::specification::{Assignment, preset};
use brain_matching::{Clustering, Records, Specification, clusters, dedupe, link};
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut plain: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let has = |flag: &str| words.iter().any(|word| word == flag);
    if plain.is_empty() {
        return Err("make, or a preset and files".into());
    }
    let name = plain.remove(0).to_owned();
    if name == "make" {
        return make(&plain);
    }
    let mut specification = preset(&name).ok_or("the first word is make or a preset")?;
    if has("--one-to-one") {
        specification.assignment = Assignment::OneToOne;
    }
    if has("--no-kin") {
        specification.comparisons.iter_mut().for_each(|comparison| comparison.kin = false);
    }
    let started = Instant::now();
    let report = match plain.as_slice() {
        [left, right, truth] => linked(left, right, Some(truth), &specification, &words)?,
        [left, right] => linked(left, right, None, &specification, &words)?,
        [file] => deduped(file, &specification)?,
        _ => return Err("a preset and one, two or three files".into()),
    };
    println!("{:.3} {report}", started.elapsed().as_secs_f64());
    Ok(())
}

fn read(path: &str) -> Outcome<(Records, Vec<String>)> {
    let bytes = std::fs::read(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let header = reader.headers()?.clone();
    let mut records = Records::new(header.iter().skip(1))?;
    let mut ids = Vec::new();
    for row in reader.records() {
        let row = row?;
        ids.push(row.get(0).unwrap_or_default().to_owned());
        records.push(row.iter().skip(1))?;
    }
    Ok((records, ids))
}

/// `rec-12-dup-0` and `rec-12-org` are one person.
fn person(id: &str) -> &str {
    id.split('-').nth(1).unwrap_or(id)
}

fn line(found: usize, right: usize, expected: usize, compared: u64) -> String {
    let (precision, recall) = (right as f64 / found.max(1) as f64, right as f64 / expected.max(1) as f64);
    let f1 = 2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE);
    format!("{found} {precision:.5} {recall:.5} {f1:.5} {compared}")
}

fn linked(
    left: &str,
    right: &str,
    truth: Option<&str>,
    specification: &Specification,
    words: &[String],
) -> Outcome<String> {
    let ((left, left_ids), (right, right_ids)) = (read(left)?, read(right)?);
    let found = link(&left, &right, specification, &Progress::new(), &Cancel::new())?;
    let truth: HashSet<(String, String)> = match truth {
        Some(path) => csv::Reader::from_path(path)?
            .records()
            .map(|row| row.map(|r| (r[0].to_owned(), r[1].to_owned())))
            .collect::<Result<_, _>>()?,
        None => {
            let mut of: HashMap<&str, &String> = HashMap::new();
            of.extend(right_ids.iter().map(|id| (person(id), id)));
            let pairs = left_ids.iter().filter_map(|id| Some((id.clone(), (*of.get(person(id))?).clone())));
            pairs.collect()
        }
    };
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let mut good = 0;
    for (place, pair) in found.pairs.iter().enumerate() {
        let ids = (left_ids[pair.left as usize].clone(), right_ids[pair.right as usize].clone());
        let is_true = truth.contains(&ids);
        good += usize::from(is_true);
        if words.iter().any(|w| w == "--wrong") && !is_true {
            show("wrong", &found, place, (&left, pair.left), (&right, pair.right));
        }
        seen.insert(ids);
    }
    if words.iter().any(|w| w == "--missed") {
        let place = |ids: &[String], id: &str| ids.iter().position(|other| other == id).unwrap_or(0) as u32;
        for (a, b) in truth.difference(&seen) {
            let (i, j) = (place(&left_ids, a), place(&right_ids, b));
            eprintln!("missed {a} {b}: {} | {}", row(&left, i), row(&right, j));
        }
    }
    if words.iter().any(|w| w == "--model") {
        eprintln!("{}", serde_json::to_string_pretty(&found.model)?);
        eprintln!("skipped {} absent {:?}", found.skipped, found.absent);
    }
    if words.iter().any(|w| w == "--calibration") {
        calibration(&found, |pair| {
            truth.contains(&(left_ids[pair.left as usize].clone(), right_ids[pair.right as usize].clone()))
        });
    }
    Ok(line(found.pairs.len(), good, truth.len(), found.compared))
}

fn calibration(found: &brain_matching::Linkage, is_true: impl Fn(&brain_matching::Pair) -> bool) {
    for (low, high) in [(0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.99), (0.99, 1.01)]
    {
        let inside: Vec<_> =
            found.pairs.iter().filter(|p| p.probability >= low && p.probability < high).collect();
        let good = inside.iter().filter(|p| is_true(p)).count();
        eprintln!(
            "p in [{low}, {high}): {} pairs, {:.3} true",
            inside.len(),
            good as f64 / inside.len().max(1) as f64
        );
    }
}

fn row(records: &Records, at: u32) -> String {
    (0..records.names().len()).map(|column| records.cell(at as usize, column)).collect::<Vec<_>>().join("/")
}

fn show(
    word: &str,
    found: &brain_matching::Linkage,
    place: usize,
    left: (&Records, u32),
    right: (&Records, u32),
) {
    let pair = &found.pairs[place];
    let evidence: Vec<String> = found
        .evidence(place)
        .iter()
        .map(|e| format!("{}:{} {:+.1}", e.method, e.level.map_or("-", |level| level.en.as_str()), e.bits))
        .collect();
    eprintln!(
        "{word} {:.3} kin {:+.1}: {} | {} [{}]",
        pair.probability,
        found.kin_bits(place),
        row(left.0, left.1),
        row(right.0, right.1),
        evidence.join(", ")
    );
}

fn deduped(path: &str, specification: &Specification) -> Outcome<String> {
    let (records, ids) = read(path)?;
    let found = dedupe(&records, specification, &Progress::new(), &Cancel::new())?;
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    ids.iter().for_each(|id| *sizes.entry(person(id)).or_default() += 1);
    let expected: usize = sizes.values().map(|n| n * (n - 1) / 2).sum();
    let same = |a: u32, b: u32| person(&ids[a as usize]) == person(&ids[b as usize]);
    let good = found.pairs.iter().filter(|p| same(p.left, p.right)).count();
    let clustered = clusters(&found.pairs, records.len(), Clustering::default());
    let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
    clustered
        .of
        .iter()
        .enumerate()
        .for_each(|(record, cluster)| members.entry(*cluster).or_default().push(record as u32));
    let (mut joined, mut right) = (0, 0);
    for all in members.values() {
        for (at, a) in all.iter().enumerate() {
            joined += all.len() - at - 1;
            right += all[at + 1..].iter().filter(|b| same(*a, **b)).count();
        }
    }
    let pairs = line(found.pairs.len(), good, expected, found.compared);
    Ok(format!("{pairs} clusters {} {}", clustered.count, line(joined, right, expected, found.compared)))
}

fn make(words: &[&str]) -> Outcome<()> {
    let [brands, folder, left, right, both, seed, noise] = words else {
        return Err("make BRANDS FOLDER LEFT RIGHT BOTH SEED usual|hard".into());
    };
    let text = std::fs::read_to_string(brands)?;
    let brands: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| {
            (2..=6).contains(&line.chars().count())
                && line.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
        })
        .collect();
    let noise = if *noise == "hard" {
        brain_matching::synthetic::Noise::HARD
    } else {
        brain_matching::synthetic::Noise::USUAL
    };
    let shape = brain_matching::synthetic::Shape {
        left: left.parse()?,
        right: right.parse()?,
        both: both.parse()?,
        noise,
        seed: seed.parse()?,
    };
    let lists = brain_matching::synthetic::firms(&brands, shape);
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let mut truth: HashMap<usize, [Option<usize>; 2]> = HashMap::new();
    for (side, (list, name)) in lists.iter().zip(["left.csv", "right.csv"]).enumerate() {
        let mut writer = csv::Writer::from_path(folder.join(name))?;
        writer.write_record(["id", "name", "city", "uscc", "peer_core"])?;
        for (place, firm) in list.iter().enumerate() {
            truth.entry(firm.entity).or_default()[side] = Some(place);
            let parsed = brain_matching::company::parse(&firm.name);
            writer.write_record([&place.to_string(), &firm.name, &firm.city, &firm.uscc, &parsed.core])?;
        }
        writer.flush()?;
    }
    let mut writer = csv::Writer::from_path(folder.join("truth.csv"))?;
    writer.write_record(["left", "right"])?;
    let mut pairs: Vec<(usize, usize)> =
        truth.into_values().filter_map(|sides| Some((sides[0]?, sides[1]?))).collect();
    pairs.sort_unstable();
    for (left, right) in pairs {
        writer.write_record([left.to_string(), right.to_string()])?;
    }
    writer.flush()?;
    Ok(())
}

//! `pii_speed make FILE BYTES` writes mixed Chinese text; `pii_speed scan FILE` finds its identifiers, one thread.
#![allow(clippy::print_stdout, reason = "a measuring program")]

use brain_privacy::recognise::{Kind, Scanner, Strength};
use std::collections::BTreeMap;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", file, bytes] => std::fs::write(file, brain_privacy::synthetic::text(7, bytes.parse()?))?,
        ["scan", file] => scan(&std::fs::read_to_string(file)?),
        _ => return Err("pii_speed make FILE BYTES | pii_speed scan FILE".into()),
    }
    Ok(())
}

/// Prints seconds, findings, checked findings, then one line for each kind.
fn scan(text: &str) {
    let scanner = Scanner::new();
    let started = Instant::now();
    let (mut found, mut counts, mut checked) = (Vec::new(), BTreeMap::<Kind, u64>::new(), 0_u64);
    for line in text.lines() {
        found.clear();
        scanner.scan(line, &mut found);
        for finding in &found {
            *counts.entry(finding.kind).or_default() += 1;
            checked += u64::from(finding.strength == Strength::Checked);
        }
    }
    println!("{:.6} {} {checked}", started.elapsed().as_secs_f64(), counts.values().sum::<u64>());
    for (kind, count) in counts {
        println!("{} {count}", kind.name());
    }
}

//! `simulate_speed FOLDER ENTERPRISES [THREADS] [csv|csv.zst]`: rows and bytes a second, and peak memory. Run with
//! `--release`.
#![allow(clippy::print_stdout, reason = "a measuring program")]

use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::region::RegionCode;
use brain_simulate::{FileFormat, Options, simulate};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (Some(folder), Some(enterprises)) = (words.first(), words.get(1)) else {
        return Err("simulate_speed FOLDER ENTERPRISES [THREADS] [csv|csv.zst]".into());
    };
    let mut options = Options::new(enterprises.parse()?, 1, RegionCode::parse("330000")?);
    options.threads = words.get(2).map(|threads| threads.parse()).transpose()?;
    if words.get(3).is_some_and(|format| format == "csv") {
        options.format = FileFormat::Csv;
    }
    let started = Instant::now();
    let manifest = simulate(&options, Path::new(folder), &Progress::new(), &Cancel::new())?;
    let seconds = started.elapsed().as_secs_f64();
    let (mut rows, mut bytes) = (0, 0);
    for table in manifest.data.iter().chain(&manifest.truth) {
        let size: u64 = table.files.iter().map(|file| file.bytes).sum();
        println!("{:<14} {:>12} rows {:>10.1} MB", table.name, table.rows, size as f64 / 1e6);
        rows += table.rows;
        bytes += size;
    }
    println!("events {:?}", manifest.events);
    println!(
        "{seconds:.1} s, {:.0} rows/s, {:.1} MB/s written, peak memory {} MB",
        rows as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        peak_memory_mb().map_or_else(|| "?".to_owned(), |mb| mb.to_string()),
    );
    Ok(())
}

/// Most memory the process held, where the system tells (Linux).
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

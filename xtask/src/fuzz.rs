//! `cargo xtask fuzz`: libFuzzer over the targets of `fuzz/`, on stable Rust.
//!
//! Only our own crates are built with coverage counters, by standing between cargo and the compiler; libraries stay as
//! the tests have them, so that a fuzzing build costs the compilation of our crates and no engine. libFuzzer itself is
//! `libfuzzer-sys`. A sanitizer would need nightly Rust: `cargo +nightly fuzz run <target> --features libfuzzer`.

use crate::node::{Profile, target_of};
use crate::shell::{command, root, run};
use crate::tools;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Tells the program that cargo starts it in the compiler's place.
const AS_COMPILER: &str = "XTASK_AS_COMPILER";
/// Coverage counters as libFuzzer reads them; all of these flags are stable.
const COUNTERS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=3",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// Targets at work at the same time.
const AT_ONCE: usize = 2;
/// Memory of one target at most, MiB.
const MEMORY_MIB: u32 = 2_048;
/// Seconds one input may take.
const INPUT_SECONDS: u32 = 60;
const SEED: &str = "20261130";

/// Whether this process was started in the compiler's place; then it is the compiler.
pub(crate) fn is_compiler() -> bool {
    std::env::var_os(AS_COMPILER).is_some()
}

/// Run the compiler with the words cargo gave, and the counters where code for this machine's tests is made.
pub(crate) fn compile() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let mut compiler = Command::new(words.next().context("the compiler's path")?);
    let words: Vec<String> = words.collect();
    let crate_name = words.windows(2).find_map(|two| match two {
        [flag, name] if flag == "--crate-name" => Some(name.as_str()),
        _ => None,
    });
    let ours = crate_name.is_some_and(|name| name != "___" && !name.starts_with("build_script"));
    if ours && !words.iter().any(|word| word == "proc-macro") {
        compiler.args(COUNTERS);
    }
    let status = compiler.args(words).status().context("the compiler")?;
    std::process::exit(status.code().unwrap_or(1))
}

/// `cargo xtask fuzz [target] [--seconds N]`
pub(crate) fn start(words: &[&str]) -> Result<()> {
    let (mut only, mut seconds): (Option<String>, u32) = (None, 60);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => seconds = words.next().context("--seconds needs a number")?.parse()?,
            name if !name.starts_with('-') => only = Some(name.to_owned()),
            other => bail!("unknown option {other}: cargo xtask fuzz [target] [--seconds N]"),
        }
    }
    fuzz(only.as_deref(), seconds)
}

/// Build, then run one target or all of them for so many seconds each.
pub(crate) fn fuzz(only: Option<&str>, seconds: u32) -> Result<()> {
    let program = build()?;
    let all = targets()?;
    let chosen: Vec<String> = match only {
        Some(name) if all.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!("no target {name}; there are {}", all.join(", ")),
        None => all,
    };
    let queue = Mutex::new(chosen.into_iter());
    let findings = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().map(|mut queue| queue.next());
                    let Ok(Some(target)) = next else { return };
                    if let Err(error) = one(&program, &target, seconds)
                        && let Ok(mut findings) = findings.lock()
                    {
                        findings.push(error.to_string());
                    }
                }
            });
        }
    });
    let findings = findings.into_inner().unwrap_or_default();
    if findings.is_empty() { Ok(()) } else { bail!("{}", findings.join("\n")) }
}

/// The one program with every target.
pub(crate) fn build() -> Result<PathBuf> {
    tools::packages(&[("c++", "g++")])?;
    let mut cargo = command("cargo");
    cargo.args(["build", "--locked", "--workspace", "--features", "brain-fuzz/libfuzzer"]);
    // An example, so that cargo counts the needs of tests too: libraries are those of the tests.
    cargo.args(["--example", "every"]);
    cargo.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe()?).env(AS_COMPILER, "1");
    run(&mut cargo)?;
    Ok(target_of(Profile::Dev).join("examples").join("every"))
}

/// Names of the targets: each has seeds.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("fuzz").join("seeds"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Run one target from its seeds and what earlier runs found worth keeping.
fn one(program: &Path, target: &str, seconds: u32) -> Result<()> {
    let place = root().join("target").join("fuzz");
    let (corpus, crashes) = (place.join("corpus").join(target), place.join("crashes").join(target));
    for folder in [&corpus, &crashes] {
        std::fs::create_dir_all(folder)?;
    }
    let mut fuzzer = command(program);
    fuzzer.env("BRAIN_FUZZ_TARGET", target);
    fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-seed={SEED}"));
    fuzzer.arg(format!("-rss_limit_mb={MEMORY_MIB}")).arg(format!("-timeout={INPUT_SECONDS}"));
    fuzzer.arg(format!("-artifact_prefix={}/", crashes.display())).arg("-print_final_stats=1");
    fuzzer.arg(&corpus).arg(root().join("fuzz").join("seeds").join(target));
    let output = fuzzer.output().with_context(|| format!("cannot start {}", program.display()))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let number = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
        line.map_or("?", |line| line.trim_start_matches(':').trim())
    };
    let covered = told.lines().rev().find_map(|line| line.split("cov: ").nth(1)?.split(' ').next());
    println!(
        "{target:<16} {:>9} inputs, {:>6} a second, {:>6} edges, {:>5} MiB",
        number("number_of_executed_units"),
        number("average_exec_per_sec"),
        covered.unwrap_or("?"),
        number("peak_rss_mb"),
    );
    if output.status.success() {
        return Ok(());
    }
    let last: Vec<&str> = told.lines().rev().take(40).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    bail!(
        "target {target} fell; copy the input from {} to fuzz/crashes/{target} and mend what it shows:\n{}",
        crashes.display(),
        last.join("\n")
    )
}

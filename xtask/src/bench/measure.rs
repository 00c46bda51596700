//! Measuring a whole process from outside: wall time, processor time, peak memory.

use anyhow::{Context as _, Result, bail};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What one run took.
pub(crate) struct Run {
    /// Wall seconds.
    pub(crate) seconds: f64,
    /// User and system seconds, waited-for children included.
    pub(crate) cpu: f64,
    /// Peak resident memory, MiB.
    pub(crate) memory_mib: f64,
    /// Standard output.
    pub(crate) output: String,
}

/// Run under GNU time, which reports what the kernel counted for the process and its children.
pub(crate) fn run(command: &Command) -> Result<Run> {
    let report = std::env::temp_dir().join(format!("brain-bench-{}.time", std::process::id()));
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%U %S %M", "-o"]).arg(&report).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        timed.current_dir(folder);
    }
    let started = Instant::now();
    let output =
        timed.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start /usr/bin/time")?;
    let seconds = started.elapsed().as_secs_f64();
    if !output.status.success() {
        bail!(
            "{} failed: {}",
            command.get_program().to_string_lossy(),
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let text = std::fs::read_to_string(&report)?;
    std::fs::remove_file(&report)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [user, system, kib] = numbers.as_slice() else { bail!("unexpected report of /usr/bin/time: {text}") };
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Run { seconds, cpu: user + system, memory_mib: kib / 1024.0, output })
}

/// Run `times` times and keep the run with the median wall time; `before` prepares each run.
pub(crate) fn median(times: usize, mut before: impl FnMut() -> Result<()>, command: &Command) -> Result<Run> {
    let mut runs = Vec::new();
    for _ in 0..times {
        before()?;
        runs.push(run(command)?);
    }
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let middle = runs.len() / 2;
    runs.into_iter().nth(middle).context("at least one run")
}

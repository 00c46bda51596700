//! Running other programs, with the command line shown and failures that name it.

use anyhow::{Context as _, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Real data for tests, `None` on a machine that has none.
pub(crate) fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("BRAIN_SHARED_DATA").map(PathBuf::from);
    let beside = root().parent().map(|parent| parent.join("shared").join("data"));
    named.or(beside).filter(|path| path.is_dir())
}

/// A command that runs in the workspace's root, in the surroundings the user started us from.
///
/// `cargo run` tells its program about xtask's own package. A build script (that of `ring`) takes such a variable for a
/// change of its inputs, and every engine above it would be compiled again each time a build starts from here after
/// one started by hand, and the other way round.
///
/// What the compiler would keep for the next incremental build is half of `target` (11 of 21 GB) and of no use to a
/// build that is made once: a checking machine with 13 GB free failed over it.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null()).env("CARGO_INCREMENTAL", "0");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(tells_of_this_package) {
            command.env_remove(name);
        }
    }
    command
}

fn tells_of_this_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || matches!(name, "CARGO_PRIMARY_PACKAGE" | "CARGO_CRATE_NAME" | "CARGO_BIN_NAME")
}

/// Run to the end with output shown; fails when the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Run to the end and return standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed: {}\n{}", shown(command), output.status, String::from_utf8_lossy(&output.stdout));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program of this name can be started.
pub(crate) fn exists(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Time one step of a longer command and say how long it took.
pub(crate) fn step(
    times: &mut Vec<(String, f64)>,
    name: &str,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    println!("\n== {name}");
    let started = Instant::now();
    work().with_context(|| format!("step \"{name}\""))?;
    times.push((name.to_owned(), started.elapsed().as_secs_f64()));
    Ok(())
}

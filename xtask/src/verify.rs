//! `cargo xtask verify`: everything that must hold, on a machine that may have nothing but Rust and Node.

use crate::beside::Beside;
use crate::node::{Profile, Serving, brain, build_portal, program_of};
use crate::shell::{command, root, shared_data, step};
use crate::{demo, fuzz, services, tidy, tools};
use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Seconds of hostile input for each target; a night or a release takes more (`cargo xtask fuzz --seconds N`).
const FUZZ_SECONDS: u32 = 2;

/// Run all steps; `fast` leaves out hostile input, the browser and the dependency gate.
pub(crate) fn run(fast: bool) -> Result<()> {
    let started = Instant::now();
    let mut times = Vec::new();
    let outcome = steps(fast, &mut times);
    services::down().ok();
    println!("\n{:<44} {:>9}", "step", "seconds");
    for (name, seconds) in &times {
        println!("{name:<44} {seconds:>9.1}");
    }
    println!("{:<44} {:>9.1}", "total", started.elapsed().as_secs_f64());
    outcome
}

fn steps(fast: bool, times: &mut Vec<(String, f64)>) -> Result<()> {
    let libraries = Beside::start("libraries", &["cargo", "fetch", "--locked", "--quiet"])?;
    step(times, "format", || run_cargo(&["fmt", "--all", "--check"]))?;
    step(times, "tidy: layers, names, sizes", tidy::run)?;
    step(times, "bill of materials and its licences", || crate::sbom::run(true))?;
    step(times, "spelling", || run_program(&tools::typos()?, &[]))?;
    step(times, "portal: install, lint, types, unit tests, build", portal)?;
    step(times, "libraries: what was left of fetching them", || libraries.finish())?;
    // Our largest crates wait for each other, and leave a core to it.
    let broker = Beside::xtask(BROKER)?;
    step(times, "program, tests, measuring programs: lint and compile", || {
        run_cargo(&["test", "--locked", "--workspace", "--all-targets", "--no-run"])
    })?;
    step(times, "Kafka broker for tests: what was left of compiling it", || broker.finish())?;
    let servers = start_services(times)?;
    // Tests and browser wait for disks, servers and each other, and leave a part of the processor idle.
    let beside = if fast { None } else { Some(Beside::xtask(BESIDE)?) };
    step(times, "tests", || {
        let mut tests = cargo();
        // Whoever reads the end of a failed run wants to know all that failed.
        tests.args(["test", "--locked", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        tests.envs(servers.variables());
        if let Some(data) = shared_data() {
            tests.env("BRAIN_SHARED_DATA", data);
        }
        crate::shell::run(&mut tests)
    })?;
    step(times, "services: down", services::down)?;
    step(times, "demonstration data", check_demo_data)?;
    if let Some(beside) = beside {
        step(times, "browser journeys", browser)?;
        step(times, "hostile input: what was left of compiling it; licences", || beside.finish())?;
        step(times, "hostile input", || fuzz::fuzz(None, FUZZ_SECONDS))?;
    }
    Ok(())
}

/// The command that builds the broker that tests of Kafka meet.
pub(crate) const BROKER: &str = "verify-broker";

/// The command that [`beside`] is.
pub(crate) const BESIDE: &str = "verify-beside";

/// What needs nothing from the other steps and measures no time, run beside tests and browser. Hostile input itself waits:
/// its seconds would be worth little behind everything else, and an input that waits for its turn would seem to hang.
pub(crate) fn beside() -> Result<()> {
    let mut times = Vec::new();
    step(&mut times, "hostile input: compile", || fuzz::build().map(drop))?;
    step(&mut times, "licences, duplicates, sources", licences)?;
    for (name, seconds) in &times {
        println!("{name:<44} {seconds:>9.1}");
    }
    Ok(())
}

fn start_services(times: &mut Vec<(String, f64)>) -> Result<services::Services> {
    let mut servers = None;
    step(times, "services: up", || {
        servers = Some(services::up()?);
        Ok(())
    })?;
    servers.context("services started")
}

/// Cargo, with clippy in the compiler's place for our own crates and every warning an error.
///
/// `cargo clippy` checks all engines once more for its own use, five minutes on two cores; the same lints run while the
/// code is made. These are the two variables `cargo clippy -- -D warnings` sets itself.
fn cargo() -> Command {
    let mut cargo = command("cargo");
    cargo
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    cargo
}

fn run_cargo(arguments: &[&str]) -> Result<()> {
    crate::shell::run(cargo().args(arguments))
}

fn run_program(program: &Path, arguments: &[&str]) -> Result<()> {
    crate::shell::run(command(program).args(arguments))
}

fn portal() -> Result<()> {
    tools::web_packages()?;
    let web = root().join("web");
    for script in ["lint", "typecheck", "test"] {
        crate::shell::run(command("npm").args(["run", "--silent", script]).current_dir(&web))?;
    }
    build_portal()
}

fn check_demo_data() -> Result<()> {
    crate::shell::run(command("python3").arg("demo/check.py"))
}

/// A real node with the demonstration data, and a real browser that walks through it.
fn browser() -> Result<()> {
    tools::browser()?;
    let program = program_of(Profile::Dev);
    let data = root().join("target").join("browser-node");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    demo::load(&program, &data, None)?;
    let node = Serving::start(&program, &data, "127.0.0.1:0")?;
    crate::shell::run(
        command("npm")
            .args(["run", "--silent", "e2e"])
            .current_dir(root().join("web"))
            .env("BRAIN_URL", &node.url),
    )?;
    drop(node);
    crate::shell::run(brain(&program, &data).args(["evidence", "verify"]))
}

/// Known vulnerabilities (`cargo deny check advisories`) need the RustSec database, which is a repository of its own and
/// not on any package registry: where it can be had, `docs/security/hardening.md` says how to check against it.
fn licences() -> Result<()> {
    run_program(&tools::cargo_deny()?, &["check", "licenses", "bans", "sources"])
}

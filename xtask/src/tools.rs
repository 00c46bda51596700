//! What the other commands need on the machine, installed when missing.

use crate::shell::{capture, command, exists, root, run};
use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;

/// Tools of pinned versions live here, so that a second run finds them.
pub(crate) fn folder() -> PathBuf {
    root().join("target").join("tools")
}

/// Version of cargo-deny that reads today's licence identifiers and lock files.
const CARGO_DENY: &str = "0.20.2";
/// Version of tansu, the broker of Kafka's protocol.
const TANSU: &str = "0.6.0";
/// Version of typos, from PyPI as a ready binary.
const TYPOS: &str = "1.52.0";

/// Install distribution packages whose program is not on the path.
pub(crate) fn packages(wanted: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> =
        wanted.iter().filter(|(probe, _)| !present(probe)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !exists("apt-get") {
        bail!("please install {} with your system's package tool and run this again", missing.join(", "));
    }
    let mut prefix: Vec<&str> = Vec::new();
    if capture(command("id").arg("-u"))?.trim() != "0" {
        prefix.push("sudo");
    }
    let apt = |arguments: &[&str]| {
        let mut words = prefix.clone();
        words.push("apt-get");
        words.extend(arguments);
        let (program, rest) = words.split_first().context("a command has a program")?;
        run(command(program).args(rest).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["-q", "update"])?;
    let mut install = vec!["-q", "install", "-y", "--no-install-recommends"];
    install.extend(missing);
    apt(&install)
}

/// A probe is a program's name or an absolute path.
fn present(probe: &str) -> bool {
    if probe.starts_with('/') { std::path::Path::new(probe).exists() } else { exists(probe) }
}

/// Node.js 20.19 or newer and npm, needed to build the portal.
pub(crate) fn node() -> Result<()> {
    if !exists("node") || !exists("npm") {
        packages(&[("node", "nodejs"), ("npm", "npm")])?;
    }
    let version = capture(command("node").arg("--version"))?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if (major, minor) < (20, 19) {
        bail!("Node.js {} is too old: the portal's build needs 20.19 or newer", version.trim());
    }
    Ok(())
}

/// Install the portal's packages when the lock file changed since the last time.
pub(crate) fn web_packages() -> Result<()> {
    node()?;
    let web = root().join("web");
    let lock = std::fs::read(web.join("package-lock.json")).context("web/package-lock.json")?;
    let stamp = web.join("node_modules").join(".installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run(command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&web))?;
    std::fs::write(stamp, lock)?;
    Ok(())
}

/// `cargo deny`.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    built("cargo-deny", CARGO_DENY, &[])
}

/// A broker of Kafka's protocol that needs no Java. It keeps its topics in SQLite: what it keeps in memory or on object
/// stores it counts wrongly.
pub(crate) fn tansu() -> Result<PathBuf> {
    built("tansu", TANSU, &["--features", "libsql"])
}

/// A program of a registry, built once without optimisation: it runs for seconds and compiles three times faster so.
fn built(name: &str, version: &str, more: &[&str]) -> Result<PathBuf> {
    let program = folder().join("bin").join(name);
    let current = program.exists()
        && capture(command(&program).arg("--version")).is_ok_and(|text| text.contains(version));
    if !current {
        // Not in the system's folder for temporary files, which is small where tests run; and gone afterwards.
        let building = root().join("target").join(format!("build-{name}"));
        let outcome = run(command("cargo")
            .args(["install", name, "--locked", "--debug", "--version", version])
            .args(more)
            .arg("--root")
            .arg(folder())
            .env("CARGO_TARGET_DIR", &building)
            // Debug info of a tool nobody debugs only costs disk and link time.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0"));
        if building.exists() {
            std::fs::remove_dir_all(&building)
                .with_context(|| format!("cannot remove {}", building.display()))?;
        }
        outcome?;
    }
    Ok(program)
}

/// A Python environment of our own under `target/tools`, with these packages.
pub(crate) fn python(environment: &str, packages: &[&str]) -> Result<PathBuf> {
    let place = folder().join(environment);
    let python = place.join("bin").join("python");
    let stamp = place.join(".installed");
    let wanted = packages.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    if run(command("python3").args(["-m", "venv"]).arg(&place)).is_err() {
        self::packages(&[("/usr/share/doc/python3-venv", "python3-venv")])?;
        run(command("python3").args(["-m", "venv"]).arg(&place))?;
    }
    run(command(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(packages))?;
    std::fs::write(stamp, wanted)?;
    Ok(python)
}

/// The spelling checker.
pub(crate) fn typos() -> Result<PathBuf> {
    let python = python("typos", &[&format!("typos=={TYPOS}")])?;
    Ok(python.with_file_name("typos"))
}

/// A real browser and a font that has Chinese characters.
pub(crate) fn browser() -> Result<()> {
    packages(&[
        ("chromium", "chromium"),
        ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk"),
    ])
}

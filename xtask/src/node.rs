//! Building the program and running nodes of it.

use crate::shell::{capture, command, root, run};
use crate::tools;
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Which build of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For tests: compiles fast.
    Dev,
    /// For demonstrations and measurements.
    Release,
}

/// Build the portal into `web/dist`.
pub(crate) fn build_portal() -> Result<()> {
    tools::web_packages()?;
    run(command("npm").args(["run", "--silent", "build"]).current_dir(root().join("web")))
}

/// Build the program and return its path.
///
/// The whole workspace is named with an example, because then shared dependencies get the features they have in tests:
/// whatever is built next finds every engine compiled. Measuring programs are examples, too, and are measured in release.
pub(crate) fn build_program(profile: Profile) -> Result<PathBuf> {
    let mut cargo = command("cargo");
    cargo.args(["build", "--locked", "--workspace", "--bins"]);
    match profile {
        Profile::Release => cargo.args(["--examples", "--release"]),
        Profile::Dev => cargo.args(["--example", "synthetic_network"]),
    };
    run(&mut cargo)?;
    Ok(program_of(profile))
}

/// Where the built program lies.
pub(crate) fn program_of(profile: Profile) -> PathBuf {
    target_of(profile).join("brain")
}

/// The folder with everything built in `profile`.
pub(crate) fn target_of(profile: Profile) -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    folder.join(if profile == Profile::Release { "release" } else { "debug" })
}

/// The program, run on a data folder without the caller's own `BRAIN_*` settings.
pub(crate) fn brain(program: &Path, data: &Path) -> Command {
    let mut brain = command(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BRAIN_")) {
        brain.env_remove(name);
    }
    brain.env("BRAIN_NODE_DATA", data);
    brain
}

/// A serving node; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    /// `http://host:port`
    pub(crate) url: String,
    /// From the start of the process to its line that says it listens.
    pub(crate) ready_after: Duration,
}

impl Serving {
    /// Start `brain serve` and wait for the line with its address.
    pub(crate) fn start(program: &Path, data: &Path, listen: &str) -> Result<Self> {
        let started = Instant::now();
        let mut child = brain(program, data)
            .args(["serve", "--listen", listen])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the node")?;
        let output = child.stdout.take().context("standard output of the node")?;
        let mut lines = BufReader::new(output).lines();
        let url = loop {
            let Some(line) = lines.next() else {
                child.wait()?;
                bail!("the node stopped before it listened");
            };
            if let Some(url) = line?.split_whitespace().find(|word| word.starts_with("http://")) {
                break url.to_owned();
            }
        };
        let ready_after = started.elapsed();
        // Keep draining, or the node blocks when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, url, ready_after })
    }

    /// Process id, for reading its memory.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Wait until the node ends by itself (Ctrl-C reaches it too).
    pub(crate) fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Both fail only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Write the OpenAPI document and the portal's typed client.
pub(crate) fn write_openapi() -> Result<()> {
    let program = build_program(Profile::Dev)?;
    let document = capture(command(&program).arg("openapi"))?;
    let place = root().join("web").join("openapi");
    std::fs::create_dir_all(&place)?;
    let mut file = std::fs::File::create(place.join("brain.json"))?;
    file.write_all(document.as_bytes())?;
    tools::web_packages()?;
    run(command("npm").args(["run", "--silent", "generate"]).current_dir(root().join("web")))
}

//! Work that runs beside other steps, behind them in the processor's queue, and shows what it printed when it ended.

use crate::shell::{command, root};
use anyhow::{Context as _, Result, bail};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Child;

/// A command in a process group of its own; stopped with all it started when dropped.
pub(crate) struct Beside {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Beside {
    /// Start one of our own commands.
    pub(crate) fn xtask(name: &'static str) -> Result<Self> {
        let own = std::env::current_exe()?;
        Self::start(name, &[&own.to_string_lossy(), name])
    }

    /// Start a command as the nicest of all, so that it takes only what the other steps leave.
    pub(crate) fn start(name: &'static str, words: &[&str]) -> Result<Self> {
        let place = root().join("target");
        std::fs::create_dir_all(&place)?;
        let log = place.join(format!("beside-{name}.log"));
        let told = File::create(&log).with_context(|| log.display().to_string())?;
        let mut nicest = command("nice");
        nicest.args(["-n", "19"]).args(words);
        nicest.stdout(told.try_clone()?).stderr(told).process_group(0);
        let child = nicest.spawn().with_context(|| format!("cannot start {name}"))?;
        println!("started beside what follows: {}", words.join(" "));
        Ok(Self { name, child, log })
    }

    /// Wait for its end and show what it printed; fails when it failed.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        print!("{}", std::fs::read_to_string(&self.log)?);
        if !status.success() {
            bail!("{}: {status}", self.name);
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // A group is named by a minus before the number of its first process.
            let group = format!("-{}", self.child.id());
            command("kill").args(["-TERM", "--", &group]).status().ok();
            self.child.wait().ok();
        }
    }
}

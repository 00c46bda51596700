//! Benches that live beside the code they measure, as examples that print rows themselves.

use crate::node::{Profile, target_of};
use crate::shell::{command, run};
use anyhow::Result;
use std::process::Command;

/// Build an example of the workspace in release and run it, its output shown.
pub(crate) fn run_example(name: &str) -> Result<()> {
    run(&mut example(name)?)
}

/// An example of the workspace, built in release and ready to run.
///
/// The whole workspace is named so that shared dependencies keep the features the program is built with; naming one
/// crate would compile every engine again.
pub(crate) fn example(name: &str) -> Result<Command> {
    run(command("cargo").args(["build", "--release", "--locked", "--workspace", "--example", name]))?;
    Ok(command(target_of(Profile::Release).join("examples").join(name)))
}

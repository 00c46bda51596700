//! Benches that live beside the code they measure, as examples that print rows themselves.

use crate::node::{Profile, build_program, target_of};
use crate::shell::{command, run};
use anyhow::Result;
use std::process::Command;

/// Build an example of the workspace in release and run it, its output shown.
pub(crate) fn run_example(name: &str) -> Result<()> {
    run(&mut example(name)?)
}

/// An example of the workspace, built in release and ready to run.
pub(crate) fn example(name: &str) -> Result<Command> {
    build_program(Profile::Release)?;
    Ok(command(target_of(Profile::Release).join("examples").join(name)))
}

//! Benches that live beside the code they measure, as examples that print rows themselves.

use crate::node::{Profile, build_program, program_of, target_of};
use crate::shell::{command, run};
use anyhow::Result;
use std::process::Command;

/// Crates that stand on the query engine: built as part of the whole, so that the engine is compiled once.
const ON_THE_ENGINE: [&str; 2] = ["brain-warehouse", "brain-cluster"];

/// Build an example of a crate in release and run it, its output shown.
pub(crate) fn run_example(package: &str, name: &str) -> Result<()> {
    run(&mut example(package, name)?)
}

/// An example of a crate, built in release and ready to run. Whoever measures a crate without the engine does not wait
/// half an hour for the engine; where the engine is there already, shared libraries are not compiled once more without
/// the features it asks of them.
pub(crate) fn example(package: &str, name: &str) -> Result<Command> {
    if ON_THE_ENGINE.contains(&package) || program_of(Profile::Release).exists() {
        build_program(Profile::Release)?;
    } else {
        run(command("cargo").args([
            "build",
            "--locked",
            "--release",
            "--package",
            package,
            "--example",
            name,
        ]))?;
    }
    Ok(command(target_of(Profile::Release).join("examples").join(name)))
}

//! Benches that live beside the code they measure, as examples that print rows themselves.

use crate::shell::{command, run};
use anyhow::Result;

/// Run `cargo run --release --example <example>` of a crate.
pub(crate) fn run_example(package: &str, example: &str) -> Result<()> {
    run(command("cargo").args([
        "run",
        "--release",
        "--locked",
        "--quiet",
        "-p",
        package,
        "--example",
        example,
    ]))
}

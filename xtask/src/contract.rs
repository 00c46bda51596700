//! `cargo xtask contract`: schemathesis asks a serving node what its OpenAPI document allows, and what it does not, as
//! nobody and as every role; no answer may be a fault of the server or one that the document does not know.

use crate::node::{Profile, Serving, brain, build_program};
use crate::shell::{command, root};
use crate::{demo, tools};
use anyhow::Result;
use std::fs::OpenOptions;
use std::io::Write as _;

/// From PyPI, into an environment of its own.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// One caller asks ten thousand questions a minute here, and an answer that it asked too much says nothing; limits have
/// tests of their own (`crates/api/tests/it/protection.rs`).
const LIMITS: &str = "
[limits]
caller_points_per_s = 1000000
caller_points_max = 10000000
address_points_per_s = 1000000
address_points_max = 10000000
failed_sign_ins_per_minute = 10000
guessed_accounts = 1000
failed_sign_ins_alarm = 1000000
";

/// Load the demonstration data, serve it, ask, and look whether the evidence log still verifies.
pub(crate) fn run() -> Result<()> {
    let python = tools::python("schemathesis", &[SCHEMATHESIS])?;
    let program = build_program(Profile::Dev)?;
    let data = root().join("target").join("contract-node");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    demo::load(&program, &data, None)?;
    let mut settings = OpenOptions::new().append(true).open(data.join("brain.toml"))?;
    settings.write_all(LIMITS.as_bytes())?;
    let node = Serving::start(&program, &data, "127.0.0.1:0")?;
    let mut asking = command(&python);
    asking.arg(root().join("xtask").join("src").join("contract.py")).arg(&node.url);
    for (username, role) in demo::people() {
        asking.arg(format!("{username}:{role}"));
    }
    asking.env("BRAIN_DEMO_PASSWORD", demo::PASSWORD);
    crate::shell::run(&mut asking)?;
    drop(node);
    crate::shell::run(brain(&program, &data).args(["evidence", "verify"]))
}

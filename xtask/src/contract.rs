//! `cargo xtask contract`: schemathesis asks a serving node what its OpenAPI document allows, and what it does not, as
//! nobody and as every role; no answer may be a fault of the server or one that the document does not know.

use crate::node::{Profile, Serving, brain, build_program};
use crate::shell::{command, root};
use crate::{demo, tools};
use anyhow::Result;

/// From PyPI, into an environment of its own.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Load the demonstration data, serve it, ask, and look whether the evidence log still verifies.
pub(crate) fn run() -> Result<()> {
    let python = tools::python("schemathesis", &[SCHEMATHESIS])?;
    let program = build_program(Profile::Dev)?;
    let data = root().join("target").join("contract-node");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    demo::load(&program, &data, None)?;
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

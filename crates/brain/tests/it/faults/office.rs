//! A serving node with people who work on it: accounts of a demonstration, no second factor, cheap passwords.

use crate::node::TestNode;
use brain_testkit::Client;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Password of every account here.
pub const PASSWORD: &str = "Bright-Bearing-42";
/// Accounts and roles.
const ACCOUNTS: [(&str, &str); 4] = [
    ("industry", "industry_body"),
    ("secadmin", "security_administrator"),
    ("audit", "auditor"),
    ("operator", "system_administrator"),
];

/// Write the configuration of such a node beside its data.
pub fn configure(node: &TestNode) {
    let mut text = String::from(
        "[trust]\nsecond_factor_required_roles = []\nargon2_memory_kib = 64\nargon2_passes = 1\nsessions_max = 10000\n",
    );
    for (name, role) in ACCOUNTS {
        text += &format!(
            "\n[[demo.accounts]]\nusername = \"{name}\"\npassword = \"{PASSWORD}\"\nrole = \"{role}\"\ndisplay_name = \"{name}\"\n"
        );
    }
    node.write("brain.toml", text);
}

/// A node that answers; killed when dropped.
pub struct Office {
    child: Child,
    _output: BufReader<ChildStdout>,
    pub url: String,
    /// From the start of the process to its line that says it listens.
    pub ready_after: Duration,
}

impl Office {
    /// Start it; `prepare` may change the command.
    pub fn open(node: &TestNode, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = node.command(&["serve", "--listen", "127.0.0.1:0"]);
        prepare(&mut command);
        let started = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "the node stopped before it listened");
            if let Some(at) = line.find("http://") {
                break line[at..].trim().to_owned();
            }
        };
        Self { child, _output: output, url, ready_after: started.elapsed() }
    }

    /// Kill it as the kernel does when memory runs out.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The exit code, once it has ended by itself.
    pub fn ended(&mut self, within: Duration) -> Option<i32> {
        let deadline = Instant::now() + within;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// A client nobody is signed in with.
    pub fn stranger(&self) -> Client {
        Client::new(&self.url)
    }

    /// A client with the token of a fresh session.
    pub async fn signed_in(&self, name: &str) -> Client {
        let client = self.stranger();
        let reply = client.post("/api/v1/session?token=1", &credentials(name)).await.expect(200);
        client.with_token(reply["token"].as_str().unwrap())
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What signs an account in.
pub fn credentials(name: &str) -> Value {
    json!({ "username": name, "password": PASSWORD })
}

/// A grant that is told from others by its agreement.
pub fn grant(number: u64) -> Value {
    json!({
        "subject": { "role": "government" },
        "dataset": "raw.registry",
        "reach": "all",
        "rows": { "all": [] },
        "masks": {},
        "purpose": "view",
        "basis": { "zh": "测试", "en": "test" },
        "agreement": format!("agreement-{number}"),
    })
}

/// Two columns of a register, and no model that follows.
const MAPPING: &str = r#"
name = "small"
title = { zh = "小表", en = "Small" }
description = { zh = "测试用。", en = "For a test." }
owner = "node"
side = "public"
grade = "general1"
source = "test"
licence = "Apache-2.0"

[[table]]
dataset = "raw.small"
files = ["*.csv"]
mode = "append"

[[table.column]]
name = "name"
type = "text"
required = true

[[table.column]]
name = "uscc"
type = "text"
required = true
rules = { uscc = true }
"#;

/// Make the folder, and in it a mapping `small` for the table `raw.small`.
pub fn with_mapping(node: &TestNode) {
    // The first command makes the folder.
    node.ok(&["doctor"]);
    std::fs::write(node.data().join("mappings/small.toml"), MAPPING).unwrap();
}

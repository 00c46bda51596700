//! The commands of daily work: `cargo xtask demo | verify | bench <name> | services up|down | tidy`.
//!
//! Everything a fresh machine lacks is installed by these commands from the distribution's packages, crates.io,
//! PyPI or the npm registry; nothing is fetched from anywhere else.
#![expect(clippy::print_stdout, reason = "a command-line tool talks on standard output")]
#![expect(clippy::indexing_slicing, reason = "indexing a serde_json value gives null, it never panics")]

mod bench;
mod beside;
mod cluster;
mod contract;
mod demo;
mod fuzz;
mod node;
mod sbom;
mod services;
mod shell;
mod tidy;
mod tools;
mod verify;

use anyhow::{Result, bail};
use std::path::Path;

const USAGE: &str = "\
cargo xtask demo [--from DIR] [--listen ADDR] [--keep] [--release]   build, load data, serve, print the address
cargo xtask verify [--fast]                              install what is needed, format, lint, run every test
cargo xtask bench <name|all>                             us and the peer on the same input, one table, one JSON line; a wrong name lists them
cargo xtask fuzz [target] [--seconds N]                  hostile input on every parser and protocol surface
cargo xtask contract                                     a serving node against its own OpenAPI document, as every role
cargo xtask services <up|down>                           PostgreSQL, MariaDB, Mosquitto, NATS and a Kafka broker in a temporary folder
cargo xtask services up ballista [DATA]                  a scheduler and two executors for a node on this data folder
cargo xtask sbom [--check]                               bill of materials (CycloneDX) and its licences
cargo xtask tidy                                         crate edges, file sizes, names
cargo xtask openapi                                      write web/openapi/brain.json and the typed client from it";

fn main() -> Result<()> {
    if fuzz::is_compiler() {
        return fuzz::compile();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["demo", rest @ ..] => demo::run(rest),
        ["verify", rest @ ..] => verify::run(rest.contains(&"--fast")),
        [verify::BESIDE] => verify::beside(),
        [verify::BROKER] => tools::tansu().map(drop),
        ["bench", name] => bench::run(name),
        ["fuzz", rest @ ..] => fuzz::start(rest),
        ["contract"] => contract::run(),
        ["services", "up"] => services::up_and_print(),
        ["services", "up", "ballista"] => services::cluster_up(Path::new("brain-data")),
        ["services", "up", "ballista", data] => services::cluster_up(Path::new(data)),
        ["services", "down"] => services::down(),
        ["sbom"] => sbom::run(false),
        ["sbom", "--check"] => sbom::run(true),
        ["tidy"] => tidy::run(),
        ["openapi"] => node::write_openapi(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("unknown command {}\n{USAGE}", words.join(" ")),
    }
}

//! `brain`, the program: command line, configuration, roles, telemetry, shutdown. No logic.
#![allow(unreachable_pub, reason = "a program has no outside; pub says what a module offers the others")]
#![expect(clippy::print_stderr, reason = "a command-line program talks on its streams")]

mod background;
mod calls;
mod cli;
mod cluster;
mod command;
mod config;
mod facts;
mod folder;
mod lake;
mod measure;
mod mirror;
mod modules;
mod node;
mod process;
mod telemetry;
mod telling;
mod terminal;
mod transport;
mod watch;
mod weakness;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    let language = cli::language();
    for trouble in process::confine() {
        eprintln!("{trouble}");
    }
    match command::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", cli::explain(&error, language));
            ExitCode::FAILURE
        }
    }
}

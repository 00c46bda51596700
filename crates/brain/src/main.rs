//! `brain`, the program: command line, configuration, roles, telemetry, shutdown. No logic.
#![allow(unreachable_pub, reason = "a program has no outside; pub says what a module offers the others")]
#![expect(clippy::print_stderr, reason = "a command-line program talks on its streams")]

mod cli;
mod command;
mod config;
mod facts;
mod folder;
mod measure;
mod modules;
mod node;
mod telemetry;
mod terminal;
mod transport;
mod watch;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    let language = cli::language();
    forbid_core_dumps();
    match command::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", cli::explain(&error, language));
            ExitCode::FAILURE
        }
    }
}

/// Keys and passwords in memory must not land in a core file or be read by a debugger of the same user
/// (GB/T 22239-2019 8.1.4.10).
fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        eprintln!("core dumps could not be switched off: {error}");
    }
}

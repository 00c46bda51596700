//! A disk that fails on request: `shim.c` between the program and the C library, told what to do through a shared file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Syncs, of the operations `enum class` of `shim.c` tells apart by a bit each.
pub const SYNCS: u64 = 2;

/// Everything that changes a disk.
pub const ALL: u64 = 127;

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Mode {
    /// The disk fails.
    Eio = 1,
    /// The disk is full.
    Enospc = 2,
    /// Half of it is written.
    Short = 3,
    /// The process is killed before it.
    Kill = 4,
    /// After so many bytes the disk is full, until there is room again.
    Budget = 5,
}

/// Fields of the shared file, in the order of `enum field` in `shim.c`.
#[derive(Clone, Copy)]
enum Field {
    Armed,
    Classes,
    Mode,
    At,
    Sticky,
    Count,
    Injected,
    Budget,
    SyncedAgain,
    FailedInode,
}

/// The library, compiled once; the machine has a C compiler, or it could not have linked this test.
static SHIM: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/shim.c");
    let library = place.path().join("libfaults.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]);
    let done = compiler.arg(&library).arg(source).arg("-ldl").status().unwrap();
    assert!(done.success(), "the shim compiles");
    (place, library)
});

/// A disk below one folder.
pub struct Disk {
    place: TempDir,
    control: File,
}

impl Disk {
    /// A disk that works until it is told otherwise.
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let control = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(place.path().join("control"))
            .unwrap();
        control.set_len(4096).unwrap();
        Self { place, control }
    }

    /// Run this command with what it does below `root` on this disk.
    pub fn under(&self, command: &mut Command, root: &Path) {
        command
            .env("LD_PRELOAD", &SHIM.1)
            .env("DISK_FAULT_ROOT", root)
            .env("DISK_FAULT_CONTROL", self.place.path().join("control"))
            .env("DISK_FAULT_LOG", self.place.path().join("log"));
    }

    /// Count operations of these classes and let number `at` (from 1) fail; 0 only counts. `sticky` lets every later one
    /// fail too.
    pub fn fail(&self, classes: u64, mode: Mode, at: u64, sticky: bool) {
        self.put(Field::Armed, 0);
        for (field, value) in [
            (Field::Classes, classes),
            (Field::Mode, mode as u64),
            (Field::At, at),
            (Field::Sticky, u64::from(sticky)),
            (Field::Count, 0),
            (Field::Injected, 0),
            (Field::SyncedAgain, 0),
            (Field::FailedInode, 0),
            (Field::Armed, 1),
        ] {
            self.put(field, value);
        }
        // Emptied, not removed: a program that runs goes on writing to the same file.
        let _ = File::options().write(true).truncate(true).open(self.place.path().join("log"));
    }

    /// Leave room for so many bytes.
    pub fn fill(&self, bytes: u64) {
        self.fail(ALL, Mode::Budget, 0, false);
        self.put(Field::Budget, bytes);
    }

    /// Work again.
    pub fn mend(&self) {
        self.put(Field::Armed, 0);
    }

    /// Operations counted.
    pub fn count(&self) -> u64 {
        self.get(Field::Count)
    }

    /// Operations made to fail.
    pub fn injected(&self) -> u64 {
        self.get(Field::Injected)
    }

    /// Files that were synced after a sync of the same file had failed. The folder of the database is none: SQLite syncs
    /// it too, ignores what comes of it, and guards nothing by it, because the store did so before.
    pub fn synced_again(&self) -> Vec<String> {
        let log = self.log();
        let again = log.lines().filter(|line| line.starts_with("again") && !line.ends_with("/data/store"));
        again.map(str::to_owned).collect()
    }

    /// What was made to fail, one line each: how, what, and the path.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.place.path().join("log")).unwrap_or_default()
    }

    fn put(&self, field: Field, value: u64) {
        self.control.write_all_at(&value.to_ne_bytes(), field as u64 * 8).unwrap();
    }

    fn get(&self, field: Field) -> u64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, field as u64 * 8).unwrap();
        u64::from_ne_bytes(bytes)
    }
}

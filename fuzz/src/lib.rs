//! What comes from outside, thrown at whatever reads it: one function per parser and protocol surface.
//!
//! Each target is a plain function over bytes that panics when something is wrong: a panic of the code under test, or
//! an invariant that does not hold. `cargo xtask fuzz` drives them with libFuzzer, guided by the coverage of our own
//! crates; the test of this crate replays every seed and every crash of the past on plain `cargo test`.
//! Start reading at [`TARGETS`].
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a target says what it found by panicking"
)]

pub mod evidence;
pub mod files;
pub mod keys;
pub mod lineage;
pub mod node;
pub mod rules;
pub mod standard;

use std::sync::OnceLock;

/// One surface.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name, as of its folder of seeds.
    pub name: &'static str,
    /// Throw these bytes at it.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 23] = [
    Target { name: "evidence_note", run: evidence::note },
    Target { name: "evidence_bundle", run: evidence::bundle },
    Target { name: "evidence_tile", run: evidence::tile },
    Target { name: "delimited", run: files::delimited },
    Target { name: "json_lines", run: files::json_lines },
    Target { name: "excel", run: files::excel },
    Target { name: "parquet", run: files::parquet },
    Target { name: "mapping", run: rules::mapping },
    Target { name: "model", run: rules::model },
    Target { name: "lineage_sql", run: lineage::script },
    Target { name: "openlineage", run: lineage::event },
    Target { name: "policy", run: rules::policy },
    Target { name: "standard", run: standard::values },
    Target { name: "scope", run: standard::scope },
    Target { name: "personal", run: standard::personal },
    Target { name: "certificate", run: keys::certificate },
    Target { name: "sealed", run: keys::sealed },
    Target { name: "boundary", run: files::boundary },
    Target { name: "sql", run: node::sql },
    Target { name: "request", run: node::request },
    Target { name: "head", run: node::head },
    Target { name: "mcp", run: node::mcp },
    Target { name: "upload", run: node::upload },
];

/// Libraries whose panics the program catches where it calls them; each has its reason there.
const CONTAINED: [&str; 1] = ["/calamine-"];

/// libFuzzer's hook ends the process at any panic, also one that is caught on purpose.
fn let_contained_panics_pass() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let contained =
            panic.location().is_some_and(|at| CONTAINED.iter().any(|part| at.file().contains(part)));
        if !contained {
            hook(panic);
        }
    }));
}

/// The target that `BRAIN_FUZZ_TARGET` names, on these bytes.
#[expect(clippy::disallowed_methods, reason = "libFuzzer keeps the command line to itself")]
pub fn chosen(data: &[u8]) {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    let target = CHOSEN.get_or_init(|| {
        let_contained_panics_pass();
        let name = std::env::var("BRAIN_FUZZ_TARGET").unwrap_or_default();
        let names = TARGETS.map(|target| target.name).join(", ");
        TARGETS
            .into_iter()
            .find(|target| target.name == name)
            .unwrap_or_else(|| panic!("BRAIN_FUZZ_TARGET is {name:?}, not one of {names}"))
    });
    (target.run)(data);
}

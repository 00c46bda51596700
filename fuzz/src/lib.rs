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

pub mod access;
pub mod changes;
pub mod connect;
pub mod corpus;
pub mod entities;
pub mod evidence;
pub mod exchange;
pub mod files;
pub mod keys;
pub mod lineage;
pub mod messages;
pub mod node;
pub mod peers;
pub mod rules;
pub mod search;
pub mod settings;
pub mod standard;

use std::sync::OnceLock;

/// One surface.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name, as of its folder of seeds.
    pub name: &'static str,
    /// Throw these bytes at it.
    pub run: fn(&[u8]),
    /// What must stand before the first of them.
    ready: fn(),
}

impl Target {
    const fn of(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, ready: || {} }
    }

    /// One that asks a whole node.
    const fn of_node(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, ready: node::start }
    }
}

/// Every target.
pub const TARGETS: [Target; 47] = [
    Target::of("evidence_note", evidence::note),
    Target::of("evidence_bundle", evidence::bundle),
    Target::of("evidence_tile", evidence::tile),
    Target::of("delimited", files::delimited),
    Target::of("json_lines", files::json_lines),
    Target::of("excel", files::excel),
    Target::of("parquet", files::parquet),
    Target::of("mapping", rules::mapping),
    Target::of("model", rules::model),
    Target::of("policy", rules::policy),
    Target::of("standard", standard::values),
    Target::of("scope", standard::scope),
    Target::of("personal", standard::personal),
    Target::of("certificate", keys::certificate),
    Target::of("sealed", keys::sealed),
    Target::of("boundary", files::boundary),
    Target::of_node("sql", node::sql),
    Target::of_node("request", node::request),
    Target::of_node("head", node::head),
    Target::of_node("mcp", node::mcp),
    Target::of_node("upload", node::upload),
    Target::of_node("parameters", node::parameters),
    Target::of("settings", settings::settings),
    Target::of("alerts", settings::alerts),
    Target::of("addresses", settings::addresses),
    Target::of("names", entities::names),
    Target::of("entity_records", entities::records),
    Target::of("entity_specification", entities::specification),
    Target::of("supply_network", files::supply_network),
    Target::of("issue", keys::issue),
    Target::of_node("statement", peers::statement),
    Target::of("delivery", exchange::delivery),
    Target::of("backup", peers::backup),
    Target::of("lease", peers::lease),
    Target::of_node("grant", access::grant),
    Target::of_node("passkey", access::passkey),
    Target::of_node("provider", access::provider),
    Target::of("search", search::question),
    Target::of("corpus", corpus::file),
    Target::of("pgoutput", changes::message),
    Target::of("quality", rules::quality),
    Target::of("lineage_sql", lineage::script),
    Target::of("openlineage", lineage::event),
    Target::of("messages", messages::packets),
    Target::of("kafka", messages::batch),
    Target::of("web_page", connect::page),
    Target::of("object_listing", connect::listing),
];

/// Libraries whose panics the program catches where it calls them; each has its reason there.
const CONTAINED: [&str; 4] = ["/calamine-", "/lopdf-", "/arrow-ipc-", "/parquet-"];

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
pub fn chosen(data: &[u8]) {
    (named().run)(data);
}

/// Make ready what the target needs, before libFuzzer takes the time of inputs.
pub fn ready() {
    (named().ready)();
}

#[expect(clippy::disallowed_methods, reason = "libFuzzer keeps the command line to itself")]
fn named() -> &'static Target {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let_contained_panics_pass();
        let name = std::env::var("BRAIN_FUZZ_TARGET").unwrap_or_default();
        let names = TARGETS.map(|target| target.name).join(", ");
        TARGETS
            .into_iter()
            .find(|target| target.name == name)
            .unwrap_or_else(|| panic!("BRAIN_FUZZ_TARGET is {name:?}, not one of {names}"))
    })
}

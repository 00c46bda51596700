//! `bench registry`: a province's whole road, from the file of a million firms to a subject table that is searchable,
//! graded and matched, each step a whole command in its own process.
//!
//! There is no peer that does all of it; the budgets are those of the design: ten minutes on two cores, 4 GiB.

use super::measure::run;
use super::table::{Row, print};
use crate::node::{Profile, brain, build_program};
use crate::shell::{root, shared_data};
use anyhow::{Context as _, Result, bail, ensure};

const SECONDS_MAX: f64 = 600.0;
const MEMORY_MIB_MAX: f64 = 4_096.0;
/// Stock list to register: names in two registers' spelling, credit codes on one side only.
const PLAN: &str = r#"
preset = "firm"
upper = 0.95
lower = 0.5

[[steps]]
left = { dataset = "raw.listed_stock_basic", key = ["code"], columns = { name = "full_name" } }
right = { dataset = "subject.enterprise", key = ["uscc"], columns = { name = "name", uscc = "uscc" } }

[golden.attributes]
legal_name = { "subject.enterprise" = "name", "raw.listed_stock_basic" = "full_name" }
uscc = { "subject.enterprise" = "uscc" }

[golden.survivorship]
sources = ["subject.enterprise", "raw.listed_stock_basic"]
default = ["source_priority"]
"#;

/// One run, from an empty folder.
pub(crate) fn run_all() -> Result<()> {
    let shared = shared_data().context("bench registry needs the registry: set BRAIN_SHARED_DATA")?;
    let program = build_program(Profile::Release)?;
    let work = root().join("target").join("bench-registry");
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    std::fs::create_dir_all(&work)?;
    let plan = work.join("plan.toml");
    std::fs::write(&plan, PLAN)?;
    let data = work.join("node");
    let register = shared.join("registry_national").join("registry.csv.zst");
    let stocks = shared.join("listed_companies");
    let [register, stocks, plan] = [register, stocks, plan].map(|path| path.display().to_string());
    let steps: [(&str, &[&str]); 8] = [
        ("register: ingest, standardise, products", &["ingest", &register, "--as", "registry", "--json"]),
        ("stock list: ingest", &["ingest", &stocks, "--as", "listed_companies", "--json"]),
        ("grade: look at every row of the register", &["grade", "scan", "raw.registry"]),
        ("grade: look at every row of the subject", &["grade", "scan", "subject.enterprise"]),
        ("search: first, which makes the index", &["search", "减速器", "--kind", "firm"]),
        ("search: again, a new process", &["search", "jiansuqi", "--kind", "firm"]),
        ("match: the plan", &["match", "set", "firms", "--plan", &plan, "--reason", "bench"]),
        ("match: stock list to register", &["match", "run", "firms", "--json"]),
    ];
    let (mut rows, mut seconds, mut memory) = (Vec::new(), 0.0, 0.0_f64);
    for (what, words) in steps {
        let mut command = brain(&program, &data);
        command.args(words);
        let measured = run(&command)?;
        let last = measured.output.lines().rev().find(|line| !line.trim().is_empty());
        let last: String = last.with_context(|| format!("{what}: no answer"))?.chars().take(300).collect();
        if what.starts_with("search") && !measured.output.contains("减速") {
            bail!("{what}: nothing was found: {}", measured.output);
        }
        seconds += measured.seconds;
        memory = memory.max(measured.memory_mib);
        rows.push(Row::of("brain", what, &measured, last));
    }
    let budgets = [("seconds", seconds, "<= 600"), ("peak_memory_mib", memory, "<= 4096")];
    print("registry", &rows, &budgets);
    ensure!(seconds <= SECONDS_MAX, "{seconds} s");
    ensure!(memory <= MEMORY_MIB_MAX, "{memory} MiB");
    Ok(())
}

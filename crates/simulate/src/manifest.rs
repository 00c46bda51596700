//! What a folder holds and how to make it again.

use crate::code::{RESERVED_BODY, RESERVED_PREFIX};
use crate::fate::Kind;
use crate::name::MARK;
use crate::options::Options;
use crate::parameters;
use crate::world::World;
use crate::write::Written;
use brain_kernel::language::Text;
use serde::Serialize;
use std::collections::BTreeMap;

/// Name of the manifest; written last, so a folder without it is unfinished.
pub const MANIFEST: &str = "manifest.json";
/// Name of the note that lies beside it.
pub const NOTE: &str = "README.txt";

/// What a simulated folder holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Always true.
    pub simulated: bool,
    /// For whoever opens the file.
    pub notice: Text,
    /// Program and version that wrote it.
    pub program: String,
    /// What was asked for; the same options with the same version give the same rows.
    pub options: Options,
    /// What tells simulated enterprises from real ones.
    pub marks: Marks,
    /// Figures the province is fitted to; sources are in the program's `crates/simulate/src/parameters`.
    pub parameters: BTreeMap<&'static str, f64>,
    /// Events by kind.
    pub events: BTreeMap<&'static str, u64>,
    /// Data tables.
    pub data: Vec<TableManifest>,
    /// Truth tables.
    pub truth: Vec<TableManifest>,
}

/// What tells simulated enterprises from real ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marks {
    /// Every credit code begins so; no registering body gives it.
    pub code_prefix: &'static str,
    /// Places 9 and 10 of every code.
    pub code_body: &'static str,
    /// Every 字号 begins so.
    pub name_mark: &'static str,
    /// Column of every table that is always `true`.
    pub label_column: &'static str,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableManifest {
    /// Name.
    pub name: &'static str,
    /// What it holds.
    pub title: Text,
    /// Columns in order.
    pub columns: Vec<&'static str>,
    /// Rows in all files.
    pub rows: u64,
    /// Its files.
    pub files: Vec<Written>,
}

pub(crate) fn notice() -> Text {
    Text::new(
        "全部为模拟数据：没有一家企业、一个人、一笔交易是真实的，不得当作统计或事实使用。",
        "Everything here is simulated: no enterprise, person or transaction is real, and nothing may be used as a statistic or a fact.",
    )
}

impl Manifest {
    pub(crate) fn new(
        world: &World,
        events: BTreeMap<&'static str, u64>,
        tables: Vec<(bool, TableManifest)>,
    ) -> Self {
        let (truth, data): (Vec<_>, Vec<_>) = tables.into_iter().partition(|(truth, _)| *truth);
        Self {
            simulated: true,
            notice: notice(),
            program: format!("brain-simulate {}", env!("CARGO_PKG_VERSION")),
            options: world.blueprint.options.clone(),
            marks: Marks {
                code_prefix: RESERVED_PREFIX,
                code_body: RESERVED_BODY,
                name_mark: MARK,
                label_column: crate::table::LABEL_COLUMN,
            },
            parameters: fitted(),
            events,
            data: data.into_iter().map(|(_, table)| table).collect(),
            truth: truth.into_iter().map(|(_, table)| table).collect(),
        }
    }
}

/// Events of every enterprise by kind.
pub(crate) fn events(world: &World) -> BTreeMap<&'static str, u64> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for index in 0..world.blueprint.options.enterprises {
        let kind = world.fate(index).kind;
        if kind != Kind::Steady {
            *counts.entry(kind.word()).or_default() += 1;
        }
    }
    counts.insert("chain_gap", world.gaps.len() as u64);
    counts.insert("reached_by_contagion", world.shocks.len() as u64);
    counts
}

fn fitted() -> BTreeMap<&'static str, f64> {
    BTreeMap::from([
        ("capital_ln_mean", parameters::CAPITAL_LN_MEAN),
        ("capital_ln_sd", parameters::CAPITAL_LN_SD),
        ("sales_ln_mean", parameters::SALES_LN_MEAN),
        ("sales_ln_sd", parameters::SALES_LN_SD),
        ("suppliers_exponent", parameters::SUPPLIERS_EXPONENT),
        ("customers_exponent", parameters::CUSTOMERS_EXPONENT),
        ("suppliers_size_correlation", parameters::SUPPLIERS_SIZE_CORRELATION),
        ("customers_size_correlation", parameters::CUSTOMERS_SIZE_CORRELATION),
        ("reciprocity", parameters::RECIPROCITY),
        ("link_half_life_months", parameters::LINK_HALF_LIFE_MONTHS),
        ("local_share", parameters::LOCAL_SHARE),
        ("invoiced_months", parameters::INVOICED_MONTHS),
        ("void_share", parameters::VOID_SHARE),
        ("wholesale_share", parameters::WHOLESALE_SHARE),
        ("retail_share", parameters::RETAIL_SHARE),
    ])
}

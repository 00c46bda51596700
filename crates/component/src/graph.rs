//! The chain graph of a caller: loaded from subject tables under the caller's grants, kept until they change.

use crate::columns::Columns;
use crate::snapshot::{Cells, Snapshot, unless_cancelled};
use brain_chain::graph::{
    ChainGraph, ChainGraphBuilder, ChainMemberRow, ChainRow, FirmRow, LinkRow, MakeRole, MakeRow, ProductRow,
    Relation, Stage,
};
use brain_kernel::error::Failure;
use brain_kernel::pinyin;
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::provenance::Input;
use brain_warehouse::{QueryLimits, Session};
use std::sync::Arc;

/// Datasets the graph is made of. A component that uses the graph lists them all under `reads`.
pub const GRAPH_READS: [&str; 6] = [
    "subject.chain",
    "subject.chain_product",
    "subject.enterprise",
    "subject.enterprise_product",
    "subject.product",
    "subject.product_link",
];

/// Datasets of the graph and more, for the `reads` of a component; `N` is `GRAPH_READS.len()` plus how many more.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, where a panic is a compile error")]
pub const fn graph_reads_and<const N: usize>(more: &[&'static str]) -> [&'static str; N] {
    let mut reads = [""; N];
    let mut at = 0;
    while at < N {
        reads[at] = if at < GRAPH_READS.len() { GRAPH_READS[at] } else { more[at - GRAPH_READS.len()] };
        at += 1;
    }
    reads
}

/// Graphs kept for different views; more callers with views of their own evict the least recently used.
const KEPT_MAX: usize = 4;

/// Graphs by what their callers may see (docs/decisions/0003). Cheap to clone.
///
/// The key holds versions and views of all inputs; equal keys mean equal graphs. A graph under way holds up only
/// those who want the same one.
#[derive(Clone)]
pub struct Graphs {
    kept: Arc<Cells<String, Snapshot>>,
}

impl Default for Graphs {
    fn default() -> Self {
        Self { kept: Arc::new(Cells::new(KEPT_MAX)) }
    }
}

impl Graphs {
    /// No graph yet; the first caller builds one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The graph as the session's party may see it, current with the tables, and what it was made from.
    pub(crate) async fn current(
        &self,
        session: &Session,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<(Snapshot, Vec<Input>), Failure> {
        let mut inputs = Vec::new();
        let mut key = String::new();
        for dataset in GRAPH_READS {
            let reach = session.reach(dataset).map_err(Failure::from)?;
            key.push_str(&format!("{dataset}@{}:{}\n", reach.input.version, reach.view));
            inputs.push(reach.input);
        }
        let cell = self.kept.cell(key);
        let build = || async { Ok(Snapshot::new(Arc::new(load(session, &inputs, progress, cancel).await?))) };
        let made = Box::pin(cell.get_or_try_init(build));
        let snapshot = unless_cancelled(cancel, made).await?.clone();
        // The grant differs from caller to caller even where the view is the same.
        Ok((snapshot, inputs))
    }
}

/// Steps of a load that a screen can follow: five groups of tables, and the building itself.
const LOAD_STEPS: u64 = 6;

async fn load(
    session: &Session,
    inputs: &[Input],
    progress: &Progress,
    cancel: &Cancel,
) -> Result<ChainGraph, Failure> {
    let started = std::time::Instant::now();
    let versions = inputs.iter().map(|input| (input.dataset.clone(), input.version));
    let mut builder = ChainGraphBuilder::new(versions);
    progress.begin("装入产业链图谱", "Loading the chain graph", LOAD_STEPS);
    products(session, &mut builder, cancel).await?;
    progress.add(1);
    firms(session, &mut builder, cancel).await?;
    progress.add(1);
    links(session, &mut builder, cancel).await?;
    progress.add(1);
    makes(session, &mut builder, cancel).await?;
    progress.add(1);
    chains(session, &mut builder, cancel).await?;
    progress.add(1);
    let (graph, report) = tokio::task::spawn_blocking(move || builder.build())
        .await
        .map_err(|_| Failure::internal("component/graph"))?;
    progress.add(1);
    tracing::info!(
        products = graph.product_count(),
        links = graph.link_count(),
        firms = graph.firm_count(),
        makes = graph.make_count(),
        mib = graph.memory_bytes() >> 20,
        seconds = started.elapsed().as_secs_f64(),
        ?report,
        "chain graph built"
    );
    metrics::gauge!("brain_chain_graph_bytes").set(graph.memory_bytes() as f64);
    metrics::gauge!("brain_chain_graph_edges").set((graph.link_count() + graph.make_count()) as f64);
    Ok(graph)
}

/// Read a table in batches and hand each over as typed columns.
async fn each(
    session: &Session,
    sql: &str,
    cancel: &Cancel,
    mut take: impl FnMut(&Columns) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut stream = session
        .sql(sql, QueryLimits { rows: Some(u64::MAX), ..QueryLimits::default() }, cancel.clone())
        .await?;
    while let Some(batch) = stream.next().await {
        take(&Columns::new(&batch?)?)?;
    }
    Ok(())
}

async fn products(
    session: &Session,
    builder: &mut ChainGraphBuilder,
    cancel: &Cancel,
) -> Result<(), Failure> {
    const SQL: &str = "SELECT product_id, name, name_en, aliases, industry_code, source, is_food, observed_on FROM subject.product";
    each(session, SQL, cancel, |columns| {
        for row in 0..columns.rows() {
            let name = columns.text(1, row);
            builder.product(&ProductRow {
                id: columns.text(0, row),
                name,
                name_en: columns.text(2, row),
                aliases: columns.text(3, row),
                pinyin: &pinyin::full(name),
                initials: &pinyin::initials(name),
                industry_code: columns.text(4, row),
                is_food: columns.flag(6, row),
                source: columns.text(5, row),
                observed_on: columns.day(7, row),
            });
        }
        Ok(())
    })
    .await
}

async fn firms(session: &Session, builder: &mut ChainGraphBuilder, cancel: &Cancel) -> Result<(), Failure> {
    const SQL: &str =
        "SELECT enterprise_id, name, concat_ws('|', short_name, stock_code), pinyin_initials, region_code,
        industry_code, source, capital_cny, observed_on FROM subject.enterprise";
    each(session, SQL, cancel, |columns| {
        for row in 0..columns.rows() {
            builder.firm(&FirmRow {
                id: columns.text(0, row),
                name: columns.text(1, row),
                aliases: columns.text(2, row),
                initials: columns.text(3, row),
                region_code: columns.text(4, row),
                industry_code: columns.text(5, row),
                capital_cny: columns.number(7, row),
                source: columns.text(6, row),
                observed_on: columns.day(8, row),
            });
        }
        Ok(())
    })
    .await
}

async fn links(session: &Session, builder: &mut ChainGraphBuilder, cancel: &Cancel) -> Result<(), Failure> {
    const SQL: &str = "SELECT from_product, to_product, relation, source, essential, confidence, observed_on FROM subject.product_link";
    each(session, SQL, cancel, |columns| {
        for row in 0..columns.rows() {
            let Some(relation) = Relation::parse(columns.text(2, row)) else { continue };
            builder.link(&LinkRow {
                from: columns.text(0, row),
                to: columns.text(1, row),
                relation,
                essential: columns.flag(4, row),
                confidence: columns.number(5, row).unwrap_or(0.5),
                source: columns.text(3, row),
                observed_on: columns.day(6, row),
            });
        }
        Ok(())
    })
    .await
}

async fn makes(session: &Session, builder: &mut ChainGraphBuilder, cancel: &Cancel) -> Result<(), Failure> {
    const SQL: &str = "SELECT enterprise_id, product_id, role, source, share, confidence, observed_on FROM subject.enterprise_product";
    each(session, SQL, cancel, |columns| {
        for row in 0..columns.rows() {
            let Some(role) = MakeRole::parse(columns.text(2, row)) else { continue };
            builder.make(&MakeRow {
                firm: columns.text(0, row),
                product: columns.text(1, row),
                role,
                share: columns.number(4, row),
                confidence: columns.number(5, row).unwrap_or(0.5),
                source: columns.text(3, row),
                observed_on: columns.day(6, row),
            });
        }
        Ok(())
    })
    .await
}

async fn chains(session: &Session, builder: &mut ChainGraphBuilder, cancel: &Cancel) -> Result<(), Failure> {
    const CHAINS: &str =
        "SELECT chain_id, name, name_en, final_products FROM subject.chain ORDER BY chain_id";
    each(session, CHAINS, cancel, |columns| {
        for row in 0..columns.rows() {
            builder.chain(&ChainRow {
                id: columns.text(0, row),
                name: columns.text(1, row),
                name_en: columns.text(2, row),
                final_products: columns.text(3, row),
            });
        }
        Ok(())
    })
    .await?;
    const MEMBERS: &str = "SELECT chain_id, product_id, stage, essential FROM subject.chain_product ORDER BY chain_id, product_id";
    each(session, MEMBERS, cancel, |columns| {
        for row in 0..columns.rows() {
            builder.chain_member(&ChainMemberRow {
                chain: columns.text(0, row),
                product: columns.text(1, row),
                stage: Stage::parse(columns.text(2, row)),
                essential: columns.flag(3, row),
            });
        }
        Ok(())
    })
    .await
}

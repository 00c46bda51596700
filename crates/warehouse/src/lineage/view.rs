//! Questions to the graph and their answers.

use super::Lineage;
use crate::{Error, Result};
use brain_kernel::language::Text;
use brain_lineage::graph::{Direction, NodeKind, Reach};
use brain_lineage::sql::Issue;
use brain_lineage::{EdgeKind, Graph, KindSet, NodeId, NodeName, Walk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Deepest walk, edges.
const DEPTH_MAX: u32 = 20;
/// Depth where none is asked for.
const DEPTH_DEFAULT: u32 = 3;
/// Most nodes of an answer.
const NODES_MAX: usize = 2_000;

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineageDirection {
    /// Where it comes from.
    Up,
    /// What depends on it.
    Down,
    /// Both.
    #[default]
    Both,
}

/// A question about a dataset or a column.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LineageQuery {
    /// 数据集 · Dataset, such as `subject.enterprise`; one of another system with its namespace and `#`.
    #[schemars(length(min = 1, max = 1024))]
    pub dataset: String,
    /// 字段；缺省为整个数据集 · Column; the whole dataset when left out.
    #[schemars(length(max = 1024))]
    pub column: Option<String>,
    /// 方向 · Direction.
    pub direction: Option<LineageDirection>,
    /// 至多几步 · At most so many steps; 3 when left out.
    #[schemars(range(min = 1, max = 20))]
    pub depth: Option<u32>,
    /// 只看取值来源，不含筛选、连接等 · Only where values come from, without filters, joins and their like.
    pub values_only: bool,
}

/// Something in the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineageNode {
    /// Unique in the answer.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its own name.
    pub name: String,
    /// The dataset of a column, the page of a number.
    pub owner: Option<String>,
    /// Title, where the catalogue has one.
    pub title: Option<Text>,
    /// Whether the catalogue of this node has it.
    pub known: bool,
    /// Steps from what was asked for; negative upstream.
    pub hops: i32,
    /// Whether a value comes this way; else it only decides which rows appear.
    pub direct: bool,
}

/// A dependence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LineageEdge {
    /// Id of what is read.
    pub from: String,
    /// Id of what is made of it.
    pub to: String,
    /// How.
    pub kind: EdgeKind,
}

/// What lies upstream and downstream of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineageGraph {
    /// What was asked for first, then the others by distance.
    pub nodes: Vec<LineageNode>,
    /// Dependences between them.
    pub edges: Vec<LineageEdge>,
    /// Whether there is more than the answer may hold.
    pub truncated: bool,
    /// What could not be followed in the model that makes the dataset.
    pub issues: Vec<Issue>,
}

/// Something that a change reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactRow {
    /// What it is.
    pub kind: NodeKind,
    /// Its name.
    pub name: String,
    /// The dataset of a column, the page of a number.
    pub belongs_to: Option<String>,
    /// Title, where the catalogue has one.
    pub title: Option<Text>,
    /// Who owns the dataset, where the catalogue says so.
    pub responsible: Option<String>,
    /// Steps away.
    pub hops: u32,
    /// Whether values change, or only which rows appear.
    pub direct: bool,
    /// The nearest thing the change comes through.
    pub through: String,
    /// How it depends on that.
    pub how: EdgeKind,
}

impl Lineage {
    /// What a dataset or column comes from, and what depends on it.
    pub async fn ask(&self, query: &LineageQuery) -> Result<LineageGraph> {
        self.prepare().await?;
        let state = self.inner.lineage.read();
        let graph = &state.graph;
        let start = self.start(graph, query)?;
        let depth = query.depth.unwrap_or(DEPTH_DEFAULT).clamp(1, DEPTH_MAX);
        let sides: &[(Direction, i32)] = match query.direction.unwrap_or_default() {
            LineageDirection::Up => &[(Direction::Up, -1)],
            LineageDirection::Down => &[(Direction::Down, 1)],
            LineageDirection::Both => &[(Direction::Up, -1), (Direction::Down, 1)],
        };
        let mut reached: BTreeMap<NodeId, (i32, bool)> = BTreeMap::from([(start, (0, true))]);
        let mut order = vec![start];
        let mut truncated = false;
        for (direction, sign) in sides {
            let kinds =
                if query.values_only { KindSet::DIRECT.union(KindSet::STRUCTURE) } else { KindSet::ALL };
            let walk =
                Walk { direction: *direction, hops_max: depth, kinds, nodes_max: NODES_MAX / sides.len() };
            let found = graph.walk(start, &walk);
            truncated |= found.truncated;
            for reach in found.nodes {
                reached.entry(reach.node).or_insert_with(|| {
                    order.push(reach.node);
                    (sign * reach.hops as i32, reach.direct)
                });
            }
        }
        let nodes = order.iter().filter_map(|node| {
            let (hops, direct) = reached.get(node).copied().unwrap_or_default();
            Some(self.node(graph.name(*node)?, hops, direct))
        });
        let mut edges = BTreeSet::new();
        for from in &order {
            for (to, kind) in graph.edges_of(*from, Direction::Down) {
                if reached.contains_key(&to)
                    && !(query.values_only && kind.is_indirect())
                    && let (Some(from), Some(to)) = (graph.name(*from), graph.name(to))
                {
                    edges.insert(LineageEdge { from: id(&from), to: id(&to), kind });
                }
            }
        }
        Ok(LineageGraph {
            nodes: nodes.collect(),
            edges: edges.into_iter().collect(),
            truncated,
            issues: state.issues.get(&query.dataset).cloned().unwrap_or_default(),
        })
    }

    /// Everything that a change of a dataset or column reaches, nearest first; the second value says whether the
    /// list was cut.
    pub async fn impact(&self, query: &LineageQuery) -> Result<(Vec<ImpactRow>, bool)> {
        self.prepare().await?;
        let state = self.inner.lineage.read();
        let graph = &state.graph;
        let start = self.start(graph, query)?;
        let kinds = if query.values_only { KindSet::DIRECT.union(KindSet::STRUCTURE) } else { KindSet::ALL };
        let depth = query.depth.unwrap_or(DEPTH_MAX).clamp(1, DEPTH_MAX);
        let walk = Walk { direction: Direction::Down, hops_max: depth, kinds, nodes_max: NODES_MAX };
        let found = graph.walk(start, &walk);
        // Its own columns are not what it reaches.
        let reached = found.nodes.iter().filter(|reach| reach.hops > 0);
        let rows = reached.filter_map(|reach| self.row(graph, reach));
        Ok((rows.collect(), found.truncated))
    }

    fn start(&self, graph: &Graph, query: &LineageQuery) -> Result<NodeId> {
        let dataset = query.dataset.as_str();
        let whole = graph.find(&NodeName::dataset(dataset));
        let Some(whole) = whole else {
            let all = graph.of_kind(NodeKind::Dataset);
            let names: Vec<String> =
                all.into_iter().filter_map(|node| Some(graph.name(node)?.to_string())).collect();
            let nearest = crate::query::nearest::nearest(dataset, &names);
            return Err(Error::UnknownDataset { name: dataset.to_owned(), nearest });
        };
        let Some(column) = query.column.as_deref().filter(|column| !column.is_empty()) else {
            return Ok(whole);
        };
        graph.find(&NodeName::column(dataset, column)).ok_or_else(|| {
            let columns = graph.columns(whole);
            let names: Vec<String> =
                columns.into_iter().filter_map(|node| Some(graph.name(node)?.own().to_owned())).collect();
            let nearest = crate::query::nearest::nearest(column, &names);
            Error::UnknownDataset { name: format!("{dataset}.{column}"), nearest }
        })
    }

    fn node(&self, name: NodeName, hops: i32, direct: bool) -> LineageNode {
        let (title, known, _) = self.described(&name);
        LineageNode {
            id: id(&name),
            kind: name.kind(),
            name: name.own().to_owned(),
            owner: name.owner().map(str::to_owned),
            title,
            known,
            hops,
            direct,
        }
    }

    fn row(&self, graph: &Graph, reach: &Reach) -> Option<ImpactRow> {
        let name = graph.name(reach.node)?;
        let (title, _, responsible) = self.described(&name);
        Some(ImpactRow {
            kind: name.kind(),
            name: name.own().to_owned(),
            belongs_to: name.owner().map(str::to_owned),
            title,
            responsible,
            hops: reach.hops,
            direct: reach.direct,
            through: graph.name(reach.from)?.to_string(),
            how: reach.kind,
        })
    }

    /// Title, whether the catalogue has it, and the owner of the dataset.
    fn described(&self, name: &NodeName) -> (Option<Text>, bool, Option<String>) {
        let snapshot = self.inner.catalogue.snapshot();
        match name {
            NodeName::Dataset { name } => match snapshot.get(name) {
                Some(entry) => (Some(entry.title.clone()), true, Some(entry.owner.clone())),
                None => (None, false, None),
            },
            NodeName::Column { dataset, name } => {
                let entry = snapshot.get(dataset);
                let column = entry.and_then(|entry| entry.columns.iter().find(|column| column.name == *name));
                let title = column.map(|column| column.title.clone());
                (title, column.is_some(), entry.map(|entry| entry.owner.clone()))
            }
            _ => (None, true, None),
        }
    }
}

fn id(name: &NodeName) -> String {
    let kind = match name.kind() {
        NodeKind::Dataset => "dataset",
        NodeKind::Column => "column",
        NodeKind::Job => "job",
        NodeKind::Component => "component",
        NodeKind::Page => "page",
        NodeKind::Number => "number",
    };
    format!("{kind}:{name}")
}

//! Product links: one direction, no self loops, no duplicates, no loops of kinds.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

/// Relation as the set spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum RawRelation {
    /// 上游材料: the first is made from the second.
    MadeFrom,
    /// 下游产品: the second is made from the first.
    UsedFor,
    /// 产品小类: the second is a kind of the first.
    Kind,
}

impl RawRelation {
    /// From the set's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "上游材料" => Some(Self::MadeFrom),
            "下游产品" => Some(Self::UsedFor),
            "产品小类" => Some(Self::Kind),
            _ => None,
        }
    }
}

/// A row of the set.
#[derive(Debug, Clone, Copy)]
pub struct RawLink<'a> {
    /// `from_entity`
    pub from: &'a str,
    /// `to_entity`
    pub to: &'a str,
    /// `rel`
    pub relation: RawRelation,
}

/// A link in our direction: from upstream or general to downstream or specific.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CleanLink {
    /// Upstream or general product.
    pub from: String,
    /// Downstream or specific product.
    pub to: String,
    /// Kind-of, else input.
    pub kind_of: bool,
    /// The pair is linked as input both ways; at most one can be right.
    pub doubtful: bool,
}

/// What was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LinkReport {
    /// Rows read.
    pub rows: u64,
    /// An end is empty or a mere amount or filler word (适量, 毫升).
    pub not_a_product: u64,
    /// Both ends are the same.
    pub self_loops: u64,
    /// Repeated rows.
    pub repeated: u64,
    /// Input links that exist both ways, kept and marked.
    pub both_ways: u64,
    /// Kind-of links dropped because they would close a loop.
    pub kind_loops: u64,
}

/// Words the encyclopedia's recipes left among the products.
const FILLERS: [&str; 17] = [
    "适量",
    "少许",
    "若干",
    "毫升",
    "汤匙",
    "茶匙",
    "大匙",
    "小匙",
    "主要有",
    "其他",
    "等等",
    "材料",
    "原料",
    "主料",
    "辅料",
    "调料",
    "配料",
];

/// Clean links, sorted; input order decides nothing.
#[must_use]
pub fn clean_links(rows: &[RawLink<'_>]) -> (Vec<CleanLink>, LinkReport) {
    let mut report = LinkReport { rows: rows.len() as u64, ..LinkReport::default() };
    let mut seen: FxHashSet<(&str, &str, bool)> = FxHashSet::default();
    let mut kept: Vec<(&str, &str, bool)> = Vec::with_capacity(rows.len());
    for row in rows {
        let (from, to, kind_of) = match row.relation {
            RawRelation::MadeFrom => (row.to.trim(), row.from.trim(), false),
            RawRelation::UsedFor => (row.from.trim(), row.to.trim(), false),
            RawRelation::Kind => (row.from.trim(), row.to.trim(), true),
        };
        if [from, to].iter().any(|name| name.is_empty() || FILLERS.contains(name)) {
            report.not_a_product += 1;
        } else if from == to {
            report.self_loops += 1;
        } else if seen.insert((from, to, kind_of)) {
            kept.push((from, to, kind_of));
        } else {
            report.repeated += 1;
        }
    }
    kept.sort_unstable();
    let loops = kind_loops(&kept);
    report.kind_loops = loops.len() as u64;
    let links: Vec<CleanLink> = kept
        .iter()
        .filter(|link| !loops.contains(*link))
        .map(|&(from, to, kind_of)| {
            let doubtful = !kind_of && seen.contains(&(to, from, false));
            CleanLink { from: from.to_owned(), to: to.to_owned(), kind_of, doubtful }
        })
        .collect();
    report.both_ways = links.iter().filter(|link| link.doubtful).count() as u64;
    (links, report)
}

/// Kind-of links that lead back to a product still open in a depth-first walk in name order: dropping exactly these
/// leaves no loop.
fn kind_loops<'a>(links: &[(&'a str, &'a str, bool)]) -> FxHashSet<(&'a str, &'a str, bool)> {
    let mut kinds: FxHashMap<&str, Vec<&'a str>> = FxHashMap::default();
    for &(from, to, kind_of) in links {
        if kind_of {
            kinds.entry(from).or_default().push(to);
        }
    }
    let mut roots: Vec<&str> = links.iter().filter(|link| link.2).map(|link| link.0).collect();
    roots.dedup();
    let (mut open, mut done) = (FxHashSet::default(), FxHashSet::default());
    let mut dropped = FxHashSet::default();
    for root in roots {
        let mut calls = vec![(root, 0usize)];
        while let Some((at, child)) = calls.pop() {
            if child == 0 {
                if done.contains(at) {
                    continue;
                }
                open.insert(at);
            }
            if let Some(&next) = kinds.get(at).and_then(|list| list.get(child)) {
                calls.push((at, child + 1));
                if open.contains(next) {
                    dropped.insert((at, next, true));
                } else if !done.contains(next) {
                    calls.push((next, 0));
                }
            } else {
                open.remove(at);
                done.insert(at);
            }
        }
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::{LinkReport, RawLink, RawRelation, clean_links};

    #[test]
    fn links_turn_downstream_and_what_is_wrong_is_counted() {
        let row = |from, rel, to| RawLink { from, to, relation: RawRelation::parse(rel).unwrap() };
        let rows = [
            row("电机", "上游材料", "硅钢"),
            row("硅钢", "下游产品", "电机"),
            row("电机", "上游材料", "电机"),
            row("蛋糕", "上游材料", "适量"),
            row("甲", "上游材料", "乙"),
            row("乙", "上游材料", "甲"),
            row("机械", "产品小类", "机床"),
            row("机床", "产品小类", "车床"),
            row("车床", "产品小类", "机械"),
        ];
        let (links, report) = clean_links(&rows);
        assert_eq!(
            report,
            LinkReport { rows: 9, not_a_product: 1, self_loops: 1, repeated: 1, both_ways: 2, kind_loops: 1 }
        );
        let motor = links.iter().find(|link| link.to == "电机").unwrap();
        assert!(motor.from == "硅钢" && !motor.kind_of && !motor.doubtful);
        assert_eq!(links.iter().filter(|link| link.kind_of).count(), 2);
    }
}

//! From capacities to states, reasons and actions.

#![expect(clippy::indexing_slicing, reason = "`check` refuses every number out of range")]

use super::capacity::{self, Layout, Levels};
use super::check::check;
use super::dominators::{AndOr, single_points};
use super::input::{GapInput, GapParameters, GapRelation};
use super::interval::interval;
use super::reasons;
use super::result::{GapAction, GapAssessment, GapListed, GapLists, GapNode, GapState};
use super::{FORMULA_EN, FORMULA_ZH};
use crate::error::Result;
use brain_kernel::language::Text;
use brain_kernel::progress::{Cancel, Progress};
use std::fmt::Write;

/// Local presence from which an upstream neighbour can carry an extension.
const STRONG_PRESENCE: f64 = 0.5;
/// Percentile of risk from which a firm is in the top decile.
const TOP_DECILE: f64 = 0.9;

/// Assess a chain in a region. Deterministic: equal inputs give equal results.
///
/// One unit of progress per resample.
///
/// # Errors
/// Numbers out of range, too many products, cancellation.
pub fn assess(
    input: &GapInput<'_>,
    parameters: &GapParameters,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<GapAssessment> {
    check(input, parameters)?;
    let layout = Layout::of(input);
    let levels = Levels::of(input, &layout, |_, supply| supply.confidence);
    let dependents = capacity::dependents(&layout);
    let weights = capacity::weights(input, &levels, &dependents);
    let unavoidable = unavoidable(input)?;
    let judge = Judge {
        risk: risk_percentiles(input),
        high_density: quantile(input.products.iter().filter_map(|p| p.density), parameters.high_quantile),
        high_pci: quantile(input.products.iter().filter_map(|p| p.pci), parameters.high_quantile),
        low_pci: quantile(input.products.iter().filter_map(|p| p.pci), 1.0 - parameters.high_quantile),
        quotients: quotients(&levels),
        input,
        parameters,
        layout: &layout,
        levels: &levels,
    };
    let mut nodes: Vec<GapNode> = (0..input.products.len())
        .map(|v| judge.measure(v, weights[v], dependents[v], unavoidable[v].is_some()))
        .collect();
    for (node, finals) in nodes.iter_mut().zip(&unavoidable) {
        judge.state(node, finals.as_deref());
    }
    let lists = judge.lists(&mut nodes);
    let completeness = capacity::completeness(&levels, &weights);
    let interval = match completeness {
        Some(point) => interval(input, &layout, &weights, point, parameters, progress, cancel)?,
        None => None,
    };
    let unknown = nodes.iter().filter(|n| !n.known).count() as u32;
    Ok(GapAssessment {
        uncertainty: uncertainty(input, &nodes, interval),
        completeness,
        interval,
        nodes,
        lists,
        unknown,
        formula: Text::new(FORMULA_ZH, FORMULA_EN),
    })
}

/// For each product the final product it is unavoidable for, if any (final products themselves excepted).
fn unavoidable(input: &GapInput<'_>) -> Result<Vec<Option<String>>> {
    let mut graph = AndOr::of(input.products.len());
    let mut any_input = vec![Vec::new(); input.products.len()];
    let mut marked = vec![false; input.products.len()];
    for link in input.links.iter().filter(|l| l.relation == GapRelation::Input && l.from != l.to) {
        if link.essential {
            marked[link.to as usize] = true;
            graph.require(link.to, vec![link.from]);
        } else {
            any_input[link.to as usize].push(link.from);
        }
    }
    // Where some inputs are marked essential the others are taken as replaceable.
    for (node, inputs) in any_input.into_iter().enumerate().filter(|(node, _)| !marked[*node]) {
        graph.require(node as u32, inputs);
    }
    let mut found = vec![None; input.products.len()];
    for (target, product) in input.products.iter().enumerate().filter(|(_, p)| p.is_final) {
        for node in single_points(&graph, target as u32)? {
            if node as usize != target && found[node as usize].is_none() {
                found[node as usize] = Some(product.name.clone());
            }
        }
    }
    Ok(found)
}

/// LQ of each product: its share of local capacity ÷ its share of the comparison region's, by product shares.
///
/// LQ_v = (local_v / compared_v) ÷ (Σ local / Σ compared); with measured units the sums are means of shares.
fn quotients(levels: &Levels) -> Vec<Option<f64>> {
    let shares: Vec<Option<(f64, f64)>> = levels
        .local
        .iter()
        .zip(&levels.compared)
        .map(|(&local, &all)| (all > 0.0).then(|| (local / all, all.ln_1p())))
        .collect();
    let (sum, weight) = shares.iter().flatten().fold((0.0, 0.0), |(s, w), (x, by)| (s + x * by, w + by));
    let mean = if weight > 0.0 { sum / weight } else { 0.0 };
    shares.iter().map(|s| s.filter(|_| mean > 0.0).map(|(share, _)| share / mean)).collect()
}

/// Percentile of each firm's risk among firms with a known risk, 0..1.
fn risk_percentiles(input: &GapInput<'_>) -> Vec<Option<f64>> {
    let mut known: Vec<f64> = input.firms.iter().filter_map(|f| f.risk).filter(|r| r.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let count = known.len() as f64;
    let below = |risk: f64| known.partition_point(|r| *r < risk) as f64;
    input
        .firms
        .iter()
        .map(|f| f.risk.filter(|r| r.is_finite() && *r > 0.0).map(|r| below(r) / count))
        .collect()
}

fn quantile(values: impl Iterator<Item = f64>, q: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values.get(((values.len().max(1) - 1) as f64 * q).round() as usize).copied()
}

struct Judge<'a> {
    input: &'a GapInput<'a>,
    parameters: &'a GapParameters,
    layout: &'a Layout,
    levels: &'a Levels,
    quotients: Vec<Option<f64>>,
    risk: Vec<Option<f64>>,
    high_density: Option<f64>,
    high_pci: Option<f64>,
    low_pci: Option<f64>,
}

impl Judge<'_> {
    fn measure(&self, v: usize, weight: f64, dependents: u32, unavoidable: bool) -> GapNode {
        let product = &self.input.products[v];
        let supplies = &self.layout.supplies[v];
        let local = || supplies.iter().filter(|s| self.input.firms[s.firm as usize].local);
        let total = self.levels.local[v];
        let presence = self.levels.presence(v);
        GapNode {
            product: v as u32,
            presence: presence.unwrap_or(0.0),
            known: presence.is_some(),
            firms: local().count() as u32,
            firms_elsewhere: (supplies.len() - local().count()) as u32,
            capacity_proxy: total,
            need_proxy: self.levels.need[v],
            capacity_measured: self.layout.measured[v],
            lq: self.quotients[v],
            hhi: (total > 0.0).then(|| local().map(|s| (s.confidence * s.amount / total).powi(2)).sum()),
            external_share: product.external_share.unwrap_or(1.0 - presence.unwrap_or(0.0)),
            density: product.density,
            pci: product.pci,
            productivity_ratio: product.productivity_ratio.or_else(|| self.capital_ratio(v)),
            weight,
            dependents,
            unavoidable,
            state: GapState::Ok,
            reasons: Vec::new(),
            action: None,
        }
    }

    /// Capital per firm, local ÷ compared, over firms with a known capital.
    fn capital_ratio(&self, v: usize) -> Option<f64> {
        let mean = |wanted: fn(&super::GapFirm) -> bool| {
            let firms = self.layout.supplies[v].iter().map(|s| &self.input.firms[s.firm as usize]);
            let (sum, count) = firms
                .filter(|f| wanted(f))
                .filter_map(|f| f.capital_cny.filter(|c| c.is_finite() && *c > 0.0))
                .fold((0.0, 0.0), |(s, n), c| (s + c, n + 1.0));
            (count > 0.0).then(|| sum / count)
        };
        Some(mean(|f| f.local)? / mean(|f| f.local || f.compared)?)
    }

    fn state(&self, node: &mut GapNode, unavoidable_for: Option<&str>) {
        let product = &self.input.products[node.product as usize];
        let p = self.parameters;
        let mut reasons = Vec::new();
        if !node.known {
            node.state = GapState::Break;
            node.reasons = vec![reasons::unknown()];
            return;
        }
        if node.presence < p.break_presence {
            node.state = GapState::Break;
            node.reasons = vec![reasons::absent(node, self.input.region_name)];
            return;
        }
        if node.external_share > p.external_share_threshold {
            let known = product.external_share.is_some();
            reasons.push(reasons::external(node.external_share, p.external_share_threshold, known));
        }
        let concentrated = node.hhi.filter(|h| *h > p.hhi_threshold);
        let judged = p.judges_concentration(node.firms);
        if let Some(hhi) = concentrated.filter(|_| judged) {
            reasons.push(reasons::concentrated(hhi, node.firms, p.hhi_threshold));
        }
        if let Some(finals) = unavoidable_for.filter(|_| node.firms == 1) {
            reasons.push(reasons::single_source(finals));
        }
        let choked = !reasons.is_empty();
        if let Some(lq) = node.lq.filter(|lq| *lq < p.lq_threshold) {
            reasons.push(reasons::low_quotient(lq, p.lq_threshold));
        }
        if let Some(ratio) = node.productivity_ratio.filter(|r| *r < p.productivity_threshold) {
            let known = product.productivity_ratio.is_some();
            reasons.push(reasons::low_productivity(ratio, p.productivity_threshold, known));
        }
        let weak = !choked && !reasons.is_empty();
        let too_few = concentrated.filter(|_| !judged);
        if let Some(hhi) = too_few {
            let least = (1.0 / p.hhi_threshold).floor() as u32 + 1;
            reasons.push(reasons::too_few(hhi, node.firms, least.max(p.concentration_firms_min)));
        }
        node.state = match (choked, weak, too_few) {
            (true, ..) => GapState::Choke,
            (_, true, _) => GapState::Weak,
            (_, _, Some(_)) => GapState::Insufficient,
            _ => {
                reasons.push(reasons::fine(node));
                GapState::Ok
            }
        };
        node.reasons = reasons;
    }

    fn lists(&self, nodes: &mut [GapNode]) -> GapLists {
        let mut lists = GapLists::default();
        let presence: Vec<f64> = nodes.iter().map(|n| n.presence).collect();
        let heaviest = nodes.iter().map(|n| n.weight).fold(0.0, f64::max);
        for node in nodes.iter_mut().filter(|n| n.known) {
            let weight = if heaviest > 0.0 { node.weight / heaviest } else { 0.0 };
            if node.state == GapState::Break {
                self.absent(node, weight, &presence, &mut lists);
            } else {
                self.present(node, weight, &mut lists);
            }
        }
        for list in [&mut lists.strengthen, &mut lists.complete, &mut lists.extend, &mut lists.stabilise] {
            list.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.product.cmp(&b.product)));
        }
        lists
    }

    /// 延 when the chain would grow outwards (upstream is here, downstream is not), otherwise 补.
    fn absent(&self, node: &mut GapNode, weight: f64, presence: &[f64], lists: &mut GapLists) {
        let v = node.product as usize;
        let here =
            |list: &[(usize, f64)]| list.iter().any(|&(n, _)| presence[n] >= self.parameters.break_presence);
        let strongest = self.layout.upstream[v]
            .iter()
            .map(|&(n, _)| n)
            .filter(|&n| presence[n] >= STRONG_PRESENCE)
            .max_by(|&a, &b| presence[a].total_cmp(&presence[b]).then(b.cmp(&a)));
        let complex = node.pci.zip(self.high_pci).is_none_or(|(pci, high)| pci >= high);
        if let Some(up) = strongest.filter(|_| complex && !here(&self.layout.downstream[v])) {
            let name = &self.input.products[up].name;
            let reason = reasons::extend(name, presence[up], node.pci);
            let score = 0.5 * weight + 0.5 * presence[up];
            lists.extend.push(GapListed { product: node.product, score, reason: reason.clone() });
            node.reasons.push(reason);
            node.action = Some(GapAction::Extend);
        }
        let neighbours = self.layout.upstream[v].iter().chain(&self.layout.downstream[v]);
        let (held, all) = neighbours.fold((0.0, 0.0), |(h, a), &(n, w)| (h + w * presence[n], a + w));
        let in_chain = if all > 0.0 { held / all } else { 0.0 };
        let (closeness, threshold) = match node.density.zip(self.high_density) {
            Some((density, high)) => (density, high),
            None => (in_chain, STRONG_PRESENCE),
        };
        if closeness >= threshold && closeness > 0.0 {
            let reason = reasons::complete(closeness, threshold, node.density.is_some());
            let score = 0.5 * weight + 0.5 * closeness;
            lists.complete.push(GapListed { product: node.product, score, reason: reason.clone() });
            node.reasons.push(reason);
            node.action = node.action.or(Some(GapAction::Complete));
        } else if node.action.is_none() {
            node.reasons.push(reasons::far(closeness, threshold));
        }
    }

    fn present(&self, node: &mut GapNode, weight: f64, lists: &mut GapLists) {
        let v = node.product as usize;
        let supplies = self.layout.supplies[v].iter();
        let risk = supplies
            .filter(|s| self.input.firms[s.firm as usize].local)
            .filter_map(|s| self.risk[s.firm as usize])
            .max_by(f64::total_cmp);
        let risky = match risk {
            Some(rank) => rank >= TOP_DECILE,
            // Without any risk given, an unavoidable product on few shoulders is the nearest thing known.
            None => node.unavoidable && self.risk.iter().all(Option::is_none),
        };
        // Too few known firms say nothing of concentration, but one firm nobody can avoid does.
        let judged = self.parameters.judges_concentration(node.firms);
        let narrow = judged || (node.unavoidable && node.firms == 1);
        if let Some(hhi) = node.hhi.filter(|h| *h > self.parameters.hhi_threshold && narrow && risky) {
            let reason = reasons::stabilise(hhi, risk);
            let score = 0.4 * weight + 0.3 * hhi + 0.3 * risk.unwrap_or(0.0);
            lists.stabilise.push(GapListed { product: node.product, score, reason: reason.clone() });
            node.reasons.push(reason);
            node.action = Some(GapAction::Stabilise);
        }
        if let Some((reason, distance)) = node.lq.filter(|lq| *lq > 1.0).and_then(|lq| self.lags(node, lq)) {
            let score = 0.5 * weight + 0.5 * distance.clamp(0.0, 1.0);
            lists.strengthen.push(GapListed { product: node.product, score, reason });
            node.action = node.action.or(Some(GapAction::Strengthen));
        }
    }

    /// Why a product the region is specialised in is not strong, and how far it lags, 0..1: by productivity; where
    /// none is known, not even capital, by complexity, the nearest thing to its level of innovation.
    fn lags(&self, node: &GapNode, lq: f64) -> Option<(Text, f64)> {
        if let Some(ratio) = node.productivity_ratio {
            let known = self.input.products[node.product as usize].productivity_ratio.is_some();
            let low = ratio < self.parameters.productivity_threshold;
            return low.then(|| (reasons::strengthen(lq, ratio, known), 1.0 - ratio));
        }
        let (pci, low) = node.pci.zip(self.low_pci).filter(|(pci, low)| pci < low)?;
        let known = || self.input.products.iter().filter_map(|p| p.pci).filter(|p| p.is_finite());
        let above = known().filter(|p| *p > pci).count() as f64 / known().count().max(1) as f64;
        Some((reasons::strengthen_simple(lq, pci, low), above))
    }
}

fn uncertainty(input: &GapInput<'_>, nodes: &[GapNode], interval: Option<(f64, f64)>) -> Text {
    let all = nodes.len();
    let unknown = nodes.iter().filter(|n| !n.known).count();
    let measured = nodes.iter().filter(|n| n.capacity_measured).count();
    let external = input.products.iter().filter(|p| p.external_share.is_some()).count();
    let mut zh = format!(
        "共 {all} 个产品：{unknown} 个没有任何已知企业（不计入完整度），{measured} 个有实测产能，其余以企业数和注册资本代替；\
         {external} 个有外部占比数据，其余由能力缺口推算。需求按对照地区的比例推算，不是实际采购量。"
    );
    let mut en = format!(
        "{all} products: {unknown} without any known firm (not counted), {measured} with measured capacity, the rest \
         by number of firms and registered capital; {external} with a known external share, the rest inferred from \
         the capacity gap. Need follows the proportions of the comparison region; it is not actual purchasing."
    );
    if let Some((low, high)) = interval {
        _ = write!(
            zh,
            "完整度 90 % 区间 {low:.2}–{high:.2}（以估计值为中心的 Wilson 区间，离散度由企业重抽样与按置信度取舍产品标签得出；不含数据缺失的影响）。"
        );
        _ = write!(
            en,
            " 90 % interval of completeness {low:.2}–{high:.2} (Wilson interval around the estimate; its spread from firms \
             resampled and product tags kept by their confidence; missing data are not in it)."
        );
    }
    if input.firms.iter().all(|f| f.local || !f.compared) {
        zh.push_str("本地与对照地区相同，存在度和区位商只能反映有无，不能反映强弱。");
        en.push_str(" Region and comparison are the same: presence and LQ tell absent from present, not weak from strong.");
    }
    Text::new(zh, en)
}

#[cfg(test)]
#[path = "assess_tests.rs"]
mod tests;

//! The sentences that carry the numbers.

use super::result::GapNode;
use brain_kernel::language::Text;

pub(super) fn unknown() -> Text {
    Text::new(
        "数据中没有任何企业生产该产品：可能确实缺失，也可能是数据不全；不计入完整度。",
        "No firm anywhere in the data makes it: truly absent, or the data are incomplete; not counted in completeness.",
    )
}

pub(super) fn absent(node: &GapNode, region: &str) -> Text {
    Text::new(
        format!(
            "{region}存在度 {:.2}（本地能力 {:.1} ÷ 需求 {:.1}），本地 {} 家，其他地区 {} 家。",
            node.presence, node.capacity_proxy, node.need_proxy, node.firms, node.firms_elsewhere
        ),
        format!(
            "Presence in {region} {:.2} (local capacity {:.1} ÷ need {:.1}); {} local firms, {} elsewhere.",
            node.presence, node.capacity_proxy, node.need_proxy, node.firms, node.firms_elsewhere
        ),
    )
}

pub(super) fn external(share: f64, threshold: f64, known: bool) -> Text {
    let (zh, en) =
        if known { ("", "") } else { ("（由能力缺口推算）", " (inferred from the capacity gap)") };
    Text::new(
        format!("外部占比 {:.0} %，高于阈值 {:.0} %{zh}。", share * 100.0, threshold * 100.0),
        format!("External share {:.0} %, above the threshold {:.0} %{en}.", share * 100.0, threshold * 100.0),
    )
}

pub(super) fn concentrated(hhi: f64, firms: u32, threshold: f64) -> Text {
    Text::new(
        format!("本地供应集中：HHI {hhi:.2}，高于阈值 {threshold:.2}，本地 {firms} 家。"),
        format!(
            "Local supply is concentrated: HHI {hhi:.2}, above the threshold {threshold:.2}; {firms} local firms."
        ),
    )
}

pub(super) fn too_few(hhi: f64, firms: u32, least: u32) -> Text {
    Text::new(
        format!(
            "数据不足：本地仅 {firms} 家已知企业（HHI {hhi:.2}），少于判断集中度所需的 {least} 家，不判为堵点。"
        ),
        format!(
            "Insufficient data: only {firms} local firms on record (HHI {hhi:.2}), fewer than the {least} it takes to \
             judge concentration; not called a choke."
        ),
    )
}

pub(super) fn single_source(finals: &str) -> Text {
    Text::new(
        format!("通往最终产品“{finals}”的每条路径都经过它，而本地只有 1 家企业。"),
        format!("Every way to the final product \"{finals}\" passes it, and only 1 local firm makes it."),
    )
}

pub(super) fn low_quotient(lq: f64, threshold: f64) -> Text {
    Text::new(
        format!("区位商 LQ {lq:.2}，低于 {threshold:.2}。"),
        format!("Location quotient LQ {lq:.2}, below {threshold:.2}."),
    )
}

pub(super) fn low_productivity(ratio: f64, threshold: f64, known: bool) -> Text {
    let (zh, en) = if known {
        ("生产率为对照地区的", "Productivity is")
    } else {
        (
            "无生产率数据，以户均注册资本代替：为对照地区的",
            "No productivity data; capital per firm stands in: it is",
        )
    };
    Text::new(
        format!("{zh} {:.0} %，低于 {:.0} %。", ratio * 100.0, threshold * 100.0),
        format!("{en} {:.0} % of the comparison region, below {:.0} %.", ratio * 100.0, threshold * 100.0),
    )
}

pub(super) fn fine(node: &GapNode) -> Text {
    let lq = node.lq.unwrap_or(0.0);
    Text::new(
        format!("存在度 {:.2}，区位商 LQ {lq:.2}，本地 {} 家，未触发任何阈值。", node.presence, node.firms),
        format!(
            "Presence {:.2}, LQ {lq:.2}, {} local firms; no threshold is crossed.",
            node.presence, node.firms
        ),
    )
}

pub(super) fn complete(closeness: f64, threshold: f64, density: bool) -> Text {
    let (zh, en) = if density {
        ("关联密度", "density")
    } else {
        (
            "无关联密度数据，以本地已有上下游占比代替：",
            "no density; share of its chain neighbours present locally:",
        )
    };
    Text::new(
        format!("缺失且{zh} {closeness:.2} ≥ {threshold:.2}，本地基础接近，宜补。"),
        format!("Absent, {en} {closeness:.2} ≥ {threshold:.2}: close to what the region can do."),
    )
}

pub(super) fn far(closeness: f64, threshold: f64) -> Text {
    Text::new(
        format!("关联度 {closeness:.2} 低于 {threshold:.2}，本地自建难度大，宜锁定外部供应。"),
        format!(
            "Relatedness {closeness:.2} is below {threshold:.2}: hard to build locally, secure supply from outside."
        ),
    )
}

pub(super) fn extend(upstream: &str, presence: f64, pci: Option<f64>) -> Text {
    match pci {
        Some(pci) => Text::new(
            format!(
                "本地上游“{upstream}”存在度 {presence:.2}，向下游延伸；产品复杂度 PCI {pci:.2}，属较高。"
            ),
            format!("Next downstream of \"{upstream}\" (presence {presence:.2}); PCI {pci:.2} is high."),
        ),
        None => Text::new(
            format!("本地上游“{upstream}”存在度 {presence:.2}，向下游延伸；无产品复杂度数据。"),
            format!(
                "Next downstream of \"{upstream}\" (presence {presence:.2}); no product complexity known."
            ),
        ),
    }
}

pub(super) fn strengthen(lq: f64, ratio: f64, known: bool) -> Text {
    let (zh, en) = if known {
        ("生产率", "productivity")
    } else {
        ("户均资本（代替生产率）", "capital per firm (for productivity)")
    };
    Text::new(
        format!("区位商 LQ {lq:.2} > 1，但{zh}仅为对照地区的 {:.0} %。", ratio * 100.0),
        format!("LQ {lq:.2} > 1 but {en} only {:.0} % of the comparison region.", ratio * 100.0),
    )
}

pub(super) fn strengthen_simple(lq: f64, pci: f64, median: f64) -> Text {
    Text::new(
        format!(
            "区位商 LQ {lq:.2} > 1，但产品复杂度 PCI {pci:.2} 低于本链分位 {median:.2}（无生产率与资本数据，以复杂度代替）。"
        ),
        format!(
            "LQ {lq:.2} > 1 but PCI {pci:.2} is below the chain's quantile {median:.2} (no productivity or capital \
             known; complexity stands in)."
        ),
    )
}

pub(super) fn stabilise(hhi: f64, risk: Option<f64>) -> Text {
    match risk {
        Some(rank) => Text::new(
            format!("HHI {hhi:.2}，且有企业的系统性风险位于前 10 %（分位 {rank:.2}）。"),
            format!(
                "HHI {hhi:.2}, and one of its firms is in the top decile of systemic risk (percentile {rank:.2})."
            ),
        ),
        None => Text::new(
            format!("HHI {hhi:.2} 且为绕不开的环节；无风险数据。"),
            format!("HHI {hhi:.2} and no way avoids it; no risk data given."),
        ),
    }
}

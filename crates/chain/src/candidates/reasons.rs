//! Why a firm is a candidate, in words.

use super::{Capability, Neighbour, Statement};
use brain_kernel::language::Text;
use brain_kernel::region::RegionCode;

/// Names a sentence lists before it says "and more".
const NAMES_MAX: usize = 3;

pub(super) fn capability(statement: Statement, about: &str, value: f32) -> Text {
    let (zh, en) = match statement {
        Statement::Capability(Capability::Same) => ("已生产", "makes"),
        Statement::Capability(Capability::Kind) => ("生产其小类", "makes a kind of it:"),
        Statement::Capability(Capability::General) => ("生产其大类", "makes the general product"),
        Statement::Capability(Capability::Sibling) => ("生产同类产品", "makes a sibling product:"),
        Statement::Capability(Capability::SharedInputs { .. }) => {
            ("生产投入品相近的", "makes a product with shared inputs:")
        }
        Statement::Capability(Capability::Industry) | Statement::Neighbour(..) => {
            ("登记在同一国民经济行业", "registered in the same industry class:")
        }
    };
    Text::new(
        format!("{zh}“{about}”（证据强度 {value:.2}）。"),
        format!("Evidence {value:.2}: {en} \"{about}\"."),
    )
}

pub(super) fn neighbours(list: &[(Neighbour, &str)]) -> Text {
    let name = |(way, about): &(Neighbour, &str)| match way {
        Neighbour::Upstream => (format!("上游“{about}”"), format!("upstream \"{about}\"")),
        Neighbour::Downstream => (format!("下游“{about}”"), format!("downstream \"{about}\"")),
    };
    let (zh, en): (Vec<String>, Vec<String>) = list.iter().take(NAMES_MAX).map(name).unzip();
    let more = list.len() > NAMES_MAX;
    Text::new(
        format!("已生产链上相邻产品：{}{}。", zh.join("、"), if more { "等" } else { "" }),
        format!("Makes neighbours in the chain: {}{}.", en.join(", "), if more { " and more" } else { "" }),
    )
}

pub(super) fn region(own: RegionCode, nearness: f64) -> Text {
    let (zh, en) = if nearness >= 1.0 {
        ("已在目标地区内", "inside the region")
    } else if nearness >= 0.8 {
        ("与目标地区同市", "in the same city")
    } else {
        ("与目标地区同省", "in the same province")
    };
    Text::new(format!("{zh}（{own}）。"), format!("It is {en} ({own})."))
}

pub(super) fn size(percentile: f32) -> Text {
    let percent = percentile * 100.0;
    Text::new(
        format!("注册资本位于全部企业的第 {percent:.0} 百分位。"),
        format!("Registered capital at percentile {percent:.0} of all firms."),
    )
}

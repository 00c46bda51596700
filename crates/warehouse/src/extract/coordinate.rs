//! From noun phrases to products, with the parts that coordination leaves out put back.
//!
//! `汽车、摩托车配件` is two things that share a head, `服装及辅料` two that share a modifier, `竹、木制品` a
//! fragment and its partner. A restored phrase is accepted only when the lexicon knows it.

use super::lexicon::{Found, Lexicon};
use super::segment::{Item, Stop, Work};
use super::verb::{MAKE, SERVICE, TRADE, Verbs};
use super::{Activity, ProductHit};

const JOINERS: &[&str] = &["以及", "及其", "及", "和", "与", "或", "兼", "并"];
/// Heads that need the word before the joiner: 服装及辅料 is 服装 and 服装辅料.
const BORROWING: &[&str] = &[
    "配件",
    "零配件",
    "零部件",
    "部件",
    "附件",
    "零件",
    "元件",
    "元器件",
    "组件",
    "备件",
    "器材",
    "设备",
    "产品",
    "制品",
    "原料",
    "材料",
    "原材料",
    "辅料",
    "面料",
    "面辅料",
    "原辅材料",
    "原辅料",
    "辅材",
    "耗材",
    "用品",
    "零附件",
    "饰件",
    "专用配件",
    "半成品",
    "成品",
    "相关产品",
    "附属设备",
    "辅助设备",
    "外设",
    "饰品",
    "工程",
    "管件",
];
/// Endings that give way to a borrowed head: 化工原料及产品 is 化工产品, not 化工原料产品.
const YIELDING: &[&str] = &["原材料", "原料", "产品", "制品", "材料", "品"];
/// Things that stand bare before a shared head.
const SHARING: &[&str] = &[
    "汽车",
    "摩托车",
    "电动车",
    "自行车",
    "电动自行车",
    "助力车",
    "拖拉机",
    "农机",
    "船舶",
    "机车",
    "飞机",
    "卡车",
    "汽摩",
    "电瓶车",
    "三轮车",
    "童车",
    "叉车",
    "机动车",
    "助动车",
    "农用车",
    "电机",
    "纺机",
    "缝纫机",
];
/// Bare materials before a shared head, though the lexicon has some of them as goods.
pub(super) const MATERIALS: &[&str] =
    &["竹", "木", "铜", "铝", "铁", "棉", "麻", "丝", "针", "纸", "布", "草", "藤", "锌", "塑"];
/// Openings of a bracket that lists what is included.
const INCLUDING: &[&str] = &["包括", "包含", "其中", "含", "如"];
const SHARED_HEADS: &[&str] = &[
    "配件",
    "零配件",
    "零部件",
    "部件",
    "附件",
    "零件",
    "用品",
    "维修",
    "修理",
    "电器",
    "轮胎",
    "仪表",
    "电器配件",
    "装饰品",
    "模具",
];

/// Finds the products of all items.
pub(super) fn emit(work: &Work, lexicon: &Lexicon, verbs: &Verbs, out: &mut Vec<ProductHit>) {
    let mut finder = Finder { lexicon, verbs, out, scratch: String::new() };
    for (index, item) in work.items.iter().enumerate() {
        if !item.dropped {
            finder.item(work, index, item);
        }
    }
}

struct Finder<'a> {
    lexicon: &'a Lexicon,
    verbs: &'a Verbs,
    out: &'a mut Vec<ProductHit>,
    scratch: String,
}

impl Finder<'_> {
    fn item(&mut self, work: &Work, index: usize, item: &Item) {
        let noun = work.slice(item.noun);
        // 货运：普通货运 — a licence heading is not a second service.
        let heading = item.heading && matches!(noun, "客运" | "货运" | "站场" | "机动车维修" | "机动车");
        if noun.is_empty() || noun.len() > 150 || heading {
            return;
        }
        if item.parent.is_some() {
            let noun = INCLUDING.iter().find_map(|word| noun.strip_prefix(word)).unwrap_or(noun);
            if let Some(product) = self.lexicon.exact(noun) {
                self.push(item, Found { product, confidence: 0.8, exact: true }, item.activity());
            }
            return;
        }
        // The second half of 计算机软、硬件 was given with the first.
        let halved = noun == "硬件"
            && index
                .checked_sub(1)
                .and_then(|before| work.items.get(before))
                .is_some_and(|before| before.stop == Stop::Pause && work.slice(before.noun).ends_with('软'));
        if halved {
            return;
        }
        if self.soft_hard(noun, item) || self.shared_head(work, index, item, noun) || self.service(item, noun)
        {
            return;
        }
        if self.lexicon.exact(noun).is_some() || !self.joined(item, noun) {
            self.phrase(item, noun);
        }
    }

    fn push(&mut self, item: &Item, found: Found, role: Activity) {
        let unsure = if item.acts & (MAKE | TRADE | SERVICE) == 0 { 0.9 } else { 1.0 };
        let (start, end) = item.evidence();
        self.out.push(ProductHit {
            product: found.product,
            role,
            start,
            end,
            confidence: found.confidence * unsure,
        });
    }

    fn phrase(&mut self, item: &Item, phrase: &str) -> bool {
        if let Some(found) = self.lexicon.look_up(phrase) {
            self.push(item, found, item.activity());
            return true;
        }
        false
    }

    /// `计算机软硬件`, and `计算机软、硬件` whose second half borrows the first word.
    fn soft_hard(&mut self, noun: &str, item: &Item) -> bool {
        let base = noun
            .strip_suffix("软硬件")
            .or_else(|| noun.strip_suffix("软件硬件"))
            .or_else(|| noun.strip_suffix("硬软件"))
            .or_else(|| noun.strip_suffix('软').filter(|base| !base.is_empty() && item.stop == Stop::Pause))
            .or_else(|| noun.strip_suffix("软件和硬件"));
        let Some(base) = base else { return false };
        let base = if self.lexicon.look_up(base).is_some() || base.is_empty() { base } else { "计算机" };
        let mut any = false;
        for head in ["软件", "硬件"] {
            any |= self.composed(item, base, head) || self.phrase(item, head);
        }
        any
    }

    /// Emits `left + right` when the lexicon has exactly that.
    fn composed(&mut self, item: &Item, left: &str, right: &str) -> bool {
        self.scratch.clear();
        self.scratch.push_str(left);
        self.scratch.push_str(right);
        if let Some(product) = self.lexicon.exact(&self.scratch) {
            self.push(item, Found { product, confidence: 0.85, exact: true }, item.activity());
            return true;
        }
        false
    }

    /// `汽车、摩托车配件` and `竹、木制品`: what follows completes this item.
    fn shared_head(&mut self, work: &Work, index: usize, item: &Item, noun: &str) -> bool {
        if item.stop != Stop::Pause {
            return false;
        }
        let sharing = SHARING.contains(&noun);
        let whole = self.lexicon.exact(noun).is_some() && !MATERIALS.contains(&noun);
        if !sharing && (noun.chars().count() > 6 || whole) {
            return false;
        }
        for next in work.items.iter().skip(index + 1).take(4) {
            if next.dropped || next.parent.is_some() {
                return false;
            }
            let follower = work.slice(next.noun);
            let first =
                JOINERS.iter().find_map(|joiner| follower.split_once(joiner)).map_or(follower, |pair| pair.0);
            if sharing {
                let head = SHARED_HEADS.iter().find(|head| {
                    first
                        .strip_suffix(**head)
                        .is_some_and(|base| SHARING.iter().any(|word| base.ends_with(word)))
                });
                if let Some(head) = head {
                    return self.composed(item, noun, head);
                }
                if next.stop != Stop::Pause || !SHARING.contains(&follower) {
                    return false;
                }
            } else {
                for (offset, _) in first.char_indices().skip(1) {
                    if first.get(offset..).is_some_and(|head| self.composed(item, noun, head)) {
                        return true;
                    }
                }
                // 铜、铝、不锈钢制品: one more fragment between this and its head.
                if next.stop != Stop::Pause
                    || follower.chars().count() > 3
                    || self.lexicon.exact(follower).is_some()
                {
                    return false;
                }
            }
        }
        false
    }

    /// `房屋` + 租赁: a service is named by noun and verb when the lexicon knows the pair.
    fn service(&mut self, item: &Item, noun: &str) -> bool {
        // 市政工程的设计、施工 is about 市政工程: a noun that is a service already needs no verb.
        let own = self.lexicon.exact(noun).and_then(|index| self.lexicon.product(index));
        if own.and_then(|product| product.industry_code).is_some_and(|code| code >= 4400) {
            return false;
        }
        let mut any = false;
        for verb in item.service {
            let word = self.verbs.word(verb);
            if word.is_empty() {
                continue;
            }
            self.scratch.clear();
            self.scratch.push_str(noun);
            self.scratch.push_str(word);
            if let Some(product) = self.lexicon.exact(&self.scratch) {
                self.push(item, Found { product, confidence: 0.92, exact: true }, Activity::Service);
                any = true;
            }
        }
        any && item.acts & (MAKE | TRADE) == 0
    }

    /// `A及B`: both sides, each completed from the other where it must be. False when nothing joined.
    fn joined(&mut self, item: &Item, noun: &str) -> bool {
        let Some((joiner, at)) = JOINERS
            .iter()
            .filter_map(|joiner| inner_find(noun, joiner).map(|at| (*joiner, at)))
            .min_by_key(|pair| pair.1)
        else {
            return false;
        };
        let (Some(left), Some(right)) = (noun.get(..at), noun.get(at + joiner.len()..)) else { return false };
        if matches!(joiner, "和" | "与" | "兼" | "并" | "或")
            && self.lexicon.look_up(left).is_none()
            && self.lexicon.look_up(right).is_none()
        {
            return false;
        }
        let head = JOINERS
            .iter()
            .find_map(|other| inner_find(right, other).and_then(|at| right.get(..at)))
            .unwrap_or(right);
        let mut any = false;
        if self.lexicon.exact(left).is_some() {
            any |= self.phrase(item, left);
        } else {
            let completed = SHARING.contains(&left) || left.chars().count() <= 4;
            let mut done = false;
            if completed {
                for (offset, _) in head.char_indices().skip(1) {
                    if head.get(offset..).is_some_and(|tail| self.composed(item, left, tail)) {
                        done = true;
                        break;
                    }
                }
            }
            any |= done || self.phrase(item, left);
        }
        if BORROWING.contains(&head) {
            any |= self.borrowed(item, left, head);
            if let Some(rest) = right.get(head.len()..).filter(|rest| !rest.is_empty()) {
                let rest = super::verb::trim_start(rest).trim_start_matches(['和', '其']);
                any |= if BORROWING.contains(&rest) {
                    self.borrowed(item, left, rest)
                } else {
                    self.phrase(item, rest)
                };
            }
        } else if inner_find(right, "及").is_some() || inner_find(right, "和").is_some() {
            any |= self.joined(item, right) || self.phrase(item, right);
        } else {
            any |= self.phrase(item, right);
        }
        any
    }

    fn borrowed(&mut self, item: &Item, left: &str, head: &str) -> bool {
        let yielded = YIELDING
            .iter()
            .find_map(|ending| left.strip_suffix(ending))
            .filter(|base| base.chars().count() >= 2);
        if let Some(base) = yielded
            && matches!(
                head,
                "产品"
                    | "制品"
                    | "原料"
                    | "材料"
                    | "原材料"
                    | "原辅材料"
                    | "辅料"
                    | "面料"
                    | "原辅料"
                    | "成品"
            )
            && self.composed(item, base, head)
        {
            return true;
        }
        self.composed(item, left, head)
    }
}

/// Byte offset of `needle` with text on both sides.
fn inner_find(text: &str, needle: &str) -> Option<usize> {
    text.find(needle).filter(|&at| at > 0 && at + needle.len() < text.len())
}

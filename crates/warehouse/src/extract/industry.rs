//! Scope and name → one class of GB/T 4754-2017.
//!
//! Every item votes for a class by the longest right-hand part that the class index knows; making outweighs trading
//! and trading outweighs serving, the first items outweigh the later ones, and the firm's own name votes too.
//! Goods carry the class of making them; when they are only traded the vote goes to the wholesale or retail class.

use daachorse::{CharwiseDoubleArrayAhoCorasick, CharwiseDoubleArrayAhoCorasickBuilder, MatchKind};
use rustc_hash::FxHashMap;

use super::coordinate::MATERIALS;
use super::lexicon::{fold_into, registry_terms};
use super::segment::{Stop, Work};
use super::verb::{MAKE, RETAIL, SERVICE, TRADE, Verbs, WHOLESALE};

const HEADS: &str = include_str!("../../lexicon/class_heads.csv");
const TRADE_CLASSES: &str = include_str!("../../lexicon/trade_classes.csv");
const NAME_HINTS: &str = include_str!("../../lexicon/name_hints.csv");

/// The class of a firm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndustryHit {
    /// GB/T 4754-2017 class, 4 digits (`2929`; `0111` is 111).
    pub code: u16,
    /// 0 to 1: share of the votes for the class, its group and its division.
    pub confidence: f32,
    /// Byte range in the scope of the words that weighed most; `None` when the name decided.
    pub evidence: Option<(u32, u32)>,
}

impl IndustryHit {
    /// The code with four digits.
    pub fn code_text(&self) -> String {
        format!("{:04}", self.code)
    }
}

#[derive(Debug, Clone, Copy)]
struct Hint {
    /// 0: no class, only an activity.
    code: u16,
    weight: f32,
    acts: u8,
}

struct Vote {
    code: u16,
    weight: f32,
    evidence: Option<(u32, u32)>,
}

/// Phrase heads → classes, and the firm-name hints.
pub(super) struct Classes {
    heads: FxHashMap<Box<str>, u16>,
    trade: FxHashMap<Box<str>, (u16, u16)>,
    hints: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    hint_rows: Vec<Hint>,
}

impl Classes {
    pub(super) fn new<I>(industries: I) -> Self
    where
        I: IntoIterator<Item = (String, String, String)>,
    {
        let mut classes = Self {
            heads: FxHashMap::default(),
            trade: FxHashMap::default(),
            hints: None,
            hint_rows: Vec::new(),
        };
        for (head, code) in rows(HEADS).filter_map(|line| line.split_once(',')) {
            classes.learn(head, code);
        }
        for (term, _, code) in registry_terms() {
            classes.learn(term, code);
        }
        for (code, name, _note) in industries {
            classes.learn_class(&code, &name);
        }
        for line in rows(TRADE_CLASSES) {
            let mut fields = line.split(',').map(str::trim);
            let (Some(prefix), Some(wholesale), Some(retail)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            if let (Ok(wholesale), Ok(retail)) = (wholesale.parse(), retail.parse()) {
                classes.trade.insert(prefix.into(), (wholesale, retail));
            }
        }
        classes.learn_hints();
        classes
    }

    fn learn(&mut self, phrase: &str, code: &str) {
        if let Ok(code) = code.trim().parse::<u16>() {
            let mut folded = String::new();
            fold_into(phrase.trim(), &mut folded);
            if !folded.is_empty() {
                self.heads.entry(folded.into()).or_insert(code);
            }
        }
    }

    /// A class name teaches its nouns: `塑料薄膜制造` → 塑料薄膜, `毛条和毛纱线加工` → 毛条 and 毛纱线.
    fn learn_class(&mut self, code: &str, name: &str) {
        if code.len() != 4
            || name.starts_with("其他")
            || name.contains(['（', '、'])
            || code.starts_with(['5', '9'])
        {
            return;
        }
        let base = ["制造", "加工", "生产", "服务", "活动", "施工", "建筑"]
            .iter()
            .fold(name.trim(), |text, tail| text.strip_suffix(tail).unwrap_or(text));
        for part in base.split(['和', '及']) {
            if part.chars().count() >= 3 {
                self.learn(part, code);
            }
        }
    }

    fn learn_hints(&mut self) {
        let mut patterns = Vec::new();
        for line in rows(NAME_HINTS) {
            let mut fields = line.split(',').map(str::trim);
            let (Some(pattern), Some(code), Some(weight), Some(acts)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let acts = match acts {
                "make" => MAKE,
                "trade" => TRADE | WHOLESALE,
                "retail" => TRADE | RETAIL,
                "service" => SERVICE,
                _ => 0,
            };
            patterns.push((pattern, self.hint_rows.len() as u32));
            self.hint_rows.push(Hint {
                code: code.parse().unwrap_or(0),
                weight: weight.parse().unwrap_or(0.0),
                acts,
            });
        }
        self.hints = CharwiseDoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build_with_values(patterns)
            .ok();
    }

    /// The class of the longest right-hand part of `phrase` that is known.
    pub(super) fn of_phrase(&self, phrase: &str) -> Option<u16> {
        self.head(phrase).map(|found| found.0)
    }

    /// Class and number of characters matched.
    fn head(&self, phrase: &str) -> Option<(u16, usize)> {
        let total = phrase.chars().count();
        if total > 40 {
            return None;
        }
        let longest = |text: &str, total: usize| {
            text.char_indices().enumerate().find_map(|(rank, (offset, _))| {
                let code = self.heads.get(text.get(offset..)?)?;
                Some((*code, total - rank))
            })
        };
        let found = longest(phrase, total);
        // 包装机械设备 is 包装机械, not just any 机械设备.
        if found.is_none_or(|found| found.1 <= 4)
            && let Some(shorter) = phrase.strip_suffix("设备").filter(|text| text.ends_with("机械"))
        {
            return longest(shorter, total.saturating_sub(2)).filter(|other| other.1 > 2).or(found);
        }
        found
    }

    /// The class of trading what class `code` makes.
    fn traded(&self, code: u16, retail: bool) -> u16 {
        // Services, construction, utilities and trade itself keep their class.
        if !(100..4400).contains(&code) {
            return code;
        }
        let text = format!("{code:04}");
        (1..=4)
            .rev()
            .find_map(|length| self.trade.get(text.get(..length)?))
            .map_or(code, |pair| if retail { pair.1 } else { pair.0 })
    }

    /// Counts the votes.
    pub(super) fn decide(&self, work: &Work, name: &str, verbs: &Verbs) -> Option<IndustryHit> {
        let (name_acts, name_vote, name_weight) = self.name(name);
        let mut votes: Vec<Vote> = Vec::new();
        let mut scratch = String::new();
        let mut rank = 0_u32;
        let mut made = false;
        for item in work.items.iter().filter(|item| !item.dropped && item.parent.is_none()) {
            let noun = work.slice(item.noun);
            // 针、纺织品 is no list of needles.
            if noun.is_empty() || (item.stop == Stop::Pause && MATERIALS.contains(&noun)) {
                continue;
            }
            let (mut acts, spoken) = if item.acts == 0 { (name_acts, 0.8) } else { (item.acts, 1.0) };
            let found = self.item(noun, item.service, verbs, acts, &mut scratch);
            let Some((code, length)) = found else { continue };
            // Silence follows the name: a firm named after the goods makes them, unless they are what traders carry.
            if acts & (MAKE | TRADE | SERVICE) == 0 {
                let named = !name.contains("技术")
                    && !name.contains("科技")
                    && name_vote.is_some_and(|vote| vote / 100 == code / 100);
                let carried =
                    matches!(code / 100, 25 | 26 | 31 | 32) || matches!(code, 3011 | 3039) || code < 1300;
                acts = if named && !carried { MAKE } else { TRADE | WHOLESALE };
            }
            made |= acts & MAKE != 0;
            let (code, weight) = if acts & MAKE != 0 {
                (code, 1.0)
            } else if acts & TRADE != 0 {
                let retail = acts & WHOLESALE == 0 && (acts | name_acts) & RETAIL != 0;
                (self.traded(code, retail), 0.5)
            } else {
                (code, 0.55)
            };
            let order = 1.0 / (1.0 + 0.25 * rank as f32);
            // 供水设备 known only as some 设备 says little.
            let specific = match length {
                3.. => 1.0,
                _ if noun.chars().count() > length => 0.5,
                _ => 0.85,
            };
            votes.push(Vote {
                code,
                weight: weight * order * specific * spoken,
                evidence: Some((item.start, item.end)),
            });
            rank += 1;
        }
        if let Some(code) = name_vote {
            // 某某食品有限公司 that makes something unreadable still makes food.
            let makes = !made && work.items.iter().any(|item| !item.dropped && item.acts & MAKE != 0);
            let lift = if makes && vote_is_goods(code) { 2.0 } else { 1.0 };
            let trades =
                !made && !makes && work.items.iter().any(|item| !item.dropped && item.acts & TRADE != 0);
            let code = if trades && name_acts & MAKE == 0 {
                self.traded(code, name_acts & RETAIL != 0)
            } else {
                code
            };
            votes.push(Vote { code, weight: name_weight * lift, evidence: None });
        }
        winner(&votes)
    }

    /// The class of one item and how many characters of it were recognised.
    fn item(
        &self,
        noun: &str,
        services: [u8; 3],
        verbs: &Verbs,
        acts: u8,
        scratch: &mut String,
    ) -> Option<(u16, usize)> {
        let own = self.noun(noun);
        let drawing = |verb: u8| verbs.word(verb) == "设计";
        let only_drawn = services.iter().all(|&verb| verb == u8::MAX || drawing(verb));
        // 市政工程的设计、施工 is building, not designing: a service noun keeps its class.
        if own.is_some_and(|found| found.0 >= 4400) && !only_drawn {
            return own;
        }
        for verb in services {
            // 设计、制造 is making; 维修、销售 is trading: only a verb of the item's own kind names its class.
            let fits = if acts & TRADE != 0 {
                false
            } else if acts & MAKE != 0 {
                verbs.acts(verb) & MAKE != 0
            } else {
                verb != u8::MAX && (only_drawn || !drawing(verb))
            };
            if !fits {
                continue;
            }
            scratch.clear();
            scratch.push_str(noun);
            scratch.push_str(verbs.word(verb));
            if let Some(found) = self.head(scratch) {
                return Some(found);
            }
        }
        own
    }

    /// The class of a noun phrase: in `缝纫机及配件` the first part tells it.
    fn noun(&self, noun: &str) -> Option<(u16, usize)> {
        if let Some(code) = self.heads.get(noun) {
            return Some((*code, noun.chars().count()));
        }
        let joined = ["及", "和", "与"].iter().find_map(|joiner| noun.split_once(joiner));
        let (code, length) = joined.and_then(|pair| self.head(pair.0)).or_else(|| self.head(noun))?;
        // 汽车座椅 is a car part although 座椅 is furniture.
        let part_of = [("汽车", 3670), ("摩托车", 3752), ("自行车", 3761)];
        let vehicle =
            part_of.iter().find(|(vehicle, _)| noun.starts_with(vehicle) && noun.chars().count() > length);
        let replaced = vehicle.filter(|_| (1700..3600).contains(&code) && code != 3525 && code != 2911);
        Some((replaced.map_or(code, |pair| pair.1), length))
    }

    /// What the firm's name says: its usual activity, and a class with a weight.
    fn name(&self, name: &str) -> (u8, Option<u16>, f32) {
        let mut acts = 0;
        let mut best: Option<(u16, f32)> = None;
        if let Some(hints) = &self.hints {
            for found in hints.leftmost_find_iter(name) {
                let Some(hint) = self.hint_rows.get(found.value() as usize) else { continue };
                if hint.acts != 0 {
                    acts = hint.acts;
                }
                if hint.code != 0 && best.is_none_or(|other| hint.weight >= other.1) {
                    best = Some((hint.code, hint.weight));
                }
            }
        }
        if let Some((code, weight)) = best {
            return (acts, Some(code), weight);
        }
        let Some((code, _)) = self.head(core_name(name)) else { return (acts, None, 0.0) };
        if acts & MAKE != 0 {
            (acts, Some(code), 0.55)
        } else if acts & TRADE != 0 {
            (acts, Some(self.traded(code, acts & RETAIL != 0)), 0.35)
        } else if acts == 0 && code < 4400 {
            // 某某电器有限公司 makes or trades; the scope decides, the name only leans.
            (acts, Some(code), 0.3)
        } else {
            (acts, Some(code), 0.4)
        }
    }
}

fn vote_is_goods(code: u16) -> bool {
    (1300..4400).contains(&code)
}

/// The class with most support from itself, its group (3 digits) and its division (2 digits).
fn winner(votes: &[Vote]) -> Option<IndustryHit> {
    let total: f32 = votes.iter().map(|vote| vote.weight).sum();
    let sum = |test: &dyn Fn(u16) -> bool| -> f32 {
        votes.iter().filter(|vote| test(vote.code)).map(|vote| vote.weight).sum()
    };
    let mut best: Option<(f32, &Vote)> = None;
    for vote in votes {
        let class = sum(&|code| code == vote.code);
        let group = sum(&|code| code / 10 == vote.code / 10);
        let division = sum(&|code| code / 100 == vote.code / 100);
        let score = class + 0.3 * group + 0.2 * division;
        if best.is_none_or(|other| score > other.0 + 1e-6) {
            best = Some((score, vote));
        }
    }
    let (score, vote) = best?;
    Some(IndustryHit {
        code: vote.code,
        confidence: (score / (total * 1.5)).clamp(0.0, 1.0),
        evidence: vote.evidence,
    })
}

/// The name without brackets and legal form: what the firm calls its trade stands last.
fn core_name(name: &str) -> &str {
    let mut core = name.split(['(', '（']).next().unwrap_or(name);
    let mut shorter = true;
    while shorter {
        shorter = false;
        for tail in [
            "有限责任公司",
            "股份有限公司",
            "有限公司",
            "分公司",
            "总公司",
            "公司",
            "集团",
            "股份",
            "总厂",
            "分厂",
            "加工厂",
            "制造厂",
            "厂",
            "实业",
            "制造",
            "工贸",
            "贸易",
            "科技",
            "经营部",
            "门市部",
            "商店",
            "商行",
            "生产",
            "加工",
            "发展",
            "技术",
            "开发",
            "销售",
        ] {
            if let Some(rest) = core.strip_suffix(tail) {
                core = rest;
                shorter = true;
            }
        }
    }
    core
}

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

//! The verbs of business scopes and how to take them off a phrase.

use rustc_hash::FxHashMap;

/// Bit for 制造 and its kin.
pub(super) const MAKE: u8 = 1;
/// Bit for 销售 and its kin.
pub(super) const TRADE: u8 = 2;
/// Bit for services.
pub(super) const SERVICE: u8 = 4;
/// Bit set with [`TRADE`] when the verb says wholesale.
pub(super) const WHOLESALE: u8 = 8;
/// Bit set with [`TRADE`] when the verb says retail.
pub(super) const RETAIL: u8 = 16;

const WT: u8 = TRADE | WHOLESALE;
const RT: u8 = TRADE | RETAIL;

/// `(word, bits, compounding)`: a compounding verb makes a service with its noun (`房屋` + `租赁` is a service of its
/// own) while the others only say what is done (`塑料制品` + `制造` is still about `塑料制品`).
const VERBS: &[(&str, u8, bool)] = &[
    ("制造", MAKE, false),
    ("生产", MAKE, false),
    ("加工", MAKE, false),
    ("制作", MAKE, false),
    ("制售", MAKE, false),
    ("织造", MAKE, false),
    ("铸造", MAKE, false),
    ("产销", MAKE, false),
    ("自产自销", MAKE, false),
    ("自产", MAKE, false),
    ("研制", MAKE, false),
    ("组装", MAKE, false),
    ("装配", MAKE, false),
    ("来料加工", MAKE, false),
    ("深加工", MAKE, false),
    ("精加工", MAKE, false),
    ("初加工", MAKE, false),
    ("加工业", MAKE, false),
    ("制造业", MAKE, false),
    ("种植", MAKE, true),
    ("养殖", MAKE, true),
    ("饲养", MAKE, true),
    ("栽培", MAKE, true),
    ("捕捞", MAKE, true),
    ("开采", MAKE, true),
    ("研发", SERVICE, false),
    ("开发", SERVICE, true),
    ("研究", SERVICE, false),
    ("研究开发", SERVICE, false),
    ("技术开发", SERVICE, false),
    ("技术研发", SERVICE, false),
    ("技术服务", SERVICE, false),
    ("技术咨询", SERVICE, false),
    ("技术转让", SERVICE, false),
    ("技术推广", SERVICE, false),
    ("技术培训", SERVICE, false),
    ("成果转让", SERVICE, false),
    ("推广", SERVICE, false),
    ("服务", SERVICE, false),
    ("销售", TRADE, false),
    ("销", TRADE, false),
    ("经销", TRADE, false),
    ("购销", TRADE, false),
    ("代销", TRADE, false),
    ("代购", TRADE, false),
    ("代购代销", TRADE, false),
    ("自销", TRADE, false),
    ("直销", TRADE, false),
    ("分销", TRADE, false),
    ("展销", TRADE, false),
    ("供销", TRADE, false),
    ("出售", TRADE, false),
    ("网上销售", TRADE, false),
    ("网络销售", TRADE, false),
    ("收购", TRADE, false),
    ("供应", TRADE, false),
    ("调拨", TRADE, false),
    ("买卖", TRADE, false),
    ("贸易", TRADE, false),
    ("主营", TRADE, false),
    ("兼营", TRADE, false),
    ("经营", TRADE, false),
    ("批发", WT, false),
    ("批零", WT | RETAIL, false),
    ("批发零售", WT | RETAIL, false),
    ("零售", RT, false),
    ("批发兼零售", WT | RETAIL, false),
    ("零售兼批发", WT | RETAIL, false),
    ("批兼零", WT | RETAIL, false),
    ("零兼批", WT | RETAIL, false),
    ("维修", SERVICE, true),
    ("修理", SERVICE, true),
    ("安装", SERVICE, true),
    ("租赁", SERVICE, true),
    ("出租", SERVICE, true),
    ("设计", SERVICE, true),
    ("施工", SERVICE, true),
    ("承包", SERVICE, true),
    ("养护", SERVICE, true),
    ("维护", SERVICE, true),
    ("保养", SERVICE, true),
    ("调试", SERVICE, true),
    ("检测", SERVICE, true),
    ("检验", SERVICE, true),
    ("改造", SERVICE, true),
    ("清洗", SERVICE, true),
    ("清洁", SERVICE, true),
    ("运输", SERVICE, true),
    ("装卸", SERVICE, true),
    ("搬运", SERVICE, true),
    ("仓储", SERVICE, true),
    ("储存", SERVICE, false),
    ("配送", SERVICE, true),
    ("回收", SERVICE, true),
    ("印刷", MAKE, true),
    ("印染", MAKE, true),
    ("染色", MAKE, true),
    ("电镀", MAKE, true),
    ("喷涂", MAKE, true),
    ("喷塑", MAKE, true),
    ("包装", SERVICE, true),
    ("咨询", SERVICE, true),
    ("管理", SERVICE, true),
    ("代理", SERVICE, true),
    ("中介", SERVICE, true),
    ("策划", SERVICE, true),
    ("培训", SERVICE, true),
    ("监理", SERVICE, true),
    ("投资", SERVICE, true),
    ("拆除", SERVICE, true),
    ("发布", SERVICE, true),
    ("承接", SERVICE, false),
    ("承办", SERVICE, false),
    ("从事", SERVICE, false),
    ("提供", SERVICE, false),
    ("办理", SERVICE, false),
    ("吸收", SERVICE, false),
    ("发放", SERVICE, false),
    ("承销", SERVICE, false),
    ("兑付", SERVICE, false),
    ("代理发行", SERVICE, false),
    ("代理兑付", SERVICE, false),
    ("代理承销", SERVICE, false),
    ("代理买卖", SERVICE, false),
    ("发行", SERVICE, false),
    ("专业承包", SERVICE, false),
    ("施工总承包", SERVICE, false),
    ("施工专业承包", SERVICE, false),
    ("总承包", SERVICE, false),
    ("壹级", 0, false),
    ("贰级", 0, false),
    ("叁级", 0, false),
    ("一级", 0, false),
    ("二级", 0, false),
    ("三级", 0, false),
    ("甲级", 0, false),
    ("乙级", 0, false),
    ("丙级", 0, false),
    ("年产", MAKE, false),
    ("业务", 0, false),
    ("项目", 0, false),
    ("系列", 0, false),
    ("等", 0, false),
    ("类", 0, false),
    ("兼", 0, false),
];

/// Verbs that may stand before their object; the rest are nouns there (`包装材料`, `设计软件`).
const LEADING: u8 = MAKE | TRADE;
/// Small words between verbs and nouns.
const GLUE: &[char] = &['的', '及', '和', '与', '或', '并', '兼', '以', '其', '等', '-', '－', '·', '—'];
/// Small words that no product name starts with.
const GLUE_BEFORE: &[char] = &['的', '及', '与', '或', '并', '-', '－', '·', '—'];

/// One verb of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    pub(super) word: &'static str,
    pub(super) acts: u8,
    pub(super) compounding: bool,
    pub(super) index: u8,
}

/// The verb table indexed by first and last character.
pub(super) struct Verbs {
    all: Vec<Verb>,
    by_last: FxHashMap<char, Vec<Verb>>,
    by_first: FxHashMap<char, Vec<Verb>>,
}

impl Verbs {
    pub(super) fn new() -> Self {
        let mut table =
            Self { all: Vec::new(), by_last: FxHashMap::default(), by_first: FxHashMap::default() };
        for (index, &(word, acts, compounding)) in VERBS.iter().enumerate() {
            let verb = Verb { word, acts, compounding, index: index as u8 };
            table.all.push(verb);
            if let Some(last) = word.chars().next_back() {
                table.by_last.entry(last).or_default().push(verb);
            }
            if let Some(first) = word.chars().next() {
                table.by_first.entry(first).or_default().push(verb);
            }
        }
        let longest = |verbs: &mut Vec<Verb>| verbs.sort_by_key(|verb| std::cmp::Reverse(verb.word.len()));
        table.by_last.values_mut().for_each(longest);
        table.by_first.values_mut().for_each(longest);
        table
    }

    /// The longest verb at the end of `text`.
    pub(super) fn at_end(&self, text: &str) -> Option<Verb> {
        let last = text.chars().next_back()?;
        self.by_last.get(&last)?.iter().find(|verb| text.ends_with(verb.word)).copied()
    }

    /// The longest verb at the start of `text` that may stand before an object.
    pub(super) fn at_start(&self, text: &str) -> Option<Verb> {
        let first = text.chars().next()?;
        self.by_first.get(&first)?.iter().find(|verb| text.starts_with(verb.word)).copied()
    }

    /// The activity bits of a verb index; 0 when there is none.
    pub(super) fn acts(&self, index: u8) -> u8 {
        self.all.get(index as usize).map_or(0, |verb| verb.acts)
    }

    /// The word of a verb index; empty when there is none.
    pub(super) fn word(&self, index: u8) -> &'static str {
        self.all.get(index as usize).map_or("", |verb| verb.word)
    }
}

impl Verb {
    /// Whether the verb takes an object after it without a colon.
    pub(super) fn leads(&self) -> bool {
        self.acts & LEADING != 0 && !self.compounding && self.word.len() > 3
            || matches!(
                self.word,
                "承接"
                    | "承办"
                    | "从事"
                    | "提供"
                    | "研发"
                    | "开发"
                    | "办理"
                    | "吸收"
                    | "发放"
                    | "承销"
                    | "兑付"
                    | "代理发行"
                    | "代理兑付"
                    | "代理承销"
                    | "代理买卖"
                    | "发行"
            )
    }
}

/// Takes small words off the end.
pub(super) fn trim_end(text: &str) -> &str {
    text.trim_end_matches(GLUE)
}

/// Takes small words off the start.
pub(super) fn trim_start(text: &str) -> &str {
    text.strip_prefix("以及").unwrap_or(text).trim_start_matches(GLUE_BEFORE)
}

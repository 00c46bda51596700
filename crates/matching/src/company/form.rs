//! What stands around the 字号 and the trade: legal forms, branches, states.

/// Kind of legal form (组织形式), coarse enough that two registers agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum LegalForm {
    /// None written: a brand or a short name.
    None,
    /// 有限公司, 有限责任公司 (one form under two names, Company Law art. 7); Ltd, LLC, GmbH.
    Limited,
    /// 股份有限公司; plc, Inc, AG, 株式会社.
    JointStock,
    /// 公司, 总公司, 集团公司 without more.
    Company,
    /// 股份合作, 合作社, 联社.
    Cooperative,
    /// 合伙企业, with its kind in brackets or not.
    Partnership,
    /// 厂.
    Factory,
    /// 店, 商行, 经营部, 中心, 站 … and other single establishments.
    Establishment,
    /// 事务所, 研究院, 学校, 医院 and other institutions.
    Institution,
}

use LegalForm::{
    Company, Cooperative, Establishment, Factory, Institution, JointStock, Limited, Partnership,
};

/// Forms at the end, longest first: what is behind one of them never hides a longer one.
pub(super) const ENDINGS: &[(&str, LegalForm)] = &[
    ("特殊普通合伙企业", Partnership),
    ("股份有限责任公司", JointStock),
    ("个人独资企业", Establishment),
    ("普通合伙企业", Partnership),
    ("有限合伙企业", Partnership),
    ("股份合作公司", Cooperative),
    ("股份有限公司", JointStock),
    ("有限责任公司", Limited),
    ("特殊普通合伙", Partnership),
    ("农民专业合作社", Cooperative),
    ("专业合作社", Cooperative),
    ("股份合作社", Cooperative),
    ("供销合作社", Cooperative),
    ("信用合作社", Cooperative),
    ("普通合伙", Partnership),
    ("有限合伙", Partnership),
    ("合伙企业", Partnership),
    ("股份公司", JointStock),
    ("有限公司", Limited),
    ("集团公司", Company),
    ("控股公司", Company),
    ("责任公司", Limited),
    ("株式会社", JointStock),
    ("有限会社", Limited),
    ("個人独資", Establishment),
    ("个人独资", Establishment),
    ("个体工商户", Establishment),
    ("股份合作", Cooperative),
    ("合作社", Cooperative),
    ("总公司", Company),
    ("事务所", Institution),
    ("研究院", Institution),
    ("研究所", Institution),
    ("设计院", Institution),
    ("服务部", Establishment),
    ("经营部", Establishment),
    ("门市部", Establishment),
    ("经销部", Establishment),
    ("销售部", Establishment),
    ("批发部", Establishment),
    ("服务站", Establishment),
    ("公司", Company),
    ("总厂", Factory),
    ("工厂", Factory),
    ("商行", Establishment),
    ("商店", Establishment),
    ("中心", Establishment),
    ("学校", Institution),
    ("医院", Institution),
    // Short names of listed firms end in it; it is no form of its own.
    ("股份", LegalForm::None),
    ("厂", Factory),
    ("店", Establishment),
    ("行", Establishment),
    ("站", Establishment),
    ("社", Establishment),
];

/// Forms that are recognised with a character lost or two swapped; the shorter first.
pub(super) const DAMAGED: &[(&str, LegalForm)] =
    &[("有限公司", Limited), ("股份有限公司", JointStock), ("有限责任公司", Limited)];

/// Forms in front of a name; Japanese ones in Han characters.
pub(super) const BEGINNINGS: &[(&str, LegalForm)] =
    &[("株式会社", JointStock), ("有限会社", Limited), ("合资会社", Partnership), ("合同会社", Limited)];

/// Words of Latin forms, dots taken out, at the end (or for the last few in front). Several may follow each other.
pub(super) const LATIN: &[(&str, LegalForm)] = &[
    ("gesellschaft mit beschrankter haftung", Limited),
    ("company limited", Limited),
    ("private limited", Limited),
    ("public limited company", JointStock),
    ("limited liability company", Limited),
    ("incorporated", JointStock),
    ("corporation", JointStock),
    ("aktiengesellschaft", JointStock),
    ("limited", Limited),
    ("company", Company),
    ("holdings", Company),
    ("holding", Company),
    ("group", Company),
    ("gmbh", Limited),
    ("sarl", Limited),
    ("corp", JointStock),
    ("pvt", Limited),
    ("pte", Limited),
    ("ltd", Limited),
    ("llc", Limited),
    ("llp", Partnership),
    ("inc", JointStock),
    ("plc", JointStock),
    ("pty", Limited),
    ("sdn", Limited),
    ("bhd", JointStock),
    ("spa", JointStock),
    ("srl", Limited),
    ("oyj", JointStock),
    ("co", Company),
    ("ag", JointStock),
    ("sa", JointStock),
    ("se", JointStock),
    ("nv", JointStock),
    ("bv", Limited),
    ("ab", JointStock),
    ("oy", Limited),
    ("as", JointStock),
    ("kk", JointStock),
    ("lp", Partnership),
];
/// Latin forms that stand in front (`PT Telkom`).
pub(super) const LATIN_BEGINNINGS: &[(&str, LegalForm)] =
    &[("pt", Limited), ("ooo", Limited), ("oao", JointStock), ("pao", JointStock), ("the", LegalForm::None)];

/// Last words of a branch (分支机构), longest first.
pub(super) const BRANCHES: &[&str] = &[
    "分理处",
    "储蓄所",
    "营业部",
    "营业厅",
    "营业所",
    "分公司",
    "子公司",
    "支公司",
    "办事处",
    "代表处",
    "联络处",
    "经营部",
    "门市部",
    "服务部",
    "销售部",
    "经销部",
    "加油站",
    "服务站",
    "收购站",
    "供应站",
    "邮政所",
    "代办所",
    "印刷厂",
    "招待所",
    "连锁店",
    "分行",
    "支行",
    "支局",
    "分局",
    "分厂",
    "分店",
    "分院",
    "分所",
    "分校",
    "分部",
    "分社",
    "支社",
    "网点",
    "门店",
    "厂",
    "店",
];
/// Where the parent's name ends when a branch word follows.
pub(super) const PARENTS: &[&str] = &["公司", "银行", "信用社", "信用联社", "联社", "合作社", "集团"];

/// States (经营状态) that registers and lists write behind or before a name.
pub(super) const STATES: &[&str] = &[
    "吊销未注销",
    "吊销并注销",
    "吊销已注销",
    "吊销,未注销",
    "吊销,已注销",
    "非正常户",
    "破产清算",
    "责令关闭",
    "正在清算",
    "正在注销",
    "清算中",
    "注销中",
    "筹建中",
    "已注销",
    "已吊销",
    "已撤销",
    "已停业",
    "已歇业",
    "已更名",
    "已迁出",
    "已破产",
    "已清算",
    "已解散",
    "已关闭",
    "已退市",
    "注销",
    "吊销",
    "撤销",
    "停业",
    "歇业",
    "迁出",
    "清算",
    "破产",
    "关闭",
    "退市",
    "存续",
    "在业",
    "在营",
    "开业",
    "正常",
    "筹建",
    "筹",
];

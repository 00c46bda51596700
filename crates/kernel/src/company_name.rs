//! Chinese company names (企业名称): what to compare and what to leave out.
//!
//! A registered name is region + 字号 + trade + legal form (企业名称登记管理规定, art. 6). Two spellings of one
//! firm differ in width, brackets and spaces, so a key folds those; the parts let matching go further.

use serde::Serialize;

/// The parts of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NormalName {
    /// Folded full name: half width, `()` brackets, no white space, status suffix removed, upper-case Latin.
    pub full: String,
    /// Full name without leading region, legal form and branch suffix; never empty unless the name is.
    pub core: String,
    /// Leading region as written, for example `浙江省` or `杭州`; empty when none.
    pub region: String,
    /// Legal form found at the end, for example `股份有限公司`; empty when none.
    pub legal_form: String,
    /// Whether the name is a branch, office or shop of another firm (分公司、办事处、营业部…).
    pub is_branch: bool,
    /// Status written behind the name, such as `已注销`; empty when none.
    pub status: String,
}

/// Legal forms, longest first so that the longest one wins.
const LEGAL_FORMS: [&str; 16] = [
    "集团股份有限公司",
    "股份有限责任公司",
    "集团有限责任公司",
    "(集团)有限公司",
    "集团有限公司",
    "股份有限公司",
    "有限责任公司",
    "股份合作公司",
    "(有限合伙)",
    "(普通合伙)",
    "有限公司",
    "合伙企业",
    "个人独资企业",
    "总公司",
    "集团公司",
    "公司",
];
const BRANCHES: [&str; 12] = [
    "分公司",
    "子公司",
    "办事处",
    "代表处",
    "营业部",
    "营业所",
    "分行",
    "支行",
    "经营部",
    "门市部",
    "分厂",
    "分店",
];
const STATUSES: [&str; 6] = ["(已注销)", "(已吊销)", "(吊销)", "(注销)", "已注销", "已吊销"];
/// Provinces by their short names; a longer official form is taken when it follows.
const PROVINCES: [&str; 34] = [
    "北京",
    "天津",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "上海",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "重庆",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
    "新疆",
    "台湾",
    "香港",
    "澳门",
];

/// Split a name into its parts.
#[must_use]
pub fn normalise(name: &str) -> NormalName {
    let mut full = fold(name);
    let mut status = String::new();
    for suffix in STATUSES {
        if let Some(rest) = full.strip_suffix(suffix) {
            suffix.trim_matches(['(', ')']).clone_into(&mut status);
            full = rest.to_owned();
            break;
        }
    }
    let is_branch = BRANCHES.iter().any(|b| full.ends_with(b));
    let legal_form = LEGAL_FORMS.iter().find(|form| full.ends_with(**form)).copied().unwrap_or_default();
    let region = leading_region(&full);
    let inner = full.get(region.len()..full.len() - legal_form.len()).unwrap_or_default();
    // `浙江省公司` would leave nothing: a name made only of region and form is its own core.
    let core = if inner.is_empty() { full.clone() } else { inner.to_owned() };
    NormalName { core, region: region.to_owned(), legal_form: legal_form.to_owned(), is_branch, status, full }
}

/// Key under which two spellings of one registered name are equal: the folded full name without status and
/// without bracket and joining characters, so `东芝(中国)` equals `东芝（中国）` and `东芝中国`.
#[must_use]
pub fn key(name: &str) -> String {
    let mut folded = fold(name);
    for suffix in STATUSES {
        if let Some(rest) = folded.strip_suffix(suffix) {
            folded.truncate(rest.len());
            break;
        }
    }
    folded.retain(|c| !matches!(c, '(' | ')' | '·' | '.' | '-' | '"' | '\''));
    folded
}

fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200B}' | '\u{FEFF}'))
        .map(|c| match c {
            '（' | '〔' | '【' | '［' | '[' => '(',
            '）' | '〕' | '】' | '］' | ']' => ')',
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// Province with its official suffix, then a city or county that ends in 省市区县 within four characters.
fn leading_region(name: &str) -> &str {
    let province = PROVINCES.iter().find(|p| name.starts_with(**p)).map_or(0, |p| p.len());
    let mut end = province;
    if province > 0 {
        for suffix in ["壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "省", "市"]
        {
            if name.get(end..).is_some_and(|rest| rest.starts_with(suffix)) {
                end += suffix.len();
                break;
            }
        }
    }
    let rest = name.get(end..).unwrap_or_default();
    let city = rest
        .char_indices()
        .take(5)
        .find(|(at, c)| *at > 0 && matches!(c, '市' | '县' | '区'))
        .map_or(0, |(at, c)| at + c.len_utf8());
    name.get(..end + city).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let name = normalise("浙江省杭州市 精工（集团）机械股份有限公司（已注销）");
        assert_eq!(name.full, "浙江省杭州市精工(集团)机械股份有限公司");
        assert_eq!(name.region, "浙江省杭州市");
        assert_eq!(name.core, "精工(集团)机械");
        assert_eq!(name.legal_form, "股份有限公司");
        assert_eq!(name.status, "已注销");
        assert!(!name.is_branch);
        assert!(normalise("中国建设银行股份有限公司舟山分行").is_branch);
    }

    #[test]
    fn spellings_of_one_name_share_a_key() {
        assert_eq!(key("东芝（中国）有限公司"), key("东芝(中国) 有限公司"));
        assert_eq!(key("ＡＢＢ工程（上海）有限公司"), key("abb工程(上海)有限公司"));
        assert_ne!(key("浙江精工机械有限公司"), key("浙江精工机械股份有限公司"));
    }

    #[test]
    fn a_name_of_only_region_and_form_keeps_itself_as_core() {
        assert_eq!(normalise("浙江省公司").core, "浙江省公司");
        assert_eq!(normalise("").core, "");
    }
}

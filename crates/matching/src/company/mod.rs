//! Company names (企业名称), Chinese and Latin, taken apart for comparison.
//!
//! A registered name is region + 字号 + trade + legal form (企业名称登记管理规定, art. 6); around it stand brackets of
//! every kind, a state such as 已注销, a branch. What a list, a register and a letterhead write differs in all of that
//! but the 字号, so each part is found and kept apart, and nothing is guessed from what is missing.

pub mod form;
pub mod region;
mod trade;

pub use form::LegalForm;
pub use trade::trade_words;

use crate::text::fold::{fold, has_han};
use brain_kernel::region::RegionCode;

/// The parts of a name. Texts are folded (half width, lower case).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyName {
    /// The name without state, brackets and marks: equal for two spellings of one registered name.
    pub full: String,
    /// Region in front or in brackets; `None` where there is none or several share the name.
    pub region: Option<RegionCode>,
    /// 字号 with trade: what is left without region, form, group words and branch. Not empty unless the name is.
    pub core: String,
    /// Bytes of `core` that are the 字号; the rest is the trade.
    pub brand_bytes: usize,
    /// Legal form at either end.
    pub form: LegalForm,
    /// Whether 集团 (group) is in the name.
    pub is_group: bool,
    /// What follows the parent's name in the name of a branch (`舟山分行`); empty for a firm itself.
    pub branch: String,
    /// State written around the name, such as `已注销`; empty when none.
    pub state: String,
}

impl CompanyName {
    /// The 字号.
    #[must_use]
    pub fn brand(&self) -> &str {
        self.core.get(..self.brand_bytes).unwrap_or(&self.core)
    }

    /// The trade; empty when none is known.
    #[must_use]
    pub fn trade(&self) -> &str {
        self.core.get(self.brand_bytes..).unwrap_or_default()
    }

    /// Whether this is a whole registered name, not a brand or a short one.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.form != LegalForm::None
    }
}

/// Take a name apart. Never fails: what is not understood stays in the 字号.
#[must_use]
pub fn parse(name: &str) -> CompanyName {
    let folded = fold(name);
    let (bare, state) = without_state(&folded);
    if has_han(bare) { chinese(bare, state) } else { latin(bare, state) }
}

fn chinese(text: &str, state: &str) -> CompanyName {
    let mut found = CompanyName {
        full: full_key(text),
        region: None,
        core: String::new(),
        brand_bytes: 0,
        form: LegalForm::None,
        is_group: text.contains("集团"),
        branch: String::new(),
        state: state.to_owned(),
    };
    let (parent, branch) = split_branch(text);
    found.branch = letters(branch);
    let (inner, form) = without_form(parent);
    found.form = form;
    let (mut inner, bracket_region) = without_brackets(inner);
    // `精工机械(集团)有限公司`, `精工机械集团有限公司` and `精工集团机械有限公司` say the same.
    for word in ["集团控股", "控股集团", "集团"] {
        if inner.len() > word.len() {
            inner = inner.replace(word, "");
        }
    }
    let lead = leading_region(&inner, bracket_region.is_some());
    found.region = deeper(lead.region, bracket_region);
    found.core = letters(inner.get(lead.core_from..).unwrap_or_default());
    found.brand_bytes = trade::begins(&found.core);
    if found.brand_bytes == 0 {
        // `杭州市自来水公司`: the region is all that tells it from others, so its stem is the 字号.
        let trade = std::mem::take(&mut found.core);
        found.core = format!("{}{trade}", letters(lead.stem));
        found.brand_bytes = found.core.len() - trade.len();
        if found.brand_bytes == 0 {
            found.brand_bytes = trade::begins_after_first_word(&found.core);
        }
    }
    if found.core.is_empty() {
        found.core.clone_from(&found.full);
        found.brand_bytes = found.core.len();
    }
    found
}

struct Lead<'a> {
    region: Option<RegionCode>,
    /// Where the 字号 begins, bytes.
    core_from: usize,
    /// The last region word without its ending.
    stem: &'a str,
}

fn leading_region(inner: &str, has_region: bool) -> Lead<'_> {
    let none = Lead { region: None, core_from: 0, stem: "" };
    let start = ["中国", "中华"].iter().find(|word| inner.starts_with(**word)).map_or(0, |word| word.len());
    if start > 0 && rest_has_a_brand(inner, start) {
        return Lead { core_from: start, ..none };
    }
    let Some(found) = region::prefix(inner) else { return none };
    // A place without its ending may begin a 字号 (红河谷, 拉萨情), a county's most of all (凤凰, 太湖): it counts only where
    // what follows is a 字号 by itself, and a county only where nothing else names a region.
    let lone = found.bare && found.parts == 1;
    if lone && ((has_region && found.is_county()) || leaves_one_character(inner, found.bytes)) {
        return none;
    }
    let (last, stem) = found.last;
    let stem = inner.get(found.bytes - last..found.bytes - last + stem).unwrap_or_default();
    if rest_has_a_brand(inner, found.bytes) {
        return Lead { region: found.code, core_from: found.bytes, stem };
    }
    let rest = inner.get(found.bytes..).unwrap_or_default();
    if rest.chars().count() == 1 {
        // `杭州湾`: one character more makes another word of the region.
        return none;
    }
    Lead { region: if found.bare { None } else { found.code }, core_from: found.bytes, stem }
}

fn rest_has_a_brand(inner: &str, from: usize) -> bool {
    let rest = letters(inner.get(from..).unwrap_or_default());
    rest.get(..trade::begins(&rest)).unwrap_or_default().chars().count() >= 2
}

/// Whether taking every trade word off leaves a single character, which is no 字号.
fn leaves_one_character(inner: &str, from: usize) -> bool {
    let rest = letters(inner.get(from..).unwrap_or_default());
    rest.get(..trade::begins_at_most(&rest)).unwrap_or_default().chars().count() == 1
}

/// The deeper of two regions where one contains the other; else the first that is known.
fn deeper(a: Option<RegionCode>, b: Option<RegionCode>) -> Option<RegionCode> {
    match (a, b) {
        (Some(a), Some(b)) if a.contains(&b) => Some(b),
        (a, b) => a.or(b),
    }
}

/// Names of one registered firm are equal in this: 有限责任公司 is 有限公司, and marks do not count.
fn full_key(text: &str) -> String {
    letters(text).replace("有限责任公司", "有限公司")
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '&').collect()
}

/// The state behind the name in brackets or bare, or in front as `*ST`; repeated ones too.
fn without_state(text: &str) -> (&str, &str) {
    let (mut rest, mut state) = (text, "");
    loop {
        rest = rest.trim_end_matches(['-', '.', ',', ' ', '*', '#', '_', '/']);
        let Some((shorter, found)) = one_state(rest) else { break };
        (rest, state) = (shorter, found);
    }
    for mark in ["*st", "sst", "st"] {
        if let Some(after) = rest.strip_prefix(mark)
            && after.chars().next().is_some_and(crate::text::fold::is_han)
        {
            return (after, if state.is_empty() { mark } else { state });
        }
    }
    (rest, state)
}

fn one_state(text: &str) -> Option<(&str, &str)> {
    if let Some(inner) = text.strip_suffix(')') {
        let (rest, inside) = inner.rsplit_once('(')?;
        let is_state = form::STATES.contains(&inside)
            || inside.starts_with("原名")
            || inside.starts_with("曾用名")
            || inside.starts_with("原:");
        return (is_state && !rest.is_empty()).then_some((rest, inside));
    }
    let state = form::STATES.iter().find(|state| same_end(text, state) && text.ends_with(**state))?;
    let rest = text.strip_suffix(state)?;
    let bare = rest.trim_end_matches(['-', ' ', ',', '_', '/', '.']);
    let (rest, marked) = (bare, bare.len() < rest.len());
    if rest.is_empty() {
        return None;
    }
    // `正常` or `筹` may end a 字号; without a mark only a word that says it all counts, after a whole name.
    let says_it_all = state.chars().count() >= 3 || matches!(*state, "注销" | "吊销");
    let after_form = || without_form(rest).1 != LegalForm::None;
    // Behind a mark a longer word is enough; without one the name must be whole.
    ((says_it_all && marked) || ((marked || says_it_all) && after_form())).then_some((rest, *state))
}

/// Parent and branch: `…公司舟山分公司`, `…银行云和县支行`. A firm of its own has an empty branch.
fn split_branch(text: &str) -> (&str, &str) {
    let plain = text.trim_end_matches(')');
    if !form::BRANCHES.iter().any(|word| same_end(plain, word) && plain.ends_with(word)) {
        return (text, "");
    }
    let cut =
        form::PARENTS.iter().filter_map(|word| parent_end(text, word)).max().filter(|end| *end < text.len());
    match cut {
        Some(end) => text.split_at(end),
        None => (text, ""),
    }
}

/// End of the last `word` in front of the branch's own words; 分公司, 支公司 and 子公司 are no parents.
fn parent_end(text: &str, word: &str) -> Option<usize> {
    text.rmatch_indices(word).map(|(at, _)| (at, at + word.len())).find_map(|(at, end)| {
        let own = text.get(..at)?.ends_with(['分', '支', '子']);
        (!own && end < text.len()).then_some(end)
    })
}

/// A cheap look before comparing words: most texts end otherwise.
fn same_end(text: &str, word: &str) -> bool {
    text.as_bytes().last() == word.as_bytes().last()
}

/// Without the legal form at either end, longest first; forms in brackets at the end count too.
fn without_form(text: &str) -> (&str, LegalForm) {
    let (mut rest, mut form) = (text, LegalForm::None);
    for (word, kind) in form::BEGINNINGS {
        if let Some(after) = rest.strip_prefix(word).filter(|after| !after.is_empty()) {
            (rest, form) = (after, *kind);
        }
    }
    if let Some(inner) = rest.strip_suffix(')')
        && let Some((before, inside)) = inner.rsplit_once('(')
        && let Some((_, kind)) = form::ENDINGS.iter().find(|(word, _)| *word == inside)
        && !before.is_empty()
    {
        (rest, form) = (before, *kind);
    }
    let long = |word: &str| word.chars().count() >= 4;
    let mut damaged =
        form::DAMAGED.iter().filter_map(|(word, kind)| Some((damaged_form(rest, word)?, *kind)));
    if !form::ENDINGS.iter().any(|(word, _)| same_end(rest, word) && long(word) && rest.ends_with(word))
        && let Some((before, kind)) = damaged.next_back()
    {
        return (before, if form == LegalForm::None { kind } else { form });
    }
    // `…股有限公司` lost a character of 股份; 控股有限公司 did not.
    if let Some(before) = rest.strip_suffix("股有限公司").or_else(|| rest.strip_suffix("份有限公司"))
        && !before.ends_with(['控', '股'])
        && before.chars().count() >= 2
    {
        return (before, LegalForm::JointStock);
    }
    for (word, kind) in form::ENDINGS.iter().filter(|(word, _)| same_end(rest, word)) {
        let own_word =
            |before: &&str| before.chars().count() >= 2 && !(*word == "行" && before.ends_with('银'));
        if let Some(before) = rest.strip_suffix(word).filter(own_word) {
            let kind = if matches!(form, LegalForm::None) { *kind } else { form };
            return (before, kind);
        }
    }
    (rest, form)
}

/// What stands before a form that lost a character or has two swapped (`…有限公`, `…有限责公任司`).
fn damaged_form<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let whole: Vec<char> = word.chars().collect();
    [whole.len(), whole.len() - 1].into_iter().find_map(|length| {
        let start = text.char_indices().rev().nth(length - 1)?.0;
        let (before, end) = text.split_at(start);
        let mut end: Vec<char> = end.chars().collect();
        let lost = length < whole.len() && crate::text::similarity::is_subsequence(&end, &whole);
        let swapped = length == whole.len() && crate::text::similarity::edits(&end, &whole) == 1 && {
            let mut sorted = whole.clone();
            sorted.sort_unstable();
            end.sort_unstable();
            end == sorted
        };
        ((lost || swapped) && before.chars().count() >= 2).then_some(before)
    })
}

/// Brackets taken out: a region in them is told, 集团 and 中国 are dropped, anything else stays in the name.
fn without_brackets(text: &str) -> (String, Option<RegionCode>) {
    let mut out = String::with_capacity(text.len());
    let mut region = None;
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let after = after.strip_prefix('(').unwrap_or(after);
        let Some((inside, behind)) = after.split_once(')') else {
            rest = after;
            continue;
        };
        match region::whole(inside) {
            Some(code) => region = region.or(Some(code)),
            None if matches!(inside, "集团" | "控股" | "中国" | "china") => {}
            // A single character is what is left of something.
            None if inside.chars().count() <= 1 => {}
            None => out.push_str(inside),
        }
        rest = behind;
    }
    out.push_str(rest);
    out.retain(|c| c != ')');
    (out, region)
}

fn latin(text: &str, state: &str) -> CompanyName {
    let plain: String = text.replace(['.', '\''], "").replace('&', " and ");
    let words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let full = words.concat();
    let mut joined = words.join(" ");
    let mut form = LegalForm::None;
    while let Some((shorter, kind)) = form::LATIN.iter().find_map(|(word, kind)| {
        let rest = joined.strip_suffix(word)?.strip_suffix(' ')?;
        Some((rest.len(), *kind))
    }) {
        joined.truncate(shorter);
        // `Co., Ltd.` is limited: the outer word was read first and says more than `company`.
        form = if form == LegalForm::None || form == LegalForm::Company { kind } else { form };
    }
    for (word, kind) in form::LATIN_BEGINNINGS {
        if let Some(rest) = joined.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')) {
            form = if form == LegalForm::None { *kind } else { form };
            joined = rest.into();
            break;
        }
    }
    let brand_bytes = joined.len();
    CompanyName {
        full,
        region: None,
        core: joined,
        brand_bytes,
        form,
        is_group: words.contains(&"group"),
        branch: String::new(),
        state: state.to_owned(),
    }
}

#[cfg(test)]
mod tests;

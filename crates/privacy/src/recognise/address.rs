//! Addresses: a road or village, a number, and what stands around them.

use super::Kind;
use super::scanner::{Finding, Strength};

/// What may follow the number of a house, a building or a room.
const AFTER_NUMBER: [&str; 10] = ["号", "弄", "栋", "幢", "室", "楼", "单元", "层", "座", "组"];
/// What stands before the number.
const ROADS: &str = "路街道巷弄村里庄园组区苑坊寨同段线屯队";
/// Ends of the names of administrative areas.
const AREAS: &str = "省市区县旗镇乡盟州";
/// What may stand inside the tail of an address besides digits and letters.
const TAIL: &str = "号弄栋幢室楼单元层座组附之院区期东西南北侧门户内大厦小广场商铺村科技创业园中心";
/// Words that introduce an address and are no part of it.
const LEADS: [&str; 20] = [
    "住址",
    "地址",
    "住所",
    "位于",
    "住在",
    "居住于",
    "寄往",
    "寄到",
    "送到",
    "送至",
    "送往",
    "搬到",
    "迁至",
    "户籍",
    "到达",
    "现住",
    "家住",
    "在",
    "至",
    "于",
];
/// Longest part before the number, in characters.
const HEAD_CHARACTERS_MAX: usize = 30;
/// Longest part after the first number, in characters.
const TAIL_CHARACTERS_MAX: usize = 30;

/// Whether the number `start..end` is that of a house; records the whole address and returns where to go on.
pub(crate) fn around(text: &str, start: usize, end: usize, found: &mut Vec<Finding>) -> usize {
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else { return end };
    let named = AFTER_NUMBER.iter().any(|word| after.starts_with(word));
    if !named || !before.chars().next_back().is_some_and(|c| ROADS.contains(c)) {
        return end;
    }
    let Some((begin, areas)) = head(before) else { return end };
    // A park or a group is a place of an area; alone it is any numbered thing.
    if areas == 0 && !before.ends_with(['路', '街', '道', '巷', '弄', '村']) {
        return end;
    }
    let stop = end + tail(after);
    let strength = if areas > 0 { Strength::Context } else { Strength::Shape };
    found.push(Finding::new(Kind::Address, begin, stop, strength));
    stop
}

/// Whether a whole value is an address although it names no house: two areas, or an area and a road.
pub(crate) fn whole(value: &str) -> bool {
    let length = value.chars().count();
    let areas = value.chars().filter(|c| AREAS.contains(*c)).count();
    let last = value.chars().next_back();
    let organisation = ["公司", "政府", "委员会", "局", "厂", "学校", "医院", "中心", "合作社"];
    (6..=100).contains(&length)
        && (areas >= 2 || areas == 1 && value.chars().any(|c| "路街巷弄村镇乡号".contains(c)))
        && value.chars().filter(|c| is_chinese(*c)).count() * 2 > length
        && !value.contains(['，', '。', '；', '：'])
        && last.is_some_and(|c| {
            ROADS.contains(c)
                || AREAS.contains(c)
                || TAIL.contains(c)
                || c.is_ascii_alphanumeric()
                || c == ')'
                || c == '）'
        })
        && !organisation.iter().any(|end| value.ends_with(end))
}

/// Start of the run of Chinese before the number and how many areas it names.
fn head(before: &str) -> Option<(usize, usize)> {
    let mut begin = before.len();
    for (place, character) in before.char_indices().rev().take(HEAD_CHARACTERS_MAX) {
        if !is_chinese(character) && !character.is_ascii_digit() {
            break;
        }
        begin = place;
    }
    let run = before.get(begin..)?;
    let lead = LEADS.iter().filter_map(|lead| run.rfind(lead).map(|at| at + lead.len())).max().unwrap_or(0);
    let run = run.get(lead..)?;
    let areas = run.chars().rev().skip(1).filter(|c| AREAS.contains(*c)).count();
    // A road of its own needs a name.
    (run.chars().count() >= 3).then_some((begin + lead, areas))
}

/// Bytes of what still belongs to the address after its first number.
fn tail(after: &str) -> usize {
    let mut end = 0;
    for (place, character) in after.char_indices().take(TAIL_CHARACTERS_MAX) {
        if !(character.is_ascii_alphanumeric() || character == '-' || TAIL.contains(character)) {
            break;
        }
        end = place + character.len_utf8();
    }
    end
}

pub(crate) fn is_chinese(character: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&character) || ('\u{3400}'..='\u{4DBF}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::Scanner;

    fn addresses(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        Scanner::new().scan(text, &mut found);
        found.iter().filter(|f| f.kind == Kind::Address).map(|f| &text[f.start..f.end]).collect()
    }

    #[test]
    fn an_address_is_taken_from_its_area_to_its_room() {
        assert_eq!(
            addresses("现住址：浙江省杭州市西湖区文三路90号2幢301室，请联系。"),
            ["浙江省杭州市西湖区文三路90号2幢301室"]
        );
        assert_eq!(addresses("货物送到义乌市福田街道12A号。"), ["义乌市福田街道12A号"]);
    }

    #[test]
    fn numbers_that_name_no_house_are_left() {
        for text in ["第3号文件", "共有12栋", "2号楼在建", "气温5层", "今年12号出发"] {
            assert!(addresses(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn whole_values_without_a_number_count() {
        assert!(whole("浙江省金华市义乌市江东街道"));
        assert!(whole("杭州市余杭区仓前镇葛巷村"));
        assert!(!whole("浙江省某某有限公司") && !whole("经营范围：道路运输，市政工程"));
        assert!(!whole("杭州市"));
    }
}

//! What is removed of persons (个人信息去除).

use crate::words::words;
use brain_privacy::recognise::{Finding, Kind, Scanner};
use std::collections::BTreeMap;

/// Characters before and after a name that are cut into words with it.
const AROUND: usize = 4;

/// Replaces identifiers by the name of their kind in brackets; one for all threads.
#[derive(Debug)]
pub(crate) struct Remover {
    scanner: Scanner,
    kinds: Vec<Kind>,
}

impl Remover {
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        Self { scanner: Scanner::new(), kinds: kinds.to_owned() }
    }

    /// The text without them, and how many of each kind there were.
    pub(crate) fn remove(&self, text: &str) -> (String, BTreeMap<&'static str, u64>) {
        let (mut found, mut counts) = (Vec::new(), BTreeMap::new());
        self.scanner.scan(text, &mut found);
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for finding in found
            .into_iter()
            .filter(|finding| self.kinds.contains(&finding.kind) && !inside_a_word(text, finding))
        {
            // Findings are in order and apart, and end at characters; one that did not would be left as it is.
            let Some(before) = text.get(at..finding.start) else { continue };
            out.push_str(before);
            out.push('[');
            out.push_str(finding.kind.name());
            out.push(']');
            at = finding.end;
            *counts.entry(finding.kind.name()).or_default() += 1;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        (out, counts)
    }
}

/// Whether a supposed name begins inside a word of the dictionary: in 物业主管部门 an owner (业主) is announced and 管 is
/// a surname, but the word is 主管部门.
fn inside_a_word(text: &str, finding: &Finding) -> bool {
    let (Some(before), Some(after)) = (text.get(..finding.start), text.get(finding.start..)) else {
        return false;
    };
    if finding.kind != Kind::PersonName {
        return false;
    }
    let from = before.char_indices().rev().take(AROUND).last().map_or(before.len(), |(at, _)| at);
    let to = after.char_indices().nth(2 * AROUND).map_or(text.len(), |(at, _)| finding.start + at);
    let around = text.get(from..to).unwrap_or_default();
    let start = finding.start - from;
    let mut at = 0;
    words(around).into_iter().any(|word| {
        // Words come in order; what is between them is skipped.
        let begin = around.get(at..).and_then(|rest| rest.find(word)).map_or(at, |found| at + found);
        at = begin + word.len();
        begin < start && start < at
    })
}

#[cfg(test)]
mod tests {
    use super::Remover;
    use crate::options::PersonalData;

    #[test]
    fn what_is_of_a_person_goes_and_what_is_of_a_firm_stays() {
        let remover = Remover::new(&PersonalData::default().remove);
        let text = "联系电话：13812345678，邮箱 li.si@example.com。统一社会信用代码 91330106MA2XXXXX0X 不是个人信息。";
        let (out, counts) = remover.remove(text);
        assert!(out.contains("[mobile_phone]") && out.contains("[email]"), "{out}");
        assert!(!out.contains("13812345678") && out.contains("91330106MA2XXXXX0X"), "{out}");
        assert_eq!((counts.get("mobile_phone"), counts.get("email")), (Some(&1), Some(&1)));
        assert_eq!(remover.remove(&out), (out.clone(), std::collections::BTreeMap::new()));
        assert_eq!(Remover::new(&[]).remove(text).0, text);
    }

    #[test]
    fn a_surname_inside_a_word_begins_no_name() {
        let remover = Remover::new(&PersonalData::default().remove);
        let text = "县级物业主管部门应当对业主大会的筹备给予指导。";
        assert_eq!(remover.remove(text).0, text);
        let (out, counts) = remover.remove("联系人：王小明，电话见附件。");
        assert_eq!(counts.get("person_name"), Some(&1), "{out}");
    }
}

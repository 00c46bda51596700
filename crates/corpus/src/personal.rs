//! What is removed of persons (个人信息去除).

use brain_privacy::recognise::{Kind, Scanner};
use std::collections::BTreeMap;

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
        for finding in found.into_iter().filter(|finding| self.kinds.contains(&finding.kind)) {
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
}

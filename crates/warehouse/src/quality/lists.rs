//! Code lists that rules name, as the register has them on the day of the check.

use crate::Result;
use crate::handle::Inner;
use brain_quality::rule::Check;
use brain_quality::{Lists, Rules};

impl Inner {
    /// The lists these rules name, with the codes that hold today; a list nobody registered is left out, and the rule
    /// about it is reported as not measured.
    pub(super) async fn named_lists(&self, rules: &Rules) -> Result<Lists> {
        let today = self.clock.now().date_naive();
        let mut lists = Lists::new();
        let mut named: Vec<&str> = rules
            .rules
            .iter()
            .filter_map(|rule| match &rule.check {
                Check::CodeList { list, .. } => Some(list.as_str()),
                _ => None,
            })
            .collect();
        named.sort_unstable();
        named.dedup();
        for name in named {
            if let Some(list) = self.code_list(name).await? {
                let codes = list.codes().iter().filter(|code| code.holds_on(today));
                lists.insert(name, codes.map(|code| code.code.as_str()));
            }
        }
        Ok(lists)
    }
}

//! The industry classification this program brings along: codes and names of GB/T 4754-2017, without explanations.

const BUILT_IN: &str = include_str!("data/gbt4754.tsv");

/// One code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Industry {
    /// A letter for a section, two digits for a division, three for a group, four for a class.
    pub(crate) code: &'static str,
    /// Official Chinese name.
    pub(crate) name: &'static str,
    /// Letter of the section it lies in.
    pub(crate) section: &'static str,
}

impl Industry {
    /// 1 section 门类, 2 division 大类, 3 group 中类, 4 class 小类.
    pub(crate) fn level(&self) -> usize {
        self.code.len()
    }

    /// The code one level up; none above a section.
    pub(crate) fn parent(&self) -> Option<&'static str> {
        match self.level() {
            0 | 1 => None,
            2 => Some(self.section),
            level => self.code.get(..level - 1),
        }
    }
}

/// Every section, division, group and class.
pub(crate) fn built_in_rows() -> impl Iterator<Item = Industry> {
    BUILT_IN.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some(Industry { code: cells.next()?, name: cells.next()?, section: cells.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::built_in_rows;
    use std::collections::BTreeMap;

    #[test]
    fn the_table_is_the_whole_standard_and_every_code_has_its_parent() {
        let mut counts = [0; 5];
        let mut names = BTreeMap::new();
        for row in built_in_rows() {
            counts[row.level()] += 1;
            assert!(!row.name.is_empty() && row.name.trim() == row.name, "{row:?}");
            assert_eq!(names.insert(row.code, row.name), None, "{} twice", row.code);
        }
        // The official numbers of sections, divisions, groups and classes.
        assert_eq!(counts, [0, 20, 97, 473, 1381]);
        for row in built_in_rows() {
            assert!(row.parent().is_none_or(|parent| names.contains_key(parent)), "{row:?}");
        }
        assert_eq!(names.get("3491"), Some(&"工业机器人制造"));
        assert_eq!(names.get("37"), Some(&"铁路、船舶、航空航天和其他运输设备制造业"));
    }
}

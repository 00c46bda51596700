//! Currencies (货币), ISO 4217: those in use, and those of Chinese registers and recent years that ended. Funds, metals and
//! test codes are left out.

use crate::error::{Result, StandardsError};
use crate::list::{Code, CodeList, Heading};
use brain_kernel::date;
use brain_kernel::language::Text;

/// Code, number, decimals, names, and for those that ended their last day and successor.
const TABLE: &str = include_str!("currencies.tsv");

/// The currencies as a code list.
pub fn currencies() -> Result<CodeList> {
    let heading = Heading {
        id: "iso_4217".to_owned(),
        title: Text::new("货币代码", "Currencies"),
        standard: "ISO 4217".to_owned(),
        edition: "2015".to_owned(),
        source: "ISO 4217:2015".to_owned(),
    };
    let codes = TABLE.lines().enumerate().map(|(at, line)| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (code, _number, _decimals, zh, en) = (cell(), cell(), cell(), cell(), cell());
        let (until, successor) = (cell(), cell());
        let valid_until = date::parse(until).map_err(|error| {
            StandardsError::line(at as u64 + 1, format!("“{until}”不是日期。"), error.to_string())
        })?;
        Ok(Code {
            code: code.to_owned(),
            parent: None,
            name: Text::new(zh, en),
            valid_from: None,
            valid_until,
            successors: Some(successor)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect(),
        })
    });
    CodeList::new(heading, codes.collect::<Result<_>>()?)
}

//! Code lists that rules may name.

use crate::standard::{industries, regions};
use brain_quality::Lists;

/// GB/T 2260 administrative regions and GB/T 4754 industries, as built in.
pub(super) fn built_in() -> Lists {
    let mut lists = Lists::new();
    let codes: Vec<String> = regions::built_in_rows().map(|(code, _)| code).collect();
    lists.insert("gb_t_2260", codes.iter().map(String::as_str));
    let codes: Vec<String> = industries::built_in_rows().map(|industry| industry.code.to_owned()).collect();
    lists.insert("gb_t_4754", codes.iter().map(String::as_str));
    lists
}

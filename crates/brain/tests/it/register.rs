//! Registry files made in code: firms that do not exist, with credit codes that check.

pub use brain_testkit::credit_code;
use std::fmt::Write as _;

/// First line of a registry file.
pub const HEADER: &str = "file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n";

/// Row of generated firm `number`, line end included.
pub fn row(number: u32) -> String {
    const MAKES: [&str; 3] = ["轴承、齿轮", "光伏组件", "数控机床"];
    let makes = MAKES[number as usize % MAKES.len()];
    format!(
        "2004,浙江,杭州试验{number}号机械有限公司,{code},2004-{month:02}-{day:02},N/A,\"1,{capital:03}(万元人民币)\",\
         生产、销售：{makes}；货物进出口。,浙江,杭州,杭州市西湖区试验路{number}号\n",
        code = credit_code(number),
        month = number % 12 + 1,
        day = number % 28 + 1,
        capital = number % 1000,
    )
}

/// A whole file of firms `first .. first + rows`.
pub fn file(first: u32, rows: u32) -> String {
    let mut text = String::with_capacity(rows as usize * 220);
    text.push_str(HEADER);
    for number in first..first + rows {
        let _ = text.write_str(&row(number));
    }
    text
}

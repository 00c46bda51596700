//! Registry files made in code: firms that do not exist, with credit codes that check.

use brain_kernel::uscc::{self, UsccError};
use std::fmt::Write as _;

/// First line of a registry file.
pub const HEADER: &str = "file_year,file_prov,name,uscc,reg_date,type,capital,scope,province,city,address\n";

/// Characters of a credit code.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The credit code of generated firm `number`, check character included.
pub fn credit_code(number: u32) -> String {
    let mut code = String::from("91330106MA");
    let mut rest = number as usize;
    for _ in 0..7 {
        code.push(char::from(ALPHABET[rest % 31]));
        rest /= 31;
    }
    let last = match uscc::check(&format!("{code}0")) {
        Ok(()) => '0',
        Err(UsccError::CheckDigit { expected }) => expected,
        Err(error) => panic!("{code}: {error}"),
    };
    code.push(last);
    code
}

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

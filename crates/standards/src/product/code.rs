//! The code of a product (产品编码): `CP`, nine digits that count, two check digits.
//!
//! The check digits are ISO/IEC 7064, MOD 97-10 (GB/T 17710): every wrong digit and every two digits exchanged are found,
//! which one check digit cannot do. The code carries no meaning: what a product is may change, its code does not.

use crate::error::{Result, StandardsError};
use brain_kernel::language::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every code begins with.
const PREFIX: &str = "CP";
/// Largest number.
pub(super) const SERIAL_MAX: u32 = 999_999_999;

/// A product code whose check digits are right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ProductCode(String);

impl ProductCode {
    /// The code with this number; none beyond 999,999,999, and none for 0.
    #[must_use]
    pub fn of(serial: u32) -> Option<Self> {
        (1..=SERIAL_MAX)
            .contains(&serial)
            .then(|| Self(format!("{PREFIX}{serial:09}{:02}", check_digits(serial))))
    }

    /// A code as somebody typed it: spaces around it and the case of its letters are let pass.
    pub fn parse(text: &str) -> Result<Self> {
        let typed = text.trim().to_ascii_uppercase();
        let refuse = |zh: &str, en: &str| StandardsError::ProductCode {
            code: text.chars().take(40).collect(),
            problem: Text::new(zh, en),
        };
        let digits = typed.strip_prefix(PREFIX).filter(|rest| rest.len() == 11);
        let digits = digits.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        let form = || refuse("须为 CP 加 11 位数字。", "it is CP and 11 digits.");
        let (serial, check) = digits.and_then(|digits| digits.split_at_checked(9)).ok_or_else(form)?;
        let serial: u32 = serial.parse().map_err(|_| form())?;
        let code = Self::of(serial).ok_or_else(|| refuse("编号从 1 起。", "numbers begin at 1."))?;
        if code.0.ends_with(check) && code.0.len() == typed.len() {
            return Ok(code);
        }
        Err(refuse(
            "校验位不对，可能有数字写错或写反。",
            "its check digits are wrong: a digit is wrong, or two are exchanged.",
        ))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its number.
    pub(super) fn serial(&self) -> u32 {
        self.0.get(2..11).and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }
}

/// Two digits that make the whole number 1 modulo 97.
fn check_digits(serial: u32) -> u32 {
    let rest = u64::from(serial) * 100 % 97;
    (98 - rest as u32) % 97
}

impl TryFrom<String> for ProductCode {
    type Error = StandardsError;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<ProductCode> for String {
    fn from(code: ProductCode) -> Self {
        code.0
    }
}

impl std::fmt::Display for ProductCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

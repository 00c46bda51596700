//! Credit codes of firms that do not exist.

use brain_kernel::uscc::{self, UsccError};

/// Characters of a credit code.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The credit code of made firm `number`, check character included; each number has its own, up to 31⁷.
#[must_use]
pub fn credit_code(number: u32) -> String {
    let mut code = String::from("91330106MA");
    let mut rest = number as usize;
    for _ in 0..7 {
        code.push(char::from(*ALPHABET.get(rest % 31).expect("a remainder is below 31")));
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

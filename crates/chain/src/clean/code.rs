//! Stock codes.

/// The first six digits of a stock code in any form (`300750.SZ`, `300750`, `SZ300750`); 752 of 4,654 firms of the
/// set carry no exchange, so only the digits join. `None` when there are not exactly six digits together.
#[must_use]
pub fn stock_code(text: &str) -> Option<String> {
    let digits: String =
        text.trim().chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    (digits.len() == 6).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::stock_code;

    #[test]
    fn both_forms_of_a_code_join_on_six_digits() {
        for text in ["300750.SZ", "300750", " sz300750 "] {
            assert_eq!(stock_code(text).as_deref(), Some("300750"), "{text}");
        }
        for text in ["", "30075", "3007501", "宁德时代"] {
            assert_eq!(stock_code(text), None, "{text}");
        }
    }
}

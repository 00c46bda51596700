//! Whatever the bytes, findings lie on character boundaries, in order, and check digits hold.

use brain_privacy::recognise::{ColumnScan, Kind, Scanner, Strength, luhn, resident_id};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Making one costs more than a case of the properties.
static SCANNER: LazyLock<Scanner> = LazyLock::new(Scanner::new);

fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(|b| b.is_ascii_alphanumeric()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn findings_are_ordered_slices_of_the_text(
        text in "([0-9Xx]{1,19}|[0-9]{2,4}[- .:][0-9]{2,8}|[a-zA-Z.@_-]{1,8}|[京浙]A|张三|联系人：|身份证|路|号|幢|先生|[，。（ ·]|护照E){0,24}"
    ) {
        let mut found = Vec::new();
        SCANNER.scan(&text, &mut found);
        let mut last = 0;
        for finding in found {
            prop_assert!(finding.start >= last && finding.start < finding.end);
            let part = text.get(finding.start..finding.end);
            prop_assert!(part.is_some(), "{finding:?} cuts a character of {text}");
            let part = part.unwrap();
            if finding.strength == Strength::Checked {
                match finding.kind {
                    Kind::ResidentId => prop_assert!(resident_id(&digits(part))),
                    Kind::BankCard => prop_assert!(luhn(&digits(part))),
                    Kind::Uscc => prop_assert!(brain_kernel::uscc::check(part).is_ok()),
                    _ => {}
                }
            }
            last = finding.end;
        }
    }

    #[test]
    fn any_text_can_be_a_column_and_no_example_is_a_raw_value(values in proptest::collection::vec(any::<String>(), 0..20)) {
        let mut scan = ColumnScan::new(&SCANNER, &["手机"]);
        for value in &values {
            scan.observe(value);
        }
        let report = scan.finish();
        for kind in &report.kinds {
            prop_assert!(kind.share <= 1.0 && kind.examples.len() <= 3);
            for example in &kind.examples {
                prop_assert!(!values.iter().any(|value| value.trim() == example && !value.contains('*')));
            }
        }
    }
}

#[test]
fn a_hostile_text_costs_time_in_proportion_to_its_length() {
    for part in ["1 ", "1.", "a@", "0571-", "联系人：", "路1号", "京A", "00:"] {
        let mut found = Vec::new();
        SCANNER.scan(&part.repeat(200_000), &mut found);
        assert!(found.len() <= 400_000);
    }
}

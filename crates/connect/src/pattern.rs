//! Names with wildcards.

/// Whether a name fits a pattern of `*` and `?`, in time proportional to both.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut on, mut star) = (0, 0, None);
    while let Some(letter) = name.get(on) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, on));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                on += 1;
            }
            _ => {
                let Some((back, from)) = star else { return false };
                star = Some((back, from + 1));
                (at, on) = (back + 1, from + 1);
            }
        }
    }
    pattern.get(at..).is_none_or(|rest| rest.iter().all(|letter| *letter == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_held_against_a_pattern() {
        for (pattern, name, fits) in [
            ("*", "a.csv", true),
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.gz", false),
            ("企业_??.csv", "企业_01.csv", true),
            ("企业_??.csv", "企业_001.csv", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_fits_itself_and_any_star(name in "[a-c.]{0,12}", cut in 0usize..12) {
            prop_assert!(matches(&name, &name));
            let cut = cut.min(name.len());
            let starred = format!("{}*", &name[..cut]);
            prop_assert!(matches(&starred, &name));
        }
    }
}

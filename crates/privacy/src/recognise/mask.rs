//! Examples that show the form of a value and not the value.

use super::Kind;

/// The value with all but a few characters hidden: what stays says the form (a province, a prefix, a domain's end),
/// never the person. At most two characters at the front and one at the end, and never a third of the whole.
#[must_use]
pub fn masked(kind: Kind, value: &str) -> String {
    let characters: Vec<char> = value.chars().collect();
    let third = characters.len() / 3;
    let (front, back) = match kind {
        Kind::PersonName => (third.min(1), 0),
        Kind::Email | Kind::Address | Kind::Coordinates => (third.min(2), 0),
        _ => (third.min(2), usize::from(third > 2)),
    };
    let hidden_until = characters.len() - back;
    characters
        .iter()
        .enumerate()
        .map(|(place, character)| if (front..hidden_until).contains(&place) { '*' } else { *character })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::masked;
    use crate::recognise::Kind;

    #[test]
    fn at_most_a_third_stays() {
        assert_eq!(masked(Kind::MobilePhone, "13812345678"), "13********8");
        assert_eq!(masked(Kind::PersonName, "张三"), "**");
        assert_eq!(masked(Kind::PersonName, "王小明"), "王**");
        assert_eq!(masked(Kind::ResidentId, "11010519491231002X"), "11***************X");
        assert_eq!(masked(Kind::Email, "a@b.cn"), "a@****");
        assert_eq!(masked(Kind::Uscc, ""), "");
    }
}

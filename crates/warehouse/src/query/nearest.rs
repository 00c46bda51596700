//! Names that look like the one somebody mistyped.

/// Suggestions shown at most.
const SUGGESTIONS_MAX: usize = 3;

/// The names closest to `asked`, best first: same table in another zone, a part of the name, or few edits.
pub(crate) fn nearest(asked: &str, names: &[String]) -> Vec<String> {
    let asked = asked.to_lowercase();
    let table = asked.rsplit('.').next().unwrap_or(&asked);
    let table = table.split('@').next().unwrap_or(table);
    let mut scored: Vec<(usize, &String)> = names
        .iter()
        .filter_map(|name| {
            let own = name.rsplit('.').next().unwrap_or(name);
            let distance = edits(table, own);
            let related = own.contains(table) || table.contains(own);
            (related || distance <= (own.chars().count() / 3).max(2)).then_some((distance, name))
        })
        .collect();
    scored.sort();
    scored.into_iter().take(SUGGESTIONS_MAX).map(|(_, name)| name.clone()).collect()
}

/// Levenshtein distance over characters.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, a) in left.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let next = (diagonal + usize::from(a != *b)).min(*cell + 1).min(before + 1);
            diagonal = std::mem::replace(cell, next);
            before = next;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_the_name_meant() {
        let names = ["subject.enterprise", "subject.product", "raw.registry"].map(str::to_owned);
        assert_eq!(nearest("subject.enterprize", &names), ["subject.enterprise"]);
        assert_eq!(nearest("registry", &names), ["raw.registry"]);
        assert_eq!(nearest("subject.products", &names), ["subject.product"]);
        assert!(nearest("subject.weather", &names).is_empty());
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
